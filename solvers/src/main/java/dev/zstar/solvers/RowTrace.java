package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;
import java.util.Arrays;

/**
 * Records the relative residuals of one row of a solve, or of one slot of a stream, from evaluation to evaluation. A new solve, or the next
 * problem of the slot, starts a new trace. A solve without this row leaves the trace as it is. To have a trace in addition to another
 * observer, combine them with {@link RowObserver#andThen}.
 *
 * <p>{@link Stopping#traced} records the largest residual of all rows instead.
 */
public final class RowTrace implements RowObserver {
    private final int row;
    private final double[] residuals;
    private final int[] evaluations;
    private int count;

    /**
     * Allocates a trace.
     *
     * @param row the row of the batch, from 0
     * @param capacity the most evaluations that are recorded; later ones are ignored
     */
    public RowTrace(int row, int capacity) {
        Arguments.atLeast("RowTrace", "the row", row, 0);
        Arguments.atLeast("RowTrace", "the capacity", capacity, 1);
        this.row = row;
        residuals = new double[capacity];
        evaluations = new int[capacity];
    }

    @Override
    public void begin(int b) {
        if (b == row) {
            count = 0;
        }
    }

    @Override
    public void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
        int spent = row < progress.batch() ? progress.evaluations(row) : 0;
        // A row that has ended spends no more evaluations.
        if (count < residuals.length && spent > (count == 0 ? 0 : evaluations[count - 1])) {
            residuals[count] = progress.latestResidual(row);
            evaluations[count++] = spent;
        }
    }

    /** The row of the batch. */
    public int row() {
        return row;
    }

    /** The number of entries. */
    public int count() {
        return count;
    }

    /** The relative residual of entry {@code i}, from 0. */
    public double residual(int i) {
        return residuals[Arguments.index("residual", "entry", i, count)];
    }

    /**
     * The evaluations that the row had spent at entry {@code i}. They are {@code i + 1}, unless the method evaluates f within its steps
     * too.
     */
    public int evaluations(int i) {
        return evaluations[Arguments.index("evaluations", "entry", i, count)];
    }

    /** A copy of the relative residuals. */
    public double[] residuals() {
        return Arrays.copyOf(residuals, count);
    }
}
