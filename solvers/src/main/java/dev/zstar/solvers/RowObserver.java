package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;

/**
 * Watches the rows of a fixed-point solve or of a stream, and may end single rows. A row that it ends leaves the batch, as a converged row
 * does, and no bit of another row changes. {@link Observer} is the special case that ends all rows or none. The package
 * {@code dev.zstar.solvers.exits} has ready-made rules.
 *
 * <p>Both methods run in the thread that called the solver. An exception that one of them throws ends the solve and reaches the caller
 * unchanged.
 */
@FunctionalInterface
public interface RowObserver {
    /**
     * A new problem begins in row {@code b} of the batch: at the start of a solve, or when a slot of a stream gets its next problem. An
     * observer that stores something for each row forgets it here.
     */
    default void begin(int b) {}

    /**
     * Called after each evaluation, once its rows have been tested. Rows that ended at this evaluation are no longer in {@code z}, and if
     * all of them ended, it has no rows. What is decided for a row should depend only on that row. Then its result does not depend on the
     * rest of the batch.
     *
     * @param progress the evaluations so far, the residual of every row at its latest iterate, and the status of rows that have ended; the
     *     status of the others is null
     * @param z the iterates of the active rows, {@code rows.count() × n}, at which the residuals were measured; valid during the call, and
     *     read-only. With assertions on, a change throws {@link IllegalStateException}
     * @param rows the rows of the batch in {@code z}, by position
     * @param exits where rows are ended, by position; valid during the call
     */
    void evaluated(Outcome progress, Block z, Rows rows, Exits exits);

    /** An observer that calls this one and then another. */
    default RowObserver andThen(RowObserver next) {
        Arguments.present("andThen", "the other observer", next);
        RowObserver first = this;
        return new RowObserver() {
            @Override
            public void begin(int b) {
                first.begin(b);
                next.begin(b);
            }

            @Override
            public void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
                first.evaluated(progress, z, rows, exits);
                next.evaluated(progress, z, rows, exits);
            }
        };
    }
}
