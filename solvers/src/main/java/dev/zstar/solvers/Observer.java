package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/** Looks on while a fixed point is sought, and may end the search. */
@FunctionalInterface
public interface Observer {
    /**
     * Called after each evaluation, once its rows are judged.
     *
     * @param progress evaluations, and the residual of every row at its latest iterate; the status of those that have ended, null for the others
     * @param z the iterates of the rows that go on, {@code rows.count() × n}; valid during the call, and not to be changed
     * @param rows which row of the batch is where in {@code z}
     * @return whether to go on; if not, the rows that have not ended are {@link Status#CANCELLED} and get their best iterates
     */
    boolean evaluated(Outcome progress, Block z, Rows rows);
}
