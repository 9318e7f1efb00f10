package dev.zstar.benchmarks.problems;

import dev.zstar.kernels.Block;
import java.util.Random;

/**
 * A sequence of systems {@code (I - T) u = b} like those of training. T has six real eigenvalues between 0.6 and ρ, and the others fill a
 * disc. From one system to the next, T moves along a running average of matrices of rank two, and b changes by about a tenth of its norm.
 */
public final class DriftingSystem {
    private static final int OUTER = 6;

    private final int n;
    private final double[] t;
    private final double[] b;
    private final double[] momentum;
    private final Random random;

    /**
     * The first system.
     *
     * @param bulk radius of the disc
     * @param radius ρ, the largest of the six real eigenvalues
     */
    public DriftingSystem(int n, double bulk, double radius, long seed) {
        this.n = n;
        random = new Random(seed);
        t = new double[n * n];
        b = new double[n];
        momentum = new double[n * n];
        for (int i = 0; i < OUTER; i++) {
            t[i * n + i] = 0.6 + (radius - 0.6) * i / (OUTER - 1);
        }
        for (int i = OUTER; i < n; i++) {
            for (int j = OUTER; j < n; j++) {
                t[i * n + j] = bulk / Math.sqrt(n) * random.nextGaussian();
            }
        }
        // Three reflections from both sides, so that no coordinate is special.
        for (int turn = 0; turn < 3; turn++) {
            reflect(random.doubles(n, -1, 1).toArray());
        }
        for (int i = 0; i < n; i++) {
            b[i] = random.nextGaussian();
        }
    }

    private void reflect(double[] v) {
        double square = 0;
        for (double x : v) {
            square += x * x;
        }
        for (int side = 0; side < 2; side++) {
            for (int i = 0; i < n; i++) {
                int from = side == 0 ? i * n : i;
                int step = side == 0 ? 1 : n;
                double sum = 0;
                for (int k = 0; k < n; k++) {
                    sum += t[from + k * step] * v[k];
                }
                for (int k = 0; k < n; k++) {
                    t[from + k * step] -= 2 * sum / square * v[k];
                }
            }
        }
    }

    /** Advances to the next system; {@code size} is the Frobenius norm of the change of T. */
    public void advance(double size) {
        double[] g = random.doubles(n, -1, 1).toArray();
        double[] h = random.doubles(n, -1, 1).toArray();
        double square = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                int at = i * n + j;
                momentum[at] = 0.9 * momentum[at] + 0.1 / n * (g[i] * h[j] + g[j] * h[i]);
                square += momentum[at] * momentum[at];
            }
        }
        for (int at = 0; at < n * n; at++) {
            t[at] += size / Math.sqrt(square) * momentum[at];
        }
        for (int i = 0; i < n; i++) {
            b[i] += 0.1 * random.nextGaussian();
        }
    }

    /** Writes T, {@code n × n}, and b, {@code 1 × n}. */
    public void write(Block matrix, Block right) {
        matrix.copyFrom(t);
        right.copyFrom(b);
    }
}
