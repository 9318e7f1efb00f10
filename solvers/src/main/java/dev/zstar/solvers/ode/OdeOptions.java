package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.guard.Arguments;

/**
 * What else a solve does. Build it once and use it for many solves: a solve then allocates nothing. Blocks, arrays and the trajectory are
 * not copied, and belong to the caller.
 *
 * @param relative relative tolerances by row of the batch, instead of the planned one; may be null
 * @param absolute absolute tolerances by row of the batch, instead of the planned one; may be null
 * @param events what may end rows; not null
 * @param observer watches accepted steps; may be null
 * @param trajectory where the dense output of the whole solve is kept; may be null
 * @param times the times of {@code states}, in the direction of the solve and within the interval of every row
 * @param states by time, a block of the shape of z: gets the state of each row at that time. A row that ends before leaves it unchanged
 */
@SuppressWarnings("ArrayRecordComponent") // Arrays are shared with the caller on purpose: tolerances may change from solve to solve.
public record OdeOptions(double[] relative, double[] absolute, OdeEvent[] events, OdeObserver observer, Trajectory trajectory,
        double[] times, Block[] states) {
    /** Nothing else. */
    public static final OdeOptions NONE = new OdeOptions(null, null, new OdeEvent[0], null, null, new double[0], new Block[0]);

    /** Checks what does not depend on the solve. */
    public OdeOptions {
        Arguments.present("ode options", "the array of events", events);
        Arguments.present("ode options", "the array of times", times);
        Arguments.present("ode options", "the array of states", states);
        for (int i = 0; i < events.length; i++) {
            Arguments.present("ode options", "event " + i, events[i]);
        }
        for (int i = 0; i < states.length; i++) {
            Arguments.present("ode options", "the block of states " + i, states[i]);
        }
        if (times.length != states.length) {
            throw new IllegalArgumentException("ode options: there are " + times.length + " times and " + states.length
                    + " blocks of states, expected as many of each");
        }
        for (int i = 0; i < times.length; i++) {
            if (!Double.isFinite(times[i])) {
                throw new IllegalArgumentException("ode options: time " + i + " is " + times[i] + ", expected a finite number");
            }
            if (i > 1 && (times[i] - times[i - 1]) * (times[1] - times[0]) < 0 || i > 0 && times[i] == times[i - 1]) {
                throw new IllegalArgumentException("ode options: time " + i + " is " + times[i] + " after " + times[i - 1]
                        + ", expected times that only rise or only fall");
            }
        }
    }

    /** The same with tolerances by row of the batch; null for the planned ones. */
    public OdeOptions withTolerances(double[] relative, double[] absolute) {
        return new OdeOptions(relative, absolute, events, observer, trajectory, times, states);
    }

    /** The same with these events. */
    public OdeOptions withEvents(OdeEvent... events) {
        return new OdeOptions(relative, absolute, Arguments.present("ode options", "the array of events", events).clone(), observer,
                trajectory, times, states);
    }

    /** The same with an observer. */
    public OdeOptions withObserver(OdeObserver observer) {
        return new OdeOptions(relative, absolute, events, observer, trajectory, times, states);
    }

    /** The same, and the dense output is kept. */
    public OdeOptions withTrajectory(Trajectory trajectory) {
        return new OdeOptions(relative, absolute, events, observer, trajectory, times, states);
    }

    /** The same, and states at these times are stored. */
    public OdeOptions withStates(double[] times, Block... states) {
        return new OdeOptions(relative, absolute, events, observer, trajectory,
                Arguments.present("ode options", "the array of times", times).clone(),
                Arguments.present("ode options", "the array of states", states).clone());
    }
}
