package dev.zstar.benchmarks.evidence;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The counters of Linux at one time.
 *
 * @param nanos of {@link System#nanoTime}
 * @param stolen hundredths of a second, by processor; empty if hidden
 * @param threads the computing threads by their numbers; empty if hidden
 */
record Sample(
        long nanos, Map<Integer, Long> stolen, Map<Integer, LinuxFiles.Scheduled> threads, Optional<LinuxFiles.Throttling> throttling,
        Optional<Long> pressureMicros, String processors) {
    private static final double TICKS_PER_SECOND = 100;
    private static final LinuxFiles SYSTEM = LinuxFiles.ofSystem();

    static Sample take() {
        return take(SYSTEM);
    }

    static Sample take(LinuxFiles files) {
        return new Sample(
                System.nanoTime(), files.stolen(), files.computingThreads(), files.throttling(), files.pressureMicros(),
                files.processors().orElse(null));
    }

    /** What happened from this sample to a later one. */
    Evidence until(Sample later, Double clockBefore, Double clockAfter) {
        OptionalDouble steal = later.stolen.entrySet().stream()
                .filter(entry -> stolen.containsKey(entry.getKey()))
                .mapToDouble(entry -> (entry.getValue() - stolen.get(entry.getKey())) / TICKS_PER_SECOND)
                .max();
        boolean seen = !later.threads.isEmpty() && !threads.isEmpty();
        // A thread that was started meanwhile has waited since then only.
        double waited = later.threads.entrySet().stream()
                .mapToDouble(entry -> entry.getValue().waitNanos() - before(entry.getKey()).waitNanos())
                .max()
                .orElse(0);
        long switches = later.threads.entrySet().stream()
                .mapToLong(entry -> entry.getValue().switches() - before(entry.getKey()).switches())
                .sum();
        Optional<LinuxFiles.Throttling> first = later.throttling.isPresent() ? throttling : Optional.empty();
        return new Evidence(
                (later.nanos - nanos) * 1e-9,
                steal.isPresent() ? steal.getAsDouble() : null,
                seen ? waited * 1e-9 : null,
                first.map(then -> (later.throttling.get().nanos() - then.nanos()) * 1e-9).orElse(null),
                first.map(then -> later.throttling.get().count() - then.count()).orElse(null),
                later.pressureMicros.flatMap(now -> pressureMicros.map(then -> (now - then) * 1e-6)).orElse(null),
                seen ? switches : null,
                clockBefore, clockAfter, later.processors);
    }

    private LinuxFiles.Scheduled before(int thread) {
        return threads.getOrDefault(thread, LinuxFiles.Scheduled.NEW);
    }
}
