package dev.zstar.reports;

import dev.zstar.benchmarks.study.StudyException;
import dev.zstar.reports.comparison.Comparison;
import dev.zstar.reports.results.ResultFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures two builds in turns on this machine, and compares them. */
@Command(
        name = "ab",
        description = "Measures two builds in turns on this machine, and says what became faster, slower, or allocates more.",
        mixinStandardHelpOptions = true)
final class AbCommand implements Callable<Integer> {
    private static final int MOST_FORKS = 100;

    @Option(names = "--a", required = true, paramLabel = "DIR", description = "The old build: a checkout, or a folder with target/lib.")
    private Path a;

    @Option(names = "--b", required = true, paramLabel = "DIR", description = "The new build, likewise.")
    private Path b;

    @Option(names = "--suite", split = ",", paramLabel = "NAME", defaultValue = "kernels",
            description = "Suites of the study to run (default: ${DEFAULT-VALUE}).")
    private List<String> suites = List.of("kernels");

    @Option(names = "--filter", paramLabel = "REGEX",
            description = "Measures only cases in whose name this is found, as zstar study --filter does.")
    private String filter;

    @Option(names = "--forks", paramLabel = "N", defaultValue = "5",
            description = "Runs of each build, from 2 on (default: ${DEFAULT-VALUE}).")
    private int forks = 5;

    @Option(names = "--full", description = "Runs the suites with all sizes, as zstar study --full does.")
    private boolean full;

    @Option(names = "--limit", paramLabel = "TIME", converter = TimeAmount.class, defaultValue = "2h",
            description = "Ends a run of a build that takes longer, such as 30m (default: ${DEFAULT-VALUE}).")
    private Duration limit = Duration.ofHours(2);

    @Option(names = "--out", paramLabel = "DIR", description = "Keeps the result of each run in this folder, for zstar compare and report.")
    private Path out;

    @Mixin
    private ComparisonOptions options;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        if (forks < 2 || forks > MOST_FORKS) {
            throw new IllegalArgumentException("--forks " + forks + "; expected 2 to " + MOST_FORKS);
        }
        StudyBuild[] builds = {StudyBuild.in("--a", a), StudyBuild.in("--b", b)};
        Path folder = folder();
        PrintWriter err = spec.commandLine().getErr();
        List<List<ResultFile>> runs = List.of(new ArrayList<>(), new ArrayList<>());
        try (ProgressReport progress = new ProgressReport(err)) {
            for (StudyBuild build : builds) {
                build.prepare(limit);
            }
            progress.stage(String.join(", ", suites) + " of both builds", 2 * forks);
            for (int side : order(forks)) {
                int number = runs.get(side).size() + 1;
                Path place = folder.resolve((side == 0 ? "a" : "b") + "-" + number);
                runs.get(side).add(builds[side].study(studyOptions(), place, limit));
                progress.step(place.getFileName().toString());
            }
        } finally {
            if (out == null) {
                delete(folder);
            }
        }
        Comparison comparison = options.comparer(false).compare(
                ResultFile.ofRuns(a.toString(), runs.get(0)), ResultFile.ofRuns(b.toString(), runs.get(1)));
        return options.report(comparison, spec.commandLine().getOut());
    }

    /**
     * The builds in turns, 0 for a and 1 for b: {@code a b b a a b b a …}. A machine that slows down steadily then slows both builds by
     * the same amount.
     */
    static int[] order(int forks) {
        return IntStream.range(0, 2 * forks).map(i -> (i + 1) / 2 % 2).toArray();
    }

    private List<String> studyOptions() {
        List<String> words = new ArrayList<>(List.of("--suite", String.join(",", suites)));
        if (full) {
            words.add("--full");
        }
        if (filter != null) {
            words.addAll(List.of("--filter", filter));
        }
        return words;
    }

    private Path folder() {
        if (out != null) {
            OutputFile.requireFolder("--out", out);
            return out;
        }
        try {
            return Files.createTempDirectory("zstar-ab");
        } catch (IOException e) {
            throw new StudyException("no temporary folder can be created: " + e.getMessage());
        }
    }

    /** Deletes the results of the runs; each is a folder of files. */
    private static void delete(Path folder) {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted((one, other) -> other.compareTo(one)).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // A temporary folder may stay.
        }
    }
}
