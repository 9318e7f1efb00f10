package dev.zstar.benchmarks.problems;

/**
 * Boundary value problems on the unit interval: {@code -u'' = φ(u)} as {@code u = A⁻¹ φ(u)}, with the second difference A at n inner
 * points.
 */
final class BoundaryValues {
    private BoundaryValues() {}

    /**
     * {@code u'' = ½ (u + t + 1)³}, u = 0 at both ends. The solution is {@code 2 / (2 - t) - t - 1}; that of the difference equation is
     * {@code O(1/n²)} away from it.
     */
    static Problem discreteBoundaryValue(int n) {
        Tridiagonal a = Tridiagonal.laplacian(n);
        double h = 1.0 / (n + 1);
        return new Problem("discrete boundary value", "MGH problem 28, times the inverse of its linear part", parabola(n), (u, out) -> {
            for (int i = 0; i < n; i++) {
                double base = u[i] + (i + 1) * h + 1;
                out[i] = -0.5 * base * base * base;
            }
            a.solve(out);
        }, cubic(n), h * h);
    }

    /**
     * {@code -u'' = λ e^u}, u = 0 at both ends; the start is 0. Below the turning point λ = 3.5138 there are two solutions. This is the
     * lower one, {@code -2 ln(cosh((t - ½) θ / 2) / cosh(θ / 4))} with {@code θ = √(2 λ) cosh(θ / 4)}.
     */
    static Problem bratu(int n, double λ) {
        Tridiagonal a = Tridiagonal.laplacian(n);
        double θ = 0;
        // Plain iteration reaches this fixed point from below. It takes some hundred steps near the turning point.
        for (int k = 0; k < 10_000; k++) {
            θ = Math.sqrt(2 * λ) * StrictMath.cosh(θ / 4);
        }
        double[] solution = new double[n];
        for (int i = 0; i < n; i++) {
            solution[i] = -2 * StrictMath.log(Math.cosh(((i + 1.0) / (n + 1) - 0.5) * θ / 2) / StrictMath.cosh(θ / 4));
        }
        // The discretisation error is 1/12 h² u'''' to first order. The turning point nearby magnifies it.
        double accuracy = (λ < 3 ? 1 : 40) / ((n + 1.0) * (n + 1));
        return new Problem("Bratu 1-D λ=" + λ, "Bratu 1914; Ascher, Mattheij and Russell 1995", new double[n], (u, out) -> {
            for (int i = 0; i < n; i++) {
                out[i] = λ * StrictMath.exp(u[i]);
            }
            a.solve(out);
        }, solution, accuracy);
    }

    /** {@code u'' = λ sinh(λ u)}, u(0) = 0, u(1) = 1; the start is {@code u = t}. Stiff near t = 1, where plain iteration overshoots. */
    static Problem troesch(int n, double λ) {
        Tridiagonal a = Tridiagonal.laplacian(n);
        double[] line = new double[n];
        for (int i = 0; i < n; i++) {
            line[i] = (i + 1.0) / (n + 1);
        }
        return Problem.unknown("Troesch λ=" + λ, "Troesch, J. Comput. Phys. 21 (1976)", line, (u, out) -> {
            for (int i = 0; i < n; i++) {
                out[i] = -λ * StrictMath.sinh(λ * u[i]);
            }
            a.solve(out);
            for (int i = 0; i < n; i++) {
                out[i] += line[i];
            }
        });
    }

    /**
     * Heat conduction with a conductivity that depends on the temperature, {@code -((1 + u²) u')' = q}, u = 0 at both ends; the start is 0.
     * Each step of Picard's linearisation solves the linear equation with the conductivity of the previous step. The solution satisfies
     * {@code u + u³/3 = q t (1 - t) / 2}.
     */
    static Problem diffusion(int n, double q) {
        Tridiagonal a = new Tridiagonal(n);
        double square = (n + 1.0) * (n + 1);
        double[] solution = new double[n];
        for (int i = 0; i < n; i++) {
            double t = (i + 1.0) / (n + 1);
            double k = q * t * (1 - t) / 2;
            double u = 0;
            for (int step = 0; step < 100; step++) {
                u -= (u + u * u * u / 3 - k) / (1 + u * u);
            }
            solution[i] = u;
        }
        return new Problem("nonlinear diffusion q=" + q, "Picard's linearisation; solved by Kirchhoff's transform, 1894", new double[n],
                (u, out) -> {
                    for (int i = 0; i < n; i++) {
                        double left = i == 0 ? 0 : u[i - 1];
                        double right = i == n - 1 ? 0 : u[i + 1];
                        double west = 1 + (left * left + u[i] * u[i]) / 2;
                        double east = 1 + (right * right + u[i] * u[i]) / 2;
                        a.below[i] = -square * west;
                        a.diagonal[i] = square * (west + east);
                        a.above[i] = -square * east;
                        out[i] = q;
                    }
                    a.solve(out);
                }, solution, 5 * q / square);
    }

    /** {@code t (t - 1)}. */
    static double[] parabola(int n) {
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            double t = (i + 1.0) / (n + 1);
            values[i] = t * (t - 1);
        }
        return values;
    }

    /** {@code 2 / (2 - t) - t - 1}. */
    static double[] cubic(int n) {
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            double t = (i + 1.0) / (n + 1);
            values[i] = 2 / (2 - t) - t - 1;
        }
        return values;
    }
}
