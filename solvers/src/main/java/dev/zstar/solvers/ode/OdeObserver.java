package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;

/**
 * Watches the accepted steps of a solve, and may end single rows. It runs in the thread that called the solver. An exception that it throws
 * ends the solve and reaches the caller unchanged.
 */
@FunctionalInterface
public interface OdeObserver {
    /**
     * Called after each round of steps, with the rows whose step was accepted and that go on.
     *
     * @param progress times and counts so far; the status of rows that go on is null
     * @param t the time that the row at each position has reached; read-only
     * @param z the states there, {@code rows.count() × n}; valid during the call, and read-only
     * @param rows which row of the batch is at which position
     * @param exits where rows are ended, by position
     */
    void accepted(OdeOutcome progress, double[] t, Block z, Rows rows, Exits exits);
}
