package dev.zstar.solvers.linear;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.InputGuard;
import dev.zstar.solvers.internal.SolveRecord;
import java.util.Arrays;

/**
 * A planned solver for {@code (I - T) u = b}, matrix-free, for a batch whose rows are systems of their own. What all methods share is
 * here: right-hand sides are scaled to lengths from 1 to 2 ({@link Scaling}), so that they may have any size; a method works in cycles,
 * each from the true residual; after a cycle the true residual is computed again, and only that is believed. What a method's recursion
 * said is forgotten then. Rows that are done leave, and a row's bits are the same in any company. A result is never worse than its start.
 *
 * <p>A residual {@code b - (I - T) u} that is computed carries the rounding of its terms. So what is stated, and compared with
 * tolerances, is the larger of its length and {@code (‖u‖ + max(‖u‖, ‖b‖))} times the unit roundoff: of less, cancellation would be the
 * reason. With f64, {@code b} of length 1 and a condition number of 10¹⁶ a computed 2·10⁻¹⁷ was 0.038 in exact arithmetic.
 *
 * <p>A {@linkplain Stopping#traced trace} has an entry for every product. After a true residual it is that; within a cycle what the
 * method's recursion says of the rows in it, and for Picard, Anderson and Broyden on linear systems the residual of the point that T was
 * applied to.
 */
public abstract class LinearSolver implements AutoCloseable {
    /**
     * A cycle that lowers the true residual by less than this has stagnated. Slow is not stuck: at ρ = 0.99 cycles of 20 steps brought 4%
     * each, and got there.
     */
    private static final double PROGRESS = 0.999;
    /** A residual of this many units of roundoff, where the space is exhausted, is what there is to have. */
    private static final double HAPPY = 100;
    /** A residual of this many times the change that the caller's range makes of a solution is made by it. */
    private static final double HELD = 10;

    protected final Workspace plan;
    protected final Engine engine;
    protected final Stopping stopping;
    final SolveRecord outcome;
    /** Rows that have not converged. */
    protected final Rows open;
    /** Their residuals, packed, when a cycle begins; a method's own block after that. */
    protected final Block r;
    /** {@code ‖r‖} of each, by position; the right-hand side has the length {@link #unit}. */
    protected final double[] norms;
    /**
     * What a cycle believes it has reached, by row of the batch, and why the row can not go on if that was not enough, or null. After a
     * breakdown another cycle is tried, as long as the residual falls.
     */
    protected final double[] claims;
    protected final Status[] trouble;
    /** A method's own block in a cycle. */
    protected final Block spare;
    private final Basis b;
    private final Basis x;
    private final Scaling scaling;
    /** {@code ‖x‖} by position. */
    private final double[] sizes;
    /** By row of the batch: how far x was from what the caller's block can hold; and whether it has a result in x. */
    private final double[] lost;
    private final boolean[] wanted;
    /** For the engine's calls that scale nothing. */
    protected final double[] ones;
    /** By row of the batch: the true residual when the last cycle began. */
    private final double[] residual;
    /** The share of the tolerance that a cycle aims at. */
    private final double[] aim;
    /**
     * The true residual of the best that there was before the last cycle, and whether the caller's block holds it; otherwise it is zero.
     */
    private final double[] best;
    private final boolean[] holds;
    private Block solution;
    /** Whether x is still zero, and not stored. */
    private boolean fresh;
    /** Relative, of the solve that runs, by row; null for the plan's. */
    private double[] tolerances;

    /** Takes 4 blocks. */
    protected LinearSolver(Workspace plan, String method, Stopping stopping) {
        stopping.requireLinear(method);
        this.plan = plan;
        engine = plan.engine();
        this.stopping = stopping;
        int batch = plan.batch();
        outcome = new SolveRecord(batch, stopping);
        open = new Rows(batch);
        r = plan.block();
        spare = plan.block();
        b = plan.basis(1);
        x = plan.basis(1);
        norms = new double[batch];
        claims = new double[batch];
        trouble = new Status[batch];
        scaling = new Scaling(plan);
        sizes = new double[batch];
        lost = new double[batch];
        wanted = new boolean[batch];
        ones = new double[batch];
        residual = new double[batch];
        aim = new double[batch];
        best = new double[batch];
        holds = new boolean[batch];
        Arrays.fill(ones, 1);
    }

    /**
     * The method to begin with: {@link Gmres} with a cycle of 20 steps, {@code 25} blocks. Where a map does not contract, or the Jacobian's
     * spectrum is long, it is the one that still converges.
     */
    public static LinearSolver plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return Gmres.plan(engine, type, batch, n, 20, stopping);
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
    public final void requireFits(String what, Engine engine, Type type, int batch, int n) {
        plan.requireFits(what, engine, type, batch, n);
    }

    /**
     * Solves from {@code u = 0}.
     *
     * @param t the operator T
     * @param rhs the right-hand sides, {@code batch × n}; not changed
     * @param solution of the same shape; overwritten
     * @return the residuals in it are relative to {@code ‖b‖}, and true: each was computed from what is returned
     */
    public final Outcome solve(LinearOperator t, Block rhs, Block solution) {
        return solve(t, rhs, solution, true, null);
    }

    /**
     * The same from {@code u = solution}, which takes one product more to begin with: for a sequence of systems whose solutions are near
     * each other. A row that fails keeps its start unless it became better.
     */
    public final Outcome resume(LinearOperator t, Block rhs, Block solution) {
        return solve(t, rhs, solution, false, null);
    }

    final Outcome solve(LinearOperator t, Block rhs, Block solution, boolean fromZero, double[] tolerances) {
        plan.enter("the right-hand side", rhs);
        try {
            solution.requireShape("solve", "the solution", plan.type(), rhs.rows(), plan.n());
            if (tolerances != null && tolerances.length < rhs.rows()) {
                throw new IllegalArgumentException("solve: " + tolerances.length + " tolerances for " + rhs.rows() + " rows");
            }
            this.tolerances = tolerances;
            this.solution = solution;
            start(t, rhs, fromZero ? null : solution);
            while (open.count() > 0) {
                Arrays.fill(claims, Double.NaN);
                Arrays.fill(trouble, null);
                cycle(t);
                verify(t);
            }
            finish(solution);
        } finally {
            this.solution = null;
            plan.leave();
        }
        return outcome;
    }

    // ---- what a method adds

    /**
     * From the residuals {@link #r} of the rows {@link #open} makes corrections, and hands them to {@link #correct}. Spends at most
     * {@link #left} evaluations of each row, counted with {@link #evaluated}.
     */
    protected abstract void cycle(LinearOperator t);

    /** The relative residual at which row {@code b} has converged; 0 if a fixed number of evaluations is asked for. */
    protected final double tolerance(int b) {
        return tolerances == null ? stopping.relative() : tolerances[b];
    }

    /** The length of the right-hand side of row {@code b} as a method sees it, from 1 to 2. */
    protected final double unit(int b) {
        return scaling.unit(b);
    }

    /** Whether a solution of this length has an element that is too large for the caller's block. */
    protected final boolean overflows(int b, double length) {
        return scaling.overflows(b, length);
    }

    /**
     * Whether a cycle may end with a residual of this length of row {@code b}: one of the tolerances, or less where claims have been
     * wrong.
     */
    protected final boolean within(int b, double residual) {
        return !stopping.fixed()
                && (residual <= aim[b] * tolerance(b) * unit(b) || residual <= aim[b] * scaling.absolute(b, stopping.absolute()));
    }

    /** Counts an evaluation of T for each of these rows. */
    protected final void evaluated(Rows rows) {
        outcome.evaluated(rows);
    }

    /** Records the largest residual after the last evaluation, for the trace. */
    protected final void record(double worst) {
        outcome.record(worst);
    }

    /** What the solve has come to so far. */
    protected final Outcome progress() {
        return outcome;
    }

    /** Evaluations that a cycle may still spend on row {@code b}: one is kept for the true residual. */
    protected final int left(int b) {
        return stopping.maxEvaluations() - outcome.evaluations(b) - 1;
    }

    /** Adds to the solutions of the rows {@link #open}. */
    protected final void correct(Block correction) {
        correct(correction, open);
    }

    /** Adds to the solutions of some rows; the first time in a solve, to those of all that are {@link #open}. */
    protected final void correct(Block correction, Rows rows) {
        if (!fresh) {
            engine.multiAxpy(x, 1, ones, correction, rows, null);
        }
        engine.store(correction, ones, x, 0, rows);
        fresh = false;
    }

    // ---- beginning and end

    /** The rules of a solve that only its owner judges: see {@link Gmres#approximate}. */
    final void tolerances(double[] tolerances) {
        this.tolerances = tolerances;
    }

    /** Scales the right-hand sides; rows of zeros, NaN or infinity end here. */
    final void start(LinearOperator t, Block rhs, Block from) {
        int batch = rhs.rows();
        outcome.start(batch);
        Arrays.fill(claims, Double.NaN);
        Arrays.fill(trouble, null);
        open.reset(batch);
        engine.norm(rhs, sizes);
        int kept = 0;
        for (int row = 0; row < batch; row++) {
            lost[row] = 0;
            residual[row] = 1;
            aim[row] = 1;
            best[row] = from == null ? 1 : Double.POSITIVE_INFINITY;
            holds[row] = from != null;
            boolean finite = scaling.fit(row, sizes[row], rhs);
            if (!finite) {
                outcome.end(row, Status.NONFINITE_INPUT, Double.NaN);
            } else if (sizes[row] == 0) {
                outcome.end(row, Status.CONVERGED_ZERO_RHS, 0);
            }
        }
        scaling.in(rhs, b, open);
        if (from != null) {
            scaling.in(from, x, open);
        }
        for (int row = 0; row < batch; row++) {
            if (outcome.status(row) == null) {
                open.place(kept++, row);
            }
        }
        open.truncate(kept);
        fresh = from == null;
        if (fresh) {
            Block r0 = r.head(kept);
            engine.mix(b, 1, ones, r0, open);
            engine.norm(r0, norms);
        } else if (kept > 0) {
            verify(t);
        }
    }

    /** The true residuals {@code r = b - (I - T) x}; rows that are done, or that no longer get better, leave. */
    private void verify(LinearOperator t) {
        int active = open.count();
        Block u = spare.head(active);
        Block rk = r.head(active);
        if (fresh) {
            // Nothing was corrected, as where the budget is too small for a step.
            engine.mix(b, 1, ones, rk, open);
            Arrays.fill(sizes, 0, active, 0);
        } else {
            engine.mix(x, 1, ones, u, open);
            engine.norm(u, sizes);
            hold(u);
            InputGuard.multiply(t, u, rk, open);
            outcome.evaluated(open);
            engine.axpby(-1, u, 1, rk);
            engine.multiAxpy(b, 1, ones, rk, open, null);
        }
        engine.norm(rk, norms);
        int kept = 0;
        double worst = 0;
        for (int p = 0; p < active; p++) {
            int row = open.index(p);
            boolean atStart = outcome.evaluations(row) == 1 && !fresh;
            if (atStart && isWorthless(row, p)) {
                goFromZero(row, p);
                atStart = false;
            }
            double reached = stated(row, p);
            Status status = judge(row, p, reached, atStart);
            if (atStart) {
                best[row] = reached;
            }
            residual[row] = reached;
            worst = Math.max(worst, reached);
            if (status != null) {
                outcome.end(row, status, reached);
            } else {
                if (within(row, claims[row])) {
                    // A cycle from a hair above the tolerance to a hair below it would gain less than rounding takes.
                    aim[row] /= 2;
                }
                // The next cycle starts from this residual.
                r.copyRow(r, p, kept);
                norms[kept] = norms[p];
                open.place(kept++, row);
            }
        }
        outcome.record(worst);
        open.truncate(kept);
        keep();
    }

    /** The caller's block holds x, or what x is rounded to; T is given zeros where there is nothing to hold. */
    private void hold(Block u) {
        for (int p = 0; p < open.count(); p++) {
            int row = open.index(p);
            lost[row] = 0;
            if (!(sizes[p] < Double.POSITIVE_INFINITY)) {
                lost[row] = sizes[p];
            } else if (scaling.endangered(row, sizes[p])) {
                lost[row] = scaling.round(row, x, u, p);
            }
            if (!(lost[row] < Double.POSITIVE_INFINITY)) {
                for (int i = 0; i < plan.n(); i++) {
                    u.set(p, i, 0);
                }
            }
        }
    }

    /** Relative to the right-hand side, and no less than the rounding of what it was computed from. */
    private double stated(int row, int p) {
        if (!(lost[row] < Double.POSITIVE_INFINITY)) {
            return Double.POSITIVE_INFINITY;
        }
        double reached = Math.max(norms[p], rounding(row, p)) / unit(row);
        return reached < Double.POSITIVE_INFINITY ? reached : Double.POSITIVE_INFINITY;
    }

    private double rounding(int row, int p) {
        return fresh ? 0 : plan.type().unitRoundoff() * (sizes[p] + Math.max(sizes[p], unit(row)));
    }

    /** Whether zero is a better start than the one at position p, from which no method gets anywhere. */
    private boolean isWorthless(int row, int p) {
        // The rounding of its residual alone is longer than the right-hand side.
        boolean far = lost[row] == Double.POSITIVE_INFINITY || plan.type().unitRoundoff() * (sizes[p] + norms[p]) > unit(row);
        return far && startIsFinite(row);
    }

    private boolean startIsFinite(int row) {
        for (int i = 0; i < plan.n(); i++) {
            if (!(Math.abs(solution.get(row, i)) < Double.POSITIVE_INFINITY)) {
                return false;
            }
        }
        return true;
    }

    /** Zero, whose residual is the right-hand side, becomes the start. */
    private void goFromZero(int row, int p) {
        for (int i = 0; i < plan.n(); i++) {
            x.block().set(row, i, 0);
        }
        r.copyRow(b.block(), row, p);
        norms[p] = unit(row);
        sizes[p] = 0;
        lost[row] = 0;
        best[row] = 1;
        holds[row] = false;
    }

    /** The next cycle may break down or meet NaN: what is better than all before goes to the caller's block. */
    private void keep() {
        boolean some = false;
        for (int p = 0; p < open.count(); p++) {
            some |= residual[open.index(p)] < best[open.index(p)];
        }
        if (!some) {
            return;
        }
        Block u = spare.head(open.count());
        scaling.out(x, u, open, null);
        for (int p = 0; p < open.count(); p++) {
            int row = open.index(p);
            if (residual[row] < best[row]) {
                solution.copyRow(u, p, row);
                best[row] = residual[row];
                holds[row] = true;
            }
        }
    }

    /** @param reached what is {@link #stated} */
    private Status judge(int row, int p, double reached, boolean atStart) {
        boolean spent = left(row) < 0 || fresh;
        if (!(reached < Double.POSITIVE_INFINITY)) {
            return nonfinite(row, atStart);
        }
        if (stopping.fixed()) {
            // A space that is exhausted holds the solution, or all of it that there is.
            return spent || trouble[row] != null ? Status.COMPLETED_FIXED_STEPS : null;
        }
        if (reached <= tolerance(row)) {
            return atStart ? Status.CONVERGED_AT_START : Status.CONVERGED_RELATIVE;
        }
        if (reached * unit(row) <= scaling.absolute(row, stopping.absolute())) {
            return atStart ? Status.CONVERGED_AT_START : Status.CONVERGED_ABSOLUTE;
        }
        if (spent) {
            return Status.MAX_EVALUATIONS;
        }
        boolean brokeDown = trouble[row] == Status.BREAKDOWN;
        if (trouble[row] != null && !brokeDown) {
            return trouble[row];
        }
        // What is rounding already does not fall further.
        if ((atStart || reached <= PROGRESS * residual[row]) && norms[p] > rounding(row, p)) {
            return null;
        }
        if (lost[row] > 0 && norms[p] <= HELD * lost[row]) {
            return Status.OUT_OF_RANGE;
        }
        return brokeDown ? reached <= HAPPY * plan.type().unitRoundoff() ? Status.CONVERGED_HAPPY_BREAKDOWN : Status.BREAKDOWN
                : within(row, claims[row]) ? Status.RESIDUAL_MISMATCH
                : Status.STAGNATED;
    }

    /** Why a residual is not finite: by what T was given, and what came back. */
    private Status nonfinite(int row, boolean atStart) {
        if (lost[row] < Double.POSITIVE_INFINITY) {
            return Status.NONFINITE_OPERATOR;
        }
        return atStart ? Status.NONFINITE_INPUT
                : !Double.isNaN(lost[row]) ? Status.OUT_OF_RANGE
                : trouble[row] != null ? trouble[row] : Status.BREAKDOWN;
    }

    /**
     * Scales the solutions back. A row whose last cycle made it no better has what it had before; one that was done at its start keeps
     * that.
     */
    final void finish(Block solution) {
        int batch = solution.rows();
        open.reset(batch);
        boolean all = true;
        for (int row = 0; row < batch; row++) {
            Status status = outcome.status(row);
            boolean better = status.isSuccess() || outcome.residual(row) < best[row];
            if (!better) {
                outcome.residual(row, status == Status.NONFINITE_INPUT ? Double.NaN : best[row]);
            }
            wanted[row] = better && !fresh && status != Status.CONVERGED_ZERO_RHS;
            holds[row] &= !better || status == Status.CONVERGED_AT_START;
            all &= !holds[row];
        }
        Block u = all ? solution : spare.head(batch);
        scaling.out(x, u, open, wanted);
        if (!all) {
            for (int row = 0; row < batch; row++) {
                if (!holds[row]) {
                    solution.copyRow(u, row, row);
                }
            }
        }
        open.truncate(0);
    }

    @Override
    public final void close() {
        plan.close();
    }
}
