package dev.zstar.benchmarks.language;

/** What some steps of training did, on average. */
public final class TrainingMeans {
    private int steps;
    private double loss;
    private long forward;
    private long backward;
    private double residual;
    private int skipped;

    /** No step yet. */
    public TrainingMeans() {
        // Nothing to set.
    }

    /** Adds a step. */
    public void add(DeqTransformer.Step step) {
        steps++;
        loss += step.loss();
        forward += step.forward();
        backward += step.backward();
        residual = Math.max(residual, step.residual());
        skipped += step.skipped();
    }

    /** The number of steps. */
    public int steps() {
        return steps;
    }

    /** The mean loss, in nats. */
    public double loss() {
        return loss / steps;
    }

    /** Mean evaluations of a forward solve, until its last sequence has ended. */
    public double forward() {
        return (double) forward / steps;
    }

    /** Mean products with Jᵀ of a backward solve, until its last sequence has ended. */
    public double backward() {
        return (double) backward / steps;
    }

    /** The largest relative residual of all sequences. */
    public double residual() {
        return residual;
    }

    /** Sequences that were skipped, of all steps together. */
    public int skipped() {
        return skipped;
    }
}
