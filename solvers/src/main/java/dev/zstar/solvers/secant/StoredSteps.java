package dev.zstar.solvers.secant;

import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Workspace;
import java.util.Arrays;

/** What both forms of H keep for each row of a batch: how many slots its steps take, and coefficients for a sweep over them. */
abstract sealed class StoredSteps implements InverseJacobian permits StepProduct, PairSum {
    final Workspace workspace;
    /** Slots of a row. Element j of row b has index {@code b m + j} in all arrays of {@code batch × m}. */
    final int m;
    /** By row of the batch: the slots in use. */
    final int[] counts;
    final double[] coefficients;
    final double[] square;
    /** By position: the factor that makes a sum the next direction, σ or {@code 1 / (1 - τ)}; 1 if a direction is repeated. */
    final double[] stretch;
    final double[] zeros;

    StoredSteps(Workspace workspace, int memory) {
        this.workspace = workspace;
        m = memory;
        counts = new int[workspace.batch()];
        coefficients = new double[workspace.batch() * m];
        square = new double[workspace.batch()];
        stretch = new double[workspace.batch()];
        zeros = new double[workspace.batch()];
    }

    @Override
    public void forget(int b) {
        counts[b] = 0;
    }

    /** {@inheritDoc} Each direction has a slot, unless a form of H reduces them. */
    @Override
    public int directions(int b) {
        return counts[b];
    }

    /** The slots that a sweep for these rows reads. */
    final int most(Rows rows) {
        int most = 0;
        for (int p = 0; p < rows.count(); p++) {
            most = Math.max(most, counts[rows.index(p)]);
        }
        return most;
    }

    final void clearCoefficients(int b) {
        Arrays.fill(coefficients, b * m, (b + 1) * m, 0);
    }

    /** Coefficients for the last direction again, times {@code length}. Returns the factor of the sum, 1. */
    final double repeat(int b, double length) {
        clearCoefficients(b);
        coefficients[b * m + counts[b] - 1] = length;
        return 1;
    }
}
