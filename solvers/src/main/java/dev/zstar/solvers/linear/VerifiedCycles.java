package dev.zstar.solvers.linear;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.SolveRecord;
import java.util.function.BooleanSupplier;

/**
 * The loop of every linear method: a cycle of the {@linkplain CycleMethod method}, the true residual, and a decision on each row. Rows that
 * are done, or that no longer improve, leave.
 */
final class VerifiedCycles implements RowsProcedure {
    /**
     * A cycle that leaves more than this share of the true residual has stagnated. Slow progress is not stagnation: at ρ = 0.99, cycles of
     * 20 steps reduced the residual by only 4% each, but converged.
     */
    private static final double PROGRESS = 0.999;
    /** A residual of this many units of roundoff is the best attainable once the space is exhausted. */
    private static final double HAPPY = 100;
    /** A residual below this many times the error of rounding the solution to the caller's range is due to that rounding. */
    private static final double HELD = 10;

    private final Engine engine;
    private final double[] ones;
    private final double roundoff;
    private final Stopping stopping;
    private final String name;
    private final CycleMethod method;
    private final SolveRecord record;
    private final Scaling scaling;
    private final Solutions solutions;
    private final Residuals at;
    private final Rows open;
    private final double[] norms;
    /** The scaled right-hand sides. */
    private final Basis b;
    /** Norms of the right-hand sides. */
    private final double[] lengths;
    /** By row of the batch: the relative residual when the last cycle began. */
    private final double[] residual;

    /** Allocates 4 blocks. */
    VerifiedCycles(Workspace workspace, String name, Stopping stopping, CycleMethod method) {
        stopping.requireLinear(name);
        engine = workspace.engine();
        ones = workspace.ones();
        roundoff = workspace.type().unitRoundoff();
        this.stopping = stopping;
        this.name = name;
        this.method = method;
        record = new SolveRecord(workspace.batch(), stopping);
        scaling = new Scaling(workspace);
        solutions = new Solutions(workspace, scaling);
        at = new Residuals(workspace, name, stopping, record, scaling, solutions);
        open = at.open();
        norms = at.norms();
        b = workspace.basis(1);
        lengths = new double[workspace.batch()];
        residual = new double[workspace.batch()];
    }

    @Override
    public int capacity() {
        return lengths.length;
    }

    @Override
    public Outcome solve(LinearOperator t, Block rhs, Block solution, int first, int rows, boolean resumed, double[] tolerances,
            BooleanSupplier goesOn) {
        begin(t, solution, first, rows, resumed, tolerances, null);
        try {
            start(Scaling.rows(rhs, first, rows, at.block()), resumed);
            while (open.count() > 0 && goesOn.getAsBoolean()) {
                cycle(goesOn);
                verify(false);
            }
            if (open.count() == 0) {
                finish();
            }
        } finally {
            end();
        }
        return record;
    }

    // ---- the parts of a solve, also used by InnerGmres, which accepts a cycle's predicted residual

    void begin(LinearOperator t, Block solution, int first, int rows, boolean resumed, double[] tolerances, int[] limits) {
        record.start(rows);
        at.enter(t, tolerances, limits);
        solutions.enter(solution, first, rows, resumed);
    }

    void end() {
        solutions.leave();
        at.leave();
    }

    Residuals at() {
        return at;
    }

    @Override
    public SolveRecord outcome() {
        return record;
    }

    /** Whether a solution of this norm has an element that is too large for the caller's block. */
    boolean overflows(int row, double length) {
        return scaling.overflows(row, length);
    }

    /** Scales the right-hand sides; rows of zeros, NaN or infinity end here. */
    void start(Block rhs, boolean resumed) {
        int batch = rhs.rows();
        open.reset(batch);
        engine.norm(rhs, lengths);
        for (int row = 0; row < batch; row++) {
            residual[row] = 1;
            if (!scaling.fit(row, lengths[row], rhs)) {
                record.end(row, Status.NONFINITE_INPUT, Double.NaN);
            } else if (lengths[row] == 0) {
                record.end(row, Status.CONVERGED_ZERO_RHS, 0);
            }
            at.fitted(row);
        }
        scaling.in(rhs, b, open);
        if (resumed) {
            solutions.load(open, at.spare());
        }
        int kept = 0;
        for (int row = 0; row < batch; row++) {
            if (record.status(row) == null) {
                open.place(kept++, row);
            }
        }
        open.truncate(kept);
        if (!resumed) {
            Block r = at.block().head(kept);
            engine.mix(b, 1, ones, r, open);
            engine.norm(r, norms);
        } else if (kept > 0) {
            verify(true);
        }
    }

    void cycle() {
        cycle(RowsProcedure::always);
    }

    private void cycle(BooleanSupplier goesOn) {
        int rows = open.count();
        at.begin();
        method.begin(at);
        at.requireOpen("begin", rows);
        for (int going = at.going().count(); going > 0 && goesOn.getAsBoolean(); going = at.going().count()) {
            long spent = record.rowEvaluations();
            method.step(at);
            at.requireOpen("step", rows);
            if (at.going().count() == going && record.rowEvaluations() == spent) {
                throw new IllegalStateException(name + ": a step took no product and removed no row, expected one of the two, because a "
                        + "cycle ends when no row is left in going()");
            }
            at.dropSpent();
        }
        method.end(at);
        at.requireOpen("end", rows);
        at.leaveCycle();
    }

    void finish() {
        solutions.finish(record, at.spare());
    }

    // ---- the true residual

    /**
     * Computes {@code r = b - (I - T) x}, and decides on each row.
     *
     * @param first whether x is the caller's start
     */
    private void verify(boolean first) {
        int active = open.count();
        measure();
        int kept = 0;
        double worst = 0;
        for (int p = 0; p < active; p++) {
            int row = open.index(p);
            boolean atStart = first;
            if (atStart && isWorthless(row, p)) {
                goFromZero(row, p);
                atStart = false;
            }
            double reached = stated(row, p);
            Status status = judge(row, p, reached, atStart);
            if (atStart) {
                solutions.startsWith(row, reached);
            }
            residual[row] = reached;
            worst = Math.max(worst, reached);
            if (status != null) {
                record.end(row, status, reached);
            } else {
                if (at.within(row, at.claimed(row))) {
                    at.aimLower(row);
                }
                at.block().copyRow(at.block(), p, kept);
                norms[kept] = norms[p];
                open.place(kept++, row);
            }
        }
        record.record(worst);
        open.truncate(kept);
        solutions.keep(residual, open, at.spare());
    }

    private void measure() {
        Block r = at.block().head(open.count());
        if (solutions.areZero()) {
            // Nothing was corrected, for example because the budget is too small for a step.
            engine.mix(b, 1, ones, r, open);
        } else {
            Block u = at.spare().head(open.count());
            solutions.copyTo(u, open);
            at.multiply(u, r, open);
            engine.axpby(-1, u, 1, r);
            engine.multiAxpy(b, 1, ones, r, open, null);
        }
        engine.norm(r, norms);
    }

    /** Whether the start at position p is so large that starting from zero is better. */
    private boolean isWorthless(int row, int p) {
        // The rounding of its residual is already larger than the right-hand side.
        boolean far = solutions.lost(row) == Double.POSITIVE_INFINITY || roundoff * (solutions.size(p) + norms[p]) > at.unit(row);
        return far && solutions.startIsFinite(row);
    }

    /** Starts the row from zero instead. Its residual is then the right-hand side. */
    private void goFromZero(int row, int p) {
        solutions.goFromZero(row, p);
        at.block().copyRow(b.block(), row, p);
        norms[p] = at.unit(row);
    }

    /** The residual relative to the right-hand side, and no smaller than the rounding of the terms that it was computed from. */
    private double stated(int row, int p) {
        if (!(solutions.lost(row) < Double.POSITIVE_INFINITY)) {
            return Double.POSITIVE_INFINITY;
        }
        double reached = Math.max(norms[p], rounding(row, p)) / at.unit(row);
        return reached < Double.POSITIVE_INFINITY ? reached : Double.POSITIVE_INFINITY;
    }

    private double rounding(int row, int p) {
        return solutions.areZero() ? 0 : roundoff * (solutions.size(p) + Math.max(solutions.size(p), at.unit(row)));
    }

    // ---- which rows go on

    /** @param reached the residual as {@link #stated} */
    private Status judge(int row, int p, double reached, boolean atStart) {
        boolean idle = solutions.areZero();
        boolean spent = at.left(row) < (idle ? 1 : 0);
        if (!(reached < Double.POSITIVE_INFINITY)) {
            return nonfinite(row, atStart);
        }
        Status trouble = at.gaveUp(row);
        if (stopping.fixed()) {
            // A space that is exhausted holds the solution, or the best approximation of it.
            return spent || idle || trouble != null ? Status.COMPLETED_FIXED_STEPS : null;
        }
        if (reached <= at.tolerance(row)) {
            return atStart ? Status.CONVERGED_AT_START : Status.CONVERGED_RELATIVE;
        }
        if (reached * at.unit(row) <= scaling.absolute(row, stopping.absolute())) {
            return atStart ? Status.CONVERGED_AT_START : Status.CONVERGED_ABSOLUTE;
        }
        if (spent) {
            return Status.MAX_EVALUATIONS;
        }
        boolean brokeDown = trouble == Status.BREAKDOWN;
        if (trouble != null && !brokeDown) {
            return trouble;
        }
        if (idle) {
            // The cycle corrected nothing, and neither would the next.
            return brokeDown ? Status.BREAKDOWN : Status.STAGNATED;
        }
        // A residual at the level of rounding does not fall further.
        boolean hopeful = atStart || reached <= PROGRESS * residual[row] || at.isHopeful(row);
        if (hopeful && norms[p] > rounding(row, p)) {
            return null;
        }
        if (solutions.lost(row) > 0 && norms[p] <= HELD * solutions.lost(row)) {
            return Status.OUT_OF_RANGE;
        }
        return brokeDown ? reached <= HAPPY * roundoff ? Status.CONVERGED_HAPPY_BREAKDOWN : Status.BREAKDOWN
                : at.within(row, at.claimed(row)) ? Status.RESIDUAL_MISMATCH
                : Status.STAGNATED;
    }

    /** Why a residual is not finite: from the vector that T was given, and from the one that it returned. */
    private Status nonfinite(int row, boolean atStart) {
        double lost = solutions.lost(row);
        if (lost < Double.POSITIVE_INFINITY) {
            return Status.NONFINITE_OPERATOR;
        }
        return atStart ? Status.NONFINITE_INPUT
                : !Double.isNaN(lost) ? Status.OUT_OF_RANGE
                : at.gaveUp(row) != null ? at.gaveUp(row) : Status.BREAKDOWN;
    }
}
