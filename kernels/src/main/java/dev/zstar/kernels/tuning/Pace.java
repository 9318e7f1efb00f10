package dev.zstar.kernels.tuning;

import java.time.Duration;

/** Divides the remaining time among the remaining stages, by weight. */
final class Pace {
    private final long end;
    private int weights;
    private long stageEnd;
    private long last;
    /** The longest run so far. Later ones may be as long. */
    private long longest;

    Pace(Duration budget, int weights) {
        last = System.nanoTime();
        end = last + budget.toNanos();
        this.weights = weights;
    }

    void stage(int weight) {
        last = System.nanoTime();
        stageEnd = last + (end - last) / Math.max(weights, weight) * weight;
        weights -= weight;
    }

    /** A run has ended. */
    void ran() {
        long now = System.nanoTime();
        longest = Math.max(longest, now - last);
        last = now;
    }

    /** Whether this many more runs end in the time of the stage, or at least of the search. */
    boolean allows(int runs, boolean atLeast) {
        return System.nanoTime() + runs * longest < (atLeast ? end : stageEnd);
    }
}
