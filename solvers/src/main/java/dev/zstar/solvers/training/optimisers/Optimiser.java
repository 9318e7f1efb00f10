package dev.zstar.solvers.training.optimisers;

import dev.zstar.solvers.parameters.Parameters;
import java.util.Map;

/**
 * Changes parameters against their gradients, step by step. What it remembers from step to step is {@link #state} and {@link #steps}: an
 * optimiser that gets both back goes on with the same bits.
 */
public interface Optimiser extends AutoCloseable {
    /**
     * Takes one step. Does not look for NaN and infinities: {@link Clipping} finds them before the step.
     *
     * @param values the parameters, which are changed
     * @param gradients the gradients of a loss with respect to them; read only
     * @param rate the learning rate η of this step, such as {@code schedule.rate(optimiser.steps())}
     * @throws IllegalArgumentException if either has other descriptions than the optimiser was planned for, or the rate is negative or not
     *     finite
     */
    void step(Parameters values, Parameters gradients, double rate);

    /** The number of steps taken. */
    long steps();

    /**
     * Goes on as after this many steps, once {@link #state} has its values of then.
     *
     * @throws IllegalArgumentException if the number is negative
     */
    void resume(long steps);

    /** What it remembers of each parameter, by what that is. The blocks are the optimiser's own. */
    Map<String, Parameters> state();

    /** Bytes that it holds. */
    long bytes();

    /** Frees the state. */
    @Override
    void close();
}
