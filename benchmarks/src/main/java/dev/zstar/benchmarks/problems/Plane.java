package dev.zstar.benchmarks.problems;

/** Equations on the unit square with m × m inner points and zero on the edges: {@code n = m²}. */
final class Plane {
    private Plane() {}

    /** {@code -Δu = λ e^u} as {@code u = λ A⁻¹ e^u}; the start is 0. The turning point is λ = 6.81. Of two solutions this is the lower. */
    static Problem bratu(int m, double λ) {
        Sines a = new Sines(m);
        return Problem.unknown("Bratu 2-D λ=" + λ, "Bratu 1914; Glowinski, Keller and Reinhart 1985", new double[m * m], (u, out) -> {
            for (int i = 0; i < out.length; i++) {
                out[i] = λ * StrictMath.exp(u[i]);
            }
            a.solve(out);
        });
    }

    /**
     * {@code -Δu + C u (u_x + u_y) = q}, multiplied by the inverse Laplacian; the start is 0. The right-hand side q is such that
     * {@code 10 x y (1 - x) (1 - y) e^{x^4.5}} solves the difference equation.
     */
    static Problem convection(int m, double c) {
        Sines a = new Sines(m);
        double[] solution = new double[m * m];
        double h = 1.0 / (m + 1);
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < m; j++) {
                double x = (i + 1) * h;
                double y = (j + 1) * h;
                solution[i * m + j] = 10 * x * y * (1 - x) * (1 - y) * StrictMath.exp(Math.pow(x, 4.5));
            }
        }
        double[] q = new double[m * m];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < m; j++) {
                double laplacian = (4 * solution[i * m + j] - neighbours(solution, m, i, j)) / (h * h);
                q[i * m + j] = laplacian + c * transport(solution, m, i, j);
            }
        }
        String source = "the convection-diffusion equation of Kelley 1995";
        return new Problem("convection and diffusion C=" + c, source, new double[m * m], (u, out) -> {
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < m; j++) {
                    out[i * m + j] = q[i * m + j] - c * transport(u, m, i, j);
                }
            }
            a.solve(out);
        }, solution, 0);
    }

    /**
     * {@code -Δu = 1} by Jacobi's iteration; the start is 0. The map is linear with {@code ρ(J) = cos(π / (m + 1))}, and its eigenvalues
     * come in pairs of opposite sign.
     */
    static Problem jacobi(int m) {
        double[] solution = Systems.filled(m * m, 1);
        new Sines(m).solve(solution);
        double square = 1.0 / ((m + 1) * (m + 1));
        return new Problem("Poisson by Jacobi", "Jacobi 1845; Saad 2003, section 4.1", new double[m * m], (u, out) -> {
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < m; j++) {
                    out[i * m + j] = (neighbours(u, m, i, j) + square) / 4;
                }
            }
        }, solution, 0);
    }

    private static double neighbours(double[] u, int m, int i, int j) {
        return at(u, m, i - 1, j) + at(u, m, i + 1, j) + at(u, m, i, j - 1) + at(u, m, i, j + 1);
    }

    /** {@code u (u_x + u_y)} by central differences. */
    private static double transport(double[] u, int m, int i, int j) {
        return u[i * m + j] * (at(u, m, i + 1, j) - at(u, m, i - 1, j) + at(u, m, i, j + 1) - at(u, m, i, j - 1)) * (m + 1) / 2;
    }

    private static double at(double[] u, int m, int i, int j) {
        return i < 0 || i == m || j < 0 || j == m ? 0 : u[i * m + j];
    }
}
