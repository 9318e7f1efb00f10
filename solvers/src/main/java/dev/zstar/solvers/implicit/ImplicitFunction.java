package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Gmres;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;

/**
 * The implicit function theorem for any root: {@code F(z(θ), θ) = 0} has {@code dL/dθ = -wᵀ ∂F/∂θ} with {@code (∂F/∂z)ᵀ w = ∂L/∂z}. How the root was
 * found does not matter. For an optimum of a smooth function F is its gradient; for a fixed point {@link EquilibriumLayer} does the same, with more ways.
 */
public final class ImplicitFunction implements AutoCloseable {
    private final Engine engine;
    private final Gmres gmres;
    private final Block w;
    private final Adjoint adjoint = new Adjoint();

    private ImplicitFunction(Engine engine, Gmres gmres, Block w) {
        this.engine = engine;
        this.gmres = gmres;
        this.w = w;
    }

    /**
     * Allocates a plan of GMRES, and one block.
     *
     * @param restart steps of its cycles; n, if that is small, where {@code ∂F/∂z} is far from the identity
     */
    public static ImplicitFunction plan(Engine engine, Type type, int n, int batch, int restart, Stopping stopping) {
        Gmres gmres = Gmres.plan(engine, type, n, batch, restart, stopping);
        return new ImplicitFunction(engine, gmres, engine.allocate(type, batch, n).withHeads());
    }

    /**
     * Adds {@code dL/dθ}. Nothing is added if the solve for w fails in any row.
     *
     * @param gradient {@code ∂L/∂z}, {@code batch × n}
     * @return of the solve for w
     */
    public <G> Outcome pullBack(RootEquation<G> equation, Block gradient, G sum) {
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
        return gmres.bytes() + w.bytes();
    }

    @Override
    public void close() {
        gmres.close();
        w.close();
    }
}
