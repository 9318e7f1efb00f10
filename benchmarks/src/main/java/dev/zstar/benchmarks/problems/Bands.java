package dev.zstar.benchmarks.problems;

/** Systems with banded Jacobians. In one of them, a few unknowns are also part of all equations. */
final class Bands {
    private static final String LI = "Li 1989";

    private Bands() {}

    /** {@code 8 x_i (x_i² - x_{i-1}) - 2 (1 - x_i) + 4 (x_i - x_{i+1}²)}; the start is 12. The root is 1. */
    static Root three(int n) {
        return Root.at(Systems.filled(n, 1), "tridiagonal system", LI, Systems.filled(n, 12), 24, (x, out) -> {
            for (int i = 0; i < n; i++) {
                out[i] = middle(x, i);
            }
        });
    }

    /**
     * The same plus {@code x_{i-1}² - x_{i-2} + x_{i+1} - x_{i+2}²}; the start is -2. Near the ends these terms are left out in pairs, so
     * that the root is 1.
     */
    static Root five(int n) {
        return Root.at(Systems.filled(n, 1), "five-diagonal system", LI, Systems.filled(n, -2), 24, (x, out) -> {
            for (int i = 0; i < n; i++) {
                out[i] = middle(x, i) + (i > 1 ? below(x, i, 1) : 0) + (i < n - 2 ? above(x, i, 1) : 0);
            }
        });
    }

    /**
     * The same plus {@code x_{i-2}² - x_{i-3} + x_{i+2} - x_{i+3}²}; the start is -3. Near the ends these terms are left out one by one,
     * and the root is not exactly 1.
     */
    static Root seven(int n) {
        return Root.unknown("seven-diagonal system", LI, Systems.filled(n, -3), 72, (x, out) -> {
            for (int i = 0; i < n; i++) {
                out[i] = middle(x, i) + below(x, i, 1) + above(x, i, 1) + below(x, i, 2) + above(x, i, 2);
            }
        });
    }

    private static double middle(double[] x, int i) {
        return (i == 0 ? 0 : 8 * x[i] * (x[i] * x[i] - x[i - 1]) - 2 * (1 - x[i]))
                + (i == x.length - 1 ? 0 : 4 * (x[i] - x[i + 1] * x[i + 1]));
    }

    private static double below(double[] x, int i, int k) {
        return i < k ? 0 : x[i - k] * x[i - k] - (i == k ? 0 : x[i - k - 1]);
    }

    private static double above(double[] x, int i, int k) {
        int last = x.length - 1;
        return i + k > last ? 0 : x[i + k] - (i + k == last ? 0 : x[i + k + 1] * x[i + k + 1]);
    }

    /** Broyden's tridiagonal function plus {@code 3 x_{n-4} - x_{n-3} - x_{n-2} + ½ x_{n-1} - x_n} in every equation; the start is -1. */
    static Root bordered(int n) {
        return Root.unknown("structured Jacobian", LaCruz.SOURCE + ", function 15", Systems.filled(n, -1), 6, (x, out) -> {
            double shared = 3 * x[n - 5] - x[n - 4] - x[n - 3] + x[n - 2] / 2 - x[n - 1];
            for (int i = 0; i < n; i++) {
                out[i] = broyden(x, i) + shared;
            }
        });
    }

    /** Broyden's tridiagonal function with each equation squared; the start is -1. The Jacobian is singular at the root. */
    static Root squared(int n) {
        return new Root("singular Broyden", "Gomes-Ruggiero, Martínez and Moretti 1992", Systems.filled(n, -1), 10, (x, out) -> {
            for (int i = 0; i < n; i++) {
                double value = broyden(x, i);
                out[i] = value * value;
            }
        }, null, 0, false);
    }

    /** {@code (3 - 2 x_i) x_i - x_{i-1} - 2 x_{i+1} + 1}. */
    private static double broyden(double[] x, int i) {
        return (3 - 2 * x[i]) * x[i] - (i == 0 ? 0 : x[i - 1]) - 2 * (i == x.length - 1 ? 0 : x[i + 1]) + 1;
    }

    /**
     * {@code 3 x_i (x_{i+1} - 2 x_i + x_{i-1}) + (x_{i+1} - x_{i-1})² / 4} with 0 before the first unknown and 20 after the last; the start
     * is 10. These are the differences of {@code 3 u u'' + u'² = 0}, solved by {@code 20 t^{3/4}}. At t = 0 its slope is infinite, and the
     * discretisation error is largest there.
     */
    static Root brent(int n) {
        double[] solution = new double[n];
        for (int i = 0; i < n; i++) {
            solution[i] = 20 * Math.pow((i + 1.0) / (n + 1), 0.75);
        }
        return new Root("Brent", "Brent 1973", Systems.filled(n, 10), -200, (x, out) -> {
            for (int i = 0; i < n; i++) {
                double before = i == 0 ? 0 : x[i - 1];
                double after = i == n - 1 ? 20 : x[i + 1];
                out[i] = 3 * x[i] * (after - 2 * x[i] + before) + (after - before) * (after - before) / 4;
            }
        }, solution, 0.5, true);
    }

    /**
     * Two streams that flow in opposite directions and react: {@code ½ x_{i-2} - ½ x_{i+2} - x_i (1 + 4 x_{i+1})} for odd i and
     * {@code ½ x_{i-2} - 3/2 x_{i+2} - x_i (1 + 4 x_{i-1})} for even i. The first stream enters with 1, and the second enters with 1 at the
     * other end. The start is a wave between 0.1 and 0.5.
     */
    static Root reactors(int n) {
        double[] wave = {0.1, 0.2, 0.3, 0.4, 0.5, 0.4, 0.3, 0.2};
        double[] start = new double[n];
        for (int i = 0; i < n; i++) {
            start[i] = wave[i % wave.length];
        }
        return Root.unknown("countercurrent reactors", "Bogle and Perkins 1990", start, -4, (x, out) -> {
            for (int i = 0; i < n; i += 2) {
                double first = x[i];
                double second = x[i + 1];
                out[i] = (i == 0 ? 1 : x[i - 2]) / 2 - (i == n - 2 ? 0 : x[i + 2]) / 2 - first * (1 + 4 * second);
                out[i + 1] = (i == 0 ? 0 : x[i - 1]) / 2 - 1.5 * (i == n - 2 ? 1 : x[i + 3]) - second * (1 + 4 * first);
            }
        });
    }
}
