package dev.zstar.bridge;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Shapes;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;

/**
 * Products by OpenBLAS, all else by the best engine written in Java. The library packs both operands at every call and can carry no
 * epilogue, so that is a pass of its own; and how it sums depends on the shape, so a row's last bits may depend on its batch.
 */
final class OpenBlasEngine implements Engine {
    private final int threads;
    private final Engine host;

    OpenBlasEngine(int threads) {
        this.threads = threads;
        host = Engines.providers().stream()
                .filter(provider -> !provider.name().equals("openblas") && provider.unavailable().isEmpty())
                .findFirst()
                .map((EngineProvider provider) -> provider.create(threads))
                .orElseThrow(() -> new IllegalStateException("no engine written in Java was found; is the kernels jar complete?"));
    }

    @Override
    public String name() {
        return "openblas";
    }

    @Override
    public int threads() {
        return threads;
    }

    @Override
    public Weights pack(Block w) {
        return new Plain(w);
    }

    /** OpenBLAS takes matrices as they lie. */
    private record Plain(Block matrix) implements Weights {
        Plain(Block matrix) {
            this.matrix = Block.allocate(matrix.type(), matrix.rows(), matrix.cols());
            this.matrix.copyFrom(matrix);
        }

        @Override
        public int rows() {
            return matrix.rows();
        }

        @Override
        public int cols() {
            return matrix.cols();
        }

        @Override
        public Type type() {
            return matrix.type();
        }

        @Override
        public void update(Block w) {
            w.requireShape("update", "w", type(), rows(), cols());
            matrix.copyFrom(w);
        }

        @Override
        public void prepareTransposed() {}

        @Override
        public long bytes() {
            return matrix.bytes();
        }

        @Override
        public void close() {
            matrix.close();
        }
    }

    private static Block matrix(Weights w) {
        if (w instanceof Plain own) {
            own.matrix.requireOpen();
            return own.matrix;
        }
        throw new IllegalArgumentException("weights of " + w.getClass().getSimpleName() + " in the openblas engine; pack them with it");
    }

    @Override
    public void apply(Weights w, Block z, Block out, Epilogue epilogue) {
        Shapes.apply(w, z, out, epilogue);
        product(matrix(w), false, z, out);
        if (!epilogue.isNone()) {
            host.finish(z, out, epilogue);
        }
    }

    @Override
    public void applyTransposed(Weights w, Block u, Block out) {
        Shapes.applyTransposed(w, u, out);
        product(matrix(w), true, u, out);
    }

    private void product(Block w, boolean transpose, Block z, Block out) {
        if (z.cols() == 0 || z.rows() == 0 || out.cols() == 0) {
            out.fill(0);
            return;
        }
        OpenBlas.threads(threads);
        if (z.rows() == 1) {
            OpenBlas.gemv(transpose, w, z, out);
        } else {
            OpenBlas.gemm(false, z, !transpose, w, z.cols(), 0, out);
        }
    }

    @Override
    public void addOuter(Block d, Block z, Block out) {
        Shapes.addOuter(d, z, out);
        if (d.rows() > 0 && d.cols() > 0 && z.cols() > 0) {
            OpenBlas.threads(threads);
            OpenBlas.gemm(true, d, false, z, d.rows(), 1, out);
        }
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
    public void multiply(Block x, Block y, Block out) {
        host.multiply(x, y, out);
    }

    @Override
    public void derivative(Activation activation, Block y, Block out) {
        host.derivative(activation, y, out);
    }

    @Override
    public void dot(Block x, Block y, double[] out) {
        host.dot(x, y, out);
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
    public void residualSweep(Block z, Block g, Basis residuals, Basis values, int slot, int count, Rows rows, double[] gram) {
        host.residualSweep(z, g, residuals, values, slot, count, rows, gram);
    }

    @Override
    public void close() {
        host.close();
    }
}
