package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.Equilibrium;
import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.cells.DenseParameters;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome;
import dev.zstar.solvers.parameters.SpectralNormalisation;
import dev.zstar.solvers.training.JacobianRegularisation;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Page 3 of the guide: an equilibrium layer, and its training. */
class Level3LayerTest {
    @Test
    void fiveLines() {
        float[][] w = random(3, 3, 0.2, 1);
        float[][] u = random(3, 2, 1, 2);
        float[] b = new float[3];
        float[][] x = random(4, 2, 1, 3);
        float[][] dz = random(4, 3, 1, 4);
        // guide
        // w[n][n], u[n][inputs], b[n]; x[rows][inputs], dz[rows][n]
        try (var layer = Equilibrium.of(DenseCell.tanh(w, u, b)).build()) {
            float[][] z = layer.forward(x);
            float[][] dx = layer.backward(dz);
            DenseParameters gradients = layer.gradients();
            // hide
            assertThat(z).hasDimensions(4, 3);
            assertThat(dx).hasDimensions(4, 2);
            assertThat(gradients.w()).hasDimensions(3, 3);
            // show
        }
        // end
    }

    // guide
    /** p ← p - rate · g. */
    static void descend(float rate, float[][] g, float[][] p) {
        for (int i = 0; i < p.length; i++) {
            for (int j = 0; j < p[i].length; j++) {
                p[i][j] -= rate * g[i][j];
            }
        }
    }

    /** A matrix of normally distributed numbers. */
    static float[][] random(int rows, int cols, double deviation, long seed) {
        Random random = new Random(seed);
        float[][] matrix = new float[rows][cols];
        for (float[] row : matrix) {
            for (int j = 0; j < cols; j++) {
                row[j] = (float) (deviation * random.nextGaussian());
            }
        }
        return matrix;
    }
    // end

    @Test
    void training() {
        // guide
        List<Double> losses = new ArrayList<>();
        float[][] x = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
        float[] y = {-0.5f, 0.5f, 0.5f, -0.5f};                              // XOR
        float[][] w = random(8, 8, 0.15, 1);                                 // rows, columns, standard deviation, seed
        DenseParameters p = DenseCell.tanh(w, random(8, 2, 1, 2), new float[8]);
        try (var layer = Equilibrium.of(p).build()) {
            for (int step = 0; step < 100; step++) {
                float[][] z = layer.forward(x);
                float[][] dz = new float[4][8];
                double loss = 0;
                for (int row = 0; row < 4; row++) {
                    float error = z[row][0] - y[row];                        // the first element of z is the answer
                    loss += error * error / 4;
                    dz[row][0] = 2 * error / 4;
                }
                losses.add(loss);
                layer.clearGradients();
                layer.backward(dz);
                DenseParameters g = layer.gradients();
                descend(0.5f, g.w(), p.w());
                descend(0.5f, g.u(), p.u());
                descend(0.5f, new float[][] {g.b()}, new float[][] {p.b()});
                layer.update(p);                                             // the arrays of p have changed
            }
        }
        // end
        assertThat(losses.getFirst()).isGreaterThan(0.2);
        assertThat(losses.getLast()).isLessThan(1e-3);
    }

    // guide
    /** Scales each row of W whose magnitudes add up to more than c. */
    static void limit(float[][] w, float c) {
        for (float[] row : w) {
            float sum = 0;
            for (float element : row) {
                sum += Math.abs(element);
            }
            for (int j = 0; j < row.length; j++) {
                row[j] *= Math.min(1, c / sum);
            }
        }
    }
    // end

    /** With steps so long that W outgrows any bound without it. */
    @Test
    void aLimitedWeightIsAlwaysSolved() {
        float[][] w = random(8, 8, 3, 1);
        w[3] = new float[8];
        DenseParameters p = DenseCell.tanh(w, random(8, 2, 1, 2), new float[8]);
        limit(w, 0.9f);
        try (var layer = Equilibrium.of(p).build()) {
            for (int step = 0; step < 20; step++) {
                layer.forward(random(4, 2, 3, step));
                layer.clearGradients();
                layer.backward(random(4, 8, 1, 100 + step));
                descend(5, layer.gradients().w(), p.w());
                limit(p.w(), 0.9f);
                layer.update(p);
            }
        }
        for (float[] row : w) {
            float sum = 0;
            for (float element : row) {
                sum += Math.abs(element);
            }
            assertThat(sum).isLessThan(0.9001f);
        }
    }

    @Test
    void blocks() {
        int n = 8;
        int batch = 4;
        double[] wValues = new Random(1).doubles(64, -0.2, 0.2).toArray();
        double[] uValues = new Random(2).doubles(16, -1, 1).toArray();
        double[] xValues = new Random(3).doubles(8, -1, 1).toArray();
        double[] gValues = new Random(4).doubles(32, -1, 1).toArray();
        // guide
        try (Engine engine = Engines.best(Engines.processors());
                Block w = Block.of(Type.F32, n, n, wValues);
                Block u = Block.of(Type.F32, n, 2, uValues);
                Block b = engine.allocate(Type.F32, 1, n);
                Block x = Block.of(Type.F32, batch, 2, xValues);
                Block g = Block.of(Type.F32, batch, n, gValues);                // ∂L/∂z*
                Block z = engine.allocate(Type.F32, batch, n);                  // the start, then z*
                Block dw = engine.allocate(Type.F32, n, n);
                Block dx = engine.allocate(Type.F32, batch, 2);
                DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, batch);
                var layer = EquilibriumLayer.plan(cell, Stopping.relative(1e-6))) {
            var sum = new DenseCell.Gradients(dw, null, null, dx);              // null: not wanted
            Outcome solved = layer.forward(x, z);                               // for each row its status, residual and evaluations
            GradientOutcome outcome = layer.backward(g, sum);                   // adds to dw and dx; says what became of each row
            // hide
            assertThat(solved.succeeded()).isTrue();
            assertThat(outcome).hasToString("gradients of all 4 rows, with 6 products with Jᵀ");
            // show
        }
        // end
    }

    /** The mean square of the first element of z minus 0.3, and its gradient. */
    private static double lossAndGradient(Block z, Block g) {
        double loss = 0;
        g.fill(0);
        for (int row = 0; row < z.rows(); row++) {
            double error = z.get(row, 0) - 0.3;
            loss += error * error / z.rows();
            g.set(row, 0, 2 * error / z.rows());
        }
        return loss;
    }

    @Test
    void regularised() {
        int n = 8;
        int batch = 4;
        Rows all = new Rows(batch);
        List<Double> losses = new ArrayList<>();
        List<Double> penalties = new ArrayList<>();
        try (Engine engine = Engines.best(1);
                Block v = Problems.random(Type.F32, n, n, 0.5, 1);
                Block w = engine.allocate(Type.F32, n, n);
                Block u = Problems.random(Type.F32, n, 2, 1, 2);
                Block b = engine.allocate(Type.F32, 1, n);
                Block x = Problems.random(Type.F32, batch, 2, 1, 3);
                Block z = engine.allocate(Type.F32, batch, n);
                Block g = engine.allocate(Type.F32, batch, n);
                Block dw = engine.allocate(Type.F32, n, n);
                Block dv = engine.allocate(Type.F32, n, n);
                DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, batch);
                var layer = EquilibriumLayer.plan(cell, Stopping.relative(1e-6))) {
            var sum = new DenseCell.Gradients(dw, null, null, null);
            // guide
            try (var norm = new SpectralNormalisation(engine, Type.F32, n, n, 0.9, 1);                     // ‖W‖₂ ≤ 0.9; seed 1
                    var penalty = new JacobianRegularisation(engine, Type.F32, batch, n, JacobianRegularisation.Probe.RADEMACHER, 1)) {
                for (int step = 0; step < 50; step++) {
                    norm.apply(v, w, step == 0 ? 50 : 1);                           // W from V; more iterations at the start
                    cell.update(w, u, b);
                    layer.forward(x, z);
                    double loss = lossAndGradient(z, g);                            // writes ∂L/∂z* to g
                    cell.linearise(z, all);
                    penalties.add(penalty.estimate(cell, all));                     // ‖J‖_F² / n, a mean over the rows
                    dw.fill(0);
                    penalty.gradients(cell, 0.1, z, x, sum, g);                     // adds 0.1 ∂R/∂W to dw, and 0.1 ∂R/∂z to g
                    layer.backward(g, sum);                                         // adds ∂L/∂W to dw
                    norm.vjp(w, dw, dv);                                            // ∂L/∂V
                    engine.axpy(-0.5, dv, v);
                    losses.add(loss);
                }
            }
            // end
            assertThat(losses.getLast()).isLessThan(0.1 * losses.getFirst());
            // The estimate is a mean of ‖Jᵀε‖² / n with ‖J‖₂ ≤ ‖W‖₂ ≤ 0.9 and ‖ε‖² = n.
            assertThat(penalties).allSatisfy(estimate -> assertThat(estimate).isBetween(0.0, 0.82));
        }
    }

    // guide
    interface Operation {
        float[] forward(float[] input);

        float[] backward(float[] gradient);
    }
    // end

    private static Operation operation(EquilibriumLayer<DenseCell.Gradients> layer, Block x, Block z, Block g, DenseCell.Gradients sum) {
        // guide
        return new Operation() {
            @Override
            public float[] forward(float[] input) {
                x.copyFrom(input);
                z.fill(0);
                Outcome solved = layer.forward(x, z);
                if (!solved.succeeded()) {
                    throw new IllegalStateException("the equilibrium was not found: " + solved);
                }
                return z.toFloats();
            }

            @Override
            public float[] backward(float[] gradient) {
                g.copyFrom(gradient);
                sum.x().fill(0);
                GradientOutcome outcome = layer.backward(g, sum);               // gradients of the parameters add up until you clear them
                if (!outcome.succeeded()) {
                    throw new IllegalStateException("the backward solve failed: " + outcome);
                }
                return sum.x().toFloats();
            }
        };
        // end
    }

    @Test
    void asAnOperation() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, 8, 2, 0.8, 1);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F32, 2, 8, Stopping.relative(1e-6));
                var layer = EquilibriumLayer.plan(cell, solver, GradientMode.exact(1e-5));
                Block x = Problems.random(Type.F32, 2, 3, 1, 5);
                Block z = engine.allocate(Type.F32, 2, 8);
                Block g = Problems.random(Type.F32, 2, 8, 1, 6);
                Block dx = engine.allocate(Type.F32, 2, 3)) {
            check(operation(layer, x, z, g, new DenseCell.Gradients(null, null, null, dx)), x, g);
        }
    }

    /** By central differences through the operation. */
    private static void check(Operation operation, Block x, Block g) {
        float[] input = x.toFloats();
        float[] weights = g.toFloats();
        operation.forward(input);
        float[] found = operation.backward(weights);
        for (int i = 0; i < input.length; i++) {
            double[] loss = new double[2];
            for (int side = 0; side < 2; side++) {
                float[] moved = input.clone();
                moved[i] += side == 0 ? -1e-2f : 1e-2f;
                float[] state = operation.forward(moved);
                for (int k = 0; k < state.length; k++) {
                    loss[side] += weights[k] * state[k];
                }
            }
            assertThat((double) found[i]).isCloseTo((loss[1] - loss[0]) / 2e-2, within(2e-3));
        }
    }
}
