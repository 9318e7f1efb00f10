package dev.zstar.benchmarks.evidence;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The counters of Linux at one time.
 *
 * @param nanos of {@link System#nanoTime}
 * @param stolen hundredths of a second, by processor; empty if hidden
 * @param others hundredths of a second for which processors worked for other processes; empty if hidden
 * @param threads the computing threads by their numbers; empty if hidden
 */
record Sample(
        long nanos, Map<Integer, Long> stolen, Optional<Long> others, Map<Integer, LinuxFiles.Scheduled> threads,
        Optional<LinuxFiles.Throttling> throttling, Optional<Long> pressureMicros, String processors) {
    private static final double TICKS_PER_SECOND = 100;
    /** A shorter stretch has too few hundredths of a second to say who worked in it. */
    private static final long LONG_NANOS = 200_000_000;
    private static final LinuxFiles SYSTEM = LinuxFiles.ofSystem();

    static Sample take() {
        return take(SYSTEM);
    }

    static Sample take(LinuxFiles files) {
        return new Sample(
                System.nanoTime(), files.stolen(), files.others(), files.computingThreads(), files.throttling(), files.pressureMicros(),
                files.processors().orElse(null));
    }

    /** What happened from this sample to a later one. A counter that runs backwards, as stolen time does on some hosts, has not moved. */
    Evidence until(Sample later, Double clockBefore, Double clockAfter) {
        OptionalDouble steal = later.stolen.entrySet().stream()
                .filter(entry -> stolen.containsKey(entry.getKey()))
                .mapToDouble(entry -> since(stolen.get(entry.getKey()), entry.getValue()) / TICKS_PER_SECOND)
                .max();
        boolean seen = !later.threads.isEmpty() && !threads.isEmpty();
        // A thread that was started meanwhile has waited since then only.
        double waited = later.threads.entrySet().stream()
                .mapToDouble(entry -> since(before(entry.getKey()).waitNanos(), entry.getValue().waitNanos()))
                .max()
                .orElse(0);
        long switches = later.threads.entrySet().stream()
                .mapToLong(entry -> since(before(entry.getKey()).switches(), entry.getValue().switches()))
                .sum();
        Optional<LinuxFiles.Throttling> first = later.throttling.isPresent() ? throttling : Optional.empty();
        return new Evidence(
                (later.nanos - nanos) * 1e-9,
                steal.isPresent() ? steal.getAsDouble() : null,
                seen ? Math.min(waited * 1e-9, takenBy(later)) : null,
                first.map(then -> 1e-9 * since(then.nanos(), later.throttling.get().nanos())).orElse(null),
                first.map(then -> since(then.count(), later.throttling.get().count())).orElse(null),
                later.pressureMicros.flatMap(now -> pressureMicros.map(then -> 1e-6 * since(then, now))).orElse(null),
                seen ? switches : null,
                clockBefore, clockAfter, later.processors);
    }

    /**
     * Seconds for which processors worked for other processes: a thread cannot have waited longer because of them. What it waited beyond
     * that, it waited for other threads of its own process, such as the JIT's.
     */
    private double takenBy(Sample later) {
        boolean known = others.isPresent() && later.others.isPresent() && later.nanos - nanos >= LONG_NANOS;
        return known ? since(others.get(), later.others.get()) / TICKS_PER_SECOND : Double.POSITIVE_INFINITY;
    }

    private static long since(long before, long after) {
        return Math.max(0, after - before);
    }

    private LinuxFiles.Scheduled before(int thread) {
        return threads.getOrDefault(thread, LinuxFiles.Scheduled.NEW);
    }
}
