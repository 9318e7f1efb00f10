package dev.zstar.benchmarks.problems;

/**
 * The inverse of the five-point Laplacian {@code -Δ} at m × m inner points of the unit square, with zero on the edges. Its eigenvectors are
 * sines.
 */
final class Sines {
    private final int m;
    private final double[] s;
    private final double[] eigenvalues;
    private final double[] scratch;

    Sines(int m) {
        this.m = m;
        s = new double[m * m];
        eigenvalues = new double[m];
        scratch = new double[m * m];
        for (int i = 0; i < m; i++) {
            eigenvalues[i] = (2 - 2 * StrictMath.cos(Math.PI * (i + 1) / (m + 1))) * (m + 1) * (m + 1);
            for (int j = 0; j < m; j++) {
                s[i * m + j] = Math.sqrt(2.0 / (m + 1)) * StrictMath.sin(Math.PI * (i + 1) * (j + 1) / (m + 1));
            }
        }
    }

    /** Replaces the right-hand side {@code u} by the solution {@code S (S u S / (λ_i + λ_j)) S}. */
    void solve(double[] u) {
        multiply(s, u, scratch);
        multiply(scratch, s, u);
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < m; j++) {
                u[i * m + j] /= eigenvalues[i] + eigenvalues[j];
            }
        }
        multiply(s, u, scratch);
        multiply(scratch, s, u);
    }

    private void multiply(double[] a, double[] b, double[] out) {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < m; j++) {
                double sum = 0;
                for (int k = 0; k < m; k++) {
                    sum += a[i * m + k] * b[k * m + j];
                }
                out[i * m + j] = sum;
            }
        }
    }
}
