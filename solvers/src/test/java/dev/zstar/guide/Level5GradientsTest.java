package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome;
import dev.zstar.solvers.implicit.GradientReport;
import dev.zstar.solvers.linear.BiCgStab;
import org.junit.jupiter.api.Test;

/** Page 5 of the guide: gradient modes and linear solvers. */
class Level5GradientsTest {
    private static final int BATCH = 2;
    private static final int N = 16;

    private static GradientOutcome pass(GradientMode mode, double[] error) {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, N, BATCH, 0.8, 1);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F32, BATCH, N, Stopping.relative(1e-6));
                Block x = Problems.random(Type.F32, BATCH, 3, 1, 5);
                Block z = engine.allocate(Type.F32, BATCH, N);
                Block g = Problems.random(Type.F32, BATCH, N, 1, 6);
                Block dw = engine.allocate(Type.F32, N, N)) {
            var sum = new DenseCell.Gradients(dw, null, null, null);
            // guide
            var layer = EquilibriumLayer.plan(cell, solver, mode);
            layer.forward(x, z);                                    // z* = f(z*, x), from what is in z
            GradientOutcome outcome = layer.backward(g, sum);       // g = ∂L/∂z*; gradients are added to the blocks of sum
            // end
            try (layer) {
                // guide
                GradientReport report = layer.report(g);
                report.worstError();                                // ‖v - exact‖ / ‖exact‖, the largest of all rows
                report.worstCosine();                               // the smallest cosine of the angle between v and the exact v
                // end
                error[0] = report.worstError();
                return outcome;
            }
        }
    }

    @Test
    void modes() {
        double[] exact = new double[1];
        double[] free = new double[1];
        assertThat(pass(GradientMode.DEFAULT, exact).succeeded()).isTrue();
        assertThat(pass(new GradientMode.JacobianFree(), free).succeeded()).isTrue();
        assertThat(exact[0]).isLessThan(free[0]).isLessThan(1e-2);
    }

    @Test
    void schedule() {
        int first = 1999;
        int last = 2002;
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, N, BATCH, 0.8, 1);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F32, BATCH, N, Stopping.relative(1e-6));
                Block x = Problems.random(Type.F32, BATCH, 3, 1, 5);
                Block z = engine.allocate(Type.F32, BATCH, N);
                Block g = Problems.random(Type.F32, BATCH, N, 1, 6);
                Block dw = engine.allocate(Type.F32, N, N)) {
            var sum = new DenseCell.Gradients(dw, null, null, null);
            // guide
            GradientMode schedule = new GradientMode.JacobianFree()     // in the first 2000 steps
                    .then(2000, new GradientMode.Phantom(5, 0.5))
                    .then(6000, GradientMode.DEFAULT);                  // from step 6000 on
            try (var layer = EquilibriumLayer.plan(cell, solver, schedule)) {
                for (int step = first; step < last; step++) {
                    layer.step(step);                                   // selects the mode; allocates nothing
                    layer.forward(x, z);
                    layer.backward(g, sum);
                }
                // hide
                assertThat(layer.mode()).isEqualTo(new GradientMode.Phantom(5, 0.5));
                // show
            }
            // end
        }
    }

    @Test
    void anyLinearSolver() {
        double[] error = new double[1];
        // guide
        GradientMode mode = new GradientMode.Exact((engine, type, batch, n) ->
                BiCgStab.plan(engine, type, batch, n, Stopping.relative(1e-4)));
        // end
        assertThat(pass(mode, error).succeeded()).isTrue();
        assertThat(error[0]).isLessThan(1e-2);
    }
}
