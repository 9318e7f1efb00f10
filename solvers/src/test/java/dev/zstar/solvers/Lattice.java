package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * {@code F(z) = L (z - z*) + z³ - z*³ = 0} with {@code L = tridiag(-1, 2, -1)}. So {@code f(z) = z - F(z)} has the fixed point z*, which
 * differs from row to row of the batch. f does not contract: {@code J = I - L - 3 diag(z²)} has eigenvalues down to -3 and below. Each
 * row may have a defect.
 */
public final class Lattice implements DifferentiableMap {
    /** What is wrong with a row. */
    public enum Defect {
        NONE,
        /** {@code F(z) = z² + 1 + …}: no solution. */
        UNSOLVABLE,
        /** Products are NaN. */
        BROKEN,
        /** Products have the wrong sign: steps lead uphill. */
        UPHILL
    }

    public final int n;
    public final Defect[] defects;
    /** Rows evaluated, by apply, jvp and linearise. */
    public int evaluations;
    public int products;
    private final double[][] points;

    public Lattice(int n, Defect... defects) {
        this.n = n;
        this.defects = defects;
        points = new double[defects.length][n];
    }

    public static Lattice of(int n, int batch) {
        Defect[] defects = new Defect[batch];
        java.util.Arrays.fill(defects, Defect.NONE);
        return new Lattice(n, defects);
    }

    /** Element i of the fixed point of row b. */
    public static double solution(int b, int i) {
        return 1 + 0.5 * Math.sin(1 + b + 2.0 * i);
    }

    private double difference(Block z, int p, int b, int i) {
        return i < 0 || i >= n ? 0 : z.get(p, i) - solution(b, i);
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        evaluations += rows.count();
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            for (int i = 0; i < n; i++) {
                double zi = z.get(p, i);
                double s = solution(b, i);
                double residual = defects[b] == Defect.UNSOLVABLE ? zi * zi + 1
                        : 2 * difference(z, p, b, i) - difference(z, p, b, i - 1) - difference(z, p, b, i + 1) + zi * zi * zi - s * s * s;
                out.set(p, i, zi - residual);
            }
        }
    }

    @Override
    public void linearise(Block z, Rows rows) {
        evaluations += rows.count();
        for (double[] point : points) {
            java.util.Arrays.fill(point, Double.NaN);
        }
        for (int p = 0; p < rows.count(); p++) {
            for (int i = 0; i < n; i++) {
                points[rows.index(p)][i] = z.get(p, i);
            }
        }
    }

    @Override
    public void jvp(Block v, Block out, Rows rows) {
        evaluations += rows.count();
        products += rows.count();
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            for (int i = 0; i < n; i++) {
                double vi = v.get(p, i);
                double left = i == 0 ? 0 : v.get(p, i - 1);
                double right = i == n - 1 ? 0 : v.get(p, i + 1);
                double zi = points[b][i];
                double slope = switch (defects[b]) {
                    case UNSOLVABLE -> 2 * zi * vi;
                    case BROKEN -> Double.NaN;
                    case UPHILL -> -(2 * vi - left - right + 3 * zi * zi * vi);
                    case NONE -> 2 * vi - left - right + 3 * zi * zi * vi;
                };
                out.set(p, i, vi - slope);
            }
        }
    }

    @Override
    public void vjp(Block u, Block out, Rows rows) {
        // J is symmetric.
        jvp(u, out, rows);
    }
}
