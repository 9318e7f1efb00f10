package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientReport;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.parameters.Parameters;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * How wrong gradients are near the edge of convergence, if their solves end early. Each method returns numbers, in f64. The matrix is
 * symmetric, and its eigenvalues are evenly from -ρ to ρ.
 */
public final class EdgeGradients {
    private static final int N = 16;
    private static final int ROWS = 8;

    private EdgeGradients() {}

    /**
     * The error of a gradient whose solves ended early.
     *
     * @param radius ρ(J)
     * @param tolerance the relative tolerance of the forward and of the backward solve
     * @param error {@code ‖∂L/∂W - exact‖ / ‖exact‖}
     */
    public record Noise(double radius, double tolerance, double error) {}

    /**
     * How wrong a gradient is as ρ approaches 1, for the linear equation with a symmetric W, whose eigenvalues fill {@code [-ρ, ρ]}. A
     * relative residual τ allows an error of {@code τ / (1 - ρ)} in z* and of {@code (1 + ρ) τ / (1 - ρ)} in v.
     */
    public static List<Noise> noise(Engine engine, double[] radii, double[] tolerances, long seed) {
        List<Noise> noise = new ArrayList<>();
        for (double radius : radii) {
            double[] exact = exact(radius, seed);
            for (double tolerance : tolerances) {
                double[] found = gradient(engine, radius, tolerance, seed);
                double error = 0;
                double size = 0;
                for (int i = 0; i < exact.length; i++) {
                    error = Math.hypot(error, found[i] - exact[i]);
                    size = Math.hypot(size, exact[i]);
                }
                noise.add(new Noise(radius, tolerance, error / size));
            }
        }
        return noise;
    }

    /** ∂L/∂W by plain steps forward and GMRES backward. */
    private static double[] gradient(Engine engine, double radius, double tolerance, long seed) {
        Cell cell = Edge.cell(N, Edge.Guard.NONE, true);
        try (Parameters parameters = symmetric(cell, radius, seed);
                Parameters gradients = cell.zeros();
                CellMap map = cell.plan(engine, 1, parameters);
                Picard solver = Picard.plan(engine, Type.F64, 1, N, 1, Stopping.relative(tolerance).within(1_000_000));
                EquilibriumLayer<CellGradients> layer = EquilibriumLayer.plan(map, solver, GradientMode.exact(tolerance));
                Block x = Edge.random(1, N, 1, seed + 1);
                Block g = Edge.random(1, N, 1, seed + 2);
                Block z = engine.allocate(Type.F64, 1, N)) {
            layer.forward(x, z);
            layer.backward(g, new CellGradients(gradients, null));
            return gradients.get("W").toDoubles();
        }
    }

    /** {@code ∂L/∂W = v z*ᵀ} with {@code z* = H (I - D)⁻¹ H x}, and v from g in the same way. */
    private static double[] exact(double radius, long seed) {
        double[] z = solution(radius, seed, new Random(seed + 1).doubles(N, -1, 1).toArray());
        double[] v = solution(radius, seed, new Random(seed + 2).doubles(N, -1, 1).toArray());
        double[] exact = new double[N * N];
        for (int i = 0; i < N * N; i++) {
            exact[i] = v[i / N] * z[i % N];
        }
        return exact;
    }

    private static double[] solution(double radius, long seed, double[] b) {
        double[] y = reflect(seed, b);
        for (int k = 0; k < N; k++) {
            y[k] /= 1 - eigenvalue(radius, k);
        }
        return reflect(seed, y);
    }

    /** {@code H y} with {@code H = I - 2 u uᵀ / uᵀu} and a random u. */
    private static double[] reflect(long seed, double... y) {
        double[] u = new Random(seed).doubles(N, -1, 1).toArray();
        double square = 0;
        double inner = 0;
        for (int i = 0; i < N; i++) {
            square += u[i] * u[i];
            inner += u[i] * y[i];
        }
        double[] reflected = new double[N];
        for (int i = 0; i < N; i++) {
            reflected[i] = y[i] - 2 * inner / square * u[i];
        }
        return reflected;
    }

    /** Evenly from -ρ to ρ. */
    private static double eigenvalue(double radius, int k) {
        return radius * (2.0 * k / (N - 1) - 1);
    }

    /** {@code W = H D H}. */
    private static Parameters symmetric(Cell cell, double radius, long seed) {
        Parameters parameters = cell.zeros();
        for (int j = 0; j < N; j++) {
            double[] column = new double[N];
            column[j] = 1;
            column = reflect(seed, column);
            for (int k = 0; k < N; k++) {
                column[k] *= eigenvalue(radius, k);
            }
            column = reflect(seed, column);
            for (int i = 0; i < N; i++) {
                parameters.get("W").set(i, j, column[i]);
            }
        }
        return parameters;
    }

    /**
     * A backward solve that ended after some steps.
     *
     * @param steps steps of GMRES; 0 for the exact solve
     * @param residual the largest {@code ‖g - (I - Jᵀ) v‖ / ‖g‖} of a row
     * @param error the largest relative error of v
     * @param cosine the smallest cosine between v and the exact one
     */
    public record Truncated(int steps, double residual, double error, double cosine) {}

    /** Exact backward solves of a tanh cell, with ρ(W) = {@code radius}, against those that end after some steps. */
    public static List<Truncated> truncated(Engine engine, double radius, int[] steps, long seed) {
        Cell cell = Edge.cell(N, Edge.Guard.NONE, false);
        List<Truncated> all = new ArrayList<>();
        try (Parameters parameters = symmetric(cell, radius, seed);
                CellMap map = cell.plan(engine, ROWS, parameters);
                FixedPointSolver solver = FixedPointSolver.plan(map, Stopping.relative(1e-12).within(1000));
                Block x = Edge.random(ROWS, N, 0.3, seed + 1);
                Block g = Edge.random(ROWS, N, 1, seed + 2)) {
            all.add(truncated(GradientMode.exact(1e-12), 0, map, solver, x, g));
            for (int k : steps) {
                // One evaluation more, for the true residual.
                GradientMode mode = new GradientMode.Exact((e, type, batch, n) -> Gmres.plan(e, type, batch, n, k, Stopping.fixed(k + 1)));
                all.add(truncated(mode, k, map, solver, x, g));
            }
        }
        return all;
    }

    private static Truncated truncated(GradientMode mode, int k, CellMap map, FixedPointSolver solver, Block x, Block g) {
        try (EquilibriumLayer<CellGradients> layer = EquilibriumLayer.plan(map, solver, mode);
                Block z = Block.allocate(Type.F64, ROWS, N)) {
            layer.forward(x, z);
            GradientReport report = layer.report(g);
            return new Truncated(k, report.worstResidual(), report.worstError(), report.worstCosine());
        }
    }
}
