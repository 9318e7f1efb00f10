package dev.zstar.benchmarks.jmh.peers;

import dev.zstar.kernels.Type;

/** The expected answer, and a bound of the error of each element. */
final class Expected {
    /** Roundings in addition to those of the sum: of a scaled operand and its square, of a root, and of the result. */
    private static final int SLACK = 8;

    private final double[] values;
    private final double[] bounds;

    private Expected(double[] values, double[] bounds) {
        this.values = values;
        this.bounds = bounds;
    }

    /**
     * Sums of {@code terms} products, in any order, fused or not: {@code |ŷ - y| ≤ γ_k Σ|terms|} with {@code γ_k = k u / (1 - k u)}
     * (Higham, <i>Accuracy and Stability of Numerical Algorithms</i>, section 3.1). The bound counts once for the answer, and once for the
     * reference, which is summed in f64.
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

    /** Throws if an element is outside its bound, and names the first. */
    void check(double[] answer) {
        if (answer.length != values.length) {
            throw new IllegalStateException("the answer has " + answer.length + " elements; expected " + values.length);
        }
        for (int i = 0; i < values.length; i++) {
            // Written so that NaN fails.
            if (!(Math.abs(answer[i] - values[i]) <= bounds[i])) {
                throw new IllegalStateException(
                        "element " + i + " of the answer is " + answer[i] + "; expected " + values[i] + " ± " + bounds[i]);
            }
        }
    }
}
