package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.linear.GmresIdr;
import dev.zstar.solvers.linear.LinearSolver;
import dev.zstar.solvers.linear.Neumann;

/** How a gradient mode finds or approximates the adjoint v, {@code (I - Jᵀ) v = g}. */
sealed interface AdjointMethod {
    /** Writes v for all rows of g. A row of zeros becomes zeros. */
    void apply(LinearOperator t, Block g, Block v, GradientOutcome outcome);

    /**
     * Plans the method of a mode, for batches of up to {@code batch} rows.
     *
     * @param forward the layer's forward solver, on the same engine, for the same type and n
     * @param secants the secant pairs of the forward solve; null unless the mode needs them
     * @param space owns what is allocated
     * @return null for modes that unroll
     */
    static AdjointMethod plan(GradientMode mode, int batch, FixedPointSolver forward, MultiSecant secants, LayerSpace space) {
        return switch (mode) {
            case GradientMode.Exact m -> new LinearSolve(take("the linear solver of the gradient mode",
                    m.method().plan(space.adjoint()), batch, forward, space));
            case GradientMode.BroydenInverse _ -> new Inverted(inverse(forward), new Rows(batch));
            case GradientMode.Refined m -> {
                Gmres.Options preconditioned = new Gmres.Options(m.restart(), secants.inverse().transposed(), false);
                yield new Preconditioned(
                        take("the preconditioned solver", Gmres.plan(space.adjoint(), preconditioned, m.stopping()), batch, forward, space),
                        take("the solver", GmresIdr.plan(space.adjoint(), m.restart(), m.stopping()), batch, forward, space));
            }
            case GradientMode.JacobianFree _ -> series(0, 1, space);
            case GradientMode.NeumannSeries m -> series(m.terms(), 1, space);
            case GradientMode.Phantom m -> series(m.steps() - 1, m.damping(), space);
            case GradientMode.Unrolled _, GradientMode.Checkpointed _, GradientMode.Reversible _ -> null;
            case GradientMode.Scheduled _ -> throw new IllegalArgumentException("layer: the mode is a schedule, expected one of its modes");
        };
    }

    /** How many of the shared blocks the solvers of a mode take. They run one after the other. */
    static int blocks(GradientMode mode) {
        return switch (mode) {
            case GradientMode.Exact m -> m.method().blocks();
            case GradientMode.Refined m -> m.restart() + 6;
            case GradientMode.JacobianFree _, GradientMode.NeumannSeries _, GradientMode.Phantom _ -> 2;
            default -> 0;
        };
    }

    private static <S extends LinearSolver> S take(String what, S planned, int batch, FixedPointSolver forward, LayerSpace space) {
        space.memory().add(Arguments.present("layer", what, planned), LinearSolver::close, LinearSolver::bytes);
        planned.requireFits("layer: " + what, forward.engine(), forward.type(), batch, forward.n());
        return planned;
    }

    private static AdjointMethod series(int terms, double λ, LayerSpace space) {
        return new Series(space.memory().add(Neumann.plan(space.adjoint(), terms, λ), Neumann::close, Neumann::bytes));
    }

    private static LinearOperator inverse(FixedPointSolver forward) {
        if (forward instanceof Broyden broyden) {
            return broyden.inverse();
        }
        throw new IllegalArgumentException("layer: the forward solver is " + forward.getClass().getSimpleName()
                + ", expected Broyden for the gradient mode BroydenInverse");
    }

    /** A linear solver. */
    record LinearSolve(LinearSolver solver) implements AdjointMethod {
        @Override
        public void apply(LinearOperator t, Block g, Block v, GradientOutcome outcome) {
            outcome.take(solver.solve(t, g, v));
        }
    }

    /** The first terms of the Neumann series; the term g alone takes no product. */
    record Series(Neumann series) implements AdjointMethod {
        @Override
        public void apply(LinearOperator t, Block g, Block v, GradientOutcome outcome) {
            outcome.take(series.solve(t, g, v));
        }
    }

    /**
     * An approximate inverse.
     *
     * @param all every row of the batch at its own position
     */
    record Inverted(LinearOperator inverse, Rows all) implements AdjointMethod {
        @Override
        public void apply(LinearOperator t, Block g, Block v, GradientOutcome outcome) {
            all.reset(g.rows());
            inverse.applyTransposed(g, v, all);
            outcome.complete();
        }
    }

    /** A solver with a preconditioner. If that fails, a solver without one continues. */
    record Preconditioned(Gmres preconditioned, LinearSolver plain) implements AdjointMethod {
        @Override
        public void apply(LinearOperator t, Block g, Block v, GradientOutcome outcome) {
            Outcome solved = preconditioned.solve(t, g, v);
            outcome.take(solved);
            if (!solved.succeeded()) {
                outcome.take(plain.resume(t, g, v));
            }
        }
    }
}
