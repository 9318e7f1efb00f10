package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.Outcome;

/**
 * Supplies the problems of a {@linkplain FixedPointSolver#stream stream}, and takes their results. Both methods run in the thread that
 * called the stream. An exception that one of them throws ends the stream and reaches the caller unchanged.
 */
public interface StreamHandler {
    /**
     * Loads a new problem into slot {@code b}. The method gives the map what it needs for the problem, an injected input for example, and
     * writes the start into row {@code b} of {@code states}. That row still holds the result of the slot's last problem; leaving it there
     * makes a warm start. This method may block until there is a problem; the other rows wait meanwhile.
     *
     * @return false if there is no problem now. The stream asks again after each evaluation, and ends when no problem is in flight
     */
    boolean load(int b, Block states);

    /**
     * Receives the result of slot {@code b}: row {@code b} of {@code states}, with its status, residual and evaluations in {@code outcome}.
     * Called before the slot is loaded again. This method may block until there is room for the result.
     */
    void done(int b, Block states, Outcome outcome);
}
