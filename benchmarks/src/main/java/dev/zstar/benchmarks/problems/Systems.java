package dev.zstar.benchmarks.problems;

import java.util.Arrays;

/**
 * Systems {@code F(x) = 0} of the classic test sets as {@code f(x) = x - F(x) / s}, from their standard starts. The scale s is near the
 * diagonal of the Jacobian at the root. Kepler's equation is a fixed point as it stands.
 *
 * <p>MGH is Moré, Garbow and Hillstrom, Testing unconstrained optimization software, ACM TOMS 7 (1981).
 */
final class Systems {
    private Systems() {}

    /** {@code F_i = (3 - 2 x_i) x_i - x_{i-1} - 2 x_{i+1} + 1}; the start is -1. */
    static Problem broydenTridiagonal(int n) {
        return Problem.unknown("Broyden tridiagonal", "MGH problem 30; s = 6", filled(n, -1), (x, out) -> {
            for (int i = 0; i < n; i++) {
                double before = i == 0 ? 0 : x[i - 1];
                double after = i == n - 1 ? 0 : x[i + 1];
                out[i] = x[i] - ((3 - 2 * x[i]) * x[i] - before - 2 * after + 1) / 6;
            }
        });
    }

    /** {@code F_i = x_i (2 + 5 x_i²) + 1 - Σ_j x_j (1 + x_j)} over the five j before i and the one after it; the start is -1. */
    static Problem broydenBanded(int n) {
        return Problem.unknown("Broyden banded", "MGH problem 31; s = 8", filled(n, -1), (x, out) -> {
            for (int i = 0; i < n; i++) {
                double sum = x[i] * (2 + 5 * x[i] * x[i]) + 1;
                for (int j = Math.max(0, i - 5); j <= Math.min(n - 1, i + 1); j++) {
                    sum -= j == i ? 0 : x[j] * (1 + x[j]);
                }
                out[i] = x[i] - sum / 8;
            }
        });
    }

    /** {@code F_i = x_i + Σ_j x_j - (n + 1)} for i < n, {@code F_n = Π_j x_j - 1}; the start is 1/2. One root is 1. */
    static Problem brownAlmostLinear(int n) {
        double[] root = filled(n, 1);
        return new Problem("Brown almost linear", "MGH problem 27; s = n + 1", filled(n, 0.5), (x, out) -> {
            double sum = 0;
            double product = 1;
            for (double e : x) {
                sum += e;
                product *= e;
            }
            for (int i = 0; i < n; i++) {
                double residual = i < n - 1 ? x[i] + sum - (n + 1) : product - 1;
                out[i] = x[i] - residual / (n + 1);
            }
        }, root, 0);
    }

    /** Toint's system, with {@code F_1 = 3 x_1³ + 2 x_2 - 5 + sin(x_1 - x_2) sin(x_1 + x_2)}; the start is 0. The root is 1. */
    static Problem trigonometricExponential(int n) {
        double[] root = filled(n, 1);
        String source = "Toint, Some numerical results using a sparse matrix updating formula, 1978; s = 15";
        return new Problem("trigonometric exponential", source, new double[n], (x, out) -> {
            for (int i = 0; i < n; i++) {
                double sum = 0;
                if (i < n - 1) {
                    sum += 3 * x[i] * x[i] * x[i] + 2 * x[i + 1] - 5 + Math.sin(x[i] - x[i + 1]) * Math.sin(x[i] + x[i + 1]);
                }
                if (i > 0) {
                    sum += 4 * x[i] - x[i - 1] * StrictMath.exp(x[i - 1] - x[i]) - 3;
                }
                out[i] = x[i] - sum / 15;
            }
        }, root, 0);
    }

    /** {@code E = M + e sin E} for n planets of eccentricity e, with anomalies E spread over (0, π); the start is E = M. */
    static Problem kepler(int n, double e) {
        double[] anomalies = new double[n];
        double[] mean = new double[n];
        for (int i = 0; i < n; i++) {
            anomalies[i] = Math.PI * (i + 1) / (n + 1);
            mean[i] = anomalies[i] - e * StrictMath.sin(anomalies[i]);
        }
        return new Problem("Kepler e=" + e, "Kepler, Astronomia nova, 1609, chapter 60", mean, (z, out) -> {
            for (int i = 0; i < n; i++) {
                out[i] = mean[i] + e * Math.sin(z[i]);
            }
        }, anomalies, 0);
    }

    static double[] filled(int n, double value) {
        double[] values = new double[n];
        Arrays.fill(values, value);
        return values;
    }
}
