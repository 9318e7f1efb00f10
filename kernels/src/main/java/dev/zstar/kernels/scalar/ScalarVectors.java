package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.VectorOperations;
import dev.zstar.kernels.spi.VectorShapes;

/** Operations on rows as formulas. */
interface ScalarVectors extends VectorOperations {
    @Override
    default void axpby(double a, Block x, double b, Block y) {
        Operands.elementwise("axpby", "x", x, "y", y);
        for (int p = 0; p < x.rows(); p++) {
            axpby(a, x, b, y, p);
        }
    }

    @Override
    default void axpby(double[] a, Block x, double[] b, Block y) {
        VectorShapes.axpby(a, x, b, y);
        for (int p = 0; p < x.rows(); p++) {
            axpby(a[p], x, b[p], y, p);
        }
    }

    /** One row. */
    static void axpby(double a, Block x, double b, Block y, int p) {
        for (int i = 0; i < x.cols(); i++) {
            y.set(p, i, b == 0 ? a * x.get(p, i) : a * x.get(p, i) + b * y.get(p, i));
        }
    }

    @Override
    default void multiply(Block x, Block y, Block out) {
        VectorShapes.multiply("multiply", x, y, out);
        for (int p = 0; p < x.rows(); p++) {
            for (int i = 0; i < x.cols(); i++) {
                out.set(p, i, x.get(p, i) * y.get(p, i));
            }
        }
    }

    @Override
    default void multiplyAdd(Block x, Block y, Block out) {
        VectorShapes.multiply("multiplyAdd", x, y, out);
        for (int p = 0; p < x.rows(); p++) {
            for (int i = 0; i < x.cols(); i++) {
                out.set(p, i, out.get(p, i) + x.get(p, i) * y.get(p, i));
            }
        }
    }

    @Override
    default void multiplyColumns(Block x, Block gain, Block out) {
        VectorShapes.multiplyColumns(x, gain, out);
        for (int p = 0; p < x.rows(); p++) {
            for (int i = 0; i < x.cols(); i++) {
                out.set(p, i, x.get(p, i) * gain.get(0, i % gain.cols()));
            }
        }
    }

    @Override
    default void multiplyColumnsGradient(Block x, Block dy, Block dGain) {
        VectorShapes.multiplyColumnsGradient(x, dy, dGain);
        int channels = dGain.cols();
        for (int c = 0; c < channels; c++) {
            double sum = 0;
            for (int p = 0; p < x.rows(); p++) {
                for (int i = c; i < x.cols(); i += channels) {
                    sum += x.get(p, i) * dy.get(p, i);
                }
            }
            dGain.set(0, c, dGain.get(0, c) + sum);
        }
    }

    @Override
    default void activate(Activation activation, Block x, Block out) {
        VectorShapes.activate("activate", activation, x, out);
        for (int p = 0; p < x.rows(); p++) {
            for (int i = 0; i < x.cols(); i++) {
                out.set(p, i, activation.apply(x.get(p, i)));
            }
        }
    }

    @Override
    default void derivative(Activation activation, Block x, Block out) {
        VectorShapes.activate("derivative", activation, x, out);
        for (int p = 0; p < x.rows(); p++) {
            for (int i = 0; i < x.cols(); i++) {
                out.set(p, i, activation.derivative(x.get(p, i)));
            }
        }
    }

    @Override
    default void dot(Block x, Block y, double[] out) {
        VectorShapes.dot(x, y, out);
        for (int p = 0; p < x.rows(); p++) {
            out[p] = dot(x, p, y, p);
        }
    }

    /** {@code ⟨x_p, y_q⟩}. */
    static double dot(Block x, int p, Block y, int q) {
        double sum = 0;
        for (int i = 0; i < x.cols(); i++) {
            sum += x.get(p, i) * y.get(q, i);
        }
        return sum;
    }

    /** {@code ‖x_p - y_q‖²}. */
    static double squaredDistance(Block x, int p, Block y, int q) {
        double sum = 0;
        for (int i = 0; i < x.cols(); i++) {
            double difference = x.get(p, i) - y.get(q, i);
            sum += difference * difference;
        }
        return sum;
    }

    @Override
    default void asum(Block x, double[] out) {
        VectorShapes.sums("asum", x, out);
        for (int p = 0; p < x.rows(); p++) {
            out[p] = 0;
            for (int i = 0; i < x.cols(); i++) {
                out[p] += Math.abs(x.get(p, i));
            }
        }
    }

    @Override
    default void iamax(Block x, int[] out) {
        VectorShapes.iamax(x, out);
        for (int p = 0; p < x.rows(); p++) {
            out[p] = -1;
            double most = -1;
            for (int i = 0; i < x.cols(); i++) {
                double size = Math.abs(x.get(p, i));
                if (size > most || Double.isNaN(size) && !Double.isNaN(most)) {
                    most = size;
                    out[p] = i;
                }
            }
        }
    }
}
