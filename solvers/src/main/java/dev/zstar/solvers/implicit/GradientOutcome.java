package dev.zstar.solvers.implicit;

import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;
import java.util.Arrays;

/** How a backward pass went, row by row. Rows are counted from 0. The layer overwrites this object in its next pass. */
public final class GradientOutcome {
    /** What a backward pass did with the gradient of a row. */
    public enum Use {
        /** It was added. */
        ADDED,
        /** A solve failed; a damped Jacobian-free gradient was added instead. */
        DAMPED,
        /** A solve failed, and nothing was added. */
        SKIPPED,
        /**
         * Only a part was added, because the numbers left the range of the type on the way back through the steps of a network. Discard the
         * sums.
         */
        INCOMPLETE
    }

    private final Status[] forward;
    private final Status[] backward;
    private final double[] residual;
    private final int[] cycles;
    private final Use[] use;
    private int batch;
    private int evaluations;
    /** Those of {@link #evaluations} that are evaluations of f. */
    private int values;

    GradientOutcome(int capacity) {
        forward = new Status[capacity];
        backward = new Status[capacity];
        residual = new double[capacity];
        cycles = new int[capacity];
        use = new Use[capacity];
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
        values = 0;
        Arrays.fill(backward, null);
        Arrays.fill(use, null);
        Arrays.fill(residual, Double.NaN);
        Arrays.fill(cycles, 0);
    }

    /** Takes the outcome of a linear solve. */
    void take(Outcome solved) {
        evaluations += solved.evaluations();
        for (int b = 0; b < batch; b++) {
            backward[b] = solved.status(b);
            residual[b] = solved.residual(b);
            cycles[b] = solved.cycles(b);
        }
    }

    /** Every row completed, without a solve and so without a residual. */
    void complete() {
        Arrays.fill(backward, 0, batch, Status.COMPLETED_FIXED_STEPS);
    }

    /** A network spent products with Jᵀ, and evaluations of f to find states again. */
    void spent(int products, int values) {
        evaluations += products + values;
        this.values += values;
    }

    void broken(int b, Status why) {
        backward[b] = why;
    }

    void residual(int b, double residual) {
        this.residual[b] = residual;
    }

    void use(int b, Use use) {
        this.use[b] = use;
    }

    /** Rows of the batch. */
    public int batch() {
        return batch;
    }

    /** How the forward solve of row {@code b} ended. */
    public Status forward(int b) {
        return forward[Arguments.row("forward", b, batch)];
    }

    /**
     * How the solve for v of row {@code b} ended. It is {@link Status#COMPLETED_FIXED_STEPS} for modes that solve nothing, and null before
     * the backward pass.
     */
    public Status backward(int b) {
        return backward[Arguments.row("backward", b, batch)];
    }

    /**
     * {@code ‖g - (I - Jᵀ) v‖ / ‖g‖} of row {@code b}, if the mode computes it. For a truncated series it is the residual of the sum
     * without its last term. For {@link GradientMode.Reversible} it is an estimate of the relative error of the gradient from rounding.
     * It is NaN for modes that compute none. {@link EquilibriumLayer#report} computes {@code ‖g - (I - Jᵀ) v‖ / ‖g‖} for every mode.
     */
    public double residual(int b) {
        return residual[Arguments.row("residual", b, batch)];
    }

    /**
     * The cycles of the last linear solve for row {@code b}; 0 for modes without one. With the default mode more than 1 means that 20
     * steps of GMRES did not reach the tolerance, and that the row went on with IDR ({@link Outcome#cycles}).
     */
    public int cycles(int b) {
        return cycles[Arguments.row("cycles", b, batch)];
    }

    /** What the last backward pass did with the gradient of row {@code b}; null before it. */
    public Use use(int b) {
        return use[Arguments.row("use", b, batch)];
    }

    /**
     * The number of products with Jᵀ, each for all active rows. Modes that unroll also count the evaluations of f that they repeat.
     */
    public int evaluations() {
        return evaluations;
    }

    /** The number of rows with this use. */
    public int count(Use which) {
        int count = 0;
        for (int b = 0; b < batch; b++) {
            count += use[b] == which ? 1 : 0;
        }
        return count;
    }

    /** Whether the gradient of every row was added, without damping. */
    public boolean succeeded() {
        return count(Use.ADDED) == batch;
    }

    /** What a row that failed has tried. */
    private String tried(int b) {
        return cycles[b] > 1 && !backward[b].isSuccess() ? " in " + Plural.of(cycles[b], "cycle") : "";
    }

    @Override
    public String toString() {
        String rows = Plural.of(batch, "row");
        if (batch > 0 && use[0] == null) {
            return "no gradients of " + rows + " yet";
        }
        if (succeeded()) {
            return "gradients of " + (batch == 1 ? "" : "all ") + rows + ", with " + Plural.of(evaluations - values, "product")
                    + " with Jᵀ" + (values > 0 ? " and " + Plural.of(values, "evaluation") + " of f" : "");
        }
        int first = 0;
        while (use[first] == Use.ADDED) {
            first++;
        }
        boolean early = !forward[first].isSuccess();
        int incomplete = count(Use.INCOMPLETE);
        return "gradients of " + rows + ": " + count(Use.ADDED) + " added, " + count(Use.DAMPED) + " damped, " + count(Use.SKIPPED)
                + " skipped" + (incomplete > 0 ? ", " + incomplete + " incomplete" : "") + "; the " + (early ? "forward" : "backward")
                + " solve of row " + first + " ended with " + (early ? forward[first] : backward[first] + tried(first));
    }
}
