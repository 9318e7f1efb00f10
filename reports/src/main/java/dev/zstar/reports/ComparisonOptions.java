package dev.zstar.reports;

import dev.zstar.reports.comparison.Comparer;
import dev.zstar.reports.comparison.Comparison;
import dev.zstar.reports.comparison.JunitReport;
import dev.zstar.reports.comparison.MarkdownReport;
import dev.zstar.reports.comparison.TextReport;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What counts as a difference, and where the result of a comparison is written. */
final class ComparisonOptions {
    @Option(names = "--floor", paramLabel = "PERCENT", defaultValue = "3",
            description = "Differences below this do not count (default: ${DEFAULT-VALUE}).")
    private double floor = 3;

    @Option(names = "--ruler", paramLabel = "NAME",
            description = "A benchmark that the change cannot affect. If it moved, the machine changed, and all verdicts are unclear.")
    private String ruler;

    @Option(names = "--markdown", paramLabel = "FILE", description = "Also writes a table in Markdown.")
    private Path markdown;

    @Option(names = "--junit", paramLabel = "FILE", description = "Also writes JUnit's XML, where a regression is a failed test.")
    private Path junit;

    /**
     * The comparer of these options.
     *
     * @param force whether files of different machines are compared
     */
    Comparer comparer(boolean force) {
        return new Comparer(floor / 100, Optional.ofNullable(ruler), force);
    }

    /** Writes all forms of the comparison, and returns the exit code: 1 if there is a regression. */
    int report(Comparison comparison, PrintWriter out) {
        if (markdown != null) {
            OutputFile.write("--markdown", markdown, MarkdownReport.of(comparison));
        }
        if (junit != null) {
            OutputFile.write("--junit", junit, JunitReport.of(comparison));
        }
        TextReport.lines(comparison).forEach(out::println);
        out.flush();
        return comparison.hasRegression() ? 1 : 0;
    }
}
