package dev.zstar.benchmarks.study;

import java.io.Serializable;

/**
 * The cost of a call in one fork.
 *
 * @param nanos nanoseconds in the fastest slice
 * @param bytes the most heap bytes of a call
 */
record CallCost(double nanos, long bytes) implements Serializable {
    /** The cost of one of the bodies that were timed. */
    static CallCost of(Stopwatch.SliceTimes times, int body) {
        return new CallCost(times.nanos()[body][0], times.bytes()[body]);
    }

    /** This cost, or the time of another attempt if that was faster. What disturbs a slice only makes it longer. */
    CallCost orFaster(CallCost other) {
        return other.bytes > bytes ? this : new CallCost(Math.min(nanos, other.nanos), bytes);
    }
}
