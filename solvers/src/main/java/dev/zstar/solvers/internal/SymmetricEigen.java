package dev.zstar.solvers.internal;

import java.util.Arrays;

/**
 * Eigenvalues and eigenvectors of a small symmetric matrix, by Jacobi's method: rotations that annihilate one element after another (Jacobi
 * 1846; Golub and Van Loan 2013, section 8.5).
 */
public final class SymmetricEigen {
    /** An element this small relative to the diagonal elements of its row and column would change them by less than a rounding. */
    private static final double NEGLIGIBLE = 0x1p-53;
    /** Each round annihilates every element once. For 2 to 500 columns 6 to 10 rounds suffice, because convergence is finally quadratic. */
    private static final int ROUNDS = 30;

    private SymmetricEigen() {}

    /**
     * {@code A = Q Λ Qᵀ}.
     *
     * @param a {@code n × n}, row by row; overwritten with Λ. Its diagonal holds the eigenvalues in no particular order
     * @param q overwritten with Qᵀ: row i is the eigenvector of eigenvalue i
     */
    public static void decompose(double[] a, double[] q, int n) {
        Arrays.fill(q, 0, n * n, 0);
        for (int i = 0; i < n; i++) {
            q[i * n + i] = 1;
        }
        boolean moved = true;
        for (int round = 0; moved && round < ROUNDS; round++) {
            moved = false;
            for (int i = 0; i < n - 1; i++) {
                for (int j = i + 1; j < n; j++) {
                    double apq = a[i * n + j];
                    // Relative to both: rows of very different sizes keep their digits.
                    double scale = Math.sqrt(Math.abs(a[i * n + i])) * Math.sqrt(Math.abs(a[j * n + j]));
                    if (Math.abs(apq) > NEGLIGIBLE * scale && Math.abs(apq) > Double.MIN_NORMAL) {
                        rotate(a, q, n, i, j);
                        moved = true;
                    }
                }
            }
        }
    }

    private static void rotate(double[] a, double[] q, int n, int i, int j) {
        double element = a[i * n + j];
        double ζ = (a[j * n + j] - a[i * n + i]) / (2 * element);
        double t = Math.copySign(1, ζ) / (Math.abs(ζ) + Math.sqrt(1 + ζ * ζ));
        double c = 1 / Math.sqrt(1 + t * t);
        double s = t * c;
        a[i * n + i] -= t * element;
        a[j * n + j] += t * element;
        a[i * n + j] = 0;
        a[j * n + i] = 0;
        for (int k = 0; k < n; k++) {
            if (k != i && k != j) {
                double ki = a[i * n + k];
                double kj = a[j * n + k];
                a[i * n + k] = c * ki - s * kj;
                a[j * n + k] = s * ki + c * kj;
                a[k * n + i] = a[i * n + k];
                a[k * n + j] = a[j * n + k];
            }
            double qi = q[i * n + k];
            double qj = q[j * n + k];
            q[i * n + k] = c * qi - s * qj;
            q[j * n + k] = s * qi + c * qj;
        }
    }
}
