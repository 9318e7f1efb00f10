package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.ReversibleTanhNetwork;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.TanhNetwork;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * Prints the table of page 5 of the guide: what rounding leaves of the gradient of {@link GradientMode.Reversible}. The error is that of
 * all gradients together, relative to backpropagation through the same steps in f64 with all states kept.
 */
public final class ReversibleRounding {
    private static final int N = 48;
    private static final int INPUTS = 5;
    private static final int BATCH = 8;

    private ReversibleRounding() {}

    /** What was measured: the relative error of the gradients, the largest estimate of a row, and the residual of the result. */
    record Measured(double error, double estimate, double residual) {}

    static Measured measure(Type type, double radius, double β, int steps) {
        try (Engine engine = Engines.best(1);
                Block w = Problems.symmetric(type, N, radius, 1);
                Block u = Problems.random(type, N, INPUTS, 0.3, 2);
                Block b = Problems.random(type, 1, N, 0.1, 3);
                Block x = Problems.random(type, BATCH, INPUTS, 1, 4);
                Block g = Problems.random(type, BATCH, N, 1, 5);
                Block z = engine.allocate(type, BATCH, N);
                Block dw = engine.allocate(type, N, N);
                Block du = engine.allocate(type, N, INPUTS);
                Block db = engine.allocate(type, 1, N);
                Block dx = engine.allocate(type, BATCH, INPUTS);
                DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, BATCH);
                FixedPointSolver solver = FixedPointSolver.plan(cell, Stopping.relative(1e-5));
                var layer = EquilibriumLayer.plan(cell, solver, new GradientMode.Reversible(steps, β))) {
            double residual = layer.forward(x, z).worstResidual();
            GradientOutcome outcome = layer.backward(g, new DenseCell.Gradients(dw, du, db, dx));
            double estimate = 0;
            for (int p = 0; p < BATCH; p++) {
                estimate = Math.max(estimate, outcome.residual(p));
            }
            TanhNetwork exact = new TanhNetwork(w.toDoubles(), u.toDoubles(), b.toDoubles());
            ReversibleTanhNetwork network = new ReversibleTanhNetwork(exact, β);
            double[] exactX = new double[BATCH * INPUTS];
            for (int p = 0; p < BATCH; p++) {
                double[] row = Arrays.copyOfRange(x.toDoubles(), p * INPUTS, (p + 1) * INPUTS);
                network.run(new double[N], row, steps);
                double[] back = network.backward(Arrays.copyOfRange(g.toDoubles(), p * N, (p + 1) * N), row);
                System.arraycopy(back, 0, exactX, p * INPUTS, INPUTS);
            }
            double[] found = all(dw.toDoubles(), du.toDoubles(), db.toDoubles(), dx.toDoubles());
            return new Measured(Problems.relative(found, all(exact.dw, exact.du, exact.db, exactX)), estimate, residual);
        }
    }

    private static double[] all(double[]... parts) {
        return Arrays.stream(parts).flatMapToDouble(DoubleStream::of).toArray();
    }

    /** Prints the table. */
    public static void main(String[] args) {
        for (double radius : new double[] {0.5, 0.9, 0.99}) {
            for (double β : new double[] {0.5, 0.8, 0.9}) {
                for (int steps : new int[] {4, 8, 16, 32}) {
                    Measured f64 = measure(Type.F64, radius, β, steps);
                    Measured f32 = measure(Type.F32, radius, β, steps);
                    System.out.printf(Locale.ROOT, "| %.2f | %.1f | %d | %.0e | %.1e (%.1e) | %.1e (%.1e) |%n", radius, β, steps,
                            f64.residual, f64.error, f64.estimate, f32.error, f32.estimate);
                }
            }
        }
    }
}
