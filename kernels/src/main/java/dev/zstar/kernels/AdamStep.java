package dev.zstar.kernels;

/**
 * The numbers of a step of Adam: see {@link Updates#adam}. One object serves all steps: {@link #set} gives it the numbers of the next, so
 * that training allocates nothing. Do not call it during a step that uses the object. Not thread-safe.
 */
public final class AdamStep {
    private final double beta1;
    private final double beta2;
    private final double epsilon;
    private double rate;
    private double decay;
    private int step;
    private double scale;

    /**
     * Checks the ranges.
     *
     * @param rate the learning rate η, at least 0
     * @param beta1 the decay of the first moment, {@code 0 ≤ β₁ < 1}; mostly 0.9
     * @param beta2 the decay of the second moment, {@code 0 ≤ β₂ < 1}; mostly 0.999
     * @param epsilon the term ε that keeps the denominator positive, above 0; mostly 1e-8
     * @param decay the decoupled weight decay λ, at least 0
     * @param step the number t of this step, from 1 on
     * @param scale a factor of the gradient, such as 1, or less to clip its norm
     */
    public AdamStep(double rate, double beta1, double beta2, double epsilon, double decay, int step, double scale) {
        require("beta1", beta1, "0 ≤ beta1 < 1", beta1 >= 0 && beta1 < 1);
        require("beta2", beta2, "0 ≤ beta2 < 1", beta2 >= 0 && beta2 < 1);
        require("epsilon", epsilon, "more than 0", epsilon > 0);
        this.beta1 = beta1;
        this.beta2 = beta2;
        this.epsilon = epsilon;
        set(rate, decay, step, scale);
    }

    /** Sets the numbers of another step, which have the ranges of the constructor. */
    public void set(double rate, double decay, int step, double scale) {
        require("rate", rate, "at least 0", rate >= 0);
        require("decay", decay, "at least 0", decay >= 0);
        require("scale", scale, "a finite number", true);
        if (step < 1) {
            throw new IllegalArgumentException("an Adam step: step is " + step + ", expected at least 1");
        }
        this.rate = rate;
        this.decay = decay;
        this.step = step;
        this.scale = scale;
    }

    private static void require(String name, double value, String expected, boolean inRange) {
        if (!inRange || !(Math.abs(value) < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("an Adam step: " + name + " is " + value + ", expected " + expected);
        }
    }

    /** η. */
    public double rate() {
        return rate;
    }

    /** β₁. */
    public double beta1() {
        return beta1;
    }

    /** β₂. */
    public double beta2() {
        return beta2;
    }

    /** ε. */
    public double epsilon() {
        return epsilon;
    }

    /** λ. */
    public double decay() {
        return decay;
    }

    /** t. */
    public int step() {
        return step;
    }

    /** The factor of the gradient. */
    public double scale() {
        return scale;
    }

    /** {@code c₁ = 1 - β₁ᵗ}: the share of past gradients in the first moment, which started at 0. */
    public double correction1() {
        // StrictMath.pow allocates.
        return 1 - Math.pow(beta1, step);
    }

    /** {@code c₂ = 1 - β₂ᵗ}: the same for the second moment. */
    public double correction2() {
        return 1 - Math.pow(beta2, step);
    }

    /** All numbers by name. */
    @Override
    public String toString() {
        return "AdamStep[rate=" + rate + ", beta1=" + beta1 + ", beta2=" + beta2 + ", epsilon=" + epsilon + ", decay=" + decay + ", step="
                + step + ", scale=" + scale + "]";
    }
}
