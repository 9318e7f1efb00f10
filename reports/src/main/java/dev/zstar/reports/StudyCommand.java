package dev.zstar.reports;

import dev.zstar.benchmarks.study.Measurements;
import dev.zstar.benchmarks.study.Study;
import dev.zstar.benchmarks.study.StudyException;
import dev.zstar.benchmarks.study.StudyOptions;
import dev.zstar.reports.terminal.Shown;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures this machine, and writes the result and its page. */
@Command(
        name = "study",
        description = "Trains, solves and differentiates an equilibrium model, measures all of this, and writes an HTML page.",
        mixinStandardHelpOptions = true)
final class StudyCommand implements Callable<Integer> {
    private static final String NAME = "zstar study";
    /** How long a process that is ended waits for the page. */
    private static final int GRACE_SECONDS = 5;
    /** The most characters of a command in a message. */
    private static final int SHOWN = 120;

    @Option(names = "--full", description = "Measures all sizes, in more runs: half an hour instead of five minutes.")
    private boolean full;

    @Option(names = "--time-budget", paramLabel = "TIME", converter = TimeAmount.class,
            description = "Begins no case after this time, such as 90s or 10m, and soon ends the one that runs. What is left out is named.")
    private Duration budget;

    @Option(names = "--filter", paramLabel = "REGEX", defaultValue = "",
            description = "Keeps only cases in whose name this is found, such as 'gemm n=512'.")
    private String filter = "";

    @Option(names = "--engine", split = ",", paramLabel = "NAME",
            description = "Compares only these engines: simd or scalar, openblas (default: all that can run).")
    private List<String> engines = List.of();

    @Option(names = "--out", paramLabel = "DIR", description = "Folder for the result (default: study-DATE-TIME).")
    private Path out;

    @Option(names = "--suite", split = ",", paramLabel = "NAME",
            description = "Runs only these suites: kernels, cells, forward, backward, streaming, depth, training (default: all).")
    private List<String> suites = List.of();

    @Option(names = "--threads", paramLabel = "N", description = "Threads for training (default: all processors).")
    private Integer threads;

    @Option(names = "--pin",
            description = "Keeps the threads that measure on the first processors, one for each thread; only on Linux.")
    private boolean pin;

    @Option(names = "--resume", paramLabel = "DIR",
            description = "Resumes a study that was stopped, from the folder of its result, with its options.")
    private Path resume;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean stopping;

    @Override
    public Integer call() {
        if (resume != null) {
            return resumed();
        }
        DateTimeFormatter format = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);
        Path place = out != null ? out : Path.of("study-" + LocalDateTime.now(ZoneId.systemDefault()).format(format));
        return run(new ResultFolder(place), true);
    }

    /** Runs the command that the folder names. What it has measured is found in the folder. */
    private int resumed() {
        if (!command().equals(NAME) || out != null) {
            throw new IllegalArgumentException("--resume takes the options of the study that was stopped; expected no other options");
        }
        ResultFolder folder = new ResultFolder(resume);
        StudyCommand stopped = parsed(folder.unfinished().command());
        stopped.spec = spec;
        return stopped.run(folder, false);
    }

    private static StudyCommand parsed(String command) {
        List<String> words = ShellWords.split(command);
        StudyCommand parsed = new StudyCommand();
        try {
            if (words.size() < 2 || !NAME.equals(words.get(0) + " " + words.get(1))) {
                throw new IllegalArgumentException("it is no " + NAME);
            }
            // A filter may begin like a file with options.
            new CommandLine(parsed).setExpandAtFiles(false).parseArgs(words.subList(2, words.size()).toArray(String[]::new));
        } catch (CommandLine.ParameterException | IllegalArgumentException e) {
            throw new IllegalArgumentException("the command in the file cannot be resumed: " + Shown.of(command, SHOWN) + " ("
                    + Shown.of(e.getMessage(), SHOWN) + "); expected a zstar study", e);
        }
        return parsed;
    }

    /** @param anew whether nothing that the folder has from an earlier study is used */
    private int run(ResultFolder folder, boolean anew) {
        if (threads != null) {
            Limits.requireThreads("--threads", threads);
            if (!suites.isEmpty() && !suites.contains("training")) {
                throw new IllegalArgumentException("--threads " + threads + " applies only to the training suite; "
                        + "expected a --suite that includes training");
            }
        }
        StudyOptions options = new StudyOptions(
                full, suites, filter, engines, threads == null ? 0 : threads, budget, folder.cases(), pin);
        try (ResultFolder.Held _ = folder.hold()) {
            if (anew) {
                folder.forgetCases();
            }
            return run(folder, options);
        } catch (StudyException e) {
            // What fails while the study is stopped is no fault.
            if (stopping) {
                return 1;
            }
            throw e;
        } finally {
            ended.countDown();
        }
    }

    private int run(ResultFolder folder, StudyOptions options) {
        // Read first, so that a failure does not come after half an hour of measuring.
        Machine machine = Machine.read();
        Instant started = Instant.now();
        String command = command();
        StudyFile nothing = StudyFile.of(started, command, machine, Measurements.NONE, false);
        folder.begin(nothing.json(), Page.study(nothing));
        PrintWriter err = spec.commandLine().getErr();
        Thread stop = new Thread(() -> stop(err, folder));
        Runtime.getRuntime().addShutdownHook(stop);
        Measurements measured;
        try (ProgressReport report = new ProgressReport(err, budget)) {
            // The page has figures as soon as the first case has ended.
            measured = Study.run(options, report, found -> {
                StudyFile soFar = StudyFile.of(started, command, machine, found, false);
                folder.update(soFar.json(), Page.study(soFar));
            });
        } finally {
            forget(stop);
        }
        if (stopping) {
            // The page has been written, as that of a study that resumes.
            return 1;
        }
        StudyFile file = StudyFile.of(started, command, machine, measured, true);
        PrintWriter printed = spec.commandLine().getOut();
        // First, so that a full disk does not hide it.
        Summary.print(file, printed);
        printed.flush();
        Path page = folder.end(file.json(), Page.study(file));
        printed.printf("%nThe page%s: %s%n", Summary.notes(file), page);
        printed.flush();
        return measured.failures().isEmpty() ? 0 : 1;
    }

    private void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process ends, and the hook runs.
            stopping = true;
        }
    }

    /** Ends the study when this process ends early. The page then has every case that has finished. */
    private void stop(PrintWriter err, ResultFolder folder) {
        stopping = true;
        Study.stop();
        try {
            ended.await(GRACE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        err.println("stopped; to go on: zstar study --resume " + folder);
        err.flush();
    }

    private String command() {
        return NAME + (full ? " --full" : "") + (budget == null ? "" : " --time-budget " + TimeAmount.words(budget))
                + (filter.isEmpty() ? "" : (filter.startsWith("-") ? " --filter=" : " --filter ") + ShellWords.quoted(filter))
                + (engines.isEmpty() ? "" : " --engine " + String.join(",", engines))
                + (suites.isEmpty() ? "" : " --suite " + String.join(",", suites))
                + (threads == null ? "" : " --threads " + threads) + (pin ? " --pin" : "");
    }
}
