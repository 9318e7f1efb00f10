package dev.zstar.bridge.openblas;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallScope;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.kernels.spi.HostedEngine;
import dev.zstar.kernels.spi.PlainWeights;
import dev.zstar.kernels.spi.ProductShapes;

/**
 * Computes products with OpenBLAS, and all other operations with a Java engine on the same memory.
 *
 * <p>It is not {@linkplain Engine#reproducible reproducible}: the library's order of summation depends on the batch (a single row is a
 * gemv, more are a gemm) and on the number of threads. The epilogue is a second pass over the output.
 */
final class OpenBlasEngine implements HostedEngine {
    private final Cblas blas;
    private final Engine host;
    private final int threads;

    OpenBlasEngine(Cblas blas, Engine host, int threads) {
        this.blas = blas;
        this.host = host;
        this.threads = threads;
        blas.threads(threads);
    }

    @Override
    public String name() {
        return OpenBlasProvider.NAME;
    }

    @Override
    public int threads() {
        return threads;
    }

    @Override
    public boolean reproducible() {
        return false;
    }

    @Override
    public Engine host() {
        return host;
    }

    @Override
    public Weights pack(Block w, Format format) {
        return new PlainWeights(OpenBlasProvider.NAME, w, format);
    }

    @Override
    public void apply(Weights w, Block z, Block out, Epilogue epilogue) {
        try (var _ = CallScope.enter()) {
            ProductShapes.apply(w, z, out, epilogue);
            Block matrix = PlainWeights.of(w, OpenBlasProvider.NAME);
            if (z.rows() == 1) {
                blas.threads(threads);
                blas.multiply(matrix, false, z, out);
            } else {
                gemm(1, z, false, matrix, true, 0, out);
            }
            if (!epilogue.isNone()) {
                host.finish(z, out, epilogue);
            }
        }
    }

    @Override
    public void applyTransposed(Weights w, Block u, Block out) {
        try (var _ = CallScope.enter()) {
            ProductShapes.applyTransposed(w, u, out);
            Block matrix = PlainWeights.of(w, OpenBlasProvider.NAME);
            if (u.rows() == 1) {
                blas.threads(threads);
                blas.multiply(matrix, true, u, out);
            } else {
                gemm(1, u, false, matrix, false, 0, out);
            }
        }
    }

    @Override
    public void gemm(double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c) {
        try (var _ = CallScope.enter()) {
            ProductShapes.gemm(a, transposeA, b, transposeB, c);
            // Versions of the library differ if there is nothing to add, and none follows the conventions for coefficients outside f32.
            boolean plain = alpha != 0 && ordinary(alpha, c.type()) && ordinary(beta, c.type());
            if (!plain || (transposeA ? a.rows() : a.cols()) == 0) {
                host.gemm(alpha, a, transposeA, b, transposeB, beta, c);
                return;
            }
            blas.threads(threads);
            blas.multiply(alpha, a, transposeA, b, transposeB, beta, c);
        }
    }

    private static boolean ordinary(double coefficient, Type type) {
        return Double.isFinite(coefficient) && type.holds(coefficient);
    }

    @Override
    public String toString() {
        return name() + " engine with " + threads() + (threads() == 1 ? " thread" : " threads");
    }
}
