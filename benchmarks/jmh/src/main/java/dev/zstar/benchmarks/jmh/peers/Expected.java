package dev.zstar.benchmarks.jmh.peers;

import dev.zstar.kernels.Type;

/** What must come out, and how far from it each element may be. */
final class Expected {
    /** Roundings beside those of the sum: of a scaled operand and its square, of a root, of the result to its type. */
    private static final int SLACK = 8;

    private final double[] values;
    private final double[] bounds;

    private Expected(double[] values, double[] bounds) {
        this.values = values;
        this.bounds = bounds;
    }

    /**
     * Sums of {@code terms} products, in any order, fused or not: {@code |ŷ - y| ≤ γ_k Σ|terms|} with {@code γ_k = k u / (1 - k u)}
     * (Higham, <i>Accuracy and Stability of Numerical Algorithms</i>, section 3.1), once for the answer and once for the reference,
     * which was summed in f64.
     */
    static Expected sum(Type type, int terms, double[] values, double[] magnitudes) {
        double relative = gamma(terms + SLACK, type.unitRoundoff()) + gamma(terms + SLACK, Type.F64.unitRoundoff());
        double[] bounds = new double[values.length];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = relative * magnitudes[i];
        }
        return new Expected(values, bounds);
    }

    private static double gamma(int k, double u) {
        return k * u / (1 - k * u);
    }

    /** Throws, naming the first element that is too far away. */
    void check(double[] answer) {
        if (answer.length != values.length) {
            throw new IllegalStateException("the answer has " + answer.length + " elements, expected " + values.length);
        }
        for (int i = 0; i < values.length; i++) {
            // Written so that NaN fails.
            if (!(Math.abs(answer[i] - values[i]) <= bounds[i])) {
                throw new IllegalStateException(
                        "element " + i + " of the answer is " + answer[i] + ", expected " + values[i] + " ± " + bounds[i]);
            }
        }
    }
}
