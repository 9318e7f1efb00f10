package dev.zstar.solvers.implicit;

import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import java.util.Arrays;

/** How a backward pass went, row by row. The layer overwrites it in its next pass. */
public final class GradientOutcome {
    /** What became of a row's gradient. */
    public enum Fate {
        /** It was added. */
        USED,
        /** A solve failed; a damped Jacobian-free gradient was added instead. */
        DAMPED,
        /** A solve failed, and nothing was added. */
        SKIPPED
    }

    private final Status[] forward;
    private final Status[] backward;
    private final double[] residual;
    private final Fate[] fate;
    private int batch;
    private int evaluations;

    GradientOutcome(int capacity) {
        forward = new Status[capacity];
        backward = new Status[capacity];
        residual = new double[capacity];
        fate = new Fate[capacity];
    }

    /** Takes the statuses of a forward pass. */
    void start(Outcome solved) {
        batch = solved.batch();
        for (int b = 0; b < batch; b++) {
            forward[b] = solved.status(b);
        }
        clear();
    }

    void clear() {
        evaluations = 0;
        Arrays.fill(backward, null);
        Arrays.fill(fate, null);
        Arrays.fill(residual, Double.NaN);
    }

    /** Takes the outcome of a linear solve. */
    void take(Outcome solved) {
        evaluations += solved.evaluations();
        for (int b = 0; b < batch; b++) {
            backward[b] = solved.status(b);
            residual[b] = solved.residual(b);
        }
    }

    /** Every row completed, without a solve and so without a residual. */
    void complete() {
        Arrays.fill(backward, 0, batch, Status.COMPLETED_FIXED_STEPS);
    }

    void spent(int count) {
        evaluations += count;
    }

    void broken(int b, Status why) {
        backward[b] = why;
    }

    void fate(int b, Fate fate) {
        this.fate[b] = fate;
    }

    /** Rows of the batch. */
    public int batch() {
        return batch;
    }

    /** How the forward solve of row {@code b} ended. */
    public Status forward(int b) {
        return forward[b];
    }

    /** How the solve for v of row {@code b} ended; {@link Status#COMPLETED_FIXED_STEPS} where nothing is solved. */
    public Status backward(int b) {
        return backward[b];
    }

    /**
     * {@code ‖g - (I - Jᵀ) v‖ / ‖g‖} of row {@code b} if a solver computed it. For a series it is the residual with one term less; else
     * NaN. {@link GradientReport} measures it for every mode.
     */
    public double residual(int b) {
        return residual[b];
    }

    /** What became of the gradient of row {@code b}. */
    public Fate fate(int b) {
        return fate[b];
    }

    /** Products with Jᵀ. Modes that unroll add the evaluations of f that were repeated. Counts calls, each for all active rows. */
    public int evaluations() {
        return evaluations;
    }

    /** How many rows had this fate. */
    public int count(Fate which) {
        int count = 0;
        for (int b = 0; b < batch; b++) {
            count += fate[b] == which ? 1 : 0;
        }
        return count;
    }

    /** Whether the gradient of every row was added, undamped. */
    public boolean succeeded() {
        return count(Fate.USED) == batch;
    }

    @Override
    public String toString() {
        if (succeeded()) {
            return "gradients of all " + batch + " rows in " + evaluations + " evaluations";
        }
        int first = 0;
        while (fate[first] == Fate.USED) {
            first++;
        }
        boolean early = !forward[first].isSuccess();
        return "gradients of " + batch + " rows: " + count(Fate.SKIPPED) + " skipped, " + count(Fate.DAMPED) + " damped; the "
                + (early ? "forward" : "backward") + " solve of row " + first + " ended with " + (early ? forward[first] : backward[first]);
    }
}
