package dev.zstar.reports;

import dev.zstar.reports.comparison.Comparer;
import dev.zstar.reports.comparison.Comparison;
import dev.zstar.reports.comparison.JunitReport;
import dev.zstar.reports.comparison.MarkdownReport;
import dev.zstar.reports.comparison.TextReport;
import dev.zstar.reports.results.ResultReader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Compares two builds by their result files. */
@Command(
        name = "compare",
        description = "Compares two result files, of JMH or of studies: what became faster, slower, or allocates more.",
        mixinStandardHelpOptions = true)
final class CompareCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "BASE",
            description = "Result of the old build: JMH's JSON, a study.json, or the folder of a study.")
    private Path base;

    @Parameters(index = "1", paramLabel = "NEW", description = "Result of the new build, from the same machine.")
    private Path fresh;

    @Option(names = "--floor", paramLabel = "PERCENT", defaultValue = "3",
            description = "Differences below this do not count (default: ${DEFAULT-VALUE}).")
    private double floor;

    @Option(names = "--ruler", paramLabel = "NAME",
            description = "A benchmark that the change cannot affect. If it moved, the machine changed, and all verdicts are unclear.")
    private String ruler;

    @Option(names = "--force", description = "Compares files of different machines.")
    private boolean force;

    @Option(names = "--markdown", paramLabel = "FILE", description = "Also writes a table in Markdown.")
    private Path markdown;

    @Option(names = "--junit", paramLabel = "FILE", description = "Also writes JUnit's XML, where a regression is a failed test.")
    private Path junit;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        Comparer comparer = new Comparer(floor / 100, Optional.ofNullable(ruler), force);
        Comparison comparison = comparer.compare(ResultReader.read(base), ResultReader.read(fresh));
        if (markdown != null) {
            OutputFile.write("--markdown", markdown, MarkdownReport.of(comparison));
        }
        if (junit != null) {
            OutputFile.write("--junit", junit, JunitReport.of(comparison));
        }
        PrintWriter out = spec.commandLine().getOut();
        TextReport.lines(comparison).forEach(out::println);
        out.flush();
        return comparison.hasRegression() ? 1 : 0;
    }
}
