package dev.zstar.reports.comparison;

import dev.zstar.reports.statistics.Forks;
import java.util.Optional;

/**
 * Heap bytes of an operation in both builds. They are counted, so there is neither floor nor interval. A count is rounded to whole bytes,
 * since JMH divides the bytes of an iteration, with what its own threads allocate, by the operations.
 *
 * @param changed whether every count of one build is above every count of the other
 */
public record Allocation(long before, long after, boolean changed) {
    static Optional<Allocation> of(Forks base, Forks fresh) {
        if (base.count() == 0 || fresh.count() == 0) {
            return Optional.empty();
        }
        boolean apart = Math.rint(base.largest()) < Math.rint(fresh.smallest()) || Math.rint(fresh.largest()) < Math.rint(base.smallest());
        return Optional.of(new Allocation(Math.round(base.median()), Math.round(fresh.median()), apart));
    }

    /** Whether the new build allocates more. */
    public boolean isRegression() {
        return changed && after > before;
    }

    /** A sentence; empty if nothing changed. */
    String sentence() {
        if (!changed) {
            return "";
        }
        return "It allocates " + Math.abs(after - before) + " B " + (after > before ? "more" : "less") + " in each operation: " + before
                + " → " + after + " B.";
    }
}
