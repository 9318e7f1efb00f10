package dev.zstar.benchmarks.evidence;

import java.io.Serializable;
import java.util.stream.Stream;

/**
 * What disturbed a measurement. Times are seconds; a component that the system hides is null.
 *
 * @param seconds how long it was watched
 * @param stolen time that the host of the virtual machine gave to others while a processor here had work, of the processor that lost most;
 *     in units of 0.01 s
 * @param waited time that a computing thread was ready and had no processor, of the thread that waited most, but no more than other
 *     processes worked: what it waited for its own JIT is no disturbance
 * @param throttled time for which the group of processes was stopped by its limit
 * @param throttles how often it was stopped
 * @param pressure time for which any process of the machine waited for a processor; this one and its compiler count
 * @param switches how often a computing thread lost its processor against its will
 * @param clockBefore GHz of the processor at the beginning, by a chain of dependent additions
 * @param clockAfter the same at the end
 * @param processors the processors that the threads may use, as Linux writes them: {@code 0-3,8}
 */
public record Evidence(
        double seconds, Double stolen, Double waited, Double throttled, Long throttles, Double pressure, Long switches, Double clockBefore,
        Double clockAfter, String processors)
        implements Serializable {
    /** The fraction of lost time above which a measurement is disturbed. */
    static final double THRESHOLD = 0.01;

    /**
     * The fraction of the time that was lost: stolen, waited or throttled. It is at most 1. Zero if the system hides all three; then
     * {@link #visible} is false.
     */
    public double disturbed() {
        double lost = Stream.of(known(stolen), known(waited), known(throttled)).mapToDouble(Double::doubleValue).sum();
        return seconds > 0 ? Math.min(1, lost / seconds) : 0;
    }

    /** Whether no more than a hundredth of the time was lost, as far as the system shows it. */
    public boolean quiet() {
        return disturbed() <= THRESHOLD;
    }

    /** Whether the system shows any of the times that {@link #disturbed} needs. */
    public boolean visible() {
        return stolen != null || waited != null || throttled != null;
    }

    private static double known(Double seconds) {
        return seconds == null ? 0 : seconds;
    }

    /** This and what was watched afterwards, as one. A component that either hides is absent. */
    public Evidence then(Evidence next) {
        return new Evidence(
                seconds + next.seconds, sum(stolen, next.stolen), sum(waited, next.waited), sum(throttled, next.throttled),
                sum(throttles, next.throttles), sum(pressure, next.pressure), sum(switches, next.switches), clockBefore, next.clockAfter,
                next.processors);
    }

    private static Double sum(Double first, Double second) {
        return first == null || second == null ? null : first + second;
    }

    private static Long sum(Long first, Long second) {
        return first == null || second == null ? null : first + second;
    }
}
