package dev.zstar.benchmarks.problems;

import java.util.Arrays;

/** Systems in which every equation contains a sum over all unknowns, or over a block of them. */
final class GlobalSums {
    private GlobalSums() {}

    /**
     * {@code 2 (n + i (1 - cos x_i) - sin x_i - Σ cos x_j) (2 sin x_i - cos x_i)}; the start is 101 / (100 n). One of many roots is
     * arctan ½, where the last factor is 0.
     */
    static Root trigonometric(int n) {
        return Root.at(Systems.filled(n, Math.atan(0.5)), "trigonometric", "Raydan 1997", Systems.filled(n, 1.01 / n), 1, (x, out) -> {
            double cosines = 0;
            for (double e : x) {
                cosines += Math.cos(e);
            }
            for (int i = 0; i < n; i++) {
                double sine = Math.sin(x[i]);
                double cosine = Math.cos(x[i]);
                out[i] = 2 * (n + (i + 1) * (1 - cosine) - sine - cosines) * (2 * sine - cosine);
            }
        });
    }

    /** {@code 5 - l (1 - cos x_i) - sin x_i - Σ cos x_j} over the five unknowns of block l; the start is 1 / n. A root is 0. */
    static Root blocks(int n) {
        return Root.at(new double[n], "trigonometric system", "Toint 1986", Systems.filled(n, 1.0 / n), -1, (x, out) -> {
            for (int from = 0; from < n; from += 5) {
                // 5 - Σ cos, without the cancellation at small angles.
                double versines = 0;
                for (int i = from; i < from + 5; i++) {
                    versines += versine(x[i]);
                }
                for (int i = from; i < from + 5; i++) {
                    out[i] = versines - (from / 5 + 1) * versine(x[i]) - Math.sin(x[i]);
                }
            }
        });
    }

    private static double versine(double x) {
        double half = Math.sin(x / 2);
        return 2 * half * half;
    }

    /**
     * {@code x_1³ / 3 + x_2² / 2, -x_i² / 2 + i x_i³ / 3 + x_{i+1}² / 2, -x_n² / 2 + n x_n³ / 3}; the start is 1. At the root 0 the
     * Jacobian is 0.
     */
    static Root singular(int n) {
        return Root.singular(new double[n], "singular", LaCruz.SOURCE, Systems.filled(n, 1), n, (x, out) -> {
            for (int i = 0; i < n; i++) {
                double after = i == n - 1 ? 0 : x[i + 1];
                out[i] = (i == 0 ? 0 : -x[i] * x[i] / 2) + (i + 1) * x[i] * x[i] * x[i] / 3 + after * after / 2;
            }
        });
    }

    /** {@code Σ x_j², -2 x_1 x_i}; the start is 100 (n - 100) / n, (n - 1000) (n - 500) / (60 n)², …. At the root 0 the Jacobian is 0. */
    static Root zeroJacobian(int n) {
        double[] start = Systems.filled(n, (n - 1000.0) * (n - 500) / (3600.0 * n * n));
        start[0] = 100.0 * (n - 100) / n;
        return squares("zero Jacobian", LaCruz.SOURCE, start);
    }

    /** The same system; the start is 100, 1 / n², …. */
    static Root squares(int n) {
        double[] start = Systems.filled(n, 1.0 / n / n);
        start[0] = 100;
        return squares("function 27", LaCruz.SOURCE, start);
    }

    private static Root squares(String name, String source, double[] start) {
        int n = start.length;
        return Root.singular(new double[n], name, source, start, 200, (x, out) -> {
            double sum = x[0] * x[0];
            for (int i = 1; i < n; i++) {
                sum += x[i] * x[i];
                out[i] = -2 * x[0] * x[i];
            }
            out[0] = sum;
        });
    }

    /**
     * {@code Σ_t t/5 x_i^{t/5 - 1} Π_{j≠i} x_j^{t/5} - 1} for t from 1 to 5; the start is 1. All unknowns of the root are equal, and solve
     * one scalar equation.
     */
    static Root geometric(int n) {
        double low = 0;
        double high = 1;
        for (int k = 0; k < 200; k++) {
            double middle = (low + high) / 2;
            double sum = -1;
            for (int t = 1; t <= 5; t++) {
                sum += t / 5.0 * Math.pow(middle, n * t / 5.0 - 1);
            }
            low = sum > 0 ? low : middle;
            high = sum > 0 ? middle : high;
        }
        return Root.at(Systems.filled(n, high), "geometric programming", LaCruz.SOURCE, Systems.filled(n, 1), n, (x, out) -> {
            Arrays.fill(out, -1);
            for (int t = 1; t <= 5; t++) {
                double product = 1;
                for (double e : x) {
                    product *= StrictMath.pow(e, t / 5.0);
                }
                for (int i = 0; i < n; i++) {
                    out[i] += t / 5.0 * product / x[i];
                }
            }
        });
    }

    /** {@code x_i - 2/n Σ x_j - 1}; the start is 1. The system is linear, and its root is -1. */
    static Root linear(int n) {
        return Root.at(Systems.filled(n, -1), "linear, full rank", "MGH problem 32", Systems.filled(n, 1), 1, (x, out) -> {
            double sum = 0;
            for (double e : x) {
                sum += e;
            }
            for (int i = 0; i < n; i++) {
                out[i] = x[i] - 2 * sum / n - 1;
            }
        });
    }

    /** {@code √10⁻⁵ (x_i - 1), (Σ x_j² / n - 1) / 4}; the start is ⅓. A root is 1. */
    static Root penalty(int n) {
        return Root.at(Systems.filled(n, 1), "penalty I", "MGH problem 23", Systems.filled(n, 1.0 / 3), Math.sqrt(1e-5), (x, out) -> {
            double sum = 0;
            for (int i = 0; i < n; i++) {
                out[i] = Math.sqrt(1e-5) * (x[i] - 1);
                sum += x[i] * x[i];
            }
            out[n - 1] = (sum / n - 1) / 4;
        });
    }

    /**
     * {@code x_i - 1} for i ≤ n - 2, then the sum {@code Σ j (x_j - 1)} over these i, and its square; the start is 1 - i / n. No equation
     * contains the last two unknowns, so that they may have any values at a root.
     */
    static Root variablyDimensioned(int n) {
        double[] start = new double[n];
        for (int i = 0; i < n; i++) {
            start[i] = 1 - (i + 1.0) / n;
        }
        return new Root("variably dimensioned", "MGH problem 25", start, 1, (x, out) -> {
            double sum = 0;
            for (int i = 0; i < n - 2; i++) {
                out[i] = x[i] - 1;
                sum += (i + 1) * out[i];
            }
            out[n - 2] = sum;
            out[n - 1] = sum * sum;
        }, Systems.filled(n, 1), 0, false);
    }

    /** {@code 0.05 y_i + 2 sin(Σ y_j + Σ y_j²) (1 + 2 y_i) + 2 sin(Σ y_j)} with y = x - 1; the start is 5. A root is 1. */
    static Root handbook(int n) {
        return Root.at(Systems.filled(n, 1), "Hanbook", LaCruz.SOURCE, Systems.filled(n, 5), 4 * n, (x, out) -> {
            double sum = 0;
            double squares = 0;
            for (double e : x) {
                sum += e - 1;
                squares += (e - 1) * (e - 1);
            }
            for (int i = 0; i < n; i++) {
                out[i] = 0.05 * (x[i] - 1) + 2 * Math.sin(sum + squares) * (1 + 2 * (x[i] - 1)) + 2 * Math.sin(sum);
            }
        });
    }
}
