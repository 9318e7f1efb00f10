package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.linear.GmresIdr;

/**
 * The implicit function theorem for any root:
 *
 * <pre>{@code F(z(θ), θ) = 0,   dL/dθ = -wᵀ ∂F/∂θ,   (∂F/∂z)ᵀ w = ∂L/∂z.}</pre>
 *
 * <p>It does not matter how the root was found. For an optimum of a smooth function, F is the gradient of that function. For a fixed point
 * {@link EquilibriumLayer} does the same, in more modes. Not thread-safe.
 */
public final class ImplicitFunction implements AutoCloseable {
    private final Engine engine;
    private final OwnedMemory memory;
    private final GmresIdr solver;
    private final Block w;
    private final Adjoint adjoint = new Adjoint();

    private ImplicitFunction(Engine engine, Type type, int batch, int n, int restart, Stopping stopping) {
        this.engine = engine;
        memory = new OwnedMemory(engine);
        try {
            solver = memory.add(GmresIdr.plan(engine, type, batch, n, restart, stopping), GmresIdr::close, GmresIdr::bytes);
            w = memory.block(type, batch, n);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
    }

    /**
     * Plans the solve for w, for batches of up to {@code batch} rows of {@code n} elements. Allocates {@code restart + 6} blocks of
     * {@code batch × n}, and half as many vectors.
     *
     * @param restart the steps of GMRES before IDR takes over ({@link GmresIdr}); take n if n is small and {@code ∂F/∂z} is far from the
     *     identity
     * @param stopping when the solve for w ends: tolerances and a number of evaluations
     */
    public static ImplicitFunction plan(Engine engine, Type type, int batch, int n, int restart, Stopping stopping) {
        Arguments.present("implicit function", "the engine", engine);
        Arguments.present("implicit function", "the type", type);
        Arguments.present("implicit function", "the stopping rule", stopping);
        Arguments.atLeast("implicit function", "n", n, 1);
        Arguments.atLeast("implicit function", "the batch", batch, 1);
        Arguments.atLeast("implicit function", "the restart length", restart, 1);
        return new ImplicitFunction(engine, type, batch, n, restart, stopping);
    }

    /**
     * Adds {@code dL/dθ}, or nothing at all if the solve for w failed in any row. (An {@link EquilibriumLayer} skips single rows.) Does not
     * throw then: look at the outcome.
     *
     * @param gradient {@code ∂L/∂z}, {@code rows × n}, with at most {@code batch} rows
     * @param sum where the gradients are added
     * @return how the solve for w went; the next call overwrites it
     */
    public <G> Outcome backward(RootEquation<G> equation, Block gradient, G sum) {
        Arguments.present("backward", "the equation", equation);
        Arguments.present("backward", "the record of gradients", sum);
        if (Arguments.present("backward", "the gradient", gradient).rows() > w.rows()) {
            throw new IllegalArgumentException("backward: the number of rows of the gradient is " + gradient.rows() + ", expected at most "
                    + w.rows());
        }
        gradient.requireShape("backward", "the gradient", w.type(), gradient.rows(), w.cols());
        Block found = w.head(gradient.rows());
        adjoint.equation = equation;
        try {
            Outcome outcome = solver.solve(adjoint, gradient, found);
            if (outcome.succeeded()) {
                engine.scale(-1, found);
                equation.gradients(found, sum);
            }
            return outcome;
        } finally {
            adjoint.equation = null;
        }
    }

    /** {@code T = I - (∂F/∂z)ᵀ}. */
    private final class Adjoint implements LinearOperator {
        private RootEquation<?> equation;

        @Override
        public void apply(Block u, Block out, Rows rows) {
            equation.vjp(u, out, rows);
            engine.axpby(1, u, -1, out);
        }
    }

    /** Bytes that this object holds. */
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
