package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Outcome;

/**
 * Ends a row whose relative residual ({@link Outcome#residual}) is at most a threshold. This is for combinations with other rules. By
 * itself the relative tolerance of the stopping rule does the same, and calls it convergence.
 *
 * @param threshold at least 0
 */
public record SmallResidual(double threshold) implements ExitRule {
    /** Checks the threshold. */
    public SmallResidual {
        Threshold.check("SmallResidual", threshold);
    }

    @Override
    public void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
        for (int p = 0; p < rows.count(); p++) {
            if (progress.residual(rows.index(p)) <= threshold) {
                exits.stop(p);
            }
        }
    }
}
