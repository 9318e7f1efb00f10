package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Random;

/** Random systems {@code (I - T) u = b}, one for each row, with exact residuals. */
final class RandomSystem implements LinearOperator {
    /** What T is like. */
    private enum MatrixKind {
        /** Gaussian, from a contraction to a map that triples norms. */
        RANDOM,
        SYMMETRIC,
        /** Strictly upper triangular. */
        NILPOTENT,
        /** One Jordan block. In half of them the eigenvalue is 1, so that I - T has rank n - 1. */
        DEFECTIVE,
        /** The last columns of I - T repeat the first ones. */
        SINGULAR,
        /** I - T has a row of zeros. */
        ZERO_ROW,
        /** I - T has a column that is scaled by 10⁻¹⁶. */
        NEARLY_SINGULAR,
        ZERO,
        IDENTITY
    }

    private final int n;
    private final MatrixKind[] kinds;
    private final double[][] t;
    /** The number of the product that is NaN; 0 for none. */
    private final int[] strikes;
    private final int[] products;
    private final boolean[] nonfinite;

    RandomSystem(Random random, Type type, int n, int rows) {
        this.n = n;
        kinds = new MatrixKind[rows];
        t = new double[rows][n * n];
        strikes = new int[rows];
        products = new int[rows];
        nonfinite = new boolean[rows];
        for (int b = 0; b < rows; b++) {
            kinds[b] = MatrixKind.values()[random.nextInt(MatrixKind.values().length)];
            double range = type == Type.F32 ? 20 : 200;
            double size = random.nextInt(10) == 0 ? Math.pow(10, range * (2 * random.nextDouble() - 1))
                    : 3 * random.nextDouble() / Math.sqrt(n);
            for (int i = 0; i < n * n; i++) {
                t[b][i] = size * random.nextGaussian();
            }
            shape(kinds[b], t[b], random);
            strikes[b] = random.nextInt(20) == 0 ? 1 + random.nextInt(10) : 0;
        }
    }

    /** Without the products that are NaN, so that a product does not depend on those before it. Returns this system. */
    RandomSystem withoutStrikes() {
        Arrays.fill(strikes, 0);
        return this;
    }

    private void shape(MatrixKind kind, double[] m, Random random) {
        int some = random.nextInt(n);
        double eigenvalue = random.nextBoolean() ? 1 : 1.5 * random.nextDouble();
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                int at = i * n + j;
                int one = i == j ? 1 : 0;
                m[at] = switch (kind) {
                    case RANDOM -> m[at];
                    case SYMMETRIC -> j < i ? m[j * n + i] : m[at];
                    case NILPOTENT -> j > i ? m[at] : 0;
                    case DEFECTIVE -> i == j ? eigenvalue : j == i + 1 ? 1 : 0;
                    // I - T has the columns 0, 1, … some, 0, 1, …
                    case SINGULAR -> j > some ? one - ((i == j % (some + 1) ? 1 : 0) - m[i * n + j % (some + 1)]) : m[at];
                    case ZERO_ROW -> i == some ? one : m[at];
                    case NEARLY_SINGULAR -> j == some ? one + 1e-16 * m[at] : m[at];
                    case ZERO -> 0;
                    case IDENTITY -> one;
                };
            }
        }
    }

    @Override
    public void apply(Block u, Block out, Rows rows) {
        multiply(u, out, rows, false);
    }

    @Override
    public void applyTransposed(Block u, Block out, Rows rows) {
        multiply(u, out, rows, true);
    }

    private void multiply(Block u, Block out, Rows rows, boolean transposed) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            boolean strikes = ++products[b] == this.strikes[b];
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int j = 0; j < n; j++) {
                    sum += t[b][transposed ? j * n + i : i * n + j] * u.get(p, j);
                }
                out.set(p, i, strikes ? Double.NaN : sum);
            }
            nonfinite[b] |= EvaluationLog.isFinite(EvaluationLog.row(u, p)) && !EvaluationLog.isFinite(EvaluationLog.row(out, p));
        }
    }

    /** Whether T or its transpose ever gave NaN or infinity for a finite vector. */
    boolean isNonfinite(int b) {
        return nonfinite[b];
    }

    /** {@code b - (I - T) u}, computed exactly and rounded once. */
    double[] residual(int row, double[] b, double[] u) {
        BigDecimal[] exact = new BigDecimal[n];
        for (int j = 0; j < n; j++) {
            exact[j] = new BigDecimal(u[j]);
        }
        double[] r = new double[n];
        for (int i = 0; i < n; i++) {
            BigDecimal sum = new BigDecimal(b[i]).subtract(exact[i]);
            for (int j = 0; j < n; j++) {
                if (t[row][i * n + j] != 0 && u[j] != 0) {
                    sum = sum.add(new BigDecimal(t[row][i * n + j]).multiply(exact[j]));
                }
            }
            r[i] = sum.doubleValue();
        }
        return r;
    }

    /** {@code ‖T‖∞}, the largest row sum of |T|. */
    double size(int row) {
        double largest = 0;
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j = 0; j < n; j++) {
                sum += Math.abs(t[row][i * n + j]);
            }
            largest = Math.max(largest, sum);
        }
        return largest;
    }

    /** Describes the system of a row in a message. */
    String describe(int row) {
        return kinds[row] + " with ‖T‖ = " + (float) size(row) + (strikes[row] > 0 ? " and NaN at product " + strikes[row] : "");
    }
}
