package dev.zstar.solvers;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Rows;
import java.util.Arrays;

/**
 * A planned solver for {@code z = f(z)}. What all methods share is here: the loop, who judges a row, rows that leave when they are done, the
 * best iterate, and what is kept on the way. A method adds how the next iterate is made from those before.
 *
 * <p>Rows are problems of their own. The product shrinks as they converge, and a row's result has the same bits in any company.
 */
public abstract sealed class FixedPointSolver implements AutoCloseable permits Picard, Anderson, Broyden, MixedPrecision {
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
    private final Block[] states;
    private Block z;
    private Block g;
    /** Where the caller wants the result. */
    private Block result;
    /** The relative tolerance of each row, or null for that of the plan. */
    private double[] tolerances;

    FixedPointSolver(Plan plan, Stopping stopping) {
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
        states = new Block[stopping.recorded().size()];
        for (int i = 0; i < states.length; i++) {
            states[i] = plan.block();
        }
        outcome.states(states);
    }

    /** Bytes that this plan holds. */
    public final long bytes() {
        return plan.bytes();
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
            tolerances = null;
            outcome.start(states.rows());
            rows.reset(0);
            Arrays.fill(idle, true);
            refill(feed);
            while (rows.count() > 0) {
                int active = evaluate(f);
                if (active > 0) {
                    advance(f, z.head(active), g.head(active));
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
                best[b] = Double.POSITIVE_INFINITY;
                begin(b);
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
        Arrays.fill(best, Double.POSITIVE_INFINITY);
        for (int b = 0; b < active; b++) {
            begin(b);
        }
        z.head(active).copyFrom(result);
    }

    private void iterate(FixedPointMap f, Observer observer) {
        int active = rows.count();
        long began = stopping.maxNanos() < Long.MAX_VALUE ? System.nanoTime() : 0;
        while (active > 0) {
            active = evaluate(f);
            if (observer != null && !observer.evaluated(outcome, z.head(active), rows)) {
                active = endAll(Status.CANCELLED);
            } else if (stopping.maxNanos() < Long.MAX_VALUE && System.nanoTime() - began > stopping.maxNanos()) {
                active = endAll(Status.TIME_BUDGET);
            }
            if (active > 0) {
                advance(f, z.head(active), g.head(active));
            }
        }
    }

    /** One evaluation of the rows that are left; returns how many go on. */
    private int evaluate(FixedPointMap f) {
        Block zk = z.head(rows.count());
        Block gk = g.head(rows.count());
        f.apply(zk, gk, rows);
        outcome.evaluated(rows);
        record(zk);
        // Before a method takes the evaluation in, which may put a rejected iterate back.
        if (motion != null) {
            motion.measure(zk, rows);
        }
        measure(zk, gk, squares);
        return judge(zk, gk);
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

    /** The relative tolerance of row {@code b}. */
    final double tolerance(int b) {
        return tolerances == null ? stopping.relative() : tolerances[b];
    }

    /** Where the caller wants the result. */
    final Block result() {
        return result;
    }

    // ---- what a solver does that another one drives

    /** Solves only the rows {@code some} of {@code start}, with a tolerance each; the others keep what they have and remember. */
    final Outcome solveSome(FixedPointMap f, Block start, Rows some, double[] tolerances) {
        plan.enter("start", start);
        try {
            result = start;
            this.tolerances = tolerances;
            outcome.start(start.rows());
            rows.reset(0);
            for (int p = 0; p < some.count(); p++) {
                int b = some.index(p);
                best[b] = Double.POSITIVE_INFINITY;
                begin(b);
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
     * One step of the rows {@code some}, which another solver evaluates and judges: row {@code some.index(i)} lies at position {@code at[i]} of
     * {@code zk}, where its next iterate goes, and of {@code gk = f(zk)}.
     */
    final void step(FixedPointMap f, Block zk, Block gk, Rows some, int[] at) {
        int active = some.count();
        rows.reset(0);
        for (int i = 0; i < active; i++) {
            z.copyRow(zk, at[i], i);
            g.copyRow(gk, at[i], i);
            rows.append(some.index(i));
        }
        measure(z.head(active), g.head(active), squares);
        advance(f, z.head(active), g.head(active));
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
            boolean better = residual < best[b];
            double stepped = motion == null || spent == 1 ? Double.POSITIVE_INFINITY : motion.relative(b, squares[2 * b + 1]);
            Status status = Judge.judge(
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
        outcome.record(worst);
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
        for (int i = 0; i < states.length; i++) {
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
        private final double[] minus;
        private final double[] ones;

        Motion(Plan plan) {
            this.plan = plan;
            last = plan.basis(1);
            difference = plan.block();
            steps = new double[plan.batch];
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
        }

        double relative(int b, double valueSquare) {
            return Judge.relative(steps[b], valueSquare);
        }

        void remember(Block zk, Rows rows) {
            plan.engine.store(zk, ones, last, 0, rows);
        }
    }
}
