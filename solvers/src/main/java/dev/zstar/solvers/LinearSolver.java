package dev.zstar.solvers;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import java.util.Arrays;

/**
 * A planned solver for {@code (I - T) u = b}, matrix-free, for a batch whose rows are systems of their own. What all methods share is here:
 * right-hand sides are scaled to length 1, so that cotangents of size 10⁻¹³ are solved as well as others; a method works in cycles, each from the
 * true residual; after a cycle the true residual is computed again, and only that is believed. What a method's recursion said is forgotten then.
 * Rows that are done leave, and a row's bits are the same in any company. A result is never worse than its start.
 */
public abstract sealed class LinearSolver implements AutoCloseable permits Gmres, LinearFixedPoint, RecycledGmres, ShortRecurrence {
    /** A cycle that lowers the true residual by less than this has stagnated. Slow is not stuck: at ρ = 0.99 cycles of 20 steps brought 4% each, and got there. */
    private static final double PROGRESS = 0.999;
    /** A residual of so many units of roundoff, where the space is exhausted, is what there is to have. */
    private static final double HAPPY = 100;

    final Plan plan;
    final Engine engine;
    final Stopping stopping;
    final Outcome outcome;
    /** Rows that have not converged. */
    final Rows open;
    /** Their residuals, packed, when a cycle begins; a method's own block after that. */
    final Block r;
    /** {@code ‖r‖} of each, by position. */
    final double[] norms;
    /**
     * What a cycle believes it has reached, by row of the batch, and why the row can not go on if that was not enough, or null. After a breakdown another
     * cycle is tried, as long as the residual falls.
     */
    final double[] claims;
    final Status[] trouble;
    /** A method's own block in a cycle. */
    final Block spare;
    private final Basis b;
    private final Basis x;
    private final double[] length;
    private final double[] scale;
    /** For the engine's calls that scale nothing. */
    final double[] ones;
    /** By row of the batch: the true residual when the last cycle began. */
    private final double[] residual;
    /** The share of the tolerance that a cycle aims at. */
    private final double[] aim;
    /** The true residual of the best that there was before the last cycle, and whether the caller's block holds it; otherwise it is zero. */
    private final double[] best;
    private final boolean[] holds;
    private Block solution;
    /** Whether x is still zero, and not stored. */
    private boolean fresh;
    /** Relative, of the solve that runs, by row; null for the plan's. */
    private double[] tolerances;

    /** Takes 4 blocks. */
    LinearSolver(Plan plan, String method, Stopping stopping) {
        stopping.requireLinear(method);
        this.plan = plan;
        engine = plan.engine;
        this.stopping = stopping;
        int batch = plan.batch;
        outcome = new Outcome(batch, stopping);
        open = new Rows(batch);
        r = plan.block();
        spare = plan.block();
        b = plan.basis(1);
        x = plan.basis(1);
        norms = new double[batch];
        claims = new double[batch];
        trouble = new Status[batch];
        length = new double[batch];
        scale = new double[batch];
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
    public static LinearSolver plan(Engine engine, Type type, int n, int batch, Stopping stopping) {
        return Gmres.plan(engine, type, n, batch, 20, stopping);
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
     * The same from {@code u = solution}, which takes one product more to begin with: for a sequence of systems whose solutions are near each other. A row
     * that fails keeps its start unless it became better.
     */
    public final Outcome resume(LinearOperator t, Block rhs, Block solution) {
        return solve(t, rhs, solution, false, null);
    }

    final Outcome solve(LinearOperator t, Block rhs, Block solution, boolean fromZero, double[] tolerances) {
        plan.enter("the right-hand side", rhs);
        try {
            solution.requireShape("solve", "the solution", plan.type, rhs.rows(), plan.n);
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
     * From the residuals {@link #r} of the rows {@link #open} makes corrections, and hands them to {@link #correct}. Spends at most {@link #left}
     * evaluations of each row, counted with {@link Outcome#evaluated(Rows)}.
     */
    abstract void cycle(LinearOperator t);

    /** The relative residual at which row {@code b} has converged; 0 if a fixed number of evaluations is asked for. */
    final double tolerance(int b) {
        return tolerances == null ? stopping.relative() : tolerances[b];
    }

    /**
     * Whether a cycle may end with this residual of row {@code b}, by the scaled right-hand side: one of the tolerances, or less where claims have been wrong.
     */
    final boolean within(int b, double residual) {
        return !stopping.fixed() && (residual <= aim[b] * tolerance(b) || residual * length[b] <= aim[b] * stopping.absolute());
    }

    /** Evaluations that a cycle may still spend on row {@code b}: one is kept for the true residual. */
    final int left(int b) {
        return stopping.maxEvaluations() - outcome.evaluations(b) - 1;
    }

    /** Adds to the solutions of the rows {@link #open}. */
    final void correct(Block correction) {
        correct(correction, open);
    }

    /** Adds to the solutions of some rows; the first time in a solve, to those of all that are {@link #open}. */
    final void correct(Block correction, Rows rows) {
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

    /** Scales the right-hand sides to length 1; rows of zeros, NaN or infinity end here. */
    final void start(LinearOperator t, Block rhs, Block from) {
        int batch = rhs.rows();
        outcome.start(batch);
        Arrays.fill(claims, Double.NaN);
        Arrays.fill(trouble, null);
        open.reset(batch);
        engine.norm(rhs, length);
        for (int row = 0; row < batch; row++) {
            scale[row] = length[row] > 0 && length[row] < Double.POSITIVE_INFINITY ? 1 / length[row] : 0;
            residual[row] = 1;
            aim[row] = 1;
            best[row] = from == null ? 1 : Double.POSITIVE_INFINITY;
            holds[row] = from != null;
        }
        engine.store(rhs, scale, b, 0, open);
        if (from != null) {
            engine.store(from, scale, x, 0, open);
        }
        int kept = 0;
        for (int row = 0; row < batch; row++) {
            if (length[row] == 0) {
                outcome.end(row, Status.CONVERGED_ZERO_RHS, 0);
            } else if (!(length[row] < Double.POSITIVE_INFINITY)) {
                outcome.end(row, Status.NONFINITE_INPUT, Double.NaN);
            } else {
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
        } else {
            engine.mix(x, 1, ones, u, open);
            t.apply(u, rk, open);
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
            Status status = judge(row, norms[p], atStart);
            if (atStart) {
                best[row] = norms[p];
            }
            residual[row] = norms[p];
            worst = Math.max(worst, norms[p]);
            if (status != null) {
                outcome.end(row, status, norms[p]);
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

    /** The next cycle may break down or meet NaN: what is better than all before goes to the caller's block. */
    private void keep() {
        boolean some = false;
        for (int p = 0; p < open.count(); p++) {
            some |= norms[p] < best[open.index(p)];
        }
        if (!some) {
            return;
        }
        Block u = spare.head(open.count());
        engine.mix(x, 1, length, u, open);
        for (int p = 0; p < open.count(); p++) {
            int row = open.index(p);
            if (norms[p] < best[row]) {
                solution.copyRow(u, p, row);
                best[row] = norms[p];
                holds[row] = true;
            }
        }
    }

    private Status judge(int row, double norm, boolean atStart) {
        boolean spent = left(row) < 0 || fresh;
        if (!(norm < Double.POSITIVE_INFINITY)) {
            return atStart ? Status.NONFINITE_INPUT : Status.NONFINITE_OPERATOR;
        }
        if (stopping.fixed()) {
            // A space that is exhausted holds the solution, or all of it that there is.
            return spent || trouble[row] != null ? Status.COMPLETED_FIXED_STEPS : null;
        }
        if (norm <= tolerance(row)) {
            return atStart ? Status.CONVERGED_AT_START : Status.CONVERGED_RELATIVE;
        }
        if (norm * length[row] <= stopping.absolute()) {
            return atStart ? Status.CONVERGED_AT_START : Status.CONVERGED_ABSOLUTE;
        }
        if (spent) {
            return Status.MAX_EVALUATIONS;
        }
        boolean brokeDown = trouble[row] == Status.BREAKDOWN;
        if (trouble[row] != null && !brokeDown) {
            return trouble[row];
        }
        if (atStart || norm <= PROGRESS * residual[row]) {
            return null;
        }
        return brokeDown ? norm <= HAPPY * plan.type.unitRoundoff() ? Status.CONVERGED_HAPPY_BREAKDOWN : Status.BREAKDOWN
                : within(row, claims[row]) ? Status.RESIDUAL_MISMATCH
                : Status.STAGNATED;
    }

    /** Scales the solutions back. A row whose last cycle made it no better has what it had before. */
    final void finish(Block solution) {
        int batch = solution.rows();
        open.reset(batch);
        boolean all = true;
        for (int row = 0; row < batch; row++) {
            Status status = outcome.status(row);
            boolean better = status.isSuccess() || outcome.residual(row) < best[row];
            scale[row] = better && status != Status.CONVERGED_ZERO_RHS && !fresh ? length[row] : 0;
            if (!better) {
                outcome.residual(row, status == Status.NONFINITE_INPUT ? Double.NaN : best[row]);
            }
            holds[row] &= !better;
            all &= !holds[row];
        }
        Block u = all ? solution : spare.head(batch);
        engine.mix(x, 1, scale, u, open);
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
