package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Shaped;

/** Ends a row when a difference of its last iterates is small, relative to the latest one. */
abstract sealed class DifferenceRule implements ExitRule permits SmallDifference, SmallSecondDifference {
    private final double threshold;
    private final Differences differences;

    DifferenceRule(String name, Shaped shape, int order, double threshold) {
        this.threshold = Threshold.check(name, threshold);
        differences = new Differences(shape, order);
    }

    /** The norm of the difference of row {@code b}; NaN as long as it has too few iterates. */
    abstract double difference(Differences of, int b);

    @Override
    public final void begin(int b) {
        differences.begin(b);
    }

    @Override
    public final void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
        differences.measure(z, rows);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (difference(differences, b) <= threshold * differences.size(b)) {
                exits.stop(p);
            }
        }
    }

    @Override
    public final long bytes() {
        return differences.bytes();
    }

    @Override
    public final void close() {
        differences.close();
    }
}
