package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.evidence.Evidence;
import dev.zstar.benchmarks.evidence.Watch;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Runs a task in its own JVM, started with the flags of this one. Earlier work of this JVM, its compiled code and its memory, cannot
 * influence the task.
 *
 * <p>A task that was disturbed runs again, if {@link RepeatBudget} allows, and the calmer run counts.
 *
 * <p>A task that runs when the time budget is spent may end early, with what it has measured: {@link #isLate} holds in the child, too. If
 * it goes on for long, it is ended, and its case has no figures.
 */
final class Fork {
    private static final long LIMIT_SECONDS = 600;
    /** The property by which a child learns when the time budget is spent, in milliseconds of the system's clock. */
    private static final String DEADLINE = "zstar.deadline";
    /** How much longer than the time budget a child may run before it is ended: this part of the budget, and at least these seconds. */
    private static final double GRACE = 0.2;
    private static final long LEAST_GRACE = TimeUnit.SECONDS.toNanos(15);
    /** Lines that a JVM prints in any case, such as the one about JAVA_TOOL_OPTIONS. */
    private static final Pattern CHATTER = Pattern.compile("^(WARNING|Picked up )");

    private static volatile Journal journal;
    private static volatile RepeatBudget repeats = new RepeatBudget();
    private static volatile long started = System.nanoTime();
    private static volatile long limit = Long.MAX_VALUE;

    private Fork() {}

    /**
     * A study begins. One study runs at a time.
     *
     * @param theJournal results are taken from it if they are there, and new ones are kept in it; null for none
     * @param budget no task starts after this time; null for no limit
     */
    static void begin(Journal theJournal, Duration budget) {
        journal = theJournal;
        repeats = new RepeatBudget();
        started = System.nanoTime();
        limit = budget == null ? Long.MAX_VALUE : budget.toNanos();
    }

    /** Whether the time budget is spent, in a study and in its children. */
    static boolean isLate() {
        return System.nanoTime() - started > limit;
    }

    /** Throws if the time budget is spent. */
    static void requireTime() {
        if (isLate()) {
            throw new OutOfTime();
        }
    }

    /** Whether a suite measures another time: once it has a figure, only if there is time. */
    static boolean another(int measured, int planned) {
        return measured < planned && (measured == 0 || !isLate());
    }

    /** Runs the forks of a case. Once there is one, those for which there is no time are left out. */
    static void repeat(int planned, Runnable fork) {
        for (int k = 0; another(k, planned); k++) {
            try {
                fork.run();
            } catch (OutOfTime e) {
                if (k == 0) {
                    throw e;
                }
            }
        }
    }

    /** The work of a child. */
    interface Task {
        /** Computes a result from the argument. The result is serialised, and returned to the parent. */
        Serializable run(String argument);

        /** Whether it measures time. Then it needs a quiet machine. */
        default boolean timed() {
            return true;
        }
    }

    /**
     * What a child returned.
     *
     * @param evidence what disturbed the slices of its {@link Stopwatch}, or the whole task if it used none; null for a task without times
     * @param again whether the task ran twice
     */
    record Measured<T>(T value, Evidence evidence, boolean again) implements Serializable {}

    /**
     * Runs {@code task}, which has a constructor without parameters, in a child. The flags follow those of this JVM, and override them. The
     * evidence of {@link ForkResults} goes to {@link EvidenceLog}.
     */
    static <T extends Serializable> T call(Class<? extends Task> task, Class<T> result, String argument, String... flags) {
        Measured<T> measured = measure(task, result, argument, flags);
        if (measured.value() instanceof ForkResults found) {
            EvidenceLog.add(
                    found.results().stream().map(one -> EvidenceLog.name(one.suite(), one.caseName())).distinct().toList(), measured);
        }
        return measured.value();
    }

    /** Like {@link #call}, and returns the evidence, too. */
    static <T extends Serializable> Measured<T> measure(
            Class<? extends Task> task, Class<T> result, String argument, String... flags) {
        requireTime();
        Journal kept = journal;
        String[] all = Pinning.flags(flags);
        Measured<?> measured = kept == null ? twice(task, argument, all)
                : kept.call(task.getName() + " " + argument + " " + String.join(" ", all), Measured.class,
                        () -> twice(task, argument, all));
        return new Measured<>(result.cast(measured.value()), measured.evidence(), measured.again());
    }

    /** Runs the task, and again if it was disturbed. */
    private static Measured<?> twice(Class<? extends Task> task, String argument, String... flags) {
        long start = System.nanoTime();
        Measured<?> first = start(task, argument, flags);
        double seconds = (System.nanoTime() - start) * 1e-9;
        if (isLate() || first.evidence() == null || !repeats.allows(seconds, !first.evidence().quiet())) {
            return first;
        }
        Measured<?> second = start(task, argument, flags);
        Measured<?> calmer = second.evidence().disturbed() < first.evidence().disturbed() ? second : first;
        return new Measured<>(calmer.value(), calmer.evidence(), true);
    }

    private static Measured<?> start(Class<? extends Task> task, String argument, String... flags) {
        Path out = null;
        Path err = null;
        Process process = null;
        try {
            out = Files.createTempFile("zstar-fork", ".bin");
            err = Files.createTempFile("zstar-fork", ".txt");
            process = new ProcessBuilder(command(task, argument, out, flags))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(err.toFile())
                    .start();
            boolean ended = ends(process, Math.min(LIMIT_SECONDS, secondsToEnd()));
            if (!ended && isLate()) {
                throw new OutOfTime();
            }
            if (!ended || process.exitValue() != 0) {
                throw new StudyException("the JVM that was started for " + task.getSimpleName() + " "
                        + (ended ? "ended with exit code " + process.exitValue() : "did not end within " + LIMIT_SECONDS + " s") + ": "
                        + reason(err));
            }
            try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(out))) {
                return (Measured<?>) in.readObject();
            }
        } catch (IOException | ClassNotFoundException e) {
            throw new StudyException("a JVM for " + task.getSimpleName() + " could not be started or read: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StudyException("the study was interrupted");
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
            delete(out);
            delete(err);
        }
    }

    /** Until the budget and its grace are spent. */
    private static long secondsToEnd() {
        if (limit == Long.MAX_VALUE) {
            return Long.MAX_VALUE;
        }
        long grace = Math.max(LEAST_GRACE, (long) (GRACE * limit));
        return 1 + Math.max(0, TimeUnit.NANOSECONDS.toSeconds(limit - (System.nanoTime() - started) + grace));
    }

    private static void addDeadline(List<String> command) {
        if (limit != Long.MAX_VALUE) {
            long left = TimeUnit.NANOSECONDS.toMillis(limit - (System.nanoTime() - started));
            command.add("-D" + DEADLINE + "=" + (System.currentTimeMillis() + left));
        }
    }

    /** In the child. */
    private static void readDeadline() {
        Long deadline = Long.getLong(DEADLINE);
        if (deadline != null) {
            begin(null, Duration.ofMillis(Math.max(0, deadline - System.currentTimeMillis())));
        }
    }

    /** Whether the process ends within this time. If this JVM ends first, the process ends with it. */
    static boolean ends(Process process, long seconds) throws InterruptedException {
        Thread hook = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(hook);
        boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
        Runtime.getRuntime().removeShutdownHook(hook);
        return ended;
    }

    private static List<String> command(Class<?> task, String argument, Path out, String... flags) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            // The port of the parent's debugger or agent is taken.
            if (!flag.startsWith("-agentlib") && !flag.startsWith("-javaagent")) {
                command.add(flag);
            }
        }
        command.addAll(List.of(flags));
        command.add(Contenders.flag());
        addDeadline(command);
        String modules = System.getProperty("jdk.module.path");
        String classes = System.getProperty("java.class.path", "");
        if (!classes.isEmpty()) {
            command.addAll(List.of("-cp", classes));
        }
        if (modules != null && Fork.class.getModule().isNamed()) {
            command.addAll(List.of("-p", modules, "-m", "dev.zstar.benchmarks/" + Fork.class.getName()));
        } else {
            command.add(Fork.class.getName());
        }
        command.addAll(List.of(task.getName(), argument, out.toString()));
        return command;
    }

    private static String reason(Path err) throws IOException {
        // The child may write in another encoding.
        List<String> lines = new String(Files.readAllBytes(err), StandardCharsets.UTF_8).lines()
                .filter(line -> !line.isBlank() && !CHATTER.matcher(line).find())
                .toList();
        // Lines that were logged before the exception are not the reason.
        return lines.stream().filter(line -> line.startsWith("Exception in")).findFirst()
                .orElse(lines.isEmpty() ? "it printed no reason" : lines.getFirst());
    }

    /** Deletes a temporary file, if there is one. */
    static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // A temporary file may stay.
        }
    }

    /** Runs a task in the child. */
    public static void main(String[] arguments) throws ReflectiveOperationException, IOException {
        readDeadline();
        Pinning.to(1);
        Task task = Class.forName(arguments[0]).asSubclass(Task.class).getDeclaredConstructor().newInstance();
        Watch watch = Watch.start();
        Serializable result = task.run(arguments[1]);
        Evidence whole = watch.stop();
        Evidence evidence = task.timed() ? Stopwatch.evidence().orElse(whole) : null;
        try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(Path.of(arguments[2])))) {
            out.writeObject(new Measured<>(result, evidence, false));
        }
        System.exit(0);
    }
}
