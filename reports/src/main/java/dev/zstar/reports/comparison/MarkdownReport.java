package dev.zstar.reports.comparison;

import java.util.Optional;

/** A comparison as a table in Markdown, for the comment of a pull request. */
public final class MarkdownReport {
    private MarkdownReport() {}

    /** The whole text. */
    public static String of(Comparison comparison) {
        StringBuilder out = new StringBuilder();
        out.append("### ").append(Plain.markdown(comparison.base() + " → " + comparison.fresh())).append("\n\n");
        out.append(comparison.total()).append(" Differences below ").append(Figures.of(100 * comparison.floor()))
                .append("% do not count. Intervals are for 95%.\n\n");
        out.append("| | benchmark | time, new / base | interval | base → new | heap bytes in each operation |\n")
                .append("|---|---|--:|---|---|---|\n");
        for (CaseComparison one : comparison.cases()) {
            out.append("| ").append(one.isRegression() ? "**" + one.verdict() + "**" : one.verdict()).append(" | ")
                    .append(Plain.markdown(one.label())).append(" | ")
                    .append(one.effect().map(effect -> Figures.ratio(effect.ratio())).orElse("")).append(" | ")
                    .append(one.interval()).append(" | ").append(Plain.markdown(one.figures())).append(" | ")
                    .append(bytes(one.allocation())).append(" |\n");
        }
        comparison.notes().forEach(note -> out.append("\n- ").append(Plain.markdown(note)));
        return out.append(comparison.notes().isEmpty() ? "" : "\n").toString();
    }

    private static String bytes(Optional<Allocation> allocation) {
        return allocation.map(bytes -> {
            String text = bytes.before() == bytes.after() ? Long.toString(bytes.after()) : bytes.before() + " → " + bytes.after();
            return bytes.isRegression() ? "**" + text + "**" : text;
        }).orElse("");
    }
}
