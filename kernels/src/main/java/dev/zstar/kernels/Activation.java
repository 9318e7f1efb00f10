package dev.zstar.kernels;

/** An elementwise function {@code φ}. */
public enum Activation {
    /** {@code φ(x) = x}. */
    IDENTITY,
    /** {@code φ(x) = max(x, 0)}; NaN stays NaN; the derivative at 0 is 0. */
    RELU,
    /** {@code φ(x) = tanh x}, with {@code φ' = 1 - φ²}. */
    TANH;

    /** The function in f64. */
    public double apply(double x) {
        return switch (this) {
            case IDENTITY -> x;
            case RELU -> Math.max(x, 0);
            case TANH -> Math.tanh(x);
        };
    }

    /** The derivative in f64. */
    public double derivative(double x) {
        return switch (this) {
            case IDENTITY -> 1;
            case RELU -> x > 0 ? 1 : x <= 0 ? 0 : x;
            case TANH -> 1 - Math.tanh(x) * Math.tanh(x);
        };
    }
}
