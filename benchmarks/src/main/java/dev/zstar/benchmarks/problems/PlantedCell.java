package dev.zstar.benchmarks.problems;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.DenseCell;

/**
 * The cell {@code z = tanh(W z + c)}, constructed from its solution. Random pre-activations a give {@code z* = tanh(a)}. W is a Gaussian
 * matrix or the symmetric part of one, scaled so that the Jacobian at z* has the given spectral radius. Then {@code c = a - W z*}.
 */
public final class PlantedCell {
    private final int n;
    private final double[] w;
    private final double[] c;
    private final double[] solution;

    /**
     * Makes a cell; the same arguments give the same cell.
     *
     * @param n elements of the state
     * @param symmetric whether W is symmetric
     * @param radius ρ(J) at z*
     */
    public PlantedCell(int n, boolean symmetric, double radius) {
        this.n = n;
        double[] a = Cells.gaussian(n, 21);
        w = Cells.gaussian(n * n, 22);
        if (symmetric) {
            Cells.symmetrise(w, n);
        }
        solution = new double[n];
        double[] slope = new double[n * n];
        for (int i = 0; i < n; i++) {
            solution[i] = StrictMath.tanh(a[i]);
            slope[i * n + i] = 1 - solution[i] * solution[i];
        }
        c = Cells.plant(w, slope, a, solution, radius);
    }

    /** The map as a formula; the start is 0. */
    Problem problem(String name, String source) {
        return new Problem(name, source, new double[n], (z, out) -> {
            Cells.affine(w, z, c, out);
            for (int i = 0; i < n; i++) {
                out[i] = StrictMath.tanh(out[i]);
            }
        }, solution, 0);
    }

    /** The map as a cell for batches of up to {@code batch} rows. Its bias is c, and its input is 0. */
    public DenseCell cell(Engine engine, Type type, int batch) {
        try (Block wBlock = Block.of(type, n, n, w);
                Block none = Block.allocate(type, n, 1);
                Block bias = Block.of(type, 1, n, c);
                Block x = Block.allocate(type, batch, 1)) {
            DenseCell cell = new DenseCell(engine, Activation.TANH, wBlock, none, bias, batch);
            cell.inject(x);
            return cell;
        }
    }

    /** {@code I - Jᵀ} at z*, row by row. */
    public double[][] adjoint() {
        double[][] matrix = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double slope = 1 - solution[j] * solution[j];
                matrix[i][j] = (i == j ? 1 : 0) - slope * w[j * n + i];
            }
        }
        return matrix;
    }
}
