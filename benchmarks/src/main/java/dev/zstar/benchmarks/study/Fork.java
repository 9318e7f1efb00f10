package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.evidence.Evidence;
import dev.zstar.benchmarks.evidence.Watch;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Runs a task in its own JVM, started with the flags of this one. Earlier work of this JVM, its compiled code and its memory, cannot
 * influence the task.
 *
 * <p>A task that was disturbed runs again, if {@link RepeatBudget} allows, and the calmer run counts.
 *
 * <p>A task that measures several cases calls {@link #keep} after each. If it ends early, because the time budget is spent or the study is
 * stopped, its result is what it has kept, and only the case in progress is lost. It notices the budget itself, since {@link #isLate} holds
 * in the child, too. If it goes on for long, it is ended.
 */
final class Fork {
    private static final long LIMIT_SECONDS = 600;
    /** The property by which a child learns when the time budget is spent, in milliseconds of the system's clock. */
    private static final String DEADLINE = "zstar.deadline";
    /** How much longer than the time budget a child may run before it is ended: this part of the budget, and at least these seconds. */
    private static final double GRACE = 0.2;
    private static final long LEAST_GRACE = TimeUnit.SECONDS.toNanos(15);
    /** The exit codes of a JVM that was interrupted from the keyboard, and of one that was asked to end. */
    private static final Set<Integer> ASKED = Set.of(130, 143);
    /** How long this process may take to notice that it is asked to end, too. */
    private static final long ASKED_MILLIS = 2000;

    private static volatile Journal journal;
    private static volatile RepeatBudget repeats = new RepeatBudget();
    private static volatile long started = System.nanoTime();
    private static volatile long limit = Long.MAX_VALUE;
    private static volatile boolean stopped;
    /** Whether a task ended early, and its last cases are missing. */
    private static volatile boolean cut;

    /** In the child, the file of its result. */
    private static volatile Path result;

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
        stopped = false;
        cut = false;
    }

    /** The study is stopped, as if the time budget were spent now, and its children end at once. */
    static void stop() {
        stopped = true;
        Children.endAll();
    }

    /** Whether the time budget is spent or the study is stopped; in a study and in its children. */
    static boolean isLate() {
        return stopped || System.nanoTime() - started > limit;
    }

    /** Whether the study is stopped. */
    static boolean isStopped() {
        return stopped;
    }

    /** Whether a task ended early since the last call. */
    static boolean wasCut() {
        boolean was = cut;
        cut = false;
        return was;
    }

    /**
     * In a child, after each case: what it has measured so far is its result if it ends early. Elsewhere this only looks at the time.
     *
     * @throws OutOfTime if the time budget is spent; the child need not catch it
     */
    static void keep(Serializable soFar) {
        if (result != null) {
            ForkFile.write(result, new Measured<>(soFar, Stopwatch.evidence().orElse(null), false, true));
        }
        requireTime();
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
            boolean before = cut;
            try {
                fork.run();
            } catch (OutOfTime e) {
                if (k == 0) {
                    throw e;
                }
            }
            // The first fork has the cases that a later one lacks.
            cut = k == 0 ? cut : before;
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
     * @param cut whether the task ended early, so that cases are missing
     */
    record Measured<T>(T value, Evidence evidence, boolean again, boolean cut) implements Serializable {}

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
        return measure(task, result, argument, Map.of(), flags);
    }

    /** Like {@link #measure(Class, Class, String, String...)}, with these variables in addition to those of this process. */
    static <T extends Serializable> Measured<T> measure(
            Class<? extends Task> task, Class<T> result, String argument, Map<String, String> environment, String... flags) {
        requireTime();
        Journal kept = journal;
        String[] all = Pinning.flags(flags);
        Measured<?> measured = kept == null ? twice(task, argument, environment, all)
                : kept.call(task.getName() + " " + argument + " " + String.join(" ", all)
                        + (environment.isEmpty() ? "" : " " + environment), Measured.class, () -> twice(task, argument, environment, all));
        if (measured.cut()) {
            cut = true;
        }
        return new Measured<>(result.cast(measured.value()), measured.evidence(), measured.again(), measured.cut());
    }

    /** Runs the task, and again if it was disturbed. */
    private static Measured<?> twice(
            Class<? extends Task> task, String argument, Map<String, String> environment, String... flags) {
        long start = System.nanoTime();
        Measured<?> first = start(task, argument, environment, flags);
        double seconds = (System.nanoTime() - start) * 1e-9;
        if (isLate() || first.evidence() == null || !repeats.allows(seconds, !first.evidence().quiet())) {
            return first;
        }
        try {
            Measured<?> second = start(task, argument, environment, flags);
            boolean better = !second.cut() && second.evidence().disturbed() < first.evidence().disturbed();
            Measured<?> calmer = better ? second : first;
            return new Measured<>(calmer.value(), calmer.evidence(), true, false);
        } catch (OutOfTime e) {
            return first;
        }
    }

    private static Measured<?> start(
            Class<? extends Task> task, String argument, Map<String, String> environment, String... flags) {
        Path out = null;
        Path err = null;
        Process process = null;
        try {
            out = Files.createTempFile("zstar-fork", ".bin");
            err = Files.createTempFile("zstar-fork", ".txt");
            ProcessBuilder child = new ProcessBuilder(command(task, argument, out, flags))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(err.toFile());
            child.environment().putAll(environment);
            process = child.start();
            boolean ended = Children.ends(process, Math.min(LIMIT_SECONDS, secondsToEnd()));
            if (ended && ASKED.contains(process.exitValue())) {
                awaitStop();
            }
            boolean failed = !ended || process.exitValue() != 0;
            if (Files.size(out) == 0 && (!failed || isLate())) {
                throw new OutOfTime();
            }
            if (failed && !isLate()) {
                throw new StudyException("the JVM that was started for " + task.getSimpleName() + " "
                        + (ended ? "ended with exit code " + process.exitValue() : "did not end within " + LIMIT_SECONDS + " s") + ": "
                        + Children.reason(err));
            }
            return ForkFile.read(out);
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
            if (out != null) {
                delete(ForkFile.part(out));
            }
        }
    }

    /**
     * Ctrl-C reaches the children, too. If one ends by it before this process knows, this waits until it does. A child that somebody else
     * has ended has failed.
     */
    private static void awaitStop() throws InterruptedException {
        for (long waited = 0; !stopped && waited < ASKED_MILLIS; waited += 10) {
            Thread.sleep(10);
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

    private static List<String> command(Class<?> task, String argument, Path out, String... flags) {
        List<String> own = new ArrayList<>(List.of(flags));
        own.add(Contenders.flag());
        addDeadline(own);
        return Children.command(own, Fork.class, List.of(task.getName(), argument, out.toString()));
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
    public static void main(String[] arguments) throws ReflectiveOperationException {
        readDeadline();
        result = Path.of(arguments[2]);
        Pinning.to(1);
        Task task = Class.forName(arguments[0]).asSubclass(Task.class).getDeclaredConstructor().newInstance();
        Watch watch = Watch.start();
        try {
            Serializable value = task.run(arguments[1]);
            Evidence whole = watch.stop();
            ForkFile.write(result, new Measured<>(value, task.timed() ? Stopwatch.evidence().orElse(whole) : null, false, false));
        } catch (OutOfTime e) {
            // What it has kept is the result.
        }
        System.exit(0);
    }
}
