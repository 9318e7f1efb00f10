package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Finite;

/** The blocks of a backward pass, which all modes of a layer share: cotangents of two states, and the sum that a report compares. */
final class Cotangents {
    private final Engine engine;
    private final Block first;
    private final Block second;
    /** Null if no mode unrolls. */
    private final Block sum;
    private final double[] norms;

    /** Takes two blocks, or three if a mode unrolls. */
    Cotangents(Workspace workspace, boolean unrolled) {
        engine = workspace.engine();
        first = workspace.block();
        second = workspace.block();
        sum = unrolled ? workspace.block() : null;
        norms = new double[workspace.batch()];
    }

    Block first(int rows) {
        return first.head(rows);
    }

    Block second(int rows) {
        return second.head(rows);
    }

    Block sum(int rows) {
        return sum.head(rows);
    }

    /**
     * Drops the rows of a block that are no longer finite: the rest of the network adds nothing for them.
     *
     * @param used the rows of the batch, by position
     * @param dropped by position; set for rows that are dropped
     * @return whether a row was dropped
     */
    boolean drop(Block block, Rows used, boolean[] dropped, GradientOutcome outcome) {
        boolean any = false;
        engine.norm(block, norms);
        for (int p = 0; p < used.count(); p++) {
            if (!(norms[p] < Double.POSITIVE_INFINITY) && !dropped[p] && !Finite.row(block, p)) {
                outcome.broken(used.index(p), Status.OUT_OF_RANGE);
                outcome.use(used.index(p), GradientOutcome.Use.INCOMPLETE);
                dropped[p] = true;
                any = true;
            }
        }
        return any;
    }

    /** Sets the rows of a block that were dropped to zero. */
    static void clear(Block block, boolean[] dropped) {
        for (int p = 0; p < block.rows(); p++) {
            for (int i = 0; dropped[p] && i < block.cols(); i++) {
                block.set(p, i, 0);
            }
        }
    }
}
