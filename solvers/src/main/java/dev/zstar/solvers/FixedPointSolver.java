package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import java.util.Arrays;

/**
 * A planned solver for {@code z = f(z)}. What all methods share is here: the loop, who judges a row, rows that leave when they are done,
 * the best iterate, and what is kept on the way. A method adds how the next iterate is made from those before.
 *
 * <p>Rows are problems of their own. The product shrinks as they converge, and a row's result has the same bits in any company.
 */
public abstract sealed class FixedPointSolver implements AutoCloseable permits Picard, Anderson, Broyden, NewtonKrylov, MixedPrecision {
    final Plan plan;
    final Stopping stopping;
    final Outcome outcome;
    /** Which rows of the batch go on, and at which position. */
    final Rows rows;

    /** {@code ‖f(z) - z‖²} and {@code ‖f(z)‖²}, for each row of the batch, in the units of {@link #scales}. */
    private final double[] squares;
    /** Lengths of starts, by position. */
    private final double[] starts;
    private final Judge judge;
    private final Scales scales;
    /** The slots of a stream that have no problem. */
    private final boolean[] idle;
    private final Epilogue measured;
    private final StepLengths lengths;
    private final SafeguardState safeguard;
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
        starts = new double[plan.batch];
        judge = new Judge(stopping, plan.type.unitRoundoff(), plan.batch);
        scales = new Scales(plan.type, plan.batch);
        idle = new boolean[plan.batch];
        measured = Epilogue.NONE.with(new Epilogue.Norms(plan.batch));
        z = plan.block();
        g = plan.block();
        lengths = stopping.step() > 0 ? new StepLengths(plan) : null;
        this.safeguard = safeguard == null || stopping.fixed() ? null : new SafeguardState(plan, safeguard);
        states = new Block[stopping.recorded().size()];
        for (int i = 0; i < states.length; i++) {
            states[i] = plan.block();
        }
        outcome.states(states);
    }

    /**
     * The method to begin with: Anderson acceleration of type II over the last ten iterates, {@code 25} blocks. For cells of one dense
     * layer it took the least time of all, 0.78 to 0.88 of that with five iterates, for one row as for 64; on 67 problems in f32 and f64 it
     * took 0.87 of the textbook's evaluations with five. Type I and Broyden's bad method with reductions take fewer evaluations, 0.82 and
     * 0.76, and move three times the memory and more: they are for maps that cost more than a layer. The suite {@code forward} of the study
     * measures all of this.
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
     * one of a success and of a failure the one with the shortest residual. It is bit for bit a point at which f was evaluated.
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
     * Solves one problem after another, as many at a time as {@code states} has rows: as soon as one is done its slot takes the next, so
     * that none waits for the slowest of a batch. Each has the bits that it has alone. Neither a trace nor states are recorded, and budgets
     * of time are not looked at.
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
                plan.engine.norm(result.part(b, result.rows()), starts);
                start(b, starts[0]);
                z.copyRow(result, b, rows.count());
                rows.append(b);
            }
        }
    }

    private Outcome solve(FixedPointMap f, Block start, double[] tolerances, Observer observer) {
        plan.enter("start", start);
        try {
            if (tolerances != null) {
                Stopping.requireTolerances(tolerances, start.rows());
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
        z.head(active).copyFrom(result);
        plan.engine.norm(z.head(active), starts);
        for (int b = 0; b < active; b++) {
            start(b, starts[b]);
        }
    }

    private void iterate(FixedPointMap f, Observer observer) {
        int active = rows.count();
        timed = stopping.maxNanos() < Long.MAX_VALUE;
        began = timed ? System.nanoTime() : 0;
        while (active > 0) {
            active = evaluate(f);
            if (observer != null && !observe(observer, active)) {
                active = endAll(Status.CANCELLED);
            } else if (outOfTime()) {
                active = endAll(Status.TIME_BUDGET);
            }
            if (active > 0) {
                proceed(f, active);
            }
        }
    }

    private boolean observe(Observer observer, int active) {
        Block zk = z.head(active);
        scales.outward(zk, rows);
        boolean on = observer.evaluated(outcome, zk, rows);
        scales.inward(zk, rows);
        return on;
    }

    /** One evaluation of the rows that are left; returns how many go on. */
    private int evaluate(FixedPointMap f) {
        Block zk = z.head(rows.count());
        Block gk = g.head(rows.count());
        scales.apply(f, zk, gk, rows);
        outcome.evaluated(rows);
        if (keeps) {
            record(zk);
        }
        // Before a method takes the evaluation in, which may put a rejected iterate back.
        if (lengths != null) {
            lengths.measure(zk, rows);
        }
        measure(zk, gk, squares);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (!scales.fits(squares[2 * b], squares[2 * b + 1])) {
                fit(b, p, zk, gk);
            }
            take(b, p, zk, gk, squares);
        }
        return judge(zk, gk);
    }

    /**
     * Brings a row whose squares can not be trusted into units in which they can: at its first evaluation, and where its residual has
     * become so short. A row that runs away stays in its units: it has lost nothing that is worth them.
     */
    private void fit(int b, int p, Block zk, Block gk) {
        boolean shorter = squares[2 * b] < 1;
        if ((judge.isNew(b) || shorter) && scales.fit(b, zk, gk, p, squares[2 * b + 1])) {
            restore(b, result);
            begin(b);
            if (lengths != null) {
                lengths.begin(b);
            }
            if (safeguard != null) {
                safeguard.begin(b);
            }
            measureAlone(b, p, zk, gk, squares);
        }
    }

    /** @param length of its start */
    private void start(int b, double length) {
        judge.begin(b, length);
        scales.begin(b);
        begin(b);
        if (lengths != null) {
            lengths.begin(b);
        }
        if (safeguard != null) {
            safeguard.begin(b);
        }
    }

    /** To the next iterates. */
    private void proceed(FixedPointMap f, int active) {
        advance(scales.around(f), z.head(active), g.head(active));
        if (safeguard != null) {
            for (int p = 0; p < active; p++) {
                int b = rows.index(p);
                if (safeguard.isAstray(b)) {
                    // What the method remembers as the best is in a place that it is about to forget.
                    restore(b, result);
                    begin(b);
                    safeguard.step(b, z, p);
                }
            }
        }
    }

    // ---- what a method adds

    /** Row {@code b} of the batch starts again, from a new problem or in new units: nothing that was learnt holds. */
    void begin(int b) {}

    /** Measures {@code gk = f(zk)}: {@code squares[2 b]} becomes {@code ‖gk - zk‖²} and {@code squares[2 b + 1]} {@code ‖gk‖²}. */
    void measure(Block zk, Block gk, double[] squares) {
        plan.engine.finish(zk, gk, measured);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            squares[2 * b] = measured.norms().step(p);
            squares[2 * b + 1] = measured.norms().value(p);
        }
    }

    /** {@link #measure} for row {@code b} alone, at position p, which has just begun: element by element, since it is rare. */
    void measureAlone(int b, int p, Block zk, Block gk, double[] squares) {
        double residual = 0;
        double value = 0;
        for (int i = 0; i < plan.n; i++) {
            double gi = gk.get(p, i);
            double ri = gi - zk.get(p, i);
            residual += ri * ri;
            value += gi * gi;
        }
        squares[2 * b] = residual;
        squares[2 * b + 1] = value;
    }

    /** Takes in what was measured for row {@code b}, at position p. May put an earlier point back, with its value and squares. */
    void take(int b, int p, Block zk, Block gk, double[] squares) {}

    /**
     * The iterate of row {@code b}, at position {@code p}, which goes on, is its best. By default it is {@linkplain #keep copied} to the
     * result: 2n elements at every improvement.
     */
    void remember(int b, int p, Block zk, Block result) {
        keep(b, p, zk, result);
    }

    /** Overwrites the iterate of row {@code b}, at position p, with what the result holds. */
    final void recall(int b, int p, Block zk) {
        zk.copyRow(result, b, p);
        scales.inward(zk, p, b);
    }

    /** What the tolerance of row {@code b} is compared with, for lengths in the units of its map. */
    final double relative(int b, double residual, double value) {
        return judge.relative(b, residual, value);
    }

    /** The shortest residual of row {@code b} in the last solve, in the units of its map. */
    final double shortest(int b) {
        return judge.shortest(b);
    }

    /** Copies the iterate of row {@code b}, at position p, to the result, or to any other block of the caller's rows and units. */
    final void keep(int b, int p, Block zk, Block to) {
        to.copyRow(zk, p, b);
        scales.outward(to, b, b);
    }

    /** Puts the iterate last remembered for row {@code b} into the result, unless it is there. */
    void restore(int b, Block result) {}

    /** The steps that row {@code b} has taken; fewer than its evaluations where a step takes several. */
    int iterations(int b) {
        return outcome.evaluations(b) - 1;
    }

    /**
     * Whether the point of row {@code b} just taken in was a trial that the method does not go to. It is never the best iterate, and ends
     * the row only if it is a solution, or the last that the budget allows, or by {@link #verdict}.
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
     * Overwrites {@code zk}, the rows that go on, with their next iterates, or makes them in {@code gk} and calls {@link #swap}. Where that
     * takes more evaluations of {@code f}, each is told to {@link Outcome#evaluated(Rows)}.
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

    /** {@code ‖r‖} at which row {@code b} has converged where {@code ‖f(z)‖} is this, both in the units of the method. */
    final double goal(int b, double value) {
        return driver != null ? driver.goal(b, value)
                : scales.inward(b, Math.max(tolerance(b) * judge.size(b, scales.outward(b, value)), stopping.absolute()));
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
                z.copyRow(start, some.index(p), p);
            }
            plan.engine.norm(z.head(some.count()), starts);
            for (int p = 0; p < some.count(); p++) {
                int b = some.index(p);
                start(b, starts[p]);
                outcome.spent(b, before == null ? 0 : before.evaluations(b));
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
     * One step of the rows {@code some}, which {@code driver} evaluates and judges, within its budgets: row {@code some.index(i)} lies at
     * position {@code at[i]} of {@code zk}, where its next iterate goes, and of {@code gk = f(zk)}.
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
            for (int i = 0; i < active; i++) {
                take(some.index(i), i, z, g, squares);
            }
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
            double residual = scales.outward(b, Math.sqrt(squares[2 * b]));
            double value = scales.outward(b, Math.sqrt(squares[2 * b + 1]));
            double relative = judge.relative(b, residual, value);
            int spent = outcome.evaluations(b);
            boolean refused = refused(b) || safeguard != null && safeguard.refuses(b, squares[2 * b]);
            boolean better = !refused && judge.isBetter(b, residual);
            Status status = refused ? judge.refused(b, residual, value, tolerance(b), spent)
                    : residual < Double.POSITIVE_INFINITY && value < Double.POSITIVE_INFINITY
                            ? judge.judge(b, residual, value, tolerance(b), lengths == null ? Double.POSITIVE_INFINITY : lengths.relative(b), spent)
                            : nonfinite(zk, gk, p, spent);
            if (status == null) {
                status = iterations(b) >= stopping.maxIterations() ? Status.MAX_ITERATIONS : verdict(b);
            }
            worst = Math.max(worst, relative);
            outcome.residual(b, relative);
            if (!refused) {
                judge.note(b, residual, value, spent);
            }
            if (status == null) {
                if (safeguard != null) {
                    safeguard.remember(b, squares[2 * b], zk, gk, p);
                }
                if (kept != p) {
                    zk.copyRow(zk, p, kept);
                    gk.copyRow(gk, p, kept);
                }
                if (better) {
                    remember(b, kept, zk, result);
                }
                rows.place(kept++, b);
            } else if (better || status.isSuccess()) {
                // A success is the iterate that was tested, even if an earlier one was better, as where only the step is small. At the
                // start it is there.
                if (spent > 1) {
                    keep(b, p, zk, result);
                }
                end(b, status, relative);
            } else {
                restore(b, result);
                end(b, status, judge.best(b));
            }
        }
        if (keeps) {
            outcome.record(worst);
        }
        rows.truncate(kept);
        if (lengths != null && kept > 0) {
            lengths.remember(zk.head(kept), rows);
        }
        return kept;
    }

    /** Who is to blame for a length that is not finite: the start, the method, the map, or a residual that outgrew the type. */
    private static Status nonfinite(Block zk, Block gk, int p, int spent) {
        return !Finite.row(zk, p) ? spent == 1 ? Status.NONFINITE_INPUT : Status.BREAKDOWN
                : !Finite.row(gk, p) ? Status.NONFINITE_FUNCTION
                : Status.DIVERGED;
    }

    private int endAll(Status status) {
        for (int p = 0; p < rows.count(); p++) {
            restore(rows.index(p), result);
            end(rows.index(p), status, judge.best(rows.index(p)));
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
                    keep(rows.index(p), p, zk, states[i]);
                }
            }
        }
    }

    @Override
    public final void close() {
        plan.close();
    }
}
