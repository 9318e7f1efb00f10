package dev.zstar.solvers;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import java.util.Arrays;

/**
 * A planned solver for {@code z = f(z)}. What all methods share is here: the loop, who judges a row, rows that leave when they are done, the
 * best iterate, and what is kept on the way. A method adds how the next iterate is made from those before.
 *
 * <p>Rows are problems of their own. The product shrinks as they converge, and a row's result has the same bits in any company.
 */
public abstract sealed class FixedPointSolver implements AutoCloseable permits Picard, Anderson, Broyden, NewtonKrylov, MixedPrecision {
    final Plan plan;
    final Stopping stopping;
    final Outcome outcome;
    /** Which rows of the batch go on, and at which position. */
    final Rows rows;

    /** {@code ‖f(z) - z‖²} and {@code ‖f(z)‖²}, for each row of the batch. */
    private final double[] squares;
    /** The smallest relative residual of each row, and after how many of its evaluations. */
    private final double[] best;
    private final int[] found;
    /** The slots of a stream that have no problem. */
    private final boolean[] idle;
    private final Epilogue measured;
    private final Motion motion;
    private final Retreat retreat;
    private final Block[] states;
    /** Whether what {@link Stopping} wants kept is kept. */
    private boolean keeps;
    /** The iterates and their values; views of more or fewer rows than go on are for methods that work on some of them. */
    Block z;
    Block g;
    /** Where the caller wants the result. */
    private Block result;
    /** Of the solve that runs, by row; null for the plan's. */
    private double[] tolerances;
    private boolean timed;
    private long began;
    /** Who evaluates and judges, during a {@link #step}; else null. */
    private FixedPointSolver driver;

    FixedPointSolver(Plan plan, Stopping stopping) {
        this(plan, stopping, null);
    }

    /** A fixed number of evaluations is safeguarded by nothing. */
    FixedPointSolver(Plan plan, Stopping stopping, Safeguard safeguard) {
        this.plan = plan;
        this.stopping = stopping;
        outcome = new Outcome(plan.batch, stopping);
        rows = new Rows(plan.batch);
        squares = new double[2 * plan.batch];
        best = new double[plan.batch];
        found = new int[plan.batch];
        idle = new boolean[plan.batch];
        measured = Epilogue.NONE.with(new Epilogue.Norms(plan.batch));
        z = plan.block();
        g = plan.block();
        motion = stopping.step() > 0 ? new Motion(plan) : null;
        retreat = safeguard == null || stopping.fixed() ? null : new Retreat(plan, safeguard);
        states = new Block[stopping.recorded().size()];
        for (int i = 0; i < states.length; i++) {
            states[i] = plan.block();
        }
        outcome.states(states);
    }

    /**
     * The method to begin with: Anderson acceleration of type II over the last ten iterates, {@code 24} blocks. For cells of one dense layer it took the least time of
     * all, 0.78 to 0.88 of that with five iterates, for one row as for 64; on 49 problems in f32 and f64 it took 0.86 of the textbook's evaluations with five. Type I and Broyden's
     * bad method with reductions take fewer evaluations, 0.78 and 0.72, and move three times the memory and more: they are for maps that cost more than a layer. The suite
     * {@code forward} of the study measures all of this.
     */
    public static FixedPointSolver plan(Engine engine, Type type, int n, int batch, Stopping stopping) {
        return Anderson.plan(engine, type, n, batch, Anderson.Options.DEFAULT.withWindow(10), stopping);
    }

    /** Bytes that this plan holds. */
    public final long bytes() {
        return plan.bytes();
    }

    /**
     * Throws unless this plan is on that engine, for rows of that type and length, and for that many of them or more.
     *
     * @param what this solver is to the caller, for the message
     */
    public final void requireFits(String what, Engine engine, Type type, int n, int batch) {
        plan.requireFits(what, engine, type, n, batch);
    }

    /**
     * Solves from {@code start}, and leaves the result there: for each row the iterate whose residual the outcome states, the last
     * one of a success and the best one of a failure.
     *
     * @param start {@code batch × n}
     */
    public final Outcome solve(FixedPointMap f, Block start) {
        return solve(f, start, null, null);
    }

    /** The same, with someone to look on. */
    public final Outcome solve(FixedPointMap f, Block start, Observer observer) {
        return solve(f, start, null, observer);
    }

    /** The same, with a relative tolerance for each row instead of the plan's. */
    public final Outcome solve(FixedPointMap f, Block start, double[] tolerances) {
        return solve(f, start, tolerances, null);
    }

    /**
     * Solves one problem after another, as many at a time as {@code states} has rows: as soon as one is done its slot takes the next, so that none waits for
     * the slowest of a batch. Each has the bits that it has alone. Neither a trace nor states are recorded, and budgets of time are not looked at.
     *
     * @param states {@code slots × n}: starts and results
     */
    public final void stream(FixedPointMap f, Block states, Feed feed) {
        plan.enter("states", states);
        try {
            result = states;
            keeps = false;
            tolerances = null;
            timed = false;
            outcome.start(states.rows());
            rows.reset(0);
            Arrays.fill(idle, true);
            refill(feed);
            while (rows.count() > 0) {
                int active = evaluate(f);
                if (active > 0) {
                    proceed(f, active);
                }
                for (int b = 0; b < states.rows(); b++) {
                    if (!idle[b] && outcome.status(b) != null) {
                        feed.done(b, states, outcome);
                        idle[b] = true;
                    }
                }
                refill(feed);
            }
        } finally {
            result = null;
            plan.leave();
        }
    }

    /** Starts new problems in idle slots, as long as there are some, behind the rows that go on. */
    private void refill(Feed feed) {
        for (int b = 0; b < result.rows(); b++) {
            if (idle[b]) {
                if (!feed.load(b, result)) {
                    return;
                }
                idle[b] = false;
                outcome.begin(b);
                start(b);
                z.copyRow(result, b, rows.count());
                rows.append(b);
            }
        }
    }

    private Outcome solve(FixedPointMap f, Block start, double[] tolerances, Observer observer) {
        plan.enter("start", start);
        try {
            if (tolerances != null && tolerances.length < start.rows()) {
                throw new IllegalArgumentException("solve: " + tolerances.length + " tolerances for " + start.rows() + " rows");
            }
            result = start;
            keeps = true;
            this.tolerances = tolerances;
            start();
            iterate(f, observer);
        } finally {
            result = null;
            plan.leave();
        }
        return outcome;
    }

    /** All rows of the result start. */
    private void start() {
        int active = result.rows();
        outcome.start(active);
        rows.reset(active);
        for (int b = 0; b < active; b++) {
            start(b);
        }
        z.head(active).copyFrom(result);
    }

    private void iterate(FixedPointMap f, Observer observer) {
        int active = rows.count();
        timed = stopping.maxNanos() < Long.MAX_VALUE;
        began = timed ? System.nanoTime() : 0;
        while (active > 0) {
            active = evaluate(f);
            if (observer != null && !observer.evaluated(outcome, z.head(active), rows)) {
                active = endAll(Status.CANCELLED);
            } else if (outOfTime()) {
                active = endAll(Status.TIME_BUDGET);
            }
            if (active > 0) {
                proceed(f, active);
            }
        }
    }

    /** One evaluation of the rows that are left; returns how many go on. */
    private int evaluate(FixedPointMap f) {
        Block zk = z.head(rows.count());
        Block gk = g.head(rows.count());
        f.apply(zk, gk, rows);
        outcome.evaluated(rows);
        if (keeps) {
            record(zk);
        }
        // Before a method takes the evaluation in, which may put a rejected iterate back.
        if (motion != null) {
            motion.measure(zk, rows);
        }
        measure(zk, gk, squares);
        return judge(zk, gk);
    }

    private void start(int b) {
        best[b] = Double.POSITIVE_INFINITY;
        // The first residual is no best if it is infinite, as where f(z) is 0; patience counts from the start then.
        found[b] = 0;
        begin(b);
        if (retreat != null) {
            retreat.begin(b);
        }
    }

    /** To the next iterates. */
    private void proceed(FixedPointMap f, int active) {
        advance(f, z.head(active), g.head(active));
        if (retreat != null) {
            for (int p = 0; p < active; p++) {
                int b = rows.index(p);
                if (retreat.astray(b)) {
                    // What the method remembers as the best is in a place that it is about to forget.
                    restore(b, result);
                    begin(b);
                    retreat.step(b, z, p);
                }
            }
        }
    }

    // ---- what a method adds

    /** Row {@code b} of the batch starts anew. */
    void begin(int b) {}

    /** Takes in {@code gk = f(zk)}: {@code squares[2 b]} becomes {@code ‖gk - zk‖²} and {@code squares[2 b + 1]} {@code ‖gk‖²}. */
    void measure(Block zk, Block gk, double[] squares) {
        plan.engine.finish(zk, gk, measured);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            squares[2 * b] = measured.norms().step(p);
            squares[2 * b + 1] = measured.norms().value(p);
        }
    }

    /** The iterate of row {@code b}, at position {@code p}, is its best. By default it is copied to the result: 2n elements at every improvement. */
    void remember(int b, int p, Block zk, Block result) {
        result.copyRow(zk, p, b);
    }

    /** Puts the iterate last remembered for row {@code b} into the result, unless it is there. */
    void restore(int b, Block result) {}

    /** The steps that row {@code b} has taken; fewer than its evaluations where a step takes several. */
    int iterations(int b) {
        return outcome.evaluations(b) - 1;
    }

    /**
     * Whether the point of row {@code b} just taken in was a trial that the method does not go to. It is never the best iterate, and ends the row only if
     * it is a solution, or the last that the budget allows, or by {@link #verdict}.
     */
    boolean refused(int b) {
        return false;
    }

    /** Why the method gives row {@code b} up after what it just took in, or null. Asked only for rows that would go on. */
    Status verdict(int b) {
        return null;
    }

    /** β of a method whose steps are {@code z + β (f(z) - z)} and nothing else; NaN for the others. */
    double damping() {
        return Double.NaN;
    }

    /**
     * Overwrites {@code zk}, the rows that go on, with their next iterates, or makes them in {@code gk} and calls {@link #swap}. Where that takes more
     * evaluations of {@code f}, each is told to {@link Outcome#evaluated(Rows)}.
     */
    abstract void advance(FixedPointMap f, Block zk, Block gk);

    /** Makes what is in {@code g} the next iterate. */
    final void swap() {
        Block last = z;
        z = g;
        g = last;
    }

    /** Where the caller wants the result. */
    final Block result() {
        return result;
    }

    /** The relative residual at which row {@code b} has converged. */
    final double tolerance(int b) {
        return driver != null ? driver.tolerance(b) : tolerances == null ? stopping.relative() : tolerances[b];
    }

    /** Evaluations that row {@code b} may still spend: for methods that evaluate on their own. */
    final int left(int b) {
        return driver != null ? driver.left(b) : stopping.maxEvaluations() - outcome.evaluations(b);
    }

    /** Whether the time is spent: for methods that evaluate on their own, and then come to an end. */
    final boolean outOfTime() {
        return driver != null ? driver.outOfTime() : timed && System.nanoTime() - began > stopping.maxNanos();
    }

    // ---- what a solver does that another one drives

    /** Solves only the rows {@code some} of {@code start}, with a tolerance each; the others keep what they have and remember. */
    final Outcome solveSome(FixedPointMap f, Block start, Rows some, double[] tolerances) {
        return solveSome(f, start, some, tolerances, null);
    }

    /** The same where the budget of each row is what {@code before} left of it; null if nothing was spent. */
    final Outcome solveSome(FixedPointMap f, Block start, Rows some, double[] tolerances, Outcome before) {
        plan.enter("start", start);
        try {
            result = start;
            keeps = false;
            this.tolerances = tolerances;
            outcome.start(start.rows());
            rows.reset(0);
            for (int p = 0; p < some.count(); p++) {
                int b = some.index(p);
                start(b);
                outcome.spent(b, before == null ? 0 : before.evaluations(b));
                z.copyRow(start, b, p);
                rows.append(b);
            }
            iterate(f, null);
        } finally {
            result = null;
            plan.leave();
        }
        return outcome;
    }

    /**
     * One step of the rows {@code some}, which {@code driver} evaluates and judges, within its budgets: row {@code some.index(i)} lies at position
     * {@code at[i]} of {@code zk}, where its next iterate goes, and of {@code gk = f(zk)}.
     */
    final void step(FixedPointSolver driver, FixedPointMap f, Block zk, Block gk, Rows some, int[] at) {
        int active = some.count();
        rows.reset(0);
        for (int i = 0; i < active; i++) {
            z.copyRow(zk, at[i], i);
            g.copyRow(gk, at[i], i);
            rows.append(some.index(i));
        }
        this.driver = driver;
        try {
            measure(z.head(active), g.head(active), squares);
            advance(f, z.head(active), g.head(active));
        } finally {
            this.driver = null;
        }
        for (int i = 0; i < active; i++) {
            zk.copyRow(z, i, at[i]);
        }
        rows.truncate(0);
    }

    // ---- who goes on

    /** Ends the rows that are done and packs the others to the front; returns how many. */
    private int judge(Block zk, Block gk) {
        int kept = 0;
        double worst = 0;
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            double residual = Judge.relative(squares[2 * b], squares[2 * b + 1]);
            int spent = outcome.evaluations(b);
            boolean refused = refused(b) || retreat != null && retreat.judge(b, squares[2 * b]);
            boolean better = !refused && residual < best[b];
            double stepped = motion == null || spent == 1 ? Double.POSITIVE_INFINITY : motion.relative(b);
            Status status = refused
                    ? Judge.refused(squares[2 * b], squares[2 * b + 1], tolerance(b), spent, stopping)
                    : Judge.judge(
                            squares[2 * b], squares[2 * b + 1], tolerance(b), stepped, best[b], spent, better ? 0 : spent - found[b], stopping);
            if (status == null) {
                status = iterations(b) >= stopping.maxIterations() ? Status.MAX_ITERATIONS : verdict(b);
            }
            worst = Math.max(worst, residual);
            outcome.residual(b, residual);
            if (better) {
                best[b] = residual;
                found[b] = spent;
            }
            if (status == null) {
                if (better) {
                    remember(b, p, zk, result);
                }
                if (retreat != null) {
                    retreat.remember(b, squares[2 * b], zk, gk, p);
                }
                if (kept != p) {
                    zk.copyRow(zk, p, kept);
                    gk.copyRow(gk, p, kept);
                }
                rows.place(kept++, b);
            } else if (better || status.isSuccess()) {
                // A success is the iterate that was tested, even if an earlier one was better, as where only the step is small.
                result.copyRow(zk, p, b);
                end(b, status, residual);
            } else {
                restore(b, result);
                end(b, status, best[b]);
            }
        }
        if (keeps) {
            outcome.record(worst);
        }
        rows.truncate(kept);
        if (motion != null && kept > 0) {
            motion.remember(zk.head(kept), rows);
        }
        return kept;
    }

    private int endAll(Status status) {
        for (int p = 0; p < rows.count(); p++) {
            restore(rows.index(p), result);
            end(rows.index(p), status, best[rows.index(p)]);
        }
        rows.truncate(0);
        return 0;
    }

    private void end(int b, Status status, double residual) {
        outcome.end(b, status, residual);
        for (int i = 0; keeps && i < states.length; i++) {
            if (stopping.recorded().get(i) > outcome.evaluations(b)) {
                states[i].copyRow(result, b, b);
            }
        }
    }

    /** Keeps the iterates that were evaluated, if this is one of the evaluations asked for. */
    private void record(Block zk) {
        for (int i = 0; i < states.length; i++) {
            if (stopping.recorded().get(i) == outcome.evaluations()) {
                for (int p = 0; p < rows.count(); p++) {
                    states[i].copyRow(zk, p, rows.index(p));
                }
            }
        }
    }

    @Override
    public final void close() {
        plan.close();
    }

    /** How far iterates move, for the tolerance that asks. */
    private static final class Motion {
        private final Plan plan;
        private final Basis last;
        private final Block difference;
        private final double[] steps;
        /** ‖z‖², by position and then by row of the batch. */
        private final double[] measured;
        private final double[] squares;
        private final double[] minus;
        private final double[] ones;

        Motion(Plan plan) {
            this.plan = plan;
            last = plan.basis(1);
            difference = plan.block();
            steps = new double[plan.batch];
            measured = new double[plan.batch];
            squares = new double[plan.batch];
            minus = new double[plan.batch];
            ones = new double[plan.batch];
            Arrays.fill(minus, -1);
            Arrays.fill(ones, 1);
        }

        /** How far each row is from where it was. */
        void measure(Block zk, Rows rows) {
            Block d = difference.head(zk.rows());
            plan.engine.copy(zk, d);
            plan.engine.multiAxpy(last, 1, minus, d, rows, steps);
            plan.engine.dot(zk, zk, measured);
            for (int p = 0; p < rows.count(); p++) {
                squares[rows.index(p)] = measured[p];
            }
        }

        /** Not beside ‖f(z)‖, which where f runs away is so much longer that every step is short. */
        double relative(int b) {
            return Judge.relative(steps[b], squares[b]);
        }

        void remember(Block zk, Rows rows) {
            plan.engine.store(zk, ones, last, 0, rows);
        }
    }

    /** What a {@link Safeguard} does. */
    private static final class Retreat {
        private final Safeguard safeguard;
        /**
         * The iterate with the shortest r of each row of the batch, f there, and ‖r‖². Not that with the smallest relative residual, which falls as well where f runs away.
         */
        private final Block points;
        private final Block values;
        private final double[] squares;
        private final double[] β;
        private final boolean[] astray;

        Retreat(Plan plan, Safeguard safeguard) {
            this.safeguard = safeguard;
            points = plan.block();
            values = plan.block();
            squares = new double[plan.batch];
            β = new double[plan.batch];
            astray = new boolean[plan.batch];
        }

        /** Row {@code b} has nothing to go back to yet. */
        void begin(int b) {
            squares[b] = Double.POSITIVE_INFINITY;
        }

        boolean judge(int b, double square) {
            astray[b] = squares[b] < Double.POSITIVE_INFINITY && !(square <= safeguard.growth() * safeguard.growth() * squares[b]);
            return astray[b];
        }

        boolean astray(int b) {
            return astray[b];
        }

        void remember(int b, double square, Block zk, Block gk, int p) {
            if (square < squares[b]) {
                points.copyRow(zk, p, b);
                values.copyRow(gk, p, b);
                squares[b] = square;
                β[b] = safeguard.damping();
            }
        }

        /** Row p of z becomes the damped step from row b's best. */
        void step(int b, Block z, int p) {
            for (int i = 0; i < z.cols(); i++) {
                z.set(p, i, (1 - β[b]) * points.get(b, i) + β[b] * values.get(b, i));
            }
            β[b] /= 2;
        }
    }
}
