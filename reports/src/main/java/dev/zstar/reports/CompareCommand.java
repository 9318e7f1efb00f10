package dev.zstar.reports;

import dev.zstar.reports.comparison.Comparison;
import dev.zstar.reports.results.ResultReader;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    @Option(names = "--force", description = "Compares files of different machines.")
    private boolean force;

    @Mixin
    private ComparisonOptions options;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        Comparison comparison = options.comparer(force).compare(ResultReader.read(base), ResultReader.read(fresh));
        return options.report(comparison, spec.commandLine().getOut());
    }
}
