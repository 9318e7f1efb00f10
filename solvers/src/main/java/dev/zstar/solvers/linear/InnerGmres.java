package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;

/**
 * GMRES within a step of another solver, as Newton's method uses it: one cycle from {@code u = 0}, with its predicted residual accepted as
 * it is. No product is spent on the true residual. The other solver owns the workspace, guards it, and closes it.
 */
public final class InnerGmres {
    private final GmresCycle cycle;
    private final VerifiedCycles loop;

    /**
     * Allocates {@code m + 5} blocks.
     *
     * @param steps m, the most steps of a cycle, 1 to 500
     */
    public InnerGmres(Workspace workspace, int steps) {
        cycle = new GmresCycle(workspace, Gmres.Options.DEFAULT.withRestart(steps));
        loop = new VerifiedCycles(workspace, "GMRES", Stopping.relative(0), cycle);
    }

    /**
     * Solves {@code (I - T) u = b} approximately. The outcome reports the residual of the small problem, relative to the right-hand side.
     * If the operator returned NaN or infinity, it is the residual in the space built before that.
     *
     * @param solution the same block as {@code rhs}, or another
     * @param tolerances a relative tolerance for each row
     * @param limits the most products of each row, from 1 to m. It is read after each step, so the operator may lower it to end the cycle
     */
    public Outcome solve(LinearOperator t, Block rhs, Block solution, double[] tolerances, int[] limits) {
        loop.begin(t, solution, 0, rhs.rows(), false, tolerances, limits);
        try {
            loop.start(rhs, false);
            if (loop.at().open().count() > 0) {
                loop.cycle();
                believe();
            }
            loop.finish();
        } finally {
            loop.end();
        }
        return loop.outcome();
    }

    /** Ends all rows with the residuals of their small problems. */
    private void believe() {
        Residuals at = loop.at();
        Rows open = at.open();
        for (int p = 0; p < open.count(); p++) {
            int b = open.index(p);
            // A step that underflows is negligible compared with the point that it starts from.
            boolean held = !loop.overflows(b, cycle.size(b));
            double remains = held ? cycle.left(b) / at.unit(b) : 1;
            Status status = !held ? Status.OUT_OF_RANGE
                    : remains <= at.tolerance(b) ? Status.CONVERGED_RELATIVE
                    : at.gaveUp(b) == Status.NONFINITE_OPERATOR ? Status.NONFINITE_OPERATOR
                    : at.gaveUp(b) != null ? Status.STAGNATED
                    : Status.MAX_EVALUATIONS;
            loop.outcome().end(b, status, remains);
        }
    }
}
