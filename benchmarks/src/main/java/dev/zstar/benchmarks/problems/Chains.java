package dev.zstar.benchmarks.problems;

import java.util.Arrays;
import java.util.Random;

/** Iterations with nonnegative matrices: power iteration, PageRank, Sinkhorn's scaling. */
final class Chains {
    private Chains() {}

    /**
     * {@code z ← A z / ‖A z‖} for {@code A = tridiag(1, 2, 1)}, whose first eigenvector is a sine. The start is a ramp, which has a
     * component along every eigenvector.
     */
    static Problem power(int n) {
        double[] sine = new double[n];
        double[] slope = new double[n];
        for (int i = 0; i < n; i++) {
            sine[i] = Math.sqrt(2.0 / (n + 1)) * StrictMath.sin(Math.PI * (i + 1) / (n + 1));
            slope[i] = (i + 1.0) / n;
        }
        return new Problem("power iteration", "von Mises and Pollaczek-Geiringer 1929", slope, (z, out) -> {
            double square = 0;
            for (int i = 0; i < n; i++) {
                out[i] = 2 * z[i] + (i == 0 ? 0 : z[i - 1]) + (i == n - 1 ? 0 : z[i + 1]);
                square += out[i] * out[i];
            }
            for (int i = 0; i < n; i++) {
                out[i] /= Math.sqrt(square);
            }
        }, sine, 0);
    }

    /**
     * {@code p ← α Pᵀ p + (1 - α) / n} on a ring of n pages; the start is {@code 1 / n}. Every page links to the next three, and every
     * fourth page also to a random one. The map is linear, and contracts by α.
     */
    static Problem pageRank(int n, double α) {
        Random random = new Random(17);
        int[][] links = new int[n][];
        for (int i = 0; i < n; i++) {
            links[i] = new int[] {(i + 1) % n, (i + 2) % n, (i + 3) % n};
            if (i % 4 == 0) {
                links[i] = Arrays.copyOf(links[i], 4);
                links[i][3] = random.nextInt(n);
            }
        }
        return Problem.unknown("PageRank α=" + α, "Page, Brin, Motwani and Winograd 1998", Systems.filled(n, 1.0 / n), (p, out) -> {
            Arrays.fill(out, (1 - α) / n);
            for (int i = 0; i < n; i++) {
                for (int link : links[i]) {
                    out[link] += α * p[i] / links[i].length;
                }
            }
        });
    }

    /**
     * Optimal transport of one hill to two with entropy ε: {@code u ← a / (K (b / (Kᵀ u)))} with {@code K = exp(-|x - y|² / ε)}. The state
     * is the logarithm of u minus its mean, since any multiple of u is a solution too. The start is 0.
     */
    static Problem sinkhorn(int n, double ε) {
        double[] k = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double distance = (double) (i - j) / (n - 1);
                k[i * n + j] = StrictMath.exp(-distance * distance / ε);
            }
        }
        double[] a = hill(n, 0.5, 0.5);
        double[] b = hill(n, 0.2, 0.8);
        double[] u = new double[n];
        double[] v = new double[n];
        return Problem.unknown("Sinkhorn ε=" + ε, "Sinkhorn 1967; Cuturi 2013, algorithm 1", new double[n], (φ, out) -> {
            for (int i = 0; i < n; i++) {
                u[i] = StrictMath.exp(φ[i]);
            }
            scale(k, u, b, v);
            scale(k, v, a, u);
            double mean = 0;
            for (int i = 0; i < n; i++) {
                out[i] = StrictMath.log(u[i]);
                mean += out[i] / n;
            }
            for (int i = 0; i < n; i++) {
                out[i] -= mean;
            }
        });
    }

    /** {@code y = target / (K x)}; K is symmetric. */
    private static void scale(double[] k, double[] x, double[] target, double[] y) {
        int n = x.length;
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j = 0; j < n; j++) {
                sum += k[i * n + j] * x[j];
            }
            y[i] = target[i] / sum;
        }
    }

    /** A distribution with two humps, which may coincide. */
    private static double[] hill(int n, double first, double second) {
        double[] hill = new double[n];
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double x = (double) i / (n - 1);
            hill[i] = 0.01 + StrictMath.exp(-100 * (x - first) * (x - first)) + StrictMath.exp(-100 * (x - second) * (x - second));
            sum += hill[i];
        }
        for (int i = 0; i < n; i++) {
            hill[i] /= sum;
        }
        return hill;
    }
}
