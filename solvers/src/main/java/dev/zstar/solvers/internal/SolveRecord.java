package dev.zstar.solvers.internal;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;
import java.util.Arrays;
import java.util.Locale;

/** The outcome that a solver writes while it runs. The methods here are for the solver. A user reads {@link Outcome}. */
public final class SolveRecord implements Outcome {
    private final Status[] status;
    private final double[] residual;
    private final double[] latest;
    private final double[] distance;
    private final double[] trace;
    private final int[] spent;
    private final int[] cycles;
    private Block[] states = {};
    private int batch;
    private int evaluations;
    private int traced;
    private long rowEvaluations;

    /** Holds up to {@code capacity} rows. */
    public SolveRecord(int capacity, Stopping stopping) {
        status = new Status[capacity];
        residual = new double[capacity];
        latest = new double[capacity];
        distance = new double[capacity];
        spent = new int[capacity];
        cycles = new int[capacity];
        trace = new double[stopping.trace() ? stopping.maxEvaluations() : 0];
    }

    /** A new solve of {@code batch} rows starts. */
    public void start(int batch) {
        this.batch = batch;
        evaluations = 0;
        traced = 0;
        rowEvaluations = 0;
        Arrays.fill(status, null);
        Arrays.fill(residual, Double.POSITIVE_INFINITY);
        Arrays.fill(latest, Double.NaN);
        Arrays.fill(distance, Double.NaN);
        Arrays.fill(spent, 0);
        Arrays.fill(cycles, 0);
    }

    /** A new problem begins in row {@code b}. */
    public void begin(int b) {
        status[b] = null;
        residual[b] = Double.POSITIVE_INFINITY;
        latest[b] = Double.NaN;
        distance[b] = Double.NaN;
        spent[b] = 0;
    }

    /** Sets the number of evaluations that row {@code b} has already spent. */
    public void spent(int b, int evaluations) {
        spent[b] = evaluations;
    }

    /** Counts one evaluation of {@code rows} rows for the solve, but for none of its rows. */
    public void evaluated(int rows) {
        if (evaluations > 0 && evaluations < trace.length) {
            // An evaluation that is not judged repeats the last entry.
            trace[evaluations] = trace[evaluations - 1];
        }
        evaluations++;
        rowEvaluations += rows;
    }

    /** Counts one evaluation for the solve and for each of these rows. */
    public void evaluated(Rows rows) {
        evaluated(rows.count());
        for (int p = 0; p < rows.count(); p++) {
            spent[rows.index(p)]++;
        }
    }

    /** These rows begin another cycle of a linear method. */
    public void cycled(Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            cycles[rows.index(p)]++;
        }
    }

    /** Sets the relative residual of the latest iterate of a row, which was just measured. */
    public void measured(int row, double residual) {
        this.residual[row] = residual;
        latest[row] = residual;
    }

    /** Row {@code row} has ended like row {@code other} of another solve. Several threads may do this for different rows. */
    public void adopt(int row, SolveRecord from, int other) {
        status[row] = from.status[other];
        residual[row] = from.residual[other];
        latest[row] = from.latest[other];
        distance[row] = from.distance[other];
        spent[row] = from.spent[other];
        cycles[row] = from.cycles[other];
    }

    /** Counts the evaluations of all rows, which ended at different times. */
    public void countRows() {
        for (int b = 0; b < batch; b++) {
            evaluations = Math.max(evaluations, spent[b]);
            rowEvaluations += spent[b];
        }
    }

    /** Sets the distance of the result of a row from its start. */
    public void distance(int row, double distance) {
        this.distance[row] = distance;
    }

    /** Corrects the relative residual of a row. */
    public void residual(int row, double residual) {
        this.residual[row] = residual;
    }

    /** Sets the blocks that hold the recorded states. */
    public void states(Block[] states) {
        this.states = states;
    }

    /** Records the largest residual after the last evaluation, for the trace. */
    public void record(double worst) {
        if (evaluations > 0 && evaluations <= trace.length) {
            trace[evaluations - 1] = worst;
            traced = evaluations;
        }
    }

    /** Ends a row. */
    public void end(int row, Status status, double residual) {
        this.status[row] = status;
        this.residual[row] = residual;
    }

    @Override
    public int batch() {
        return batch;
    }

    @Override
    public Status status(int b) {
        return status[Arguments.row("status", b, batch)];
    }

    @Override
    public double residual(int b) {
        return residual[Arguments.row("residual", b, batch)];
    }

    @Override
    public double latestResidual(int b) {
        return latest[Arguments.row("latestResidual", b, batch)];
    }

    @Override
    public double distance(int b) {
        return distance[Arguments.row("distance", b, batch)];
    }

    @Override
    public double worstResidual() {
        double worst = 0;
        for (int b = 0; b < batch; b++) {
            worst = Math.max(worst, residual[b]);
        }
        return worst;
    }

    @Override
    public int evaluations() {
        return evaluations;
    }

    @Override
    public int evaluations(int b) {
        return spent[Arguments.row("evaluations", b, batch)];
    }

    @Override
    public int cycles(int b) {
        return cycles[Arguments.row("cycles", b, batch)];
    }

    @Override
    public Block state(int i) {
        return states[Arguments.index("state", "recorded state", i, states.length)].head(batch);
    }

    @Override
    public long rowEvaluations() {
        return rowEvaluations;
    }

    @Override
    public boolean succeeded() {
        for (int b = 0; b < batch; b++) {
            if (status[b] == null || !status[b].isSuccess()) {
                return false;
            }
        }
        return true;
    }

    @Override
    public double[] trace() {
        return Arrays.copyOf(trace, traced);
    }

    @Override
    public String toString() {
        int running = 0;
        int failed = 0;
        int untested = 0;
        int stopped = 0;
        int first = -1;
        for (int b = 0; b < batch; b++) {
            if (status[b] == null) {
                running++;
            } else if (!status[b].isSuccess()) {
                failed++;
                first = first < 0 ? b : first;
            } else if (status[b] == Status.COMPLETED_FIXED_STEPS) {
                untested++;
            } else if (status[b] == Status.STOPPED_BY_OBSERVER) {
                stopped++;
            }
        }
        String rows = " of " + Plural.of(batch, "row");
        String spent = Plural.of(evaluations, "evaluation");
        String largest = ", largest relative residual " + number(worstResidual());
        if (failed > 0) {
            return failed + rows + " failed after " + spent + (running == 0 ? "" : ", " + running + " not solved yet")
                    + "; row " + first + ": " + status[first] + ", relative residual " + number(residual[first]);
        }
        if (running > 0) {
            return running + rows + " not solved yet after " + spent + largest;
        }
        if (stopped > 0) {
            return stopped + rows + " stopped by the observer within " + spent + largest;
        }
        return untested > 0 ? untested + rows + " completed " + spent + " without a test" + largest
                : batch + rows + " solved in " + spent + largest;
    }

    private static String number(double x) {
        return String.format(Locale.ROOT, "%.2e", x);
    }
}
