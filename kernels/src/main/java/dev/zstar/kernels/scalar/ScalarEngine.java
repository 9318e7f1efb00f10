package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Images;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.kernels.spi.PlainWeights;
import dev.zstar.kernels.spi.ProductShapes;
import dev.zstar.kernels.spi.SweepShapes;
import dev.zstar.kernels.spi.VectorShapes;

/**
 * The reference: each operation is its formula, in one thread. Products add up over the inputs in order with one fused
 * multiply-add each, starting from bias and injection, which is the order every engine that packs its weights keeps; so with
 * {@link Activation#IDENTITY} and {@link Activation#RELU} those engines agree with this one to the last bit.
 */
final class ScalarEngine implements Engine {
    static final String NAME = "scalar";
    private final SmallMatrices small = new ScalarSmallMatrices();

    private final Images images = new ScalarImages();

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int threads() {
        return 1;
    }

    @Override
    public Weights pack(Block w, Format format) {
        return new PlainWeights(NAME, w, format);
    }

    @Override
    public Layers layers() {
        return ScalarLayers.INSTANCE;
    }

    @Override
    public void apply(Weights w, Block z, Block out, Epilogue epilogue) {
        ProductShapes.apply(w, z, out, epilogue);
        Block matrix = PlainWeights.of(w, NAME);
        boolean f32 = z.type() == Type.F32;
        for (int p = 0; p < z.rows(); p++) {
            for (int i = 0; i < w.rows(); i++) {
                double start = start(epilogue, p, i, f32);
                double sum = f32 ? F32Scalar.dot(z, false, p, matrix, true, i, (float) start) : F64Scalar.dot(z, false, p, matrix, true, i, start);
                end(epilogue, out, p, i, sum);
            }
            norms(epilogue, z, out, p);
        }
    }

    private static void end(Epilogue epilogue, Block out, int p, int i, double sum) {
        if (epilogue.slope() != null) {
            epilogue.slope().set(p, i, epilogue.activation().derivative(sum));
        }
        out.set(p, i, epilogue.activation().apply(sum));
    }

    private static void norms(Epilogue epilogue, Block z, Block out, int p) {
        if (epilogue.norms() != null) {
            double step = 0;
            for (int i = 0; i < out.cols(); i++) {
                step += (out.get(p, i) - z.get(p, i)) * (out.get(p, i) - z.get(p, i));
            }
            epilogue.norms().set(p, step, dot(out, p, out, p));
        }
    }

    private static double start(Epilogue epilogue, int p, int i, boolean f32) {
        double bias = epilogue.bias() == null ? 0 : epilogue.bias().get(0, i);
        double injected = epilogue.injection() == null ? 0 : epilogue.injection().get(epilogue.injectionRow(p), i);
        return f32 ? (float) (bias + injected) : bias + injected;
    }

    @Override
    public void applyTransposed(Weights w, Block u, Block out) {
        ProductShapes.applyTransposed(w, u, out);
        Block matrix = PlainWeights.of(w, NAME);
        for (int p = 0; p < u.rows(); p++) {
            for (int j = 0; j < w.cols(); j++) {
                out.set(p, j, u.type() == Type.F32 ? F32Scalar.dot(u, false, p, matrix, false, j, 0) : F64Scalar.dot(u, false, p, matrix, false, j, 0));
            }
        }
    }

    @Override
    public void gemm(double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c) {
        ProductShapes.gemm(a, transposeA, b, transposeB, c);
        boolean f32 = c.type() == Type.F32;
        if (alpha == 0 || (transposeA ? a.rows() : a.cols()) == 0) {
            if (beta == 0) {
                c.fill(0);
            } else {
                scale(beta, c);
            }
            return;
        }
        boolean resume = alpha == 1 && beta == 1;
        for (int i = 0; i < c.rows(); i++) {
            for (int j = 0; j < c.cols(); j++) {
                double start = resume ? c.get(i, j) : 0;
                double sum = f32
                        ? F32Scalar.dot(a, transposeA, i, b, transposeB, j, (float) start)
                        : F64Scalar.dot(a, transposeA, i, b, transposeB, j, start);
                if (!resume) {
                    sum = beta == 0 ? alpha * sum : alpha * sum + beta * c.get(i, j);
                }
                c.set(i, j, sum);
            }
        }
    }

    @Override
    public void finish(Block z, Block out, Epilogue epilogue) {
        ProductShapes.finish(z, out, epilogue);
        boolean f32 = out.type() == Type.F32;
        for (int p = 0; p < out.rows(); p++) {
            for (int i = 0; i < out.cols(); i++) {
                double sum = out.get(p, i) + start(epilogue, p, i, f32);
                end(epilogue, out, p, i, f32 ? (float) sum : sum);
            }
            norms(epilogue, z, out, p);
        }
    }

    @Override
    public void axpby(double a, Block x, double b, Block y) {
        Operands.elementwise("axpby", "x", x, "y", y);
        for (int p = 0; p < x.rows(); p++) {
            axpby(a, x, b, y, p);
        }
    }

    @Override
    public void axpby(double[] a, Block x, double[] b, Block y) {
        VectorShapes.axpby(a, x, b, y);
        for (int p = 0; p < x.rows(); p++) {
            axpby(a[p], x, b[p], y, p);
        }
    }

    private static void axpby(double a, Block x, double b, Block y, int p) {
        for (int i = 0; i < x.cols(); i++) {
            y.set(p, i, b == 0 ? a * x.get(p, i) : a * x.get(p, i) + b * y.get(p, i));
        }
    }

    @Override
    public void multiply(Block x, Block y, Block out) {
        VectorShapes.multiply(x, y, out);
        for (int p = 0; p < x.rows(); p++) {
            for (int i = 0; i < x.cols(); i++) {
                out.set(p, i, x.get(p, i) * y.get(p, i));
            }
        }
    }

    @Override
    public void activate(Activation activation, Block x, Block out) {
        VectorShapes.activate("activate", activation, x, out);
        for (int p = 0; p < x.rows(); p++) {
            for (int i = 0; i < x.cols(); i++) {
                out.set(p, i, activation.apply(x.get(p, i)));
            }
        }
    }

    @Override
    public void derivative(Activation activation, Block x, Block out) {
        VectorShapes.activate("derivative", activation, x, out);
        for (int p = 0; p < x.rows(); p++) {
            for (int i = 0; i < x.cols(); i++) {
                out.set(p, i, activation.derivative(x.get(p, i)));
            }
        }
    }

    @Override
    public void dot(Block x, Block y, double[] out) {
        VectorShapes.dot(x, y, out);
        for (int p = 0; p < x.rows(); p++) {
            out[p] = dot(x, p, y, p);
        }
    }

    private static double dot(Block x, int p, Block y, int q) {
        double sum = 0;
        for (int i = 0; i < x.cols(); i++) {
            sum += x.get(p, i) * y.get(q, i);
        }
        return sum;
    }

    @Override
    public void asum(Block x, double[] out) {
        VectorShapes.sums("asum", x, out);
        for (int p = 0; p < x.rows(); p++) {
            out[p] = 0;
            for (int i = 0; i < x.cols(); i++) {
                out[p] += Math.abs(x.get(p, i));
            }
        }
    }

    @Override
    public void iamax(Block x, int[] out) {
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

    @Override
    public void multiDot(Basis v, int count, Block w, Rows rows, double[] h) {
        SweepShapes.multiDot(v, count, w, rows, h);
        for (int p = 0; p < rows.count(); p++) {
            int first = rows.index(p) * v.capacity();
            for (int j = 0; j < count; j++) {
                h[first + j] = dot(v.block(), first + j, w, p);
            }
        }
    }

    @Override
    public void multiAxpy(Basis v, int count, double[] c, Block w, Rows rows, double[] squares) {
        SweepShapes.multiAxpy(v, count, c, w, rows, squares);
        for (int p = 0; p < rows.count(); p++) {
            combine(v, count, c, w, p, rows.index(p), true);
            if (squares != null) {
                squares[rows.index(p)] = dot(w, p, w, p);
            }
        }
    }

    @Override
    public void mix(Basis v, int count, double[] c, Block z, Rows rows) {
        SweepShapes.mix(v, count, c, z, rows);
        for (int p = 0; p < rows.count(); p++) {
            combine(v, count, c, z, p, rows.index(p), false);
        }
    }

    private static void combine(Basis v, int count, double[] c, Block w, int p, int row, boolean add) {
        int first = row * v.capacity();
        for (int i = 0; i < w.cols(); i++) {
            double sum = add ? w.get(p, i) : 0;
            for (int j = 0; j < count; j++) {
                if (c[first + j] != 0) {
                    sum += c[first + j] * v.block().get(first + j, i);
                }
            }
            w.set(p, i, sum);
        }
    }

    @Override
    public void store(Block w, double[] s, Basis v, int slot, Rows rows) {
        SweepShapes.store("store", w, s, v, slot, rows);
        for (int p = 0; p < rows.count(); p++) {
            for (int i = 0; i < w.cols(); i++) {
                v.block().set(rows.index(p) * v.capacity() + slot, i, s[rows.index(p)] * w.get(p, i));
            }
        }
    }

    @Override
    public void residualSweep(Block z, Block g, Basis residuals, Basis values, int[] slots, int[] counts, Rows rows, double[] gram) {
        SweepShapes.residualSweep(z, g, residuals, values, slots, counts, rows, gram);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int slot = slots[b];
            int first = b * residuals.capacity();
            for (int i = 0; i < z.cols(); i++) {
                residuals.block().set(first + slot, i, g.get(p, i) - z.get(p, i));
                values.block().set(b * values.capacity() + slot, i, g.get(p, i));
            }
            int out = b * (residuals.capacity() + 1);
            for (int j = 0; j < counts[b]; j++) {
                gram[out + j] = dot(residuals.block(), first + slot, residuals.block(), first + j);
            }
            gram[out + residuals.capacity()] = dot(g, p, g, p);
        }
    }

    @Override
    public SmallMatrices small() {
        return small;
    }

    @Override
    public Images images() {
        return images;
    }

    @Override
    public void close() {}
}
