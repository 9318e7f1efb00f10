package dev.zstar.kernels;

import dev.zstar.kernels.jvm.Fma;

/**
 * An elementwise function {@code φ}. The formulas avoid cancellation in the tails; f64 results are accurate to a few units in the last
 * place. An engine may return 0 if the result has an exponential factor below the smallest normal number. NaN stays NaN.
 */
public enum Activation {
    /** {@code φ(x) = x}. */
    IDENTITY,
    /** {@code φ(x) = max(x, 0)}; the derivative at 0 is 0. */
    RELU,
    /** {@code φ(x) = max(x, 0.01 x)}; the derivative at 0 is 0.01: see {@link #LEAK}. */
    LEAKY_RELU,
    /** {@code φ(x) = tanh x}, with {@code φ' = 1 - φ²}. */
    TANH,
    /** {@code φ(x) = σ(x) = 1 / (1 + exp(-x))}. */
    SIGMOID,
    /** {@code φ(x) = log(1 + exp x)}, with {@code φ' = σ}. */
    SOFTPLUS,
    /**
     * {@code φ(x) = x (1 + tanh u) / 2 = x σ(2u)}, {@code u = √(2/π) (x + 0.044715 x³)}: the approximation of {@link #GELU} by a hyperbolic
     * tangent (Hendrycks and Gimpel 2016).
     */
    GELU_TANH,
    /** {@code φ(x) = x Φ(x)} with the normal distribution {@code Φ(x) = erfc(-x/√2) / 2}. */
    GELU,
    /** {@code φ(x) = x σ(x)}. */
    SILU;

    /** The slope of {@link #LEAKY_RELU} below 0. */
    public static final double LEAK = 0.01;

    /** Beyond this every tail is 0 in f64. It is finite, because {@code 0 · ∞} is not 0. */
    private static final double FAR = 1e4;

    /** {@code √(8/π)} as the sum of two doubles. */
    private static final double LINEAR = 0x1.9884533d43651p0;

    private static final double LINEAR_LOW = -0x1.cbc0d30ebfd15p-54;
    /** {@code 0.044715 √(8/π)} as the sum of two doubles. */
    private static final double CUBIC = 0x1.2444f2a4d8b4bp-4;

    private static final double CUBIC_LOW = -0x1.6c843a29d1c70p-61;

    /** The function in f64. */
    public double apply(double x) {
        return switch (this) {
            case IDENTITY -> x;
            case RELU -> Math.max(x, 0);
            case LEAKY_RELU -> Math.max(x, LEAK * x);
            case TANH -> Math.tanh(x);
            case SIGMOID -> gate(x, decay(x));
            case SOFTPLUS -> Math.max(x, 0) + Math.log1p(decay(x));
            case GELU_TANH -> Math.max(x, -FAR) * gate(x, exp2u(x));
            case GELU -> Math.max(x, -FAR) * Normal.cdf(x);
            case SILU -> Math.max(x, -FAR) * gate(x, decay(x));
        };
    }

    /** The derivative in f64. */
    public double derivative(double x) {
        double near = Math.max(-FAR, Math.min(x, FAR));
        return switch (this) {
            case IDENTITY -> 1;
            case RELU -> x > 0 ? 1 : x <= 0 ? 0 : x;
            case LEAKY_RELU -> x > 0 ? 1 : x <= 0 ? LEAK : x;
            case TANH -> 1 - Math.tanh(x) * Math.tanh(x);
            case SIGMOID -> gate(x, decay(x)) * gate(-x, decay(x));
            case SOFTPLUS -> gate(x, decay(x));
            case GELU_TANH -> gateSlope(near * (LINEAR + 3 * CUBIC * near * near), exp2u(x));
            case GELU -> Normal.cdf(x) + near * Normal.density(x);
            case SILU -> gateSlope(near, decay(x));
        };
    }

    /**
     * The second derivative in f64. It is 0 for {@link #IDENTITY}, {@link #RELU} and {@link #LEAKY_RELU}, even at a kink. Each of the
     * others is a positive factor, which vanishes in the tails, times a sum of few terms.
     */
    public double secondDerivative(double x) {
        double near = Math.max(-FAR, Math.min(x, FAR));
        return switch (this) {
            case IDENTITY -> 0;
            case RELU, LEAKY_RELU -> Double.isNaN(x) ? x : 0;
            // φ' = 4 σ'(2x).
            case TANH -> -8 * Math.tanh(x) * bell(decay(2 * x));
            case SIGMOID -> -Math.tanh(x / 2) * bell(decay(x));
            case SOFTPLUS -> bell(decay(x));
            case GELU_TANH -> {
                // Of x σ(y): σ'(y) (2 y' + x y'' - x y'² tanh(y/2)), where 2 y' + x y'' = 2 LINEAR + 12 CUBIC x².
                double e = exp2u(x);
                double slope = LINEAR + 3 * CUBIC * near * near;
                yield bell(e) * (2 * LINEAR + 12 * CUBIC * near * near - Math.abs(near) * slope * slope * ((1 - e) / (1 + e)));
            }
            case GELU -> Normal.density(x) * (2 - near * near - Fma.error(near, near, near * near));
            case SILU -> bell(decay(x)) * (2 - near * Math.tanh(near / 2));
        };
    }

    /** {@code σ'(y) = e / (1 + e)²}, with {@code e = exp(-|y|)}. */
    private static double bell(double e) {
        return e / ((1 + e) * (1 + e));
    }

    private static double decay(double x) {
        return Math.exp(-Math.abs(x));
    }

    /** {@code σ(y)}, from the sign of y and {@code e = exp(-|y|)}. */
    private static double gate(double y, double e) {
        return (y < 0 ? e : 1) / (1 + e);
    }

    /** {@code σ (1 + w (1 - σ))}, from the sign of w and {@code e}: the derivative of {@code x σ(y(x))} for {@code w = x y'}. */
    private static double gateSlope(double w, double e) {
        double p = w < 0 ? e : 1;
        double q = w < 0 ? 1 : e;
        return p * (1 + e + w * q) / ((1 + e) * (1 + e));
    }

    /**
     * {@code exp(-|2u|)}. The relative error of 2u is multiplied by |2u|, so 2u is computed in two parts, {@code y + low}. Each
     * {@code …Low} is a rounding error.
     */
    private static double exp2u(double x) {
        double a = Math.min(Math.abs(x), FAR);
        double square = a * a;
        double squareLow = Fma.error(a, a, square);
        double cubic = CUBIC * square;
        double cubicLow = Fma.error(CUBIC, square, cubic) + CUBIC_LOW * square + CUBIC * squareLow;
        double sum = LINEAR + cubic;
        double back = sum - LINEAR;
        double sumLow = LINEAR - (sum - back) + (cubic - back) + LINEAR_LOW + cubicLow;
        double y = a * sum;
        double low = Fma.error(a, sum, y) + a * sumLow;
        double e = Math.exp(-y);
        return e - e * low;
    }
}
