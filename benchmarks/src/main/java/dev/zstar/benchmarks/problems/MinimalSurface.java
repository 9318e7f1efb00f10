package dev.zstar.benchmarks.problems;

import java.util.Arrays;

/**
 * The surface of least area over a square with given edges, {@code ∇·(∇u / √(1 + |∇u|²)) = 0}, by Picard's linearisation. Each step
 * solves the linear equation whose weights come from the previous step (Concus, Math. Comp. 21, 1967).
 *
 * <p>The edges are those of Scherk's surface {@code ln(cos y / cos x)} (1834), which is the solution. The solution of the difference
 * equation is {@code O(1/m²)} away from it.
 */
final class MinimalSurface {
    /** Half the side of the square. Scherk's surface is infinite at π/2. */
    private static final double HALF = 1.2;

    private final int m;
    private final double h;
    /** The surface at all points, with the edges. */
    private final double[] u;
    /** The lower band of the matrix: entry {@code (i, i - d)} at {@code i (m + 1) + d}. */
    private final double[] band;

    private MinimalSurface(int m) {
        this.m = m;
        h = 2 * HALF / (m + 1);
        u = new double[(m + 2) * (m + 2)];
        band = new double[m * m * (m + 1)];
        for (int i = 0; i < m + 2; i++) {
            for (int j = 0; j < m + 2; j++) {
                u[i * (m + 2) + j] = StrictMath.log(Math.cos(j * h - HALF) / StrictMath.cos(i * h - HALF));
            }
        }
    }

    /** A grid of m × m inner points; the start is 0. */
    static Problem problem(int m) {
        MinimalSurface surface = new MinimalSurface(m);
        double[] solution = new double[m * m];
        for (int k = 0; k < m * m; k++) {
            solution[k] = surface.u[surface.point(k)];
        }
        return new Problem("minimal surface", "Concus 1967; the surface is Scherk's, 1834", new double[m * m], surface::step, solution,
                2 * surface.h * surface.h);
    }

    private int point(int k) {
        return (k / m + 1) * (m + 2) + k % m + 1;
    }

    private void step(double[] z, double[] out) {
        for (int k = 0; k < z.length; k++) {
            u[point(k)] = z[k];
        }
        Arrays.fill(band, 0);
        int w = m + 2;
        for (int k = 0; k < z.length; k++) {
            int at = point(k);
            double west = weight(at - 1, at, w);
            double east = weight(at, at + 1, w);
            double north = weight(at - w, at, 1);
            double south = weight(at, at + w, 1);
            band[k * (m + 1)] = west + east + north + south;
            out[k] = 0;
            if (k % m > 0) {
                band[k * (m + 1) + 1] = -west;
            } else {
                out[k] += west * u[at - 1];
            }
            if (k >= m) {
                band[k * (m + 1) + m] = -north;
            } else {
                out[k] += north * u[at - w];
            }
            out[k] += k % m == m - 1 ? east * u[at + 1] : 0;
            out[k] += k >= m * (m - 1) ? south * u[at + w] : 0;
        }
        solve(out);
    }

    /**
     * {@code 1 / √(1 + |∇u|²)} halfway between two neighbours.
     *
     * @param across distance in the array from either point to its neighbours in the other direction
     */
    private double weight(int from, int to, int across) {
        double along = (u[to] - u[from]) / h;
        double side = (u[from + across] - u[from - across] + u[to + across] - u[to - across]) / (4 * h);
        return 1 / Math.sqrt(1 + along * along + side * side);
    }

    /** Cholesky factorisation of the band in place, then both substitutions. */
    private void solve(double[] x) {
        int n = x.length;
        int w = m + 1;
        for (int i = 0; i < n; i++) {
            int first = Math.max(0, i - m);
            for (int j = first; j <= i; j++) {
                double sum = band[i * w + i - j];
                for (int l = Math.max(first, j - m); l < j; l++) {
                    sum -= band[i * w + i - l] * band[j * w + j - l];
                }
                band[i * w + i - j] = i == j ? Math.sqrt(sum) : sum / band[j * w];
            }
            for (int l = first; l < i; l++) {
                x[i] -= band[i * w + i - l] * x[l];
            }
            x[i] /= band[i * w];
        }
        for (int i = n - 1; i >= 0; i--) {
            for (int l = i + 1; l <= Math.min(n - 1, i + m); l++) {
                x[i] -= band[l * w + l - i] * x[l];
            }
            x[i] /= band[i * w];
        }
    }
}
