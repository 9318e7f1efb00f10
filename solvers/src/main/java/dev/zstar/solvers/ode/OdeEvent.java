package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * Something that happens where a function {@code g(t, z)} of a row changes its sign. The time is found on the dense output of the step, to
 * the precision of the time. A sign that changes twice within one step is not seen: limit the step then. A solve that starts at
 * {@code g = 0} has no event there.
 */
@FunctionalInterface
public interface OdeEvent {
    /**
     * {@code out[p] = g(t[p], z_p)} for each active row. NaN is not a sign, so it is no event.
     *
     * @param t the time of the row at each position; only read
     * @param z {@code rows.count() × n}; only read
     * @param out at least {@code rows.count()} numbers
     */
    void value(double[] t, Block z, double[] out, Rows rows);

    /** 1 if g must rise through 0 in the direction of the solve, -1 if it must fall, 0 for both. */
    default int direction() {
        return 0;
    }

    /**
     * The event occurred. Called in the order of the events of a row. May be called again if the row goes on.
     *
     * @param row the row of the batch
     * @param t the time of the event; g is 0 there, or has the sign that it has after the event
     * @param z the state at that time, {@code 1 × n}; valid during the call, and read-only
     * @return whether the row ends here, with {@link OdeStatus#ENDED_BY_EVENT}
     */
    default boolean occurred(int row, double t, Block z) {
        return true;
    }
}
