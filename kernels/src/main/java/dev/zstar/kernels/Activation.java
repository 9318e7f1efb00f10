package dev.zstar.kernels;

/** An elementwise function, and its derivative as a function of its own value (which is what a backward pass still has). */
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

    /** The derivative at the point where the function has the value {@code y}. */
    public double derivativeAtValue(double y) {
        return switch (this) {
            case IDENTITY -> 1;
            case RELU -> y > 0 ? 1 : y <= 0 ? 0 : y;
            case TANH -> 1 - y * y;
        };
    }
}
