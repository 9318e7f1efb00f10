package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.linear.ConjugateGradient;
import dev.zstar.solvers.linear.LinearSolver;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;

/**
 * The temperature u of a square plate whose edges are kept at 0 and which is heated by q: {@code -Δu = q} on {@code (0, 1)²}. With m × m
 * points inside, at a distance of {@code h = 1 / (m + 1)}, the five-point formula says that each point is the mean of its neighbours plus
 * {@code h² q / 4}. That is an equilibrium
 *
 * <pre>{@code u = T u + h²/4 q,   T = conv(0 ¼ 0; ¼ 0 ¼; 0 ¼ 0),   ρ(T) = cos π h.}</pre>
 *
 * <p>No matrix is stored: T is a convolution of an image with one channel, and the zeros that pad it are the edges. T is symmetric, so that
 * conjugate gradients solve {@code (I - T) u = h²/4 q}.
 *
 * <p>For {@code q = 2π² sin πx sin πy} the temperature is {@code sin πx sin πy}. That is an eigenvector of T, too, so the equilibrium is
 * known exactly: {@code π² h² / (4 sin²(πh/2))} times as large, and its distance from the temperature is O(h²).
 */
public final class HeatEquilibrium implements AutoCloseable {
    private final Engine engine;
    private final int m;
    private final Allocation owned = new Allocation();
    private final Parameters parameters;
    private final CellMap map;
    private final Block q;
    private final Block u;

    /**
     * How one method found the equilibrium.
     *
     * @param evaluations evaluations of the map, or products with T
     * @param error the largest distance of a point from the exact equilibrium
     * @param discretisation the largest distance of a point from the temperature
     * @param outcome how it ended, row 0
     */
    public record Result(int evaluations, double error, double discretisation, String outcome) {}

    /**
     * A plate in f64.
     *
     * @param m points in each direction, at least 1
     */
    public HeatEquilibrium(Engine engine, int m) {
        this.engine = engine;
        this.m = m;
        double h = 1.0 / (m + 1);
        Cell cell = Cell.of(Type.F64, Shape.image(m, m, 1),
                (net, state, input) -> net.convolveNoBias("stencil", state, 1, 3, 1).plus(input.scale(h * h / 4)));
        try {
            parameters = owned.add(cell.zeros());
            parameters.get("stencil.weight").copyFrom(0, 0.25, 0, 0.25, 0, 0.25, 0, 0.25, 0);
            map = owned.add(cell.plan(engine, 1, parameters));
            q = owned.add(engine.allocate(Type.F64, 1, m * m));
            u = owned.add(engine.allocate(Type.F64, 1, m * m));
        } catch (Throwable e) {
            owned.close();
            throw e;
        }
        for (int i = 0; i < m * m; i++) {
            q.set(0, i, 2 * Math.PI * Math.PI * temperature(i));
        }
        map.inject(q);
    }

    /** {@code sin πx sin πy} at point i, row by row. */
    public double temperature(int i) {
        double h = 1.0 / (m + 1);
        return Math.sin(Math.PI * h * (1 + i % m)) * Math.sin(Math.PI * h * (1 + i / m));
    }

    /** {@code π² h² / (4 sin²(πh/2))}: what the equilibrium is, in terms of the temperature. */
    public double factor() {
        double angle = Math.PI / 2 / (m + 1);
        return angle * angle / (Math.sin(angle) * Math.sin(angle));
    }

    /** ρ(T) = cos πh, which tends to 1: plain steps take O(m²) evaluations, conjugate gradients O(m). */
    public double radius() {
        return Math.cos(Math.PI / (m + 1));
    }

    /** Plain steps, within this many evaluations. */
    public Result plain(double tolerance, int most) {
        try (Picard picard = Picard.plan(engine, Type.F64, 1, m * m, 1, Stopping.relative(tolerance).within(most))) {
            return fixedPoint(picard);
        }
    }

    /** The default method. */
    public Result accelerated(double tolerance, int most) {
        try (FixedPointSolver solver = FixedPointSolver.plan(map, Stopping.relative(tolerance).within(most))) {
            return fixedPoint(solver);
        }
    }

    private Result fixedPoint(FixedPointSolver solver) {
        u.fill(0);
        map.inject(q);
        return result(solver.solve(map, u));
    }

    /** Conjugate gradients on {@code (I - T) u = h²/4 q}. */
    public Result conjugateGradients(double tolerance, int most) {
        try (LinearSolver cg = ConjugateGradient.plan(engine, Type.F64, 1, m * m, Stopping.relative(tolerance).within(most));
                Block rhs = engine.allocate(Type.F64, 1, m * m)) {
            map.inject(q);
            u.fill(0);
            map.apply(u, rhs, new Rows(1));
            return result(cg.solve(operator(), rhs, u));
        }
    }

    /** T, and its transpose, which is T. */
    public LinearOperator operator() {
        map.linearise(u, new Rows(1));
        return LinearOperator.of(map::jvp, map::vjp);
    }

    private Result result(Outcome outcome) {
        double error = 0;
        double discretisation = 0;
        for (int i = 0; i < m * m; i++) {
            error = Math.max(error, Math.abs(u.get(0, i) - factor() * temperature(i)));
            discretisation = Math.max(discretisation, Math.abs(u.get(0, i) - temperature(i)));
        }
        return new Result(outcome.evaluations(), error, discretisation, String.valueOf(outcome.status(0)));
    }

    /** The map, with the heat of the example as its input; {@code inject} gives it another. */
    public CellMap map() {
        return map;
    }

    /** The heat of the example, {@code 1 × m²}. */
    public Block heat() {
        return q;
    }

    @Override
    public void close() {
        owned.close();
    }
}
