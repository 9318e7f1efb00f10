package dev.zstar.benchmarks.jmh.peers;

import dev.zstar.kernels.Type;
import java.util.SplittableRandom;

/**
 * A square matrix, and the vectors that it is applied to.
 *
 * @param n rows and columns of {@code W}
 * @param batch number of vectors
 * @param w {@code n × n}, row by row
 * @param z {@code batch × n}, vector by vector
 */
@SuppressWarnings("ArrayRecordComponent")
record Product(Type type, int n, int batch, double[] w, double[] z) {
    /** Random numbers in [-1, 1) that are exact in f32, so that both types compute with the same numbers. */
    static Product random(Type type, int n, int batch) {
        SplittableRandom random = new SplittableRandom(n);
        return new Product(type, n, batch, uniform(random, n * n), uniform(random, batch * n));
    }

    static double[] uniform(SplittableRandom random, int count) {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextInt(-(1 << 23), 1 << 23) * 0x1p-23;
        }
        return values;
    }

    /** {@code Wᵀ} row by row, which is {@code W} column by column. */
    double[] transposed() {
        double[] transposed = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                transposed[j * n + i] = w[i * n + j];
            }
        }
        return transposed;
    }

    /** {@code W z}, vector by vector. */
    Expected expected() {
        double[] transposed = transposed();
        double[] values = new double[batch * n];
        double[] magnitudes = new double[batch * n];
        for (int b = 0; b < batch; b++) {
            for (int k = 0; k < n; k++) {
                double factor = z[b * n + k];
                for (int i = 0; i < n; i++) {
                    double term = transposed[k * n + i] * factor;
                    values[b * n + i] += term;
                    magnitudes[b * n + i] += Math.abs(term);
                }
            }
        }
        return Expected.sum(type, n, values, magnitudes);
    }
}
