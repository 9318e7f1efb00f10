package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.exits.ExitRule;
import dev.zstar.solvers.exits.LowEntropy;
import dev.zstar.solvers.exits.SmallSecondDifference;
import dev.zstar.solvers.exits.StableArgmax;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.MixedPrecision;
import dev.zstar.solvers.fixedpoint.MultiStart;
import dev.zstar.solvers.fixedpoint.NewtonKrylov;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.fixedpoint.Start;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.training.heads.LinearHead;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Page 4 of the guide: forward solvers. */
class Level4SolversTest {
    @Test
    void methods() {
        int batch = 2;
        int n = 16;
        Type type = Type.F64;
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, type, n, batch, 0.8, 1);
                Block z = engine.allocate(type, batch, n)) {
            // guide
            Stopping stopping = Stopping.relative(1e-6);
            var anderson = Anderson.plan(engine, type, batch, n, Anderson.Options.DEFAULT, stopping);
            var typeOne = Anderson.plan(engine, type, batch, n, Anderson.Options.DEFAULT.withVariant(Anderson.Variant.TYPE_I), stopping);
            var broyden = Broyden.plan(engine, type, batch, n,
                    Broyden.Options.DEFAULT.withUpdate(Broyden.Update.BAD).withReduction(Broyden.Reduction.SVD), stopping);
            var newton = NewtonKrylov.plan(engine, type, batch, n, NewtonKrylov.Options.DEFAULT, stopping);
            var plain = Picard.plan(engine, type, batch, n, Picard.Options.PLAIN, stopping);
            var damped = Picard.plan(engine, type, batch, n, Picard.Options.damped(0.5), stopping);
            var adaptive = Picard.plan(engine, type, batch, n, Picard.Options.ADAPTIVE, stopping);
            // end
            for (FixedPointSolver each : List.of(anderson, typeOne, broyden, newton, plain, damped, adaptive)) {
                try (FixedPointSolver solver = each) {
                    // guide
                    z.fill(0);                                                       // the start
                    Outcome outcome = solver.solve(cell, z);                                 // z = tanh(W z + U x + b)
                    // end
                    assertThat(outcome.succeeded()).as("%s: %s", solver, outcome).isTrue();
                }
            }
            // guide
            Stopping rules = Stopping.relative(1e-6)
                    .orAbsolute(1e-12)                                               // or ‖f(z) - z‖ ≤ 10⁻¹²
                    .within(500)                                                     // evaluations for each row; 200 by default
                    .within(Duration.ofMillis(20))                                   // for the whole solve, tested after each evaluation
                    .withPatience(50);                                               // evaluations without a smaller residual
            // end
            try (FixedPointSolver solver = FixedPointSolver.plan(engine, type, batch, n, rules)) {
                z.fill(0);
                assertThat(solver.solve(cell, z).batch()).isEqualTo(batch);
            }
        }
    }

    @Test
    void exits() {
        int batch = 4;
        int n = 16;
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, n, batch, 0.9, 1);
                FixedPointSolver solver = FixedPointSolver.plan(cell, Stopping.relative(1e-6));
                Block w = Problems.random(Type.F32, 10, n, 1, 2);
                LinearHead head = new LinearHead(engine, "head",
                        Parameters.of(Type.F32, LinearHead.descriptionsNoBias("head", 10, n), List.of(w)), batch);
                Block z = engine.allocate(Type.F32, batch, n)) {
            // guide
            ExitRule settled = ExitRule.any(
                    new SmallSecondDifference(solver, 0.03).inARow(2),                       // the state hardly turns
                    ExitRule.all(new StableArgmax(head, 3), new LowEntropy(head, 0.1)))      // or the answer is settled and certain
                    .atLeast(4);                                                             // but not before 4 evaluations
            try (settled) {
                Outcome outcome = solver.solve(cell, z, settled);                            // such a row has Status.STOPPED_BY_OBSERVER
                // hide
                assertThat(outcome.status(0)).isEqualTo(Status.STOPPED_BY_OBSERVER);
                assertThat(outcome.evaluations(0)).isGreaterThanOrEqualTo(4);
                // show
            }
            // end
        }
    }

    @Test
    void multiStart() {
        int batch = 2;
        int n = 16;
        Type type = Type.F64;
        Stopping stopping = Stopping.relative(1e-6);
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, type, n, 3 * batch, 1.5, 1);
                Block x = Problems.random(type, batch, 3, 1, 2);
                Block repeated = engine.allocate(type, 3 * batch, 3);
                Block z = engine.allocate(type, batch, n)) {
            // guide
            try (FixedPointSolver wide = FixedPointSolver.plan(engine, type, 3 * batch, n, stopping);
                    MultiStart starts = MultiStart.plan(wide, MultiStart.Until.FIRST, Start.given(), Start.zeros(), Start.noise(1, 42))) {
                starts.repeat(x, repeated);                                                  // each input three times
                cell.inject(repeated);
                Outcome outcome = starts.solve(cell, z);                                     // z: a row for each input
                Status status = outcome.status(starts.row(0));                               // how the winner of input 0 ended
                // hide
                assertThat(status.isSuccess()).isTrue();
                // show
            }
            // end
        }
    }

    @Test
    void mixedPrecision() {
        int n = 32;
        int batch = 2;
        try (Engine engine = Engines.best(1);
                Block w = Problems.symmetric(Type.F32, n, 0.9, 1);
                Block u = Problems.random(Type.F32, n, 3, 1, 2);
                Block b = Problems.random(Type.F32, 1, n, 1, 3);
                Block x = Problems.random(Type.F32, batch, 3, 1, 4);
                Block z = engine.allocate(Type.F32, batch, n)) {
            // guide
            try (DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, batch, Format.INT8);
                    MixedPrecision mixed = MixedPrecision.plan(
                            engine, Type.F32, batch, n, MixedPrecision.Options.DEFAULT, Stopping.relative(1e-6))) {
                cell.inject(x);
                Outcome outcome = mixed.solve(cell, cell.in(Format.INT8), z);        // cell.in: the same cell with W in that format
                // hide
                assertThat(outcome.succeeded()).isTrue();
                // show
            }
            // end
        }
    }
}
