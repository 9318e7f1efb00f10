package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.InputGuard;
import dev.zstar.solvers.internal.SolveRecord;

/**
 * The loop of every fixed-point solver: evaluate, measure, test, remove rows, advance. The {@linkplain IterationMethod method} computes the
 * next iterates, {@link Termination} removes the rows that are done, and {@link Scales} chooses the units.
 */
final class Loop {
    /** For messages. */
    private static final String METHOD = "the method";
    private final Workspace workspace;
    private final Stopping stopping;
    private final IterationMethod method;
    private final SolveRecord outcome;
    private final Iterates at;
    /** A view of one row of {@link #at}. */
    private final Iterates one;
    private final Rows rows;
    private final ConvergenceTest test;
    private final Scales scales;
    private final BestIterates best;
    /** Null without a step tolerance. */
    private final StepLengths lengths;
    private final SafeguardState safeguard;
    private final RecordedStates states;
    private final Termination termination;
    private final Observation observation;
    /** By position: the norm of the start. */
    private final double[] starts;
    /** Whether this solve records a trace and states. */
    private boolean keeps;
    private boolean timed;
    private long began;

    /** @param safeguard may be null; ignored with a fixed number of evaluations */
    Loop(Workspace workspace, Stopping stopping, Safeguard safeguard, IterationMethod method) {
        this.workspace = workspace;
        this.stopping = stopping;
        this.method = method;
        int batch = workspace.batch();
        outcome = new SolveRecord(batch, stopping);
        at = new Iterates(workspace, this);
        one = at.one();
        rows = at.rows();
        test = new ConvergenceTest(stopping, workspace.type().unitRoundoff(), batch);
        scales = new Scales(workspace.type(), batch);
        best = new BestIterates(at, scales, batch);
        lengths = stopping.step() > 0 ? new StepLengths(workspace) : null;
        this.safeguard = safeguard == null || stopping.fixed() ? null : new SafeguardState(workspace, safeguard);
        states = new RecordedStates(workspace, stopping, best);
        outcome.states(states.blocks());
        termination = new Termination(stopping, at, method, test, scales, best, lengths, this.safeguard, outcome,
                stopping.distance() ? new Distances(workspace) : null);
        observation = new Observation(at, scales, termination, outcome);
        starts = new double[batch];
    }

    SolveRecord outcome() {
        return outcome;
    }

    IterationMethod method() {
        return method;
    }

    // ---- solves

    /** Solves all rows of {@code start}; tolerances and observer may be null. */
    Outcome solve(FixedPointMap f, Block start, double[] tolerances, RowObserver observer) {
        begin("solve", "start", start, tolerances, observer, true);
        try {
            int batch = start.rows();
            rows.reset(batch);
            at.z().copyFrom(start);
            workspace.engine().norm(at.z(), starts);
            for (int b = 0; b < batch; b++) {
                start(b, starts[b]);
            }
            iterate(f);
        } finally {
            end();
        }
        return outcome;
    }

    /**
     * Solves only the rows {@code some} of {@code start}, each with its own tolerance. The other rows stay unchanged.
     *
     * @param before the outcome whose evaluations the rows have already spent; null for none
     */
    Outcome solveSome(FixedPointMap f, Block start, Rows some, double[] tolerances, Outcome before) {
        begin("solve", "start", start, tolerances, null, false);
        try {
            rows.reset(0);
            for (int p = 0; p < some.count(); p++) {
                at.all().copyRow(start, some.index(p), p);
            }
            workspace.engine().norm(at.all().head(some.count()), starts);
            for (int p = 0; p < some.count(); p++) {
                int b = some.index(p);
                start(b, starts[p]);
                outcome.spent(b, before == null ? 0 : before.evaluations(b));
                rows.append(b);
            }
            iterate(f);
        } finally {
            end();
        }
        return outcome;
    }

    private void begin(String operation, String operand, Block start, double[] tolerances, RowObserver observer, boolean keeps) {
        workspace.enter(operation, operand, start);
        best.into(start);
        observation.by(observer);
        this.keeps = keeps;
        termination.begin(tolerances, keeps ? states : null);
        outcome.start(start.rows());
    }

    private void end() {
        best.into(null);
        observation.by(null);
        workspace.leave();
    }

    private void iterate(FixedPointMap f) {
        timed = stopping.maxNanos() < Long.MAX_VALUE;
        began = timed ? System.nanoTime() : 0;
        int active = rows.count();
        while (active > 0) {
            active = evaluate(f);
            if (outOfTime()) {
                active = termination.endAll(Status.TIME_BUDGET);
            }
            if (active > 0) {
                advance(f);
            }
        }
    }

    /** Solves the problems that {@code feed} loads, as many at a time as {@code slots} has rows; the observer may be null. */
    void stream(FixedPointMap f, Block slots, StreamHandler feed, RowObserver observer) {
        begin("stream", "the block of states", slots, null, observer, false);
        timed = false;
        try {
            Slots problems = new Slots(this, slots, feed);
            rows.reset(0);
            problems.refill();
            while (rows.count() > 0) {
                if (evaluate(f) > 0) {
                    advance(f);
                }
                problems.handOut(outcome);
                if (!observation.isCancelled()) {
                    problems.refill();
                }
            }
        } finally {
            end();
        }
    }

    /**
     * Solves rows of {@code result} in the slots of this loop, for a loop of the whole batch. A slot that is done takes the next row.
     *
     * @param f the map of the slots
     * @param queue gives out rows, and takes how they ended
     * @param tolerances by slot, filled by the queue; null for that of the stopping rule
     */
    void solveQueued(FixedPointMap f, Block result, RowQueue queue, double[] tolerances) {
        best.into(result);
        observation.by(null);
        keeps = false;
        timed = false;
        termination.begin(tolerances, null);
        outcome.start(workspace.batch());
        try {
            rows.reset(0);
            fill(queue);
            while (rows.count() > 0 && queue.goesOn()) {
                if (evaluate(f) > 0) {
                    advance(f);
                }
                fill(queue);
            }
        } finally {
            best.into(null);
            rows.truncate(0);
        }
    }

    /** Hands out the slots that are done, and joins rows in the free ones. */
    private void fill(RowQueue queue) {
        int from = rows.count();
        int slots = from == workspace.batch() ? 0 : workspace.batch();
        for (int b = 0; b < slots; b++) {
            if (queue.isFree(b, outcome)) {
                int row = queue.next(b);
                if (row < 0) {
                    continue;
                }
                best.assign(b, row);
                outcome.begin(b);
                at.all().copyRow(best.result(), row, rows.count());
                rows.append(b);
            }
        }
        int joined = rows.count() - from;
        if (joined > 1 && from == 0) {
            workspace.engine().norm(at.z(), starts);
        }
        for (int p = from; p < rows.count(); p++) {
            if (joined == 1 || from > 0) {
                workspace.engine().norm(at.all().part(p, workspace.batch()), starts);
                starts[p] = starts[0];
            }
            start(rows.index(p), starts[p]);
        }
    }

    /** Row {@code row} of this loop has ended as slot {@code slot} of another one. */
    void adopt(int row, Loop from, int slot) {
        outcome.adopt(row, from.outcome, slot);
        test.adopt(row, from.test, slot);
    }

    /** Begins a solve whose rows are solved by other loops, which this one adopts. */
    void beginGroups(Block start, double[] tolerances) {
        begin("solve", "start", start, tolerances, null, false);
    }

    /** Ends it. */
    void endGroups(boolean complete) {
        if (complete) {
            outcome.countRows();
        }
        end();
    }

    /** Slot {@code b} has a new problem, whose start is in the block of the result. It joins the active rows. */
    void join(int b) {
        outcome.begin(b);
        Block result = best.result();
        workspace.engine().norm(result.part(b, result.rows()), starts);
        start(b, starts[0]);
        at.all().copyRow(result, b, rows.count());
        rows.append(b);
    }

    /**
     * One step of the rows {@code some} of another loop, which evaluates and tests them within its own budgets. Row {@code some.index(i)}
     * is at position {@code positions[i]} of {@code outer}. Its next iterate is written to {@code outer.g()}.
     */
    void step(Iterates outer, FixedPointMap f, Rows some, int[] positions) {
        at.follow(outer, some, positions);
        try {
            method.measure(at);
            for (int p = 0; p < rows.count(); p++) {
                method.accept(at, rows.index(p), p);
            }
            method.advance(at, f);
            at.copyBack(outer, positions);
        } finally {
            at.release();
        }
    }

    // ---- one evaluation

    /** One evaluation of the active rows, and the tests that follow. Returns how many go on. */
    private int evaluate(FixedPointMap f) {
        Block zk = at.z();
        scales.apply(f, zk, at.g(), rows);
        outcome.evaluated(rows);
        if (keeps) {
            states.record(outcome.evaluations(), zk, rows);
        }
        // Before the method accepts the point, since it may restore an earlier one.
        if (lengths != null) {
            lengths.measure(zk, rows);
        }
        int active = rows.count();
        at.forget();
        method.measure(at);
        InputGuard.requireRows("measure", METHOD, active, rows);
        for (int p = 0; p < active; p++) {
            int b = rows.index(p);
            if (!scales.inRange(at.residualSquare(b), at.valueSquare(b))) {
                at.requireMeasured(b);
                rescale(b, p);
            }
            termination.accept(b, method.accept(at, b, p));
        }
        InputGuard.requireRows("accept", METHOD, active, rows);
        return observation.show(termination.test());
    }

    /**
     * Gives new units to a row whose squares are out of range: at its first evaluation, and when its residual has become small. A row that
     * runs away keeps its units, because it has failed anyway.
     */
    private void rescale(int b, int p) {
        if (test.isNew(b) || at.residualSquare(b) < 1) {
            // The best iterate is still in the old units.
            best.restore(b);
            int shift = scales.choose(b, at.z(), at.g(), p, at.valueSquare(b));
            if (shift != 0) {
                method.rescale(b, shift);
                restart(b);
                method.measure(one.select(at, b, p));
            }
            at.measured(b, Scales.positive(at.residualSquare(b), at.z(), at.g(), p), at.valueSquare(b));
        }
    }

    /** @param length the norm of its start */
    private void start(int b, double length) {
        test.begin(b, length);
        scales.begin(b);
        best.begin(b);
        termination.begin(b);
        method.begin(b);
        restart(b);
        observation.begin(b);
    }

    private void restart(int b) {
        if (lengths != null) {
            lengths.begin(b);
        }
        if (safeguard != null) {
            safeguard.begin(b);
        }
    }

    /** Moves on to the next iterates. */
    private void advance(FixedPointMap f) {
        best.advance(rows);
        int active = rows.count();
        method.advance(at, scales.around(f));
        InputGuard.requireRows("advance", METHOD, active, rows);
        at.swap();
        for (int p = 0; safeguard != null && p < rows.count(); p++) {
            int b = rows.index(p);
            if (safeguard.isAstray(b)) {
                method.begin(b);
                safeguard.step(b, at.all(), p);
            }
        }
    }

    // ---- for methods and diagnoses

    /** Whether the method refused the last point of row {@code b}. */
    boolean refused(int b) {
        return termination.refused(b);
    }

    /** The relative tolerance that row {@code b} must meet. */
    double tolerance(int b) {
        return termination.tolerance(b);
    }

    /** The relative residual of row {@code b}, which is compared with its tolerance, from norms in the units of its map. */
    double relative(int b, double residual, double value) {
        return test.relative(b, residual, value);
    }

    /** The smallest residual of row {@code b} in the last solve, in the units of its map. */
    double shortest(int b) {
        return test.shortest(b);
    }

    /** {@link Iterates#goal}. */
    double goal(int b, double value) {
        return scales.inward(b, Math.max(tolerance(b) * test.size(b, scales.outward(b, value)), stopping.absolute()));
    }

    /** {@link Iterates#left}. */
    int left(int b) {
        return stopping.maxEvaluations() - outcome.evaluations(b);
    }

    /** {@link Iterates#outOfTime}. */
    boolean outOfTime() {
        return timed && System.nanoTime() - began > stopping.maxNanos();
    }

    /** {@link Iterates#recall}. */
    void recall(int b, int p) {
        best.recall(b, p);
    }
}
