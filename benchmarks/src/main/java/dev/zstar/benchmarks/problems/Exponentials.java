package dev.zstar.benchmarks.problems;

/** Systems of exponentials and logarithms with at most three unknowns in an equation. All but two of the roots are 0 or 1. */
final class Exponentials {
    private static final String RAYDAN = "Raydan 1997, ";

    private Exponentials() {}

    /**
     * {@code F_1 = e^{x_1 - 1} - 1, F_i = i (e^{x_i - 1} - x_i)}; the start is n / (n - 1). The root 1 is double in all equations but the
     * first.
     */
    static Root first(int n) {
        return Root.singular(Systems.filled(n, 1), "exponential 1", LaCruz.SOURCE, Systems.filled(n, n / (n - 1.0)), n, (x, out) -> {
            out[0] = StrictMath.expm1(x[0] - 1);
            for (int i = 1; i < n; i++) {
                out[i] = (i + 1) * (StrictMath.exp(x[i] - 1) - x[i]);
            }
        });
    }

    /** {@code F_1 = e^{x_1} - 1, F_i = i/10 (e^{x_i} + x_{i-1} - 1)}; the start is 1 / n². The root is 0. */
    static Root second(int n) {
        return Root.at(new double[n], "exponential 2", LaCruz.SOURCE, Systems.filled(n, 1.0 / n / n), n / 10.0, (x, out) -> {
            out[0] = StrictMath.expm1(x[0]);
            for (int i = 1; i < n; i++) {
                out[i] = (i + 1) / 10.0 * (StrictMath.expm1(x[i]) + x[i - 1]);
            }
        });
    }

    /**
     * {@code F_i = i/10 (1 - x_i² - e^{-x_i²}), F_n = n/10 (1 - e^{-x_n²})}; the start is i / (4 n²). The root 0 is of order 4, and of
     * order 2 in the last equation. At this start the residual is at most 10⁻¹⁰, and rounding would destroy {@code 1 - x² - e^{-x²}}.
     */
    static Root third(int n) {
        double[] start = new double[n];
        for (int i = 0; i < n; i++) {
            start[i] = (i + 1) / (4.0 * n * n);
        }
        return Root.singular(new double[n], "exponential 3", LaCruz.SOURCE, start, n / 10.0, (x, out) -> {
            for (int i = 0; i < n; i++) {
                double square = x[i] * x[i];
                out[i] = (i + 1) / 10.0 * (-StrictMath.expm1(-square) - (i < n - 1 ? square : 0));
            }
        });
    }

    /** {@code F_i = e^{x_i} - 1}, the gradient of a strictly convex function; the start is i / n. The root is 0. */
    static Root convex(int n) {
        double[] start = new double[n];
        for (int i = 0; i < n; i++) {
            start[i] = (i + 1.0) / n;
        }
        return Root.at(new double[n], "strictly convex 1", RAYDAN + "first", start, 1, (x, out) -> {
            for (int i = 0; i < n; i++) {
                out[i] = StrictMath.expm1(x[i]);
            }
        });
    }

    /** {@code F_i = i/10 (e^{x_i} - 1)}; the start is 1. The root is 0. */
    static Root scaledConvex(int n) {
        return Root.at(new double[n], "strictly convex 2", RAYDAN + "second", Systems.filled(n, 1), n / 10.0, (x, out) -> {
            for (int i = 0; i < n; i++) {
                out[i] = (i + 1) / 10.0 * StrictMath.expm1(x[i]);
            }
        });
    }

    /** {@code F_i = ln(x_i + 1) - x_i / n}; the start is 1. The root is 0. */
    static Root logarithmic(int n) {
        return Root.at(new double[n], "logarithmic", LaCruz.SOURCE, Systems.filled(n, 1), 1, (x, out) -> {
            for (int i = 0; i < n; i++) {
                out[i] = StrictMath.log1p(x[i]) - x[i] / n;
            }
        });
    }

    /**
     * {@code F_i = x_i - exp(cos(h (x_{i-1} + x_i + x_{i+1})))} with h = 1 / (n + 1) and 0 at both ends; the start is 1.5. The fixed-point
     * form with s = 1 is a contraction.
     */
    static Root tridiagonal(int n) {
        return Root.unknown("tridiagonal exponential", "Bing and Lin 1991", Systems.filled(n, 1.5), 1, (x, out) -> {
            for (int i = 0; i < n; i++) {
                double sum = (i == 0 ? 0 : x[i - 1]) + x[i] + (i == n - 1 ? 0 : x[i + 1]);
                out[i] = x[i] - StrictMath.exp(Math.cos(sum / (n + 1)));
            }
        });
    }

    /**
     * Complementarity, {@code a ≥ 0, b ≥ 0, a b = 0}, as {@code √(a² + b²) - a - b = 0}, with a = x. For odd i, b = x eˣ - 1/n, and for
     * even i, b = 3 x + sin x + eˣ. The start is ½. The root is W(1/n), with Lambert's function W, for odd i and 0 for even i.
     */
    static Root complementarity(int n) {
        double lambert = 1.0 / n;
        for (int k = 0; k < 100; k++) {
            double e = StrictMath.exp(lambert);
            lambert -= (lambert * e - 1.0 / n) / (e * (1 + lambert));
        }
        double[] root = new double[n];
        for (int i = 0; i < n; i += 2) {
            root[i] = lambert;
        }
        return Root.at(root, "complementarity", LaCruz.SOURCE, Systems.filled(n, 0.5), -1, (x, out) -> {
            for (int i = 0; i < n; i++) {
                double e = StrictMath.exp(x[i]);
                double b = i % 2 == 0 ? x[i] * e - 1.0 / n : 3 * x[i] + Math.sin(x[i]) + e;
                out[i] = Math.sqrt(x[i] * x[i] + b * b) - x[i] - b;
            }
        });
    }
}
