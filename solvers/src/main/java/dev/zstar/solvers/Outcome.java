package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import java.util.Arrays;
import java.util.Locale;

/** How a solve ended, row by row. Belongs to its plan and is overwritten by the plan's next solve. */
public final class Outcome {
    private final Status[] status;
    private final double[] residual;
    private final double[] trace;
    private final int[] spent;
    private Block[] states = {};
    private int batch;
    private int evaluations;
    private int traced;
    private long rowEvaluations;

    Outcome(int capacity, Stopping stopping) {
        status = new Status[capacity];
        residual = new double[capacity];
        spent = new int[capacity];
        trace = new double[stopping.trace() ? stopping.maxEvaluations() : 0];
    }

    void start(int batch) {
        this.batch = batch;
        evaluations = 0;
        traced = 0;
        rowEvaluations = 0;
        Arrays.fill(status, null);
        Arrays.fill(residual, Double.POSITIVE_INFINITY);
        Arrays.fill(spent, 0);
    }

    /** Row {@code b} is a new problem. */
    void begin(int b) {
        status[b] = null;
        residual[b] = Double.POSITIVE_INFINITY;
        spent[b] = 0;
    }

    /** Row {@code b} has spent so many before. */
    void spent(int b, int evaluations) {
        spent[b] = evaluations;
    }

    void evaluated(int rows) {
        if (evaluations > 0 && evaluations < trace.length) {
            // An evaluation that is not judged leaves the residual as it was.
            trace[evaluations] = trace[evaluations - 1];
        }
        evaluations++;
        rowEvaluations += rows;
    }

    /** One evaluation of each of these rows. */
    void evaluated(Rows rows) {
        evaluated(rows.count());
        for (int p = 0; p < rows.count(); p++) {
            spent[rows.index(p)]++;
        }
    }

    void residual(int row, double residual) {
        this.residual[row] = residual;
    }

    void states(Block[] states) {
        this.states = states;
    }

    void record(double worst) {
        if (evaluations > 0 && evaluations <= trace.length) {
            trace[evaluations - 1] = worst;
            traced = evaluations;
        }
    }

    void end(int row, Status status, double residual) {
        this.status[row] = status;
        this.residual[row] = residual;
    }

    /** Rows of the batch that was solved. */
    public int batch() {
        return batch;
    }

    /** Why row {@code b} ended; null while it has not. */
    public Status status(int b) {
        return status[b];
    }

    /**
     * The relative residual of what was returned for row {@code b}, as measured by an evaluation at that very point: of a fixed point what
     * its tolerance is compared with, {@code ‖r‖ / max(‖f(z)‖, u ‖z₀‖)} ({@link Stopping#relative}); of a linear solve
     * {@code ‖b - (I - T) u‖ / ‖b‖}. Of a row that has not ended, that of its latest iterate.
     */
    public double residual(int b) {
        return residual[b];
    }

    /** The largest relative residual over the rows. */
    public double worstResidual() {
        double worst = 0;
        for (int b = 0; b < batch; b++) {
            worst = Math.max(worst, residual[b]);
        }
        return worst;
    }

    /** Evaluations of the map: its calls, each for all rows still active. */
    public int evaluations() {
        return evaluations;
    }

    /** Evaluations of row {@code b} of a fixed point. */
    public int evaluations(int b) {
        return spent[b];
    }

    /**
     * The states at the i-th of the evaluations that {@link Stopping#recorded} names, {@code batch × n}: the iterate that was evaluated
     * then, or the result of a row that had ended. The plan's, until its next solve.
     */
    public Block state(int i) {
        return states[i].head(batch);
    }

    /** Evaluations summed over the rows that took part in each. */
    public long rowEvaluations() {
        return rowEvaluations;
    }

    /** Whether every row has ended, and succeeded. */
    public boolean succeeded() {
        for (int b = 0; b < batch; b++) {
            if (status[b] == null || !status[b].isSuccess()) {
                return false;
            }
        }
        return true;
    }

    /** The largest relative residual over the active rows after each evaluation; empty unless asked for. */
    public double[] trace() {
        return Arrays.copyOf(trace, traced);
    }

    @Override
    public String toString() {
        int running = 0;
        int failed = 0;
        int first = -1;
        for (int b = 0; b < batch; b++) {
            if (status[b] == null) {
                running++;
            } else if (!status[b].isSuccess()) {
                failed++;
                first = first < 0 ? b : first;
            }
        }
        String largest = ", largest residual " + number(worstResidual());
        if (failed == 0) {
            return running == 0 ? "all " + batch + " rows solved in " + evaluations + " evaluations" + largest
                    : running + " of " + batch + " rows not solved yet after " + evaluations + " evaluations" + largest;
        }
        return failed + " of " + batch + " rows failed after " + evaluations + " evaluations" + (running == 0 ? "" : ", " + running + " not solved yet")
                + "; row " + first + ": " + status[first] + ", residual " + number(residual[first]);
    }

    private static String number(double x) {
        return String.format(Locale.ROOT, "%.2e", x);
    }
}
