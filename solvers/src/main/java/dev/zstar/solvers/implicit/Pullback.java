package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.linear.LinearSolver;

/** What a mode takes for the v of {@code (I - Jᵀ) v = g}. */
sealed interface Pullback {
    /** For all rows of g; a row of zeros becomes zeros. */
    void apply(LinearOperator t, Block g, Block v, GradientOutcome outcome);

    /** By a solver, which is a series of one term where there is no product. */
    record Solved(LinearSolver solver) implements Pullback {
        @Override
        public void apply(LinearOperator t, Block g, Block v, GradientOutcome outcome) {
            outcome.take(solver.solve(t, g, v));
        }
    }

    /** By an approximate inverse; the rows of the batch are all there. */
    record Inverted(LinearOperator inverse, Rows all) implements Pullback {
        @Override
        public void apply(LinearOperator t, Block g, Block v, GradientOutcome outcome) {
            all.reset(g.rows());
            inverse.applyTransposed(g, v, all);
            outcome.complete();
        }
    }

    /** By a solver with a preconditioner; rows that it does not solve go on from there without one. */
    record Refined(Gmres preconditioned, LinearSolver plain) implements Pullback {
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
