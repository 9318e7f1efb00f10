package dev.zstar.kernels;

import dev.zstar.kernels.jvm.Fma;

/** The standard normal distribution, with a relative error of a few units in the last place, even in the lower tail. */
final class Normal {
    private static final double DENSITY = 0x1.9884533d43651p-2;

    /**
     * {@code (a + 4) exp(a²/2) Φ(-a)} in powers of {@code w = (a - 4) / (a + 4)}, the highest first: the Chebyshev expansion of Shepherd
     * and Laframboise (1981) with another factor and for {@code 0 ≤ a ≤ 39} only. The truncation error is below 0.4 · 2⁻⁵³.
     */
    private static final double[] TAIL = {
        -9.6615755481553e-10, 7.731895808625608e-11, 1.3938808852558355e-08, 1.4569488564608778e-08, -7.642482978378022e-08,
        -1.5426167593457165e-07, 2.63742514249532e-07, 1.0198152807723923e-06, -6.251785640512302e-07, -5.918905080396581e-06,
        7.150276513545111e-07, 3.5144187813104215e-05, -1.907873095933309e-06, -0.0002310948203047214, 0.00013334425522449717,
        0.0016308184422239424, -0.0034796923623715906, -0.0075401889656226675, 0.0603965748907066, -0.18652185795969298,
        0.3871374007422187, -0.6078966419718917, 0.7552851304157515
    };

    private Normal() {}

    /** {@code Φ(x) = erfc(-x/√2) / 2}. */
    static double cdf(double x) {
        double a = Math.min(Math.abs(x), 39);
        double v = 1 / (a + 4);
        // (a - 4) v: computed like this, the error of v partly cancels in the result.
        double quotient = 2 * a * v;
        double w = quotient - 1 + Fma.error(2 * a, v, quotient);
        double p = 0;
        for (double c : TAIL) {
            p = Fma.of(p, w, c);
        }
        double tail = exp(a) * (p * v);
        return x < 0 ? tail : 1 - tail;
    }

    /** {@code φ(x) = exp(-x²/2) / √(2π)}. */
    static double density(double x) {
        return DENSITY * exp(Math.min(Math.abs(x), 39));
    }

    /** {@code exp(-a²/2)}. The rounding error of the square is corrected, because the result would multiply it by a²/2. */
    private static double exp(double a) {
        double square = a * a;
        double low = Fma.error(a, a, square);
        double e = Math.exp(-square / 2);
        return e - e * (low / 2);
    }
}
