package dev.zstar.solvers.ode;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;
import java.util.Arrays;

/**
 * The dense output of a solve: the state of each row at any time that its solve went through. Between two steps it is a polynomial of
 * degree 4, and the method is of order 4 (Shampine 1986; Hairer, Nørsett and Wanner I, section II.6):
 * <pre>
 * z(t + θ h) = (1 - q) z₀ + q z₁ + θ (1 - θ)² h f₀ - θ² (1 - θ) h f₁ + θ² (1 - θ)² r,   q = θ² (3 - 2 θ)</pre>
 * It keeps three vectors of n elements for each step of each row: z, f and r. The memory grows with the longest solve, and is reused.
 *
 * <p>Give it to a solve by {@link OdeOptions#withTrajectory}. It then describes that solve until the next one that it is given to. Not
 * thread-safe.
 */
public final class Trajectory implements AutoCloseable {
    private static final int VECTORS = 3;
    /** Slots of {@link #ends}: both ends with their slopes, and r. */
    private static final int ENDS = 5;

    private final Workspace workspace;
    private final StatePool pool;
    private final AcceptedSteps steps;
    private final double[] from;
    private final double[] to;
    /** By row of the batch: the step in {@link #ends}, or -1. */
    private final int[] loaded;
    private final Basis ends;
    private final double[] c;
    private final Rows all;
    private final double[] times;
    private final StepListener recorder = new Recorder();

    /** Writes the steps of a solve. */
    private final class Recorder implements StepListener {
        @Override
        public void begin(Stages stages, StepSizes sizes, Rows rows) {
            for (int p = 0; p < rows.count(); p++) {
                int b = rows.index(p);
                from[b] = sizes.t(b);
                to[b] = sizes.t(b);
                point(stages, b, sizes.t(b), Stages.Z, 1);
            }
        }

        @Override
        public void accepted(Stages stages, StepSizes sizes, Rows rows) {
            Block bubble = stages.bubble(rows, sizes);
            for (int p = 0; p < rows.count(); p++) {
                int b = rows.index(p);
                pool.put(steps.slot(b, steps.points(b) - 1), 2, bubble, p);
                steps.step(b, sizes.h(b));
                to[b] = sizes.reached(b);
                point(stages, b, sizes.end(b), Stages.NEXT, Tableau.STAGES);
            }
        }

        private void point(Stages stages, int b, double t, int state, int slope) {
            int slot = pool.acquire();
            pool.put(slot, 0, stages.vectors(), stages.at(b, state));
            pool.put(slot, 1, stages.vectors(), stages.at(b, slope));
            steps.append(b, t, slot);
        }
    }

    private Trajectory(Workspace workspace) {
        this.workspace = workspace;
        int batch = workspace.batch();
        pool = new StatePool(workspace.engine(), workspace.type(), workspace.n(), VECTORS);
        steps = new AcceptedSteps(batch);
        from = new double[batch];
        to = new double[batch];
        loaded = new int[batch];
        ends = workspace.basis(ENDS);
        c = new double[batch * ENDS];
        all = new Rows(batch);
        times = new double[batch];
    }

    /** Plans a trajectory. Allocates five blocks, and grows with the solves. */
    public static Trajectory plan(Engine engine, Type type, int batch, int n) {
        return Workspace.build(engine, type, batch, n, Trajectory::new);
    }

    /** Throws unless it fits a solver. */
    void requireFits(Engine engine, Type type, int batch, int n) {
        workspace.requireFits("solve: the trajectory", engine, type, batch, n);
    }

    /** A solve starts: forgets the last one. */
    void clear() {
        pool.clear();
        steps.clear();
        Arrays.fill(loaded, -1);
    }

    /** Writes the steps of the solve. */
    StepListener recorder() {
        return recorder;
    }

    /** The number of steps of row {@code b}; 0 if the solve had no such row. */
    public int steps(int b) {
        return steps.steps(Arguments.row("steps", b, from.length));
    }

    /** The time at which row {@code b} started. */
    public double from(int b) {
        requireKnown("from", b);
        return from[b];
    }

    /** The time that row {@code b} reached. */
    public double to(int b) {
        requireKnown("to", b);
        return to[b];
    }

    /** The time at which step {@code i} of row {@code b} starts, or the last one ends. */
    public double time(int b, int i) {
        requireKnown("time", b);
        return steps.t(b, Arguments.index("time", "step", i, steps.points(b)));
    }

    private void requireKnown(String operation, int b) {
        if (steps.points(Arguments.row(operation, b, from.length)) == 0) {
            throw new IllegalStateException(operation + ": row " + b + " has no trajectory, expected a row whose solve has started");
        }
    }

    /** The states of rows 0 … {@code out.rows() - 1} at a time that all of them went through. */
    public void at(double t, Block out) {
        Arguments.present("at", "out", out);
        int rows = Math.min(out.rows(), all.capacity());
        all.reset(rows);
        Arrays.fill(times, 0, rows, t);
        at(times, out, all);
    }

    /**
     * The state of each of these rows at a time of its own.
     *
     * @param t the time of the row at each position, from {@link #from} to {@link #to}
     * @param out {@code rows.count() × n}
     * @throws IllegalArgumentException if a row did not go through its time
     */
    public void at(double[] t, Block out, Rows rows) {
        Arguments.present("at", "the array of times", t);
        Arguments.present("at", "out", out);
        int count = Arguments.present("at", "rows", rows).count();
        if (t.length < count) {
            throw new IllegalArgumentException("at: there are " + t.length + " times, expected at least " + count + ", one for each row");
        }
        workspace.enter("at", "out", out);
        try {
            out.requireShape("at", "out", workspace.type(), count, workspace.n());
            for (int p = 0; p < count; p++) {
                int b = rows.index(p);
                requireKnown("at", b);
                if (!(t[p] >= Math.min(from[b], to[b]) && t[p] <= Math.max(from[b], to[b]))) {
                    throw new IllegalArgumentException("at: the time of row " + b + " is " + t[p] + ", expected a time from " + from[b]
                            + " to " + to[b]);
                }
            }
            interpolate(t, out, rows);
        } finally {
            workspace.leave();
        }
    }

    /** The same without checks. A time outside the trajectory becomes the nearest one inside. */
    void interpolate(double[] t, Block out, Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int at = b * ENDS;
            int i = find(b, t[p]);
            if (steps.steps(b) == 0) {
                Arrays.fill(c, at, at + ENDS, 0);
                c[at] = 1;
                continue;
            }
            double h = steps.h(b, i);
            double θ = Math.max(0, Math.min(1, (t[p] - steps.t(b, i)) / h));
            double q = Tableau.end(θ);
            c[at] = 1 - q;
            c[at + 1] = h * Tableau.startSlope(θ);
            c[at + 2] = Tableau.bubble(θ);
            c[at + 3] = q;
            c[at + 4] = h * Tableau.endSlope(θ);
        }
        workspace.engine().mix(ends, ENDS, c, out, rows);
    }

    /** Loads the ends of the step that contains a time, and returns its index. Neighbouring times are found at once. */
    private int find(int b, double t) {
        int last = Math.max(0, steps.steps(b) - 1);
        boolean rises = to[b] >= from[b];
        int i = Math.max(0, Math.min(last, loaded[b]));
        while (i < last && (rises ? t > steps.t(b, i + 1) : t < steps.t(b, i + 1))) {
            i++;
        }
        while (i > 0 && (rises ? t < steps.t(b, i) : t > steps.t(b, i))) {
            i--;
        }
        if (i != loaded[b]) {
            for (int v = 0; v < VECTORS; v++) {
                pool.copy(steps.slot(b, i), v, ends.block(), b * ENDS + v);
            }
            for (int v = 0; v < 2 && steps.steps(b) > 0; v++) {
                pool.copy(steps.slot(b, i + 1), v, ends.block(), b * ENDS + VECTORS + v);
            }
            loaded[b] = i;
        }
        return i;
    }

    /** The bytes that it holds now. */
    public long bytes() {
        return workspace.bytes() + pool.bytes();
    }

    @Override
    public void close() {
        workspace.close();
        pool.close();
    }
}
