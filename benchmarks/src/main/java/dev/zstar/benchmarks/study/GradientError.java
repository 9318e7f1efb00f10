package dev.zstar.benchmarks.study;

/** How far a gradient is from another one, over all parameters together. */
final class GradientError {
    private double difference;
    private double product;
    private double own;
    private double reference;

    /** Adds a parameter: the elements of its gradient and of the exact one, in the same order. */
    void add(double[] gradient, double[] exact) {
        for (int i = 0; i < exact.length; i++) {
            double value = gradient[i];
            double right = exact[i];
            difference += (value - right) * (value - right);
            product += value * right;
            own += value * value;
            reference += right * right;
        }
    }

    /** {@code ‖g - g*‖ / ‖g*‖}. */
    double relative() {
        return Math.sqrt(difference / reference);
    }

    /** The cosine of the angle between the two. */
    double cosine() {
        return product / Math.sqrt(own * reference);
    }
}
