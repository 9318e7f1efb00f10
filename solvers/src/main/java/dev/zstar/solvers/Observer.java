package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/** Watches a fixed-point solve, and may cancel it: a {@link RowObserver} that ends all rows or none. */
@FunctionalInterface
public interface Observer extends RowObserver {
    /**
     * Called after each evaluation, once its rows have been tested. It runs in the thread that called the solver. An exception that it
     * throws ends the solve and reaches the caller unchanged.
     *
     * @param progress the evaluations so far, the residual of every row at its latest iterate, and the status of rows that have ended; the
     *     status of the others is null
     * @param z the iterates of the active rows, {@code rows.count() × n}; valid during the call, and read-only
     * @param rows the rows of the batch in {@code z}, by position
     * @return whether to go on; if false, the active rows end with {@link Status#CANCELLED} and get their best iterates
     */
    boolean evaluated(Outcome progress, Block z, Rows rows);

    /** Cancels the solve if the other method says so. */
    // A lambda cannot be taken for the wrong one of the two interfaces, since the methods differ in the number of arguments.
    @SuppressWarnings("FunctionalInterfaceMethodChanged")
    @Override
    default void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
        if (!evaluated(progress, z, rows)) {
            exits.cancel();
        }
    }
}
