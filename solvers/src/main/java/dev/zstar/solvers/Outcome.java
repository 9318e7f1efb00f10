package dev.zstar.solvers;

import java.util.Arrays;

/** How a solve ended, row by row. Belongs to its plan and is overwritten by the plan's next solve. */
public final class Outcome {
    private final Status[] status;
    private final double[] residual;
    private final double[] trace;
    private int batch;
    private int evaluations;
    private long rowEvaluations;

    Outcome(int capacity, Stopping stopping) {
        status = new Status[capacity];
        residual = new double[capacity];
        trace = new double[stopping.trace() ? stopping.maxEvaluations() : 0];
    }

    void start(int batch) {
        this.batch = batch;
        evaluations = 0;
        rowEvaluations = 0;
        Arrays.fill(status, null);
        Arrays.fill(residual, Double.POSITIVE_INFINITY);
    }

    void evaluated(int rows) {
        evaluations++;
        rowEvaluations += rows;
    }

    void record(double worst) {
        if (trace.length > 0) {
            trace[evaluations - 1] = worst;
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

    /** Why row {@code b} ended. */
    public Status status(int b) {
        return status[b];
    }

    /** The relative residual of what was returned for row {@code b}, as measured by an evaluation at that very point. */
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

    /** Evaluations summed over the rows that took part in each. */
    public long rowEvaluations() {
        return rowEvaluations;
    }

    /** Whether every row succeeded. */
    public boolean succeeded() {
        for (int b = 0; b < batch; b++) {
            if (!status[b].isSuccess()) {
                return false;
            }
        }
        return true;
    }

    /** The largest relative residual over the active rows after each evaluation; empty unless asked for. */
    public double[] trace() {
        return Arrays.copyOf(trace, Math.min(trace.length, evaluations));
    }

    @Override
    public String toString() {
        if (succeeded()) {
            return "all " + batch + " rows solved in " + evaluations + " evaluations, largest residual "
                    + String.format("%.2e", worstResidual());
        }
        int failed = 0;
        int first = -1;
        for (int b = 0; b < batch; b++) {
            if (!status[b].isSuccess()) {
                failed++;
                first = first < 0 ? b : first;
            }
        }
        return failed + " of " + batch + " rows failed after " + evaluations + " evaluations; row " + first + ": " + status[first]
                + ", residual " + String.format("%.2e", residual[first]);
    }
}
