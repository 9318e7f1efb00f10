package dev.zstar.reports.comparison;

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
        wrap(comparison.base() + " → " + comparison.fresh() + ", floor " + Figures.of(100 * comparison.floor()) + "%, intervals for 95%", 0,
                lines);
        comparison.notes().forEach(note -> wrap("note: " + note, 0, lines));
        lines.add("");
        for (CaseComparison one : comparison.cases()) {
            int first = lines.size();
            wrap(one.label(), INDENT, lines);
            lines.set(first, String.format(Locale.ROOT, "%-9s", one.verdict()) + lines.get(first).substring(INDENT));
            wrap(one.sentences(), INDENT, lines);
        }
        lines.add("");
        wrap(comparison.total(), 0, lines);
        return lines;
    }

    /** Breaks a text between words, and inside words that do not fit in a line. Control characters of labels are replaced. */
    private static void wrap(String text, int indent, List<String> lines) {
        String margin = " ".repeat(indent);
        StringBuilder line = new StringBuilder();
        for (String word : Plain.text(text).split(" ", -1)) {
            String rest = word;
            if (!line.isEmpty() && line.length() + 1 + rest.length() > WIDTH - indent) {
                lines.add(margin + line);
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ");
            while (line.length() + rest.length() > WIDTH - indent) {
                int cut = WIDTH - indent - line.length();
                // A character outside the basic plane stays whole.
                cut -= cut > 0 && Character.isHighSurrogate(rest.charAt(cut - 1)) ? 1 : 0;
                lines.add(margin + line + rest.substring(0, cut));
                line.setLength(0);
                rest = rest.substring(cut);
            }
            line.append(rest);
        }
        lines.add(margin + line);
    }
}
