package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;

/**
 * The gradients of a dense cell from {@code d = ∂L/∂s} with the sums {@code s = W z + U x + b}:
 *
 * <pre>{@code ∂L/∂W = dᵀ z,   ∂L/∂U = dᵀ x,   ∂L/∂b = Σ d,   ∂L/∂x = d U.}</pre>
 */
final class DenseGradients {
    private final Engine engine;
    private final Type type;
    private final int n;
    private final int inputs;
    private final Weights u;
    private final Block ones;
    /** {@code d U}, {@code batch × inputs}. */
    private final Block dx;

    DenseGradients(Engine engine, OwnedMemory memory, Weights u, Type type, int batch, int n, int inputs) {
        this.engine = engine;
        this.type = type;
        this.n = n;
        this.inputs = inputs;
        this.u = u;
        ones = memory.block(type, batch, 1);
        ones.fill(1);
        dx = memory.block(type, batch, inputs);
    }

    /** Adds the gradients that are wanted. */
    void add(Block d, Block z, Block x, Rows rows, DenseCell.Gradients sum) {
        int batch = d.rows();
        if (sum.w() != null) {
            engine.addOuter(d, z, sum.w());
        }
        if (sum.u() != null) {
            engine.addOuter(d, x, sum.u());
        }
        if (sum.b() != null) {
            engine.addOuter(ones.head(batch), d, sum.b());
        }
        if (sum.x() != null) {
            Block back = dx.head(batch);
            engine.applyTransposed(u, d, back);
            boolean inPlace = true;
            for (int p = 0; p < batch; p++) {
                inPlace &= rows.index(p) == p;
            }
            if (inPlace) {
                engine.axpy(1, back, sum.x().head(batch));
            } else {
                scatter(back, rows, sum.x());
            }
        }
    }

    private static void scatter(Block dx, Rows rows, Block sum) {
        for (int p = 0; p < rows.count(); p++) {
            for (int i = 0; i < dx.cols(); i++) {
                sum.set(rows.index(p), i, sum.get(rows.index(p), i) + dx.get(p, i));
            }
        }
    }

    /**
     * Throws unless the blocks fit and share no memory. Called before anything is added, because a sum with part of a gradient is useless.
     */
    void check(String operation, String name, Block v, Block z, Block x, Rows rows, DenseCell.Gradients sum) {
        int count = Arguments.present(operation, "rows", rows).count();
        Arguments.present(operation, name, v).requireShape(operation, name, type, count, n);
        Arguments.present(operation, "z", z).requireShape(operation, "z", type, count, n);
        if (Arguments.present(operation, "the record of gradients", sum).u() != null) {
            Arguments.present(operation, "x", x).requireShape(operation, "x", type, count, inputs);
        }
        checkShape(operation, "the gradient of W", sum.w(), n, n);
        checkShape(operation, "the gradient of U", sum.u(), n, inputs);
        checkShape(operation, "the gradient of b", sum.b(), 1, n);
        if (sum.x() != null) {
            checkShape(operation, "the gradient of x", sum.x(), Math.max(count, sum.x().rows()), inputs);
            for (int p = 0; p < count; p++) {
                if (rows.index(p) >= sum.x().rows()) {
                    throw new IllegalArgumentException(operation + ": the number of rows of the gradient of x is " + sum.x().rows()
                            + ", expected at least " + (rows.index(p) + 1) + ", because row " + rows.index(p) + " of the batch is active");
                }
            }
        }
        checkApart(operation, "the gradient of W", sum.w(), name, v, z, x);
        checkApart(operation, "the gradient of U", sum.u(), name, v, z, x);
        checkApart(operation, "the gradient of b", sum.b(), name, v, z, x);
        checkApart(operation, "the gradient of x", sum.x(), name, v, z, x);
        Arguments.disjoint(operation, "the gradient of W", sum.w(), "that of U", sum.u());
        Arguments.disjoint(operation, "the gradient of W", sum.w(), "that of b", sum.b());
        Arguments.disjoint(operation, "the gradient of W", sum.w(), "that of x", sum.x());
        Arguments.disjoint(operation, "the gradient of U", sum.u(), "that of b", sum.b());
        Arguments.disjoint(operation, "the gradient of U", sum.u(), "that of x", sum.x());
        Arguments.disjoint(operation, "the gradient of b", sum.b(), "that of x", sum.x());
    }

    private void checkShape(String operation, String name, Block sum, int rows, int cols) {
        if (sum != null) {
            sum.requireShape(operation, name, type, rows, cols);
        }
    }

    /** Throws if a gradient shares memory with what it is computed from. */
    static void checkApart(String operation, String gradient, Block sum, String name, Block v, Block z, Block x) {
        Arguments.disjoint(operation, gradient, sum, name, v);
        Arguments.disjoint(operation, gradient, sum, "z", z);
        Arguments.disjoint(operation, gradient, sum, "x", x);
    }
}
