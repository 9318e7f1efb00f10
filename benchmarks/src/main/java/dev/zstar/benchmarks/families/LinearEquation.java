package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.diagnosis.Spectrum;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.NewtonKrylov;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;

/**
 * The equation {@code z = W z + b} in f64, in which everything is known:
 *
 * <ul>
 *   <li>It has one solution, {@code z* = (I - W)⁻¹ b}, unless 1 is an eigenvalue of W.
 *   <li>Plain steps converge from every start if and only if the spectral radius ρ(W) is below 1.
 *   <li>{@code ‖W‖ < 1} in some norm is sufficient for that, and bounds the error: {@code ‖z_k - z*‖ ≤ ‖W‖ᵏ ‖z_0 - z*‖}. It is not
 *       necessary: a norm may be above 1 where ρ is not.
 *   <li>The gradients are {@code ∂L/∂b = v} and {@code ∂L/∂W = v z*ᵀ} with {@code (I - Wᵀ) v = ∂L/∂z*}.
 * </ul>
 */
public final class LinearEquation implements AutoCloseable {
    private final Engine engine;
    private final int n;
    private final Allocation owned = new Allocation();
    private final Parameters parameters;
    private final Parameters gradients;
    private final CellMap map;
    private final Block x;
    private final Block z;
    private final Block g;
    private final Block dx;

    /**
     * What the matrix says about plain steps.
     *
     * @param one {@code ‖W‖₁}, the largest sum of magnitudes of a column
     * @param two {@code ‖W‖₂}, the largest singular value
     * @param infinity {@code ‖W‖_∞}, the largest sum of magnitudes of a row
     * @param radius ρ(W)
     */
    public record Conditions(double one, double two, double infinity, double radius) {
        /** Whether one of the norms is below 1. */
        public boolean sufficient() {
            return one < 1 || two < 1 || infinity < 1;
        }

        /** Whether ρ(W) is below 1: exactly then plain steps converge. */
        public boolean necessaryAndSufficient() {
            return radius < 1;
        }
    }

    /**
     * The derivatives of {@code ⟨g, z*⟩}.
     *
     * @param z z*
     * @param w the gradient with respect to W, row by row
     * @param b the gradient with respect to b
     */
    @SuppressWarnings("ArrayRecordComponent") // Figures to be read, which nobody compares.
    public record Derivative(double[] z, double[] w, double[] b) {}

    /** An equation with this matrix, row by row. */
    public LinearEquation(Engine engine, double[][] w) {
        this.engine = engine;
        n = w.length;
        Cell cell = Cell.of(Type.F64, Shape.vector(n), (net, state, input) -> net.product(net.weight("W", n, n), state).plus(input));
        try {
            parameters = owned.add(cell.zeros());
            gradients = owned.add(cell.zeros());
            for (int i = 0; i < n; i++) {
                if (w[i].length != n) {
                    throw new IllegalArgumentException("linear equation: row " + i + " of W has length " + w[i].length + ", expected " + n);
                }
                for (int j = 0; j < n; j++) {
                    parameters.get("W").set(i, j, w[i][j]);
                }
            }
            map = owned.add(cell.plan(engine, 1, parameters));
            x = owned.add(engine.allocate(Type.F64, 1, n));
            z = owned.add(engine.allocate(Type.F64, 1, n));
            g = owned.add(engine.allocate(Type.F64, 1, n));
            dx = owned.add(engine.allocate(Type.F64, 1, n));
        } catch (Throwable e) {
            owned.close();
            throw e;
        }
    }

    /** The norms and the spectral radius of W. */
    public Conditions conditions() {
        Block w = parameters.get("W");
        double one = 0;
        double infinity = 0;
        for (int i = 0; i < n; i++) {
            double column = 0;
            double row = 0;
            for (int j = 0; j < n; j++) {
                column += Math.abs(w.get(j, i));
                row += Math.abs(w.get(i, j));
            }
            one = Math.max(one, column);
            infinity = Math.max(infinity, row);
        }
        x.fill(0);
        z.fill(0);
        map.inject(x);
        double radius = Spectrum.at(engine, map, z, n).dominant(0).modulus();
        return new Conditions(one, Spectrum.lipschitz(engine, map, z)[0], infinity, radius);
    }

    /**
     * {@code (I - W)⁻¹ b}, by Gaussian elimination with partial pivoting.
     *
     * @throws IllegalArgumentException if 1 is an eigenvalue of W, to rounding
     */
    public double[] closedForm(double... b) {
        double[][] a = new double[n][n + 1];
        double largest = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                a[i][j] = (i == j ? 1 : 0) - parameters.get("W").get(i, j);
                largest = Math.max(largest, Math.abs(a[i][j]));
            }
            a[i][n] = b[i];
        }
        for (int k = 0; k < n; k++) {
            int pivot = k;
            for (int i = k + 1; i < n; i++) {
                pivot = Math.abs(a[i][k]) > Math.abs(a[pivot][k]) ? i : pivot;
            }
            if (!(Math.abs(a[pivot][k]) > 4 * n * Math.ulp(largest))) {
                throw new IllegalArgumentException("closed form: I - W is singular (pivot of column " + k + " is " + a[pivot][k]
                        + "), expected a W without the eigenvalue 1");
            }
            double[] swap = a[k];
            a[k] = a[pivot];
            a[pivot] = swap;
            for (int i = 0; i < n; i++) {
                double factor = i == k ? 0 : a[i][k] / a[k][k];
                for (int j = k; j <= n; j++) {
                    a[i][j] -= factor * a[k][j];
                }
            }
        }
        double[] solution = new double[n];
        for (int i = 0; i < n; i++) {
            solution[i] = a[i][n] / a[i][i];
        }
        return solution;
    }

    /** z after this many plain steps from 0. */
    public double[] plain(int steps, double... b) {
        x.copyFrom(b);
        z.fill(0);
        map.inject(x);
        try (Picard picard = Picard.plan(engine, Type.F64, 1, n, 1, Stopping.fixed(steps + 1))) {
            picard.solve(map, z);
        }
        return z.toDoubles();
    }

    /**
     * Implicit differentiation at the equilibrium, which Newton's method finds whatever ρ(W) is.
     *
     * @param b the constant
     * @param cotangent g
     * @throws IllegalStateException if there is no equilibrium, or none that is isolated: 1 is an eigenvalue of W
     */
    public Derivative differentiate(double[] b, double[] cotangent) {
        x.copyFrom(b);
        z.fill(0);
        g.copyFrom(cotangent);
        gradients.clear();
        dx.fill(0);
        map.inject(x);
        SingularPoint.refuse(engine, map, z);
        try (FixedPointSolver newton = NewtonKrylov.plan(engine, Type.F64, 1, n, NewtonKrylov.Options.DEFAULT, Stopping.relative(1e-13));
                EquilibriumLayer<CellGradients> layer = EquilibriumLayer.plan(map, newton, GradientMode.exact(1e-13))) {
            Outcome solved = layer.forward(x, z);
            GradientOutcome outcome = layer.backward(g, new CellGradients(gradients, dx));
            if (!solved.succeeded() || !outcome.succeeded()) {
                throw new IllegalStateException("derivative: " + outcome + ", expected an equilibrium and its gradient");
            }
        }
        return new Derivative(z.toDoubles(), gradients.get("W").toDoubles(), dx.toDoubles());
    }

    /** The map, with b of the last call as its input. */
    public CellMap map() {
        return map;
    }

    @Override
    public void close() {
        owned.close();
    }
}
