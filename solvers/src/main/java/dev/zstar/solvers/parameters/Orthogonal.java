package dev.zstar.solvers.parameters;

import dev.zstar.kernels.Block;
import java.util.random.RandomGenerator;

/** A random matrix with orthonormal rows or columns. */
final class Orthogonal {
    private Orthogonal() {}

    static void fill(Block block, RandomGenerator random, double gain) {
        boolean wide = block.rows() <= block.cols();
        int count = wide ? block.rows() : block.cols();
        int length = wide ? block.cols() : block.rows();
        double[][] vectors = new double[count][];
        for (int i = 0; i < count; i++) {
            double[] v;
            double left;
            // A vector that is almost one of the space of the others leaves nothing but rounding: then another is drawn.
            do {
                v = gaussian(random, length);
                double norm = norm(v);
                // Twice is enough for orthogonality to the last bits (Giraud, Langou, Rozložník 2005).
                project(vectors, i, v);
                project(vectors, i, v);
                left = norm(v) / norm;
            } while (left < 1e-6);
            scale(v, 1 / norm(v));
            vectors[i] = v;
            for (int j = 0; j < length; j++) {
                block.set(wide ? i : j, wide ? j : i, gain * v[j]);
            }
        }
    }

    private static double[] gaussian(RandomGenerator random, int length) {
        double[] v = new double[length];
        for (int i = 0; i < length; i++) {
            v[i] = random.nextGaussian();
        }
        return v;
    }

    /** Removes the parts of v along the first {@code count} vectors. */
    private static void project(double[][] vectors, int count, double[] v) {
        for (int k = 0; k < count; k++) {
            double dot = 0;
            for (int j = 0; j < v.length; j++) {
                dot += vectors[k][j] * v[j];
            }
            for (int j = 0; j < v.length; j++) {
                v[j] -= dot * vectors[k][j];
            }
        }
    }

    private static double norm(double[] v) {
        double sum = 0;
        for (double value : v) {
            sum += value * value;
        }
        return Math.sqrt(sum);
    }

    private static void scale(double[] v, double factor) {
        for (int i = 0; i < v.length; i++) {
            v[i] *= factor;
        }
    }
}
