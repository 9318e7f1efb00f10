package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.Solver;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;
import java.util.Arrays;

/**
 * A solver for {@code dz/dt = f(t, z)}, with its memory: the Runge-Kutta method of order 5 by Dormand and Prince (1980), with an error
 * estimate of order 4, dense output and events. It is for equations that are not stiff.
 *
 * <p>Each row of a batch is a separate problem with an interval, steps and tolerances of its own. Rows leave the batch when they are done.
 * All active rows are evaluated in one call of f. On a {@linkplain Engine#reproducible reproducible} engine the result of a row has the
 * same bits whatever the other rows are. The time may run backwards.
 *
 * <p>A step takes six evaluations. The seventh stage is the first of the next step. A solve takes one more at its start, and one to choose
 * the first step.
 *
 * <p>A solver runs one solve at a time; plan one for each thread. If f throws, the exception reaches the caller unchanged, the content of
 * the block is undefined, and the solver can be used again. A solve allocates nothing.
 */
public final class DormandPrince extends Solver {
    private final StepControl control;
    private final Integration integration;
    private final double[] from;
    private final double[] to;
    /** The listeners of a solve: the trajectory of its options, and that of a layer. */
    private final StepListener[] listeners = new StepListener[2];

    private DormandPrince(Workspace workspace, StepControl control) {
        super(workspace);
        this.control = control;
        integration = new Integration(workspace, control);
        from = new double[workspace.batch()];
        to = new double[workspace.batch()];
    }

    /**
     * Plans a solver. Allocates 11 blocks of {@code batch × n}.
     *
     * @param batch the largest number of rows of a solve
     * @param n the number of elements of a state
     * @throws IllegalArgumentException if a number is out of its range, or the relative tolerance is too small for the type
     */
    public static DormandPrince plan(Engine engine, Type type, int batch, int n, StepControl control) {
        Arguments.present("plan", "the step control", control);
        Arguments.present("plan", "the type", type);
        StepControl.requireReachable("plan", "the relative tolerance", control.relative(), type);
        return Workspace.build(engine, type, batch, n, workspace -> new DormandPrince(workspace, control));
    }

    /** Plans a solver for the engine, type, batch and n of a map. */
    public static DormandPrince plan(Shaped map, StepControl control) {
        Arguments.present("plan", "the map", map);
        return plan(map.engine(), map.type(), map.batch(), map.n(), control);
    }

    /** The planned step control. */
    public StepControl control() {
        return control;
    }

    /** The outcome of the last solve; always the same object. */
    public OdeOutcome outcome() {
        return integration.outcome();
    }

    /** Integrates all rows from {@code t0} to {@code t1}. */
    public OdeOutcome solve(OdeFunction f, Block z, double t0, double t1) {
        return solve(f, z, t0, t1, OdeOptions.NONE);
    }

    /** The same with events, an observer, or states to store. */
    public OdeOutcome solve(OdeFunction f, Block z, double t0, double t1, OdeOptions options) {
        workspace.enter("z", z);
        try {
            Arrays.fill(from, t0);
            Arrays.fill(to, t1);
            return run(f, z, null, from, to, options, null);
        } finally {
            workspace.leave();
        }
    }

    /**
     * Integrates each row over an interval of its own.
     *
     * @param z {@code rows × n}: the start, which is overwritten with the state at the end, or where the row ended
     * @param t0 the start of each row's interval
     * @param t1 the end of each row's interval; may be before t0
     * @return how it went; the next solve overwrites it
     */
    public OdeOutcome solve(OdeFunction f, Block z, double[] t0, double[] t1, OdeOptions options) {
        workspace.enter("z", z);
        try {
            return run(f, z, null, t0, t1, options, null);
        } finally {
            workspace.leave();
        }
    }

    /**
     * Integrates some rows of z, for a layer.
     *
     * @param some null for all
     * @param listener null for none
     */
    OdeOutcome solve(OdeFunction f, Block z, Rows some, double[] t0, double[] t1, StepListener listener) {
        workspace.enter("z", z);
        try {
            return run(f, z, some, t0, t1, OdeOptions.NONE, listener);
        } finally {
            workspace.leave();
        }
    }

    private OdeOutcome run(OdeFunction f, Block z, Rows some, double[] t0, double[] t1, OdeOptions options, StepListener listener) {
        Arguments.present("solve", "f", f);
        Arguments.present("solve", "the record of options", options);
        requireTimes("t0", t0, z.rows());
        requireTimes("t1", t1, z.rows());
        for (int b = 0; b < z.rows(); b++) {
            if (!Double.isFinite(t1[b] - t0[b])) {
                throw new IllegalArgumentException("solve: row " + b + " goes from " + t0[b] + " to " + t1[b]
                        + ", expected an interval of finite length");
            }
        }
        requireTolerances(options, z.rows());
        Trajectory trajectory = options.trajectory();
        if (trajectory != null) {
            trajectory.requireFits(engine(), type(), z.rows(), n());
            trajectory.clear();
        }
        listeners[0] = trajectory == null ? null : trajectory.recorder();
        listeners[1] = listener;
        try {
            return integration.run(f, z, some, t0, t1, options, listeners);
        } finally {
            Arrays.fill(listeners, null);
        }
    }

    private static void requireTimes(String name, double[] t, int rows) {
        requireLength(name, Arguments.present("solve", name, t), rows);
        for (int b = 0; b < rows; b++) {
            if (!Double.isFinite(t[b])) {
                throw new IllegalArgumentException("solve: " + name + " of row " + b + " is " + t[b] + ", expected a finite number");
            }
        }
    }

    private static void requireLength(String name, double[] values, int rows) {
        if (values.length < rows) {
            throw new IllegalArgumentException("solve: " + name + " has " + Plural.of(values.length, "element") + ", expected at least "
                    + rows + ", one for each row of z");
        }
    }

    private void requireTolerances(OdeOptions options, int rows) {
        double[] relative = options.relative();
        double[] absolute = options.absolute();
        if (relative != null) {
            requireLength("the array of relative tolerances", relative, rows);
        }
        if (absolute != null) {
            requireLength("the array of absolute tolerances", absolute, rows);
        }
        for (int b = 0; b < rows && (relative != null || absolute != null); b++) {
            double r = relative == null ? control.relative() : relative[b];
            double a = absolute == null ? control.absolute() : absolute[b];
            StepControl.requireReachable("solve", "the relative tolerance of row " + b, r, type());
            if (!(a >= 0 && a < Double.POSITIVE_INFINITY) || a + r == 0) {
                throw new IllegalArgumentException("solve: the absolute tolerance of row " + b + " is " + a
                        + ", expected a finite number of at least 0, and above 0 if the relative tolerance is 0");
            }
        }
    }

    /** The stages, which are free between solves. */
    Stages stages() {
        return integration.stages();
    }

    /** The times of the stages. */
    StepSizes steps() {
        return integration.steps();
    }
}
