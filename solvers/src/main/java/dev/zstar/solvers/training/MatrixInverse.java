package dev.zstar.solvers.training;

import dev.zstar.kernels.Type;
import java.util.Arrays;

/**
 * The inverse of a matrix in f64, by {@code P A = L U} with partial pivoting (Golub and Van Loan 2013, algorithm 3.4.1) and substitution
 * for columns of the identity.
 *
 * <p>Each row is a separate array, so an exchange moves no element. The JIT then vectorises {@code x[j] -= f y[j]}, which it would not do
 * if both were slices of one array. Four rows are subtracted at once, so a row is read and written once for four others. Columns are
 * eliminated in panels, so a row stays in the nearest cache for a panel.
 *
 * <p>Holds {@code 8 n (n + min(n, 256))} bytes on the heap.
 */
final class MatrixInverse {
    /** Columns eliminated before the other columns are updated: 32 rows of n = 1000 are 256 KiB, which the second-level cache keeps. */
    private static final int PANEL = 32;
    /** Columns of the inverse that are computed at a time: n = 1000 rows of them are 2 MiB. */
    private static final int STRIP = 256;

    private final int n;
    private final int width;
    private final double[][] a;
    private final double[][] x;
    private final int[] order;
    /** By row, as {@code a}: a pivot of this size or less is at the level of rounding. */
    private final double[] least;

    MatrixInverse(int n) {
        this.n = n;
        width = Math.min(n, STRIP);
        a = new double[n][n];
        x = new double[n][width];
        order = new int[n];
        least = new double[n];
    }

    /** Row i of the matrix, to be filled before {@link #factor}. */
    double[] row(int i) {
        return a[i];
    }

    /**
     * Replaces the matrix by its factors. Returns the column whose pivot is not finite, or is no larger than n roundings of the largest
     * element of its row, so that the matrix is numerically singular; -1 if there is none.
     */
    int factor() {
        for (int i = 0; i < n; i++) {
            order[i] = i;
            double largest = 0;
            for (double element : a[i]) {
                largest = Math.max(largest, Math.abs(element));
            }
            least[i] = n * Type.F64.unitRoundoff() * largest;
        }
        for (int k0 = 0; k0 < n; k0 += PANEL) {
            int k1 = Math.min(k0 + PANEL, n);
            for (int k = k0; k < k1; k++) {
                if (!pivot(k)) {
                    return k;
                }
                double[] ak = a[k];
                for (int i = k + 1; i < n; i++) {
                    double[] ai = a[i];
                    double factor = ai[k] / ak[k];
                    ai[k] = factor;
                    for (int j = k + 1; j < k1; j++) {
                        ai[j] -= factor * ak[j];
                    }
                }
            }
            for (int i = k0 + 1; i < n; i++) {
                subtract(a[i], k0, Math.min(i, k1), a, a[i], k1, n);
            }
        }
        return -1;
    }

    private boolean pivot(int k) {
        int largest = k;
        for (int i = k + 1; i < n; i++) {
            if (Math.abs(a[i][k]) > Math.abs(a[largest][k])) {
                largest = i;
            }
        }
        double[] row = a[k];
        a[k] = a[largest];
        a[largest] = row;
        int from = order[k];
        order[k] = order[largest];
        order[largest] = from;
        double size = least[k];
        least[k] = least[largest];
        least[largest] = size;
        return Math.abs(a[k][k]) > least[k] && Math.abs(a[k][k]) < Double.POSITIVE_INFINITY;
    }

    /** {@code to -= Σ_k factors[k] rows[k]} for k from {@code first} to {@code last - 1}, in columns {@code from} to {@code end - 1}. */
    private static void subtract(double[] factors, int first, int last, double[][] rows, double[] to, int from, int end) {
        int k = first;
        for (; k + 4 <= last; k += 4) {
            subtract(factors[k], rows[k], factors[k + 1], rows[k + 1], factors[k + 2], rows[k + 2], factors[k + 3], rows[k + 3], to, from,
                    end);
        }
        for (; k < last; k++) {
            subtract(factors[k], rows[k], to, from, end);
        }
    }

    private static void subtract(
            double f0, double[] r0, double f1, double[] r1, double f2, double[] r2, double f3, double[] r3, double[] to, int from,
            int end) {
        for (int j = from; j < end; j++) {
            to[j] -= f0 * r0[j] + f1 * r1[j] + f2 * r2[j] + f3 * r3[j];
        }
    }

    private static void subtract(double factor, double[] row, double[] to, int from, int end) {
        for (int j = from; j < end; j++) {
            to[j] -= factor * row[j];
        }
    }

    /** The largest number of columns of a call of {@link #columns}. */
    int width() {
        return width;
    }

    /**
     * Computes columns {@code from} to {@code from + count - 1} of the inverse, into the first {@code count} elements of {@link #result}.
     */
    void columns(int from, int count) {
        for (int i = 0; i < n; i++) {
            Arrays.fill(x[i], 0, count, 0);
            if (order[i] >= from && order[i] < from + count) {
                x[i][order[i] - from] = 1;
            }
            subtract(a[i], 0, i, x, x[i], 0, count);
        }
        for (int i = n - 1; i >= 0; i--) {
            subtract(a[i], i + 1, n, x, x[i], 0, count);
            double pivot = a[i][i];
            for (int j = 0; j < count; j++) {
                x[i][j] /= pivot;
            }
        }
    }

    /** Row i of the last columns. */
    double[] result(int i) {
        return x[i];
    }

    long bytes() {
        return (long) Double.BYTES * n * (n + width);
    }
}
