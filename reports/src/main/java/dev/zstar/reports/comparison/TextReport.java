package dev.zstar.reports.comparison;

import dev.zstar.reports.terminal.Paragraph;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A comparison as text for a terminal, at most 100 columns wide. */
public final class TextReport {
    static final int WIDTH = 100;
    private static final int INDENT = 9;

    private TextReport() {}

    /** The lines, without ends of lines. */
    public static List<String> lines(Comparison comparison) {
        List<String> lines = new ArrayList<>();
        String floor = Figures.of(100 * comparison.floor());
        lines.addAll(wrap("", comparison.base() + " → " + comparison.fresh() + ", floor " + floor + "%, intervals for 95%"));
        comparison.notes().forEach(note -> lines.addAll(wrap("", "note: " + note)));
        lines.add("");
        for (CaseComparison one : comparison.cases()) {
            lines.addAll(wrap(String.format(Locale.ROOT, "%-" + INDENT + "s", one.verdict()), one.label()));
            lines.addAll(wrap(" ".repeat(INDENT), one.sentences()));
        }
        lines.add("");
        lines.addAll(wrap("", comparison.total()));
        return lines;
    }

    /** Control characters of labels are replaced. */
    private static List<String> wrap(String first, String text) {
        return Paragraph.wrap(first, Plain.text(text), WIDTH);
    }
}
