package dev.zstar.benchmarks.problems;

/** Discretised integral equations of the second kind, which are fixed points as they stand. */
final class IntegralEquations {
    private IntegralEquations() {}

    /**
     * Chandrasekhar's H-equation {@code H(μ) = 1 / (1 - c/2 ∫₀¹ μ H(ν) / (μ + ν) dν)} by the midpoint rule; the start is 1. With any rule
     * the solution has the mean {@code 2/c (1 - √(1 - c))}. As c tends to 1, plain iteration slows down without limit. A second solution,
     * with the mean {@code 2/c (1 + √(1 - c))}, comes so close that a fast method may find it instead.
     */
    static Problem chandrasekhar(int n, double c) {
        String source = "Chandrasekhar, Radiative Transfer, 1950, chapter 5; as a fixed point in Toth and Kelley 2015";
        return Problem.unknown("H-equation c=" + c, source, Systems.filled(n, 1), (h, out) -> {
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int j = 0; j < n; j++) {
                    // μ / (μ + ν) with both at midpoints.
                    sum += (i + 0.5) / (i + j + 1) * h[j];
                }
                out[i] = 1 / (1 - c / (2 * n) * sum);
            }
        });
    }

    /**
     * {@code x(t) = -½ ∫₀¹ k(t, s) (x(s) + s + 1)³ ds}, where k is the Green's function of {@code -d²/dt²}; the start is {@code t (t - 1)}.
     * The solution is {@code 2 / (2 - t) - t - 1}; that of the trapezoidal rule is {@code O(1/n²)} away from it.
     */
    static Problem discreteIntegral(int n) {
        double h = 1.0 / (n + 1);
        double[] cubes = new double[n];
        return new Problem("discrete integral equation", "MGH problem 29", BoundaryValues.parabola(n), (x, out) -> {
            for (int j = 0; j < n; j++) {
                double base = x[j] + (j + 1) * h + 1;
                cubes[j] = base * base * base;
            }
            for (int i = 0; i < n; i++) {
                double t = (i + 1) * h;
                double below = 0;
                double above = 0;
                for (int j = 0; j <= i; j++) {
                    below += (j + 1) * h * cubes[j];
                }
                for (int j = i + 1; j < n; j++) {
                    above += (1 - (j + 1) * h) * cubes[j];
                }
                out[i] = -h / 2 * ((1 - t) * below + t * above);
            }
        }, BoundaryValues.cubic(n), h * h);
    }
}
