package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.diagnosis.Diagnosis;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.fixedpoint.Safeguard;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Page 6 of the guide: failures. */
class Level6FailuresTest {
    private static final int BATCH = 2;
    private static final int N = 16;

    /** z = c - 1.5 z. */
    @Test
    void why() throws IOException {
        List<String> said = new ArrayList<>();
        FixedPointMap f = FixedPointMap.rowwise((row, z, out) -> {
            for (int i = 0; i < N; i++) {
                out[i] = row + 1 - 1.5 * z[i];
            }
        });
        try (Engine engine = Engines.best(1);
                Picard solver = Picard.plan(engine, Type.F64, BATCH, N, Picard.Options.PLAIN, Stopping.relative(1e-5).within(20));
                Block z = engine.allocate(Type.F64, BATCH, N)) {
            // guide
            Outcome outcome = solver.solve(f, z);
            if (!outcome.succeeded()) {
                Diagnosis.of(solver, f, z).failures().forEach(said::add);
            }
            // end
        }
        GuideTest.assertShown("6-when-it-fails.md", String.join("\n", said));
    }

    @Test
    void safeguards() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, N, BATCH, 0.9, 1);
                Block z = engine.allocate(Type.F64, BATCH, N)) {
            Stopping stopping = Stopping.relative(1e-8);
            // guide
            var guarded = Anderson.plan(engine, Type.F64, BATCH, N, Anderson.Options.DEFAULT.withSafeguard(Safeguard.DEFAULT), stopping);
            var searching = Broyden.plan(engine, Type.F64, BATCH, N, Broyden.Options.DEFAULT.withLineSearch(true), stopping);
            // end
            for (FixedPointSolver each : List.of(guarded, searching)) {
                try (FixedPointSolver solver = each) {
                    z.fill(0);
                    assertThat(solver.solve(cell, z).succeeded()).isTrue();
                    z.fill(0);
                    // guide
                    Outcome outcome = solver.solve(cell, z, (progress, states, rows) -> {
                        System.out.println(progress.evaluations() + ": " + progress.worstResidual());
                        return progress.evaluations() < 3;                     // false ends it, with Status.CANCELLED
                    });
                    // end
                    assertThat(outcome.status(0)).isEqualTo(Status.CANCELLED);
                }
            }
        }
    }

    @Test
    void stoppingARow() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, N, BATCH, 0.9, 1);
                FixedPointSolver solver = FixedPointSolver.plan(cell, Stopping.relative(1e-8));
                Block z = engine.allocate(Type.F64, BATCH, N)) {
            // guide
            Outcome outcome = solver.solve(cell, z, (progress, states, rows, exits) -> {
                for (int p = 0; p < rows.count(); p++) {
                    if (progress.residual(rows.index(p)) < 0.1) {
                        exits.stop(p);                                     // this row ends, with Status.STOPPED_BY_OBSERVER
                    }
                }
            });
            // end
            assertThat(outcome.status(1)).isEqualTo(Status.STOPPED_BY_OBSERVER);
            assertThat(outcome.worstResidual()).isLessThan(0.1);
        }
    }

    @Test
    void scales() {
        try (Engine engine = Engines.best(1);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F32, 1, 2, Stopping.relative(1e-6));
                Block z = engine.allocate(Type.F32, 1, 2)) {
            // guide
            FixedPointMap tiny = FixedPointMap.rowwise((row, v, out) -> {
                out[0] = 0.5 * v[1] + 1e-30;                                   // the square of 10⁻³⁰ is 0 in f32
                out[1] = 0.5 * v[0];
            });
            Outcome outcome = solver.solve(tiny, z);                           // converges, to 4/3 · 10⁻³⁰ and 2/3 · 10⁻³⁰
            // end
            assertThat(outcome.succeeded()).isTrue();
            assertThat(z.get(0, 0)).isCloseTo(4e-30 / 3, within(1e-35));
            assertThat(z.get(0, 1)).isCloseTo(2e-30 / 3, within(1e-35));
        }
    }

    @Test
    void training() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, N, BATCH, 0.9, 1);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F32, BATCH, N, Stopping.relative(1e-6).within(2));
                EquilibriumLayer<DenseCell.Gradients> layer = EquilibriumLayer.plan(cell, solver, GradientMode.DEFAULT);
                Block x = Problems.random(Type.F32, BATCH, 3, 1, 5);
                Block z = engine.allocate(Type.F32, BATCH, N);
                Block g = Problems.random(Type.F32, BATCH, N, 1, 6);
                Block dw = engine.allocate(Type.F32, N, N)) {
            var sum = new DenseCell.Gradients(dw, null, null, null);
            layer.forward(x, z);
            // guide
            GradientOutcome outcome = layer.backward(g, sum);
            outcome.count(GradientOutcome.Use.SKIPPED);                        // rows that added nothing
            outcome.forward(0);                                                // how the forward solve of row 0 ended
            outcome.backward(0);                                               // and its backward solve
            String summary = outcome.toString();                               // how many rows failed, and why the first of them did
            // end
            assertThat(outcome.count(GradientOutcome.Use.SKIPPED)).isEqualTo(2);
            assertThat(summary).isEqualTo("gradients of 2 rows: 0 added, 0 damped, 2 skipped; "
                    + "the forward solve of row 0 ended with MAX_EVALUATIONS");
        }
    }
}
