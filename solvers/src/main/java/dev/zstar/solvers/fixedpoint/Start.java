package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.guard.Arguments;

/** One of the starts of {@link MultiStart}. What it writes should depend on the given state alone, not on the number of the input. */
@FunctionalInterface
public interface Start {
    /**
     * Writes the start of an input.
     *
     * @param given the block that was given to the solve; read-only
     * @param input the row of {@code given} that belongs to the input
     * @param starts the starts of all inputs
     * @param row the row of {@code starts} to write
     */
    void write(Block given, int input, Block starts, int row);

    /** The state that is given to the solve. */
    static Start given() {
        return (given, input, starts, row) -> starts.copyRow(given, input, row);
    }

    /** The state 0. */
    static Start zeros() {
        return (given, input, starts, row) -> starts.part(row, starts.rows()).fill(0);
    }

    /**
     * Gaussian noise of a standard deviation: the same vector for every input and in every solve, so that the result of an input does not
     * depend on its place in the batch. Another seed gives another vector.
     */
    static Start noise(double deviation, long seed) {
        Arguments.positive("noise", "the standard deviation", deviation);
        return new NoiseStart(deviation, seed);
    }
}
