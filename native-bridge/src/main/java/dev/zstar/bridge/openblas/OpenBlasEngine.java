package dev.zstar.bridge.openblas;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Call;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Images;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.kernels.spi.PlainWeights;
import dev.zstar.kernels.spi.ProductShapes;

/**
 * Products by OpenBLAS, all else by a Java engine on the same memory.
 *
 * <p>One promise of {@link Engine} does not hold for the products: the library sums in an order of its own, which depends on the
 * batch (a single row is a gemv, more are a gemm) and on the number of threads. A row has the same bits from run to run, but not in
 * another batch. And the epilogue is a second pass over the output.
 */
final class OpenBlasEngine implements Engine {
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
    public Block allocate(Type type, int rows, int cols) {
        return host.allocate(type, rows, cols);
    }

    @Override
    public Weights pack(Block w, Format format) {
        return new PlainWeights(OpenBlasProvider.NAME, w, format);
    }

    @Override
    public Layers layers() {
        return host.layers();
    }

    @Override
    public void apply(Weights w, Block z, Block out, Epilogue epilogue) {
        Call call = Call.enter();
        try {
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
        } finally {
            call.leave();
        }
    }

    @Override
    public void applyTransposed(Weights w, Block u, Block out) {
        Call call = Call.enter();
        try {
            ProductShapes.applyTransposed(w, u, out);
            Block matrix = PlainWeights.of(w, OpenBlasProvider.NAME);
            if (u.rows() == 1) {
                blas.threads(threads);
                blas.multiply(matrix, true, u, out);
            } else {
                gemm(1, u, false, matrix, false, 0, out);
            }
        } finally {
            call.leave();
        }
    }

    @Override
    public void gemm(double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c) {
        Call call = Call.enter();
        try {
            ProductShapes.gemm(a, transposeA, b, transposeB, c);
            // What the library does with nothing to add, or with coefficients beyond f32, differs from version to version, or from the
            // promise.
            boolean plain = alpha != 0 && ordinary(alpha, c.type()) && ordinary(beta, c.type());
            if (!plain || (transposeA ? a.rows() : a.cols()) == 0) {
                host.gemm(alpha, a, transposeA, b, transposeB, beta, c);
                return;
            }
            blas.threads(threads);
            blas.multiply(alpha, a, transposeA, b, transposeB, beta, c);
        } finally {
            call.leave();
        }
    }

    private static boolean ordinary(double coefficient, Type type) {
        return Double.isFinite(coefficient) && type.holds(coefficient);
    }

    @Override
    public void finish(Block z, Block out, Epilogue epilogue) {
        host.finish(z, out, epilogue);
    }

    @Override
    public void axpby(double a, Block x, double b, Block y) {
        host.axpby(a, x, b, y);
    }

    @Override
    public void axpby(double[] a, Block x, double[] b, Block y) {
        host.axpby(a, x, b, y);
    }

    @Override
    public void asum(Block x, double[] out) {
        host.asum(x, out);
    }

    @Override
    public void iamax(Block x, int[] out) {
        host.iamax(x, out);
    }

    @Override
    public void project(Basis v, int count, Block w, Rows rows, double[] h, double[] squares) {
        host.project(v, count, w, rows, h, squares);
    }

    @Override
    public void normalise(Block w, double[] s, Basis v, int slot, Rows rows) {
        host.normalise(w, s, v, slot, rows);
    }

    @Override
    public void multiply(Block x, Block y, Block out) {
        host.multiply(x, y, out);
    }

    @Override
    public void activate(Activation activation, Block x, Block out) {
        host.activate(activation, x, out);
    }

    @Override
    public void derivative(Activation activation, Block x, Block out) {
        host.derivative(activation, x, out);
    }

    @Override
    public void dot(Block x, Block y, double[] out) {
        host.dot(x, y, out);
    }

    @Override
    public void norm(Block x, double[] out) {
        host.norm(x, out);
    }

    @Override
    public void multiDot(Basis v, int count, Block w, Rows rows, double[] h) {
        host.multiDot(v, count, w, rows, h);
    }

    @Override
    public void multiAxpy(Basis v, int count, double[] c, Block w, Rows rows, double[] squares) {
        host.multiAxpy(v, count, c, w, rows, squares);
    }

    @Override
    public void mix(Basis v, int count, double[] c, Block z, Rows rows) {
        host.mix(v, count, c, z, rows);
    }

    @Override
    public void store(Block w, double[] s, Basis v, int slot, Rows rows) {
        host.store(w, s, v, slot, rows);
    }

    @Override
    public void residualSweep(Block z, Block g, Basis residuals, Basis values, int[] slots, int[] counts, Rows rows, double[] gram) {
        host.residualSweep(z, g, residuals, values, slots, counts, rows, gram);
    }

    @Override
    public SmallMatrices small() {
        return host.small();
    }

    @Override
    public Images images() {
        return host.images();
    }

    @Override
    public void close() {
        host.close();
    }
}
