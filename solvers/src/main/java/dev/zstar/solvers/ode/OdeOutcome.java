package dev.zstar.solvers.ode;

import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;
import java.util.Arrays;

/**
 * How a solve ended, row by row. It belongs to its solver, whose next solve overwrites it. Methods that take the number of a row throw
 * {@link IndexOutOfBoundsException} if the solve had no such row.
 */
public final class OdeOutcome {
    private final OdeStatus[] status;
    private final double[] time;
    private final double[] goal;
    private final int[] evaluations;
    private final int[] accepted;
    private final int[] rejected;
    private final int[] event;
    private final boolean[] solved;
    private int batch;
    private int calls;
    private long rowEvaluations;

    OdeOutcome(int capacity) {
        status = new OdeStatus[capacity];
        time = new double[capacity];
        goal = new double[capacity];
        evaluations = new int[capacity];
        accepted = new int[capacity];
        rejected = new int[capacity];
        event = new int[capacity];
        solved = new boolean[capacity];
    }

    // ---- for the solver

    void start(int batch) {
        this.batch = batch;
        calls = 0;
        rowEvaluations = 0;
        Arrays.fill(status, null);
        Arrays.fill(time, Double.NaN);
        Arrays.fill(evaluations, 0);
        Arrays.fill(accepted, 0);
        Arrays.fill(rejected, 0);
        Arrays.fill(event, -1);
        Arrays.fill(solved, false);
    }

    void begin(int b, double from, double to) {
        solved[b] = true;
        time[b] = from;
        goal[b] = to;
    }

    void evaluated(Rows rows, int count) {
        calls += count;
        rowEvaluations += (long) count * rows.count();
        for (int p = 0; p < rows.count(); p++) {
            evaluations[rows.index(p)] += count;
        }
    }

    void accept(int b) {
        accepted[b]++;
    }

    void reject(int b) {
        rejected[b]++;
    }

    void reached(int b, double t) {
        time[b] = t;
    }

    void event(int b, int e) {
        event[b] = e;
    }

    void end(int b, OdeStatus why) {
        status[b] = why;
    }

    // ---- for users

    /** The number of rows of the solve. */
    public int batch() {
        return batch;
    }

    /** Why row {@code b} ended; null while it is active. */
    public OdeStatus status(int b) {
        return status[Arguments.row("status", b, batch)];
    }

    /** The time of the state that row {@code b} has reached. */
    public double time(int b) {
        return time[Arguments.row("time", b, batch)];
    }

    /** The number of evaluations of f that row {@code b} took part in. */
    public int evaluations(int b) {
        return evaluations[Arguments.row("evaluations", b, batch)];
    }

    /** The number of accepted steps of row {@code b}. */
    public int accepted(int b) {
        return accepted[Arguments.row("accepted", b, batch)];
    }

    /** The number of rejected steps of row {@code b}. */
    public int rejected(int b) {
        return rejected[Arguments.row("rejected", b, batch)];
    }

    /** The index of the event that ended row {@code b}, or -1. */
    public int event(int b) {
        return event[Arguments.row("event", b, batch)];
    }

    /** The number of calls of f. One call evaluates all active rows. */
    public int evaluations() {
        return calls;
    }

    /** The sum over all calls of the number of rows that took part. */
    public long rowEvaluations() {
        return rowEvaluations;
    }

    /** Whether every row has ended with a success ({@link OdeStatus#isSuccess}). */
    public boolean succeeded() {
        return firstFailure() < 0;
    }

    private int firstFailure() {
        for (int b = 0; b < batch; b++) {
            if (solved[b] && (status[b] == null || !status[b].isSuccess())) {
                return b;
            }
        }
        return -1;
    }

    /** How row {@code b} ended, in a sentence. Allocates. */
    public String sentence(int b) {
        OdeStatus why = status(b);
        String where = " at t = " + time[b];
        String steps = " after " + Plural.of(accepted[b], "step") + " and " + Plural.of(evaluations[b], "evaluation");
        String row = "Row " + b;
        if (why == null) {
            return row + (solved[b] ? " is" + where + steps + "." : " did not take part.");
        }
        return row + switch (why) {
            case REACHED_END -> " reached the end" + where + steps + ".";
            case ENDED_BY_EVENT -> " was ended by event " + event[b] + where + steps + ".";
            case STOPPED_BY_OBSERVER -> " was stopped by the observer" + where + steps + ".";
            case CANCELLED -> " was cancelled" + where + steps + ".";
            case MAX_EVALUATIONS -> " spent its budget" + where + " of " + goal[b] + steps + ", " + Plural.of(rejected[b], "rejected step")
                    + " included. If the steps are short because the equation is stiff, an explicit method is the wrong one; otherwise a "
                    + "larger budget or tolerance helps.";
            case STEP_TOO_SMALL -> " stopped" + where + " of " + goal[b] + steps + ": the tolerance asks for a step that is too short to "
                    + "change the time. The solution may become infinite here, f may have a jump, or the tolerance is too small.";
            case NONFINITE_INPUT -> " starts at NaN or infinity.";
            case NONFINITE_FUNCTION -> " stopped" + where + " of " + goal[b] + steps + ": f or the next state was NaN or infinite.";
        };
    }

    @Override
    public String toString() {
        int failure = firstFailure();
        return failure >= 0 ? sentence(failure)
                : Plural.of(batch, "row") + " solved in " + Plural.of(calls, "evaluation");
    }
}
