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
import dev.zstar.solvers.linear.Gmres;

/**
 * The implicit function theorem for any root: {@code F(z(θ), θ) = 0} has {@code dL/dθ = -wᵀ ∂F/∂θ} with {@code (∂F/∂z)ᵀ w = ∂L/∂z}. How the
 * root was found does not matter. For an optimum of a smooth function F is its gradient; for a fixed point {@link EquilibriumLayer} does
 * the same, with more ways.
 */
public final class ImplicitFunction implements AutoCloseable {
    private final Engine engine;
    private final OwnedMemory memory;
    private final Gmres gmres;
    private final Block w;
    private final Adjoint adjoint = new Adjoint();

    private ImplicitFunction(Engine engine, Type type, int batch, int n, int restart, Stopping stopping) {
        this.engine = engine;
        memory = new OwnedMemory(engine);
        try {
            gmres = memory.add(Gmres.plan(engine, type, batch, n, restart, stopping), Gmres::close, Gmres::bytes);
            w = memory.block(type, batch, n);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
    }

    /**
     * Allocates a plan of GMRES, and one block.
     *
     * @param restart steps of its cycles; n, if that is small, where {@code ∂F/∂z} is far from the identity
     */
    public static ImplicitFunction plan(Engine engine, Type type, int batch, int n, int restart, Stopping stopping) {
        Arguments.present("implicit function", "the engine", engine);
        Arguments.present("implicit function", "the type", type);
        Arguments.present("implicit function", "the stopping rule", stopping);
        Arguments.atLeast("implicit function", "n", n, 1);
        Arguments.atLeast("implicit function", "the batch", batch, 1);
        Arguments.atLeast("implicit function", "the cycle", restart, 1);
        return new ImplicitFunction(engine, type, batch, n, restart, stopping);
    }

    /**
     * Adds {@code dL/dθ}. Nothing is added if the solve for w fails in any row.
     *
     * @param gradient {@code ∂L/∂z}, {@code batch × n}
     * @return of the solve for w
     */
    public <G> Outcome backward(RootEquation<G> equation, Block gradient, G sum) {
        Arguments.present("backward", "the equation", equation);
        Arguments.present("backward", "the sum of gradients", sum);
        if (Arguments.present("backward", "the gradient", gradient).rows() > w.rows()) {
            throw new IllegalArgumentException("backward: the gradient has " + gradient.rows() + " rows, expected at most the plan's "
                    + w.rows());
        }
        gradient.requireShape("backward", "the gradient", w.type(), gradient.rows(), w.cols());
        Block found = w.head(gradient.rows());
        adjoint.equation = equation;
        try {
            Outcome outcome = gmres.solve(adjoint, gradient, found);
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

    /** Bytes that this holds. */
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
