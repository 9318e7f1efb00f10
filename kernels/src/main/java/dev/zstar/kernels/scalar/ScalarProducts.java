package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Products;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.kernels.spi.PlainWeights;
import dev.zstar.kernels.spi.ProductShapes;

/**
 * Products as formulas. They sum over the inputs in order, with one fused multiply-add for each, starting from bias and injection. Every
 * engine that packs its weights keeps this order, so with {@link Activation#IDENTITY} and {@link Activation#RELU} its results agree with
 * these to the last bit.
 */
interface ScalarProducts extends Products {
    @Override
    default Weights pack(Block w, Format format) {
        return new PlainWeights(ScalarEngine.NAME, w, format);
    }

    @Override
    default void apply(Weights w, Block z, Block out, Epilogue epilogue) {
        ProductShapes.apply(w, z, out, epilogue);
        Block matrix = PlainWeights.of(w, ScalarEngine.NAME);
        boolean f32 = z.type() == Type.F32;
        for (int p = 0; p < z.rows(); p++) {
            for (int i = 0; i < w.rows(); i++) {
                double start = start(epilogue, p, i, f32);
                double sum = f32 ? F32Scalar.dot(z, false, p, matrix, true, i, (float) start)
                        : F64Scalar.dot(z, false, p, matrix, true, i, start);
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
            epilogue.norms().set(p, ScalarVectors.squaredDistance(out, p, z, p), ScalarVectors.dot(out, p, out, p));
        }
    }

    private static double start(Epilogue epilogue, int p, int i, boolean f32) {
        double bias = epilogue.bias() == null ? 0 : epilogue.bias().get(0, i);
        double injected = epilogue.injection() == null ? 0 : epilogue.injection().get(epilogue.injectionRow(p), i);
        return f32 ? (float) (bias + injected) : bias + injected;
    }

    @Override
    default void applyTransposed(Weights w, Block u, Block out) {
        ProductShapes.applyTransposed(w, u, out);
        Block matrix = PlainWeights.of(w, ScalarEngine.NAME);
        for (int p = 0; p < u.rows(); p++) {
            for (int j = 0; j < w.cols(); j++) {
                out.set(p, j, u.type() == Type.F32 ? F32Scalar.dot(u, false, p, matrix, false, j, 0)
                        : F64Scalar.dot(u, false, p, matrix, false, j, 0));
            }
        }
    }

    @Override
    default void gemm(double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c) {
        ProductShapes.gemm(a, transposeA, b, transposeB, c);
        boolean f32 = c.type() == Type.F32;
        if (alpha == 0 || (transposeA ? a.rows() : a.cols()) == 0) {
            if (beta == 0) {
                c.fill(0);
            } else {
                for (int i = 0; i < c.rows(); i++) {
                    ScalarVectors.axpby(beta, c, 0, c, i);
                }
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
    default void finish(Block z, Block out, Epilogue epilogue) {
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
}
