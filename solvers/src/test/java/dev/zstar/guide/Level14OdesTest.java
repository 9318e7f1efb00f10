package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.NeuralOde;
import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.ode.DormandPrince;
import dev.zstar.solvers.ode.OdeEvent;
import dev.zstar.solvers.ode.OdeFunction;
import dev.zstar.solvers.ode.OdeGradientMode;
import dev.zstar.solvers.ode.OdeGradientOutcome;
import dev.zstar.solvers.ode.OdeLayer;
import dev.zstar.solvers.ode.OdeOptions;
import dev.zstar.solvers.ode.OdeOutcome;
import dev.zstar.solvers.ode.StepControl;
import dev.zstar.solvers.ode.TimedMap;
import dev.zstar.solvers.ode.Trajectory;
import org.junit.jupiter.api.Test;

/** Page 14 of the guide: neural ODEs. */
class Level14OdesTest {
    private static final int BATCH = 3;
    private static final int N = 8;

    @Test
    void inArrays() {
        // guide
        double[] z1 = NeuralOde.solve((t, z) -> new double[] {z[1], -z[0]}, new double[] {1, 0}, 0, Math.PI);     // (-1, 0)
        // end
        assertThat(z1[0]).isCloseTo(-1, within(1e-6));
        // guide
        double[][] start = {{1, 0}, {0, 2}};                                // two problems, each with its own steps
        NeuralOde.Solution solution = NeuralOde.of((t, z) -> new double[] {z[1], -z[0]})
                .tolerance(1e-10, 1e-12)
                .solve(start, new double[] {0, 1, 2, 3});
        double[][] atOne = solution.at(1);
        double[][] atTheEnd = solution.orThrow();
        // end
        assertThat(atOne[0][0]).isCloseTo(Math.cos(1), within(1e-8));
        assertThat(atTheEnd[1][0]).isCloseTo(2 * Math.sin(3), within(1e-8));
    }

    @Test
    void onBlocks() {
        try (Engine engine = Engines.best(1)) {
            // guide
            OdeFunction fall = OdeFunction.rowwise((row, t, z, out) -> {
                out[0] = z[1];                                              // height
                out[1] = -9.81;                                             // speed
            });
            OdeEvent ground = (t, z, out, rows) -> {                        // the row ends where this changes its sign
                for (int p = 0; p < rows.count(); p++) {
                    out[p] = z.get(p, 0);
                }
            };
            try (var solver = DormandPrince.plan(engine, Type.F64, 2, 2, StepControl.tolerances(1e-9, 1e-9));
                    var trajectory = Trajectory.plan(engine, Type.F64, 2, 2);
                    Block z = Block.of(Type.F64, 2, 2, 10.0, 0, 20, 3)) {
                OdeOptions options = OdeOptions.NONE.withEvents(ground).withTrajectory(trajectory);
                OdeOutcome outcome = solver.solve(fall, z, 0, 100, options);
                outcome.status(0);                                          // ENDED_BY_EVENT
                outcome.time(0);                                            // √(2 · 10 / 9.81)
                outcome.accepted(0);
                outcome.rejected(0);
                // hide
                assertThat(outcome.time(0)).isCloseTo(Math.sqrt(20 / 9.81), within(1e-9));
                try (Block at = engine.allocate(Type.F64, 2, 2)) {
                    // show
                    trajectory.at(0.5, at);                                 // both rows at t = 0.5, from the dense output
                    // hide
                    assertThat(at.get(0, 0)).isCloseTo(10 - 9.81 / 8, within(1e-8));
                }
                // show
            }
            // end
        }
    }

    @Test
    void layers() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, N, BATCH, 0.8, 1);
                Block x = Problems.random(Type.F64, BATCH, 3, 1, 5);
                Block z = Problems.random(Type.F64, BATCH, N, 1, 6);
                Block g = Problems.random(Type.F64, BATCH, N, 1, 7);
                Block dz0 = engine.allocate(Type.F64, BATCH, N);
                Block dw = engine.allocate(Type.F64, N, N)) {
            var sum = new DenseCell.Gradients(dw, null, null, null);
            // guide
            var layer = OdeLayer.plan(cell, 0, 1, StepControl.tolerances(1e-6, 1e-6), OdeGradientMode.DEFAULT);
            layer.forward(x, z);                                            // z(0) becomes z(1)
            OdeGradientOutcome outcome = layer.backward(g, sum, dz0);       // g = ∂L/∂z(1); gradients are added
            outcome.startTimeGradient(0);                                   // ∂L/∂t₀ of row 0
            outcome.endTimeGradient(0);                                     // ∂L/∂t₁
            // end
            assertThat(outcome.succeeded()).isTrue();
            assertThat(outcome.endTimeGradient(0)).isNotZero();
            layer.close();
        }
    }

    @Test
    void time() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, N, BATCH, 0.8, 1);
                Block x = Problems.random(Type.F64, BATCH, 2, 1, 5);
                Block z = Problems.random(Type.F64, BATCH, N, 1, 6)) {
            // guide
            var timed = TimedMap.of(cell, 2);                               // the cell has 3 inputs: 2 of x, and t
            var layer = OdeLayer.plan(engine, Type.F64, BATCH, N, timed, 0, 1, StepControl.DEFAULT, new OdeGradientMode.Interpolated());
            layer.forward(x, z);                                            // x has 2 columns
            // end
            assertThat(z.get(0, 0)).isFinite();
            layer.close();
            timed.close();
        }
    }
}
