package dev.zstar.benchmarks.problems;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Status;

/**
 * Anderson acceleration as published, for comparison: type II in differences, {@code z_{k+1} = f(z_k) - ΔG_k γ}, where γ minimises
 * {@code ‖r_k - ΔR_k γ‖} (Walker and Ni 2011, section 2, β = 1). Every step computes a new Householder QR of ΔR_k. The oldest of more than
 * m columns is dropped. There is no regularisation and no check of the condition. A column that is exactly dependent gets γ = 0, where the
 * formula would divide by 0.
 *
 * <p>All arithmetic is f64. For an f32 state, each iterate is rounded before the map is evaluated. The code is written to be read, and
 * moves far more memory than necessary.
 */
public final class QrAnderson {
    private final int m;
    private final double tolerance;
    private final int budget;

    /**
     * How a solve ended.
     *
     * @param status {@link Status#CONVERGED_RELATIVE}, {@link Status#CONVERGED_AT_START}, {@link Status#MAX_EVALUATIONS},
     *     {@link Status#NONFINITE_INPUT} or {@link Status#NONFINITE_FUNCTION}
     * @param evaluations evaluations of the map
     * @param residual {@code ‖f(z) - z‖ / max(‖f(z)‖, u ‖z₀‖)} of the last iterate, with the start z₀ and the unit roundoff u of the type
     */
    public record Ending(Status status, int evaluations, double residual) {}

    /**
     * A solver that keeps up to m differences. It stops by the rule of the solvers, {@code ‖f(z) - z‖ ≤ tolerance · max(‖f(z)‖, u ‖z₀‖)},
     * or after {@code budget} evaluations.
     */
    public QrAnderson(int m, double tolerance, int budget) {
        if (m < 1) {
            throw new IllegalArgumentException("window " + m + "; expected at least 1");
        }
        this.m = m;
        this.tolerance = tolerance;
        this.budget = budget;
    }

    /** Solves one row of {@code type} from {@code x}, and leaves the last evaluated iterate there. */
    public Ending solve(FixedPointMap f, Type type, double... x) {
        int n = x.length;
        int most = Math.min(m, n);
        Rows one = new Rows(1);
        double[][] Δr = new double[most][];
        double[][] Δg = new double[most][];
        int columns = 0;
        double[] r = null;
        double[] g = null;
        double floor = type.unitRoundoff() * norm(x);
        try (Block z = Block.of(type, 1, n, x);
                Block value = Block.allocate(type, 1, n)) {
            for (int k = 1; ; k++) {
                f.apply(z, value, one);
                double[] lastR = r;
                double[] lastG = g;
                g = value.toDoubles();
                System.arraycopy(z.toDoubles(), 0, x, 0, n);
                r = minus(g, x);
                double residual = norm(r) == 0 ? 0 : norm(r) / Math.max(norm(g), floor);
                if (residual <= tolerance) {
                    return new Ending(k == 1 ? Status.CONVERGED_AT_START : Status.CONVERGED_RELATIVE, k, residual);
                }
                if (!Double.isFinite(norm(r) + norm(g))) {
                    return new Ending(k == 1 ? Status.NONFINITE_INPUT : Status.NONFINITE_FUNCTION, k, residual);
                }
                if (k >= budget) {
                    return new Ending(Status.MAX_EVALUATIONS, k, residual);
                }
                if (k > 1) {
                    if (columns == most) {
                        System.arraycopy(Δr, 1, Δr, 0, most - 1);
                        System.arraycopy(Δg, 1, Δg, 0, most - 1);
                        columns--;
                    }
                    Δr[columns] = minus(r, lastR);
                    Δg[columns++] = minus(g, lastG);
                }
                double[] γ = leastSquares(Δr, columns, r);
                double[] next = g.clone();
                for (int j = 0; j < columns; j++) {
                    for (int i = 0; i < n; i++) {
                        next[i] -= γ[j] * Δg[j][i];
                    }
                }
                z.copyFrom(next);
            }
        }
    }

    /**
     * The γ that minimises {@code ‖b - A γ‖} by Householder reflections (Golub and Van Loan, algorithm 5.2.1).
     *
     * @param columns the columns of A; the first {@code count} are used
     */
    static double[] leastSquares(double[][] columns, int count, double[] b) {
        double[][] a = new double[count][];
        for (int j = 0; j < count; j++) {
            a[j] = columns[j].clone();
        }
        double[] y = b.clone();
        double[] diagonal = new double[count];
        for (int j = 0; j < count; j++) {
            double square = 0;
            for (int i = j; i < y.length; i++) {
                square += a[j][i] * a[j][i];
            }
            diagonal[j] = a[j][j] > 0 ? -Math.sqrt(square) : Math.sqrt(square);
            if (square > 0) {
                // The reflection maps v, which is column j from its diagonal down, to a multiple of the first unit vector.
                a[j][j] -= diagonal[j];
                double half = -diagonal[j] * a[j][j];
                for (int l = j + 1; l < count; l++) {
                    reflect(a[j], j, half, a[l]);
                }
                reflect(a[j], j, half, y);
            }
        }
        double[] γ = new double[count];
        for (int j = count - 1; j >= 0; j--) {
            double sum = y[j];
            for (int l = j + 1; l < count; l++) {
                sum -= a[l][j] * γ[l];
            }
            γ[j] = diagonal[j] == 0 ? 0 : sum / diagonal[j];
        }
        return γ;
    }

    /** {@code x ← x - v (vᵀ x) / half} from element {@code from} on, with {@code half = ‖v‖² / 2}. */
    private static void reflect(double[] v, int from, double half, double[] x) {
        double sum = 0;
        for (int i = from; i < x.length; i++) {
            sum += v[i] * x[i];
        }
        for (int i = from; i < x.length; i++) {
            x[i] -= sum / half * v[i];
        }
    }

    private static double[] minus(double[] x, double[] y) {
        double[] difference = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            difference[i] = x[i] - y[i];
        }
        return difference;
    }

    private static double norm(double... x) {
        double square = 0;
        for (double e : x) {
            square += e * e;
        }
        return Math.sqrt(square);
    }
}
