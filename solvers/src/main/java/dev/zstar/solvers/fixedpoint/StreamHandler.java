package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.Outcome;

/** Where the problems of a {@linkplain FixedPointSolver#stream stream} come from, and where their results go. */
public interface StreamHandler {
    /**
     * Makes slot {@code b} a new problem: tells the map about it (its injected input, for example), and writes the start into row {@code b} of
     * {@code states}, where the result of the slot's last problem still is: to leave it there is a warm start. May wait for a problem to come, while
     * the other rows rest.
     *
     * @return false if there is none now: it is asked again after each evaluation, and the stream ends when none is left in flight
     */
    boolean load(int b, Block states);

    /**
     * Takes the result of slot {@code b}: row {@code b} of {@code states}, with its status, residual and evaluations in {@code outcome}. Called before the
     * slot is loaded again. May wait, until there is room for the result.
     */
    void done(int b, Block states, Outcome outcome);
}
