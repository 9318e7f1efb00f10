package dev.zstar.benchmarks.problems;

/** Solves tridiagonal systems without pivoting, for matrices with a dominant diagonal. */
final class Tridiagonal {
    final double[] below;
    final double[] diagonal;
    final double[] above;
    private final double[] pivots;

    Tridiagonal(int n) {
        below = new double[n];
        diagonal = new double[n];
        above = new double[n];
        pivots = new double[n];
    }

    /** {@code -d²/dt²} at n inner points of the unit interval, with zero at both ends. */
    static Tridiagonal laplacian(int n) {
        Tridiagonal a = new Tridiagonal(n);
        double square = (n + 1.0) * (n + 1);
        for (int i = 0; i < n; i++) {
            a.below[i] = -square;
            a.diagonal[i] = 2 * square;
            a.above[i] = -square;
        }
        return a;
    }

    /** Replaces the right-hand side {@code x} by the solution. */
    void solve(double[] x) {
        int n = x.length;
        pivots[0] = diagonal[0];
        for (int i = 1; i < n; i++) {
            double factor = below[i] / pivots[i - 1];
            pivots[i] = diagonal[i] - factor * above[i - 1];
            x[i] -= factor * x[i - 1];
        }
        x[n - 1] /= pivots[n - 1];
        for (int i = n - 2; i >= 0; i--) {
            x[i] = (x[i] - above[i] * x[i + 1]) / pivots[i];
        }
    }
}
