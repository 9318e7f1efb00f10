package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.Equilibrium;
import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Level 3: an equilibrium layer, and its training. */
class Level3LayerTest {
    private static float[][] random(int rows, int cols, double scale, long seed) {
        Random random = new Random(seed);
        float[][] matrix = new float[rows][cols];
        for (float[] row : matrix) {
            for (int j = 0; j < cols; j++) {
                row[j] = (float) (scale * random.nextGaussian());
            }
        }
        return matrix;
    }

    @Test
    void fiveLines() {
        float[][] w = random(3, 3, 0.2, 1);
        float[][] u = random(3, 2, 1, 2);
        float[] b = new float[3];
        float[][] x = random(4, 2, 1, 3);
        float[][] dz = random(4, 3, 1, 4);
        // guide
        try (var layer = Equilibrium.of(DenseCell.tanh(w, u, b)).tolerance(1e-6).build()) {
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
    static void descend(float rate, float[][] g, float[]... p) {
        for (int i = 0; i < p.length; i++) {
            for (int j = 0; j < p[i].length; j++) {
                p[i][j] -= rate * g[i][j];
            }
        }
    }
    // end

    @Test
    void training() {
        List<Double> losses = new ArrayList<>();
        // guide
        float[][] x = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
        float[] y = {-0.5f, 0.5f, 0.5f, -0.5f};                              // exclusive or
        DenseParameters p = DenseCell.tanh(random(8, 8, 0.2, 1), random(8, 2, 1, 2), new float[8]);
        try (var layer = Equilibrium.of(p).build()) {
            for (int step = 0; step < 100; step++) {
                float[][] z = layer.forward(x);
                float[][] dz = new float[4][8];
                // hide
                double loss = 0;
                // show
                for (int row = 0; row < 4; row++) {
                    float error = z[row][0] - y[row];                        // the first element of z is the answer
                    // hide
                    loss += error * error / 4;
                    // show
                    dz[row][0] = 2 * error / 4;
                }
                layer.clearGradients();
                layer.backward(dz);
                descend(0.5f, layer.gradients().w(), p.w());
                descend(0.5f, layer.gradients().u(), p.u());
                descend(0.5f, new float[][] {layer.gradients().b()}, p.b());
                layer.update(p);                                             // the arrays of p have changed
                // hide
                losses.add(loss);
                // show
            }
        }
        // end
        assertThat(losses.getFirst()).isGreaterThan(0.2);
        assertThat(losses.getLast()).isLessThan(1e-3);
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

    /** What a library of automatic differentiation asks of an operation. */
    interface Operation {
        float[] forward(float[] input);

        float[] backward(float[] gradient);
    }

    private static Operation operation(EquilibriumLayer<DenseCell.Gradients> layer, Block x, Block z, Block g, DenseCell.Gradients sum) {
        // guide
        return new Operation() {
            @Override
            public float[] forward(float[] input) {
                x.copyFrom(input);
                z.fill(0);
                layer.forward(x, z);
                return z.toFloats();
            }

            @Override
            public float[] backward(float[] gradient) {
                g.copyFrom(gradient);
                sum.x().fill(0);
                layer.backward(g, sum);                                         // parameters add up until you clear them
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
