package dev.zstar.solvers.training.optimisers;

import dev.zstar.solvers.parameters.Parameters;
import java.util.Map;

/**
 * Changes parameters step by step, from their gradients. From step to step it keeps {@link #state} and {@link #steps}. An optimiser that is
 * given both back continues with the same bits. After a step, a map of the parameters has to read them again: call its {@code update}.
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
     * Continues after this many steps, once {@link #state} has the values that it had then.
     *
     * @throws IllegalArgumentException if the number is negative
     */
    void resume(long steps);

    /** What it keeps of each parameter, by the kind of it, such as {@code momentum}. The blocks belong to the optimiser. */
    Map<String, Parameters> state();

    /** Bytes that it holds. */
    long bytes();

    /** Frees the state. */
    @Override
    void close();
}
