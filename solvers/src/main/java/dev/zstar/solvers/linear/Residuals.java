package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.InputGuard;
import dev.zstar.solvers.internal.SolveRecord;
import java.util.Arrays;

/**
 * The data that a {@link CycleMethod} works with: the residuals {@code r = b - (I - T) u} of the rows that are not solved yet, products
 * with T, and the budgets, tolerances and units of each row. The loop has scaled each row by a power of two, so that {@code ‖b‖} is from 1
 * to 2.
 *
 * <p>A parameter b is the number of a row in the batch, not the right-hand side. Position p is the place of the row in {@link #block}:
 * {@code b = open().index(p)}.
 */
public final class Residuals {
    private final String name;
    /** For messages; built once, so that a solve allocates nothing. */
    private final String who;
    private final Stopping stopping;
    private final SolveRecord record;
    private final Scaling scaling;
    private final Solutions solutions;
    private final Rows open;
    private final Rows going;
    private final Block r;
    private final Block spare;
    /** By position. */
    private final double[] norms;
    /** By row of the batch. */
    private final double[] claims;
    private final Status[] trouble;
    private final boolean[] hopeful;
    /** By row of the batch: the residual that meets the tolerances, -1 if there are none, and the share of it that a cycle aims at. */
    private final double[] goal;
    private final double[] aim;
    /** For the current solve: T; by row, relative tolerances and limits of products, null for those of the stopping rule. */
    private LinearOperator t;
    private double[] tolerances;
    private int[] limits;
    /** Whether a cycle runs, and how many began before it. */
    private boolean cycling;
    private int cycle;

    /** Allocates 2 blocks. */
    Residuals(Workspace workspace, String name, Stopping stopping, SolveRecord record, Scaling scaling, Solutions solutions) {
        this.name = name;
        who = "the method " + name;
        this.stopping = stopping;
        this.record = record;
        this.scaling = scaling;
        this.solutions = solutions;
        open = new Rows(workspace.batch());
        going = new Rows(workspace.batch());
        r = workspace.block();
        spare = workspace.block();
        norms = new double[workspace.batch()];
        claims = new double[workspace.batch()];
        trouble = new Status[workspace.batch()];
        hopeful = new boolean[workspace.batch()];
        goal = new double[workspace.batch()];
        aim = new double[workspace.batch()];
    }

    // ---- rows and residuals

    /** The rows that are not solved yet; only the loop changes them. */
    public Rows open() {
        return open;
    }

    /** The rows that take another step in this cycle, at first all open rows. The method changes them. */
    public Rows going() {
        return going;
    }

    /** {@code batch × n}: the residuals of the open rows, packed to the front, when a cycle begins. The method may overwrite them. */
    public Block block() {
        return r;
    }

    /** The norm of the true residual at position {@code p} when the cycle began. */
    public double norm(int p) {
        return norms[p];
    }

    /** {@code batch × n}: scratch memory for the method until the cycle ends. */
    public Block spare() {
        return spare;
    }

    // ---- what a method computes

    /**
     * {@code out = T u}, counted as an evaluation of these rows.
     *
     * @throws IllegalStateException if a row has no product {@link #left} in this cycle
     */
    public void multiply(Block u, Block out, Rows rows) {
        requireLeft(rows);
        InputGuard.multiply(t, u, out, rows);
        record.evaluated(rows);
    }

    /** {@code out = Tᵀ u}, counted and limited as {@link #multiply}. */
    public void multiplyTransposed(Block u, Block out, Rows rows) {
        requireLeft(rows);
        int active = rows.count();
        t.applyTransposed(u, out, rows);
        InputGuard.requireRows("applyTransposed", "the operator", active, rows);
        record.evaluated(rows);
    }

    /** Adds corrections to the solutions of all open rows, by position. Overwrites the block. */
    public void correct(Block correction) {
        correct(correction, open);
    }

    /** Adds corrections to the solutions of some rows. Overwrites the block. The first call in a solve must be for all open rows. */
    public void correct(Block correction, Rows rows) {
        solutions.add(correction, rows);
    }

    /**
     * States the residual that the method predicts for row {@code b}. If it is {@link #within} the tolerance, and the true residual is not,
     * the next cycle aims lower.
     */
    public void claim(int b, double residual) {
        claims[b] = residual;
    }

    /** The last {@linkplain #claim claim} for row {@code b} in this cycle; NaN without one. */
    public double claimed(int b) {
        return claims[b];
    }

    /**
     * States why the method cannot continue with row {@code b}. After a {@link Status#BREAKDOWN} another cycle is tried, as long as the
     * residual falls. Any other reason ends the row, unless its true residual is a success.
     *
     * @param why null to take back an earlier reason
     * @throws IllegalArgumentException if the reason is a success, which only the loop may find
     */
    public void giveUp(int b, Status why) {
        if (why != null && why.isSuccess()) {
            throw new IllegalArgumentException(name + ": gave up row " + b + " with " + why + ", expected a status that is not a success");
        }
        trouble[b] = why;
    }

    /** The reason that the method gave up row {@code b} in this cycle; null if it did not. */
    public Status gaveUp(int b) {
        return trouble[b];
    }

    /** States that the next cycle of row {@code b} works in another way. Then the row does not end because this one gained nothing. */
    public void hope(int b) {
        hopeful[b] = true;
    }

    boolean isHopeful(int b) {
        return hopeful[b];
    }

    /** Records the largest relative residual after the last evaluation, for the trace. */
    public void record(double worst) {
        record.record(worst);
    }

    // ---- budgets, tolerances, units

    /** Evaluations that a cycle may still spend on row {@code b}. One more is kept for the true residual. */
    public int left(int b) {
        return limits != null ? limits[b] - record.evaluations(b) : stopping.maxEvaluations() - record.evaluations(b) - 1;
    }

    /** The number of cycles of this solve before the current one: 0 in the first. */
    public int cycle() {
        return cycle;
    }

    /** Whether a fixed number of evaluations is asked for, and no tolerance. */
    public boolean fixed() {
        return stopping.fixed();
    }

    /** Whether a trace is asked for. */
    public boolean traced() {
        return stopping.trace();
    }

    /** The norm of the right-hand side of this row in the scaled system, from 1 to 2. */
    public double unit(int b) {
        return scaling.unit(b);
    }

    /**
     * Whether a cycle may end for this row with a residual of this norm. The limit is the row's tolerance, halved each time a claim was
     * wrong.
     */
    public boolean within(int b, double residual) {
        return residual <= aim[b] * goal[b];
    }

    /** The norm that {@link #within} compares with; negative if a fixed number of evaluations is asked for. */
    double goal(int b) {
        return aim[b] * goal[b];
    }

    /** The outcome of the solve so far. */
    public Outcome progress() {
        return record;
    }

    // ---- for the loop

    /** A solve begins; tolerances and limits may be null. */
    void enter(LinearOperator t, double[] tolerances, int[] limits) {
        this.t = t;
        this.tolerances = tolerances;
        this.limits = limits;
        Arrays.fill(aim, 1);
        cycling = false;
        cycle = -1;
        forget();
    }

    /** The unit of row {@code b} is known, and so is the residual that meets its tolerances. */
    void fitted(int b) {
        goal[b] = stopping.fixed() ? -1 : Math.max(tolerance(b) * unit(b), scaling.absolute(b, stopping.absolute()));
    }

    /** The solve has ended. */
    void leave() {
        enter(null, null, null);
        open.truncate(0);
    }

    /** A cycle begins: the claims of the last cycle are dropped. */
    void begin() {
        forget();
        cycling = true;
        cycle++;
        record.cycled(open);
        going.copyFrom(open);
    }

    private void forget() {
        Arrays.fill(claims, Double.NaN);
        Arrays.fill(trouble, null);
        Arrays.fill(hopeful, false);
    }

    /** The cycle has ended: the loop computes true residuals. */
    void leaveCycle() {
        cycling = false;
    }

    /** Throws unless the method has left {@link #open} as it was. */
    void requireOpen(String call, int rows) {
        InputGuard.requireRows(call, who, rows, open);
    }

    /** Rows that have no product left leave the cycle. */
    void dropSpent() {
        int kept = 0;
        for (int p = 0; p < going.count(); p++) {
            int b = going.index(p);
            if (left(b) > 0) {
                going.place(kept++, b);
            }
        }
        going.truncate(kept);
    }

    private void requireLeft(Rows rows) {
        for (int p = 0; cycling && p < rows.count(); p++) {
            if (left(rows.index(p)) <= 0) {
                throw new IllegalStateException(name + ": a product for row " + rows.index(p) + " of the batch, which has none left in "
                        + "this cycle, expected at most left(b) products of row b");
            }
        }
    }

    /** {@code ‖r‖} by position, to be written by the loop. */
    double[] norms() {
        return norms;
    }

    /** The relative tolerance that row {@code b} must meet; 0 if a fixed number of evaluations is asked for. */
    double tolerance(int b) {
        return tolerances == null ? stopping.relative() : tolerances[b];
    }

    /** The next cycles aim lower: a cycle from just above the tolerance to just below it would gain less than rounding takes. */
    void aimLower(int b) {
        aim[b] /= 2;
    }
}
