package dev.zstar.benchmarks.jmh.peers;

import dev.zstar.kernels.Type;
import java.util.SplittableRandom;

/** Two vectors of {@code n} elements and a factor. */
@SuppressWarnings("ArrayRecordComponent")
record Vectors(Type type, int n, double a, double[] x, double[] y) {
    static Vectors random(Type type, int n) {
        SplittableRandom random = new SplittableRandom(n);
        return new Vectors(type, n, 0.625, Product.uniform(random, n), Product.uniform(random, n));
    }

    Expected dot() {
        double value = 0;
        double magnitude = 0;
        for (int i = 0; i < n; i++) {
            value += x[i] * y[i];
            magnitude += Math.abs(x[i] * y[i]);
        }
        return Expected.sum(type, n, new double[] {value}, new double[] {magnitude});
    }

    /** {@code y + a x}: a sum of two terms, one of them a product that may be rounded. */
    Expected axpy() {
        double[] values = new double[n];
        double[] magnitudes = new double[n];
        for (int i = 0; i < n; i++) {
            values[i] = y[i] + a * x[i];
            magnitudes[i] = Math.abs(y[i]) + Math.abs(a * x[i]);
        }
        return Expected.sum(type, 2, values, magnitudes);
    }

    /**
     * {@code ‖x‖₂}. All terms are positive, so the bound of the sum bounds the relative error, which the root halves. The slack of
     * {@link Expected#sum} covers libraries that scale {@code x} first.
     */
    Expected norm() {
        double square = 0;
        for (int i = 0; i < n; i++) {
            square += x[i] * x[i];
        }
        double[] norm = {Math.sqrt(square)};
        return Expected.sum(type, n, norm, norm);
    }
}
