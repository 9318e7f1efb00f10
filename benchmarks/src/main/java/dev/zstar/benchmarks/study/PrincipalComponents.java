package dev.zstar.benchmarks.study;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The directions in which points spread most around the origin: the eigenvectors of {@code C = Σ x xᵀ} with the largest eigenvalues, by
 * Jacobi's rotations (Golub and Van Loan, 4th edition, section 8.5).
 */
final class PrincipalComponents {
    /** The last sweeps square the size of the elements outside the diagonal, so that six to ten suffice for f64. */
    private static final int SWEEPS = 12;

    private PrincipalComponents() {}

    /** The first {@code count} components of points of n elements, each of length 1, in the order of their eigenvalues. */
    static double[][] of(List<double[]> points, int count) {
        int n = points.getFirst().length;
        double[][] c = new double[n][n];
        for (double[] x : points) {
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    c[i][j] += x[i] * x[j];
                }
            }
        }
        // Row i of v is the eigenvector of the eigenvalue c[i][i].
        double[][] v = new double[n][n];
        for (int i = 0; i < n; i++) {
            v[i][i] = 1;
        }
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            for (int p = 0; p < n; p++) {
                for (int q = p + 1; q < n; q++) {
                    rotate(c, v, p, q);
                }
            }
        }
        return IntStream.range(0, n).boxed().sorted((a, b) -> Double.compare(c[b][b], c[a][a])).limit(count).map(i -> v[i])
                .toArray(double[][]::new);
    }

    /** {@code C ← Jᵀ C J} and {@code V ← Jᵀ V} with the rotation of p and q that makes {@code C[p][q]} zero. */
    private static void rotate(double[][] c, double[][] v, int p, int q) {
        if (c[p][q] == 0) {
            return;
        }
        double tau = (c[q][q] - c[p][p]) / (2 * c[p][q]);
        double t = Math.copySign(1, tau) / (Math.abs(tau) + Math.hypot(1, tau));
        double cos = 1 / Math.hypot(1, t);
        double sin = t * cos;
        for (int k = 0; k < c.length; k++) {
            double kp = c[k][p];
            double kq = c[k][q];
            c[k][p] = cos * kp - sin * kq;
            c[k][q] = sin * kp + cos * kq;
        }
        turn(c[p], c[q], cos, sin);
        turn(v[p], v[q], cos, sin);
        c[p][q] = 0;
        c[q][p] = 0;
    }

    private static void turn(double[] p, double[] q, double cos, double sin) {
        for (int k = 0; k < p.length; k++) {
            double before = p[k];
            p[k] = cos * before - sin * q[k];
            q[k] = sin * before + cos * q[k];
        }
    }
}
