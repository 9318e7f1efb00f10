package dev.zstar.solvers.ode;

import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;
import java.util.Arrays;

/** How a backward pass went, row by row. Rows are counted from 0. The layer overwrites this object in its next pass. */
public final class OdeGradientOutcome {
    /** What a backward pass did with the gradient of a row. */
    public enum Use {
        /** It was added. */
        ADDED,
        /** The forward solve failed, or the gradient given is not finite; nothing was added. */
        SKIPPED,
        /** Only a part was added to the gradients of θ and x, because the backward solve failed on its way. Discard the sums. */
        INCOMPLETE
    }

    private final OdeStatus[] forward;
    private final OdeStatus[] backward;
    private final Use[] use;
    private final double[] drift;
    private final double[] dt0;
    private final double[] dt1;
    private int batch;
    private int values;
    private int products;

    OdeGradientOutcome(int capacity) {
        forward = new OdeStatus[capacity];
        backward = new OdeStatus[capacity];
        use = new Use[capacity];
        drift = new double[capacity];
        dt0 = new double[capacity];
        dt1 = new double[capacity];
    }

    /** Takes the statuses of a forward pass. */
    void start(OdeOutcome solved) {
        batch = solved.batch();
        for (int b = 0; b < batch; b++) {
            forward[b] = solved.status(b);
        }
        clear();
    }

    void clear() {
        values = 0;
        products = 0;
        Arrays.fill(backward, null);
        Arrays.fill(use, null);
        Arrays.fill(drift, Double.NaN);
        Arrays.fill(dt0, Double.NaN);
        Arrays.fill(dt1, Double.NaN);
    }

    void spent(int values, int products) {
        this.values += values;
        this.products += products;
    }

    void backward(int b, OdeStatus status) {
        backward[b] = status;
    }

    void use(int b, Use use) {
        this.use[b] = use;
    }

    void drift(int b, double distance) {
        drift[b] = distance;
    }

    void start(int b, double derivative) {
        dt0[b] = derivative;
    }

    void end(int b, double derivative) {
        dt1[b] = derivative;
    }

    /** Rows of the batch. */
    public int batch() {
        return batch;
    }

    /** How the forward solve of row {@code b} ended. */
    public OdeStatus forward(int b) {
        return forward[Arguments.row("forward", b, batch)];
    }

    /** How the way back of row {@code b} ended; null before the backward pass, and if there was none. */
    public OdeStatus backward(int b) {
        return backward[Arguments.row("backward", b, batch)];
    }

    /** What the last backward pass did with the gradient of row {@code b}; null before it. */
    public Use use(int b) {
        return use[Arguments.row("use", b, batch)];
    }

    /**
     * {@code ‖z̃(t₀) - z₀‖} of row {@code b}, with z̃ the state that {@link OdeGradientMode.Reversed} integrates backwards. NaN for the
     * other modes, which do not reverse the solution, and for a row that was not integrated: one whose backward solve failed, or whose
     * gradient given is zero.
     */
    public double drift(int b) {
        return drift[Arguments.row("drift", b, batch)];
    }

    /**
     * {@code ∂L/∂t₀ = -⟨∂L/∂z₀, f(t₀, z₀)⟩} of row {@code b}, for a fixed start z₀. It is the derivative of the exact solution, in every
     * mode. NaN unless the gradient of the row was added.
     */
    public double startTimeGradient(int b) {
        return dt0[Arguments.row("startTimeGradient", b, batch)];
    }

    /** {@code ∂L/∂t₁ = ⟨∂L/∂z₁, f(t₁, z₁)⟩} of row {@code b}, the derivative of the exact solution. NaN if the row was skipped. */
    public double endTimeGradient(int b) {
        return dt1[Arguments.row("endTimeGradient", b, batch)];
    }

    /** The number of evaluations of f, for all active rows each, those of the two time gradients included. */
    public int evaluations() {
        return values;
    }

    /** The number of products with Jᵀ, each for all active rows. */
    public int products() {
        return products;
    }

    /** The number of rows with this use. */
    public int count(Use which) {
        int count = 0;
        for (int b = 0; b < batch; b++) {
            count += use[b] == which ? 1 : 0;
        }
        return count;
    }

    /** Whether the gradient of every row was added. */
    public boolean succeeded() {
        return count(Use.ADDED) == batch;
    }

    @Override
    public String toString() {
        String rows = Plural.of(batch, "row");
        if (batch > 0 && use[0] == null) {
            return "no gradients of " + rows + " yet";
        }
        String spent = Plural.of(products, "product") + " with Jᵀ and " + Plural.of(values, "evaluation") + " of f";
        if (succeeded()) {
            return "gradients of " + (batch == 1 ? "" : "all ") + rows + ", with " + spent;
        }
        int first = 0;
        while (use[first] == Use.ADDED) {
            first++;
        }
        return "gradients of " + rows + ": " + count(Use.ADDED) + " added, " + count(Use.SKIPPED) + " skipped, " + count(Use.INCOMPLETE)
                + " incomplete; " + why(first);
    }

    private String why(int b) {
        if (!forward[b].isSuccess()) {
            return "the forward solve of row " + b + " ended with " + forward[b];
        }
        return use[b] == Use.SKIPPED ? "the gradient given for row " + b + " is not finite"
                : "the way back of row " + b + " ended with " + backward[b];
    }
}
