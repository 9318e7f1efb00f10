package dev.zstar.solvers.ode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** How rows end: by events, by observers, and by failures. */
class OdeEndingsTest {
    /** {@code z_column - level}. */
    private record Level(int column, double level, int direction, boolean ends, List<String> log) implements OdeEvent {
        @Override
        public void value(double[] t, Block z, double[] out, Rows rows) {
            for (int p = 0; p < rows.count(); p++) {
                out[p] = z.get(p, column) - level;
            }
        }

        @Override
        public boolean occurred(int row, double t, Block z) {
            assertThat(z.get(0, column)).isCloseTo(level, within(1e-12));
            log.add(String.format(Locale.ROOT, "%d %.6f", row, t));
            return ends;
        }
    }

    @Test
    void eventsAreFoundToThePrecisionOfTheTime() {
        List<String> log = new ArrayList<>();
        try (Engine engine = Engines.best(1);
                DormandPrince solver = DormandPrince.plan(engine, Type.F64, 2, 2, StepControl.tolerances(1e-12, 1e-12));
                Trajectory trajectory = Trajectory.plan(engine, Type.F64, 2, 2);
                Block z = Block.of(Type.F64, 2, 2, 1.0, 0, 1, 0);
                Block at = engine.allocate(Type.F64, 2, 2)) {
            // cos t and cos 2 t: passes 0.5 without an end; the first rising zero ends the row.
            OdeOptions options = OdeOptions.NONE.withTrajectory(trajectory)
                    .withEvents(new Level(0, 0, 1, true, log), new Level(0, 0.5, 0, false, log));
            OdeOutcome outcome = solver.solve(Equations.RINGS, z, 0, 20, options);
            for (int b = 0; b < 2; b++) {
                double end = 1.5 * Math.PI / (1 + b);
                assertThat(outcome.status(b)).isEqualTo(OdeStatus.ENDED_BY_EVENT);
                assertThat(outcome.event(b)).isZero();
                assertThat(outcome.time(b)).isCloseTo(end, within(1e-9));
                assertThat(z.get(b, 0)).isCloseTo(0, within(1e-14));
                assertThat(z.get(b, 1)).isCloseTo(1, within(1e-9));
                assertThat(trajectory.to(b)).isEqualTo(outcome.time(b));
            }
            trajectory.at(new double[] {outcome.time(0), outcome.time(1)}, at, new Rows(2));
            assertThat(at.get(0, 0)).isCloseTo(0, within(1e-12));
            assertThat(log).containsExactlyInAnyOrder("0 1.047198", "1 0.523599", "0 4.712389", "1 2.356194");
            assertThat(outcome.succeeded()).isTrue();
        }
    }

    /** Backwards, directions are those of the solve. */
    @Test
    void eventsAreFoundBackwards() {
        List<String> log = new ArrayList<>();
        try (Engine engine = Engines.best(1);
                DormandPrince solver = DormandPrince.plan(engine, Type.F64, 1, 2, StepControl.tolerances(1e-11, 1e-11));
                Block z = Block.of(Type.F64, 1, 2, 1.0, 0)) {
            OdeOutcome outcome = solver.solve(Equations.RINGS, z, 0, -20,
                    OdeOptions.NONE.withEvents(new Level(0, 0, 1, true, log), new Level(0, 0, -1, false, log)));
            assertThat(outcome.time(0)).isCloseTo(-1.5 * Math.PI, within(1e-8));
            assertThat(log).containsExactly("0 -1.570796", "0 -4.712389");
        }
    }

    @Test
    void anObserverEndsSingleRowsOrAll() {
        try (Engine engine = Engines.best(1);
                DormandPrince solver = DormandPrince.plan(engine, Type.F64, 3, 2, StepControl.DEFAULT);
                Block z = Block.of(Type.F64, 3, 2, 1.0, 0, 1, 0, 1, 0)) {
            OdeOutcome outcome = solver.solve(Equations.RINGS, z, 0, 9, OdeOptions.NONE.withObserver((progress, t, at, rows, exits) -> {
                for (int p = 0; p < rows.count(); p++) {
                    assertThat(progress.time(rows.index(p))).isEqualTo(t[p]);
                    if (rows.index(p) == 1 && t[p] > 1) {
                        exits.stop(p);
                    }
                    if (rows.index(p) == 2 && t[p] > 2) {
                        exits.cancel();
                    }
                }
            }));
            assertThat(outcome.status(1)).isEqualTo(OdeStatus.STOPPED_BY_OBSERVER);
            assertThat(outcome.status(0)).isEqualTo(OdeStatus.CANCELLED);
            assertThat(outcome.status(2)).isEqualTo(OdeStatus.CANCELLED);
            assertThat(outcome.time(1)).isBetween(1.0, 2.0);
            assertThat(outcome.sentence(1)).startsWith("Row 1 was stopped by the observer at t = 1.");
            for (int b = 0; b < 3; b++) {
                assertThat(z.get(b, 0)).isCloseTo(Math.cos((1 + b) * outcome.time(b)), within(1e-3));
            }
        }
    }

    /** Five failures and a row that does not notice. */
    @Test
    void aRowThatFailsStopsAloneAndSaysWhy() {
        OdeFunction f = OdeFunction.rowwise((row, t, z, out) -> out[0] = switch (row) {
            case 1 -> z[0] * z[0];
            case 2 -> Double.NaN;
            case 3 -> t < 0.5 ? 1 : Double.NaN;
            case 4 -> -1e9 * (z[0] - Math.cos(t));
            default -> -z[0];
        });
        try (Engine engine = Engines.best(1);
                DormandPrince solver = DormandPrince.plan(engine, Type.F64, 6, 1, StepControl.tolerances(1e-8, 1e-8).within(5000));
                Block z = Block.of(Type.F64, 6, 1, 1.0, 1, 1, 1, 1, Double.NaN)) {
            OdeOutcome outcome = solver.solve(f, z, 0, 2);
            assertThat(outcome.status(0)).isEqualTo(OdeStatus.REACHED_END);
            assertThat(z.get(0, 0)).isCloseTo(Math.exp(-2), within(1e-7));
            // z = 1 / (1 - t) is infinite at t = 1.
            assertThat(outcome.status(1)).isEqualTo(OdeStatus.STEP_TOO_SMALL);
            assertThat(outcome.time(1)).isCloseTo(1, within(1e-6));
            assertThat(outcome.status(2)).isEqualTo(OdeStatus.NONFINITE_FUNCTION);
            assertThat(outcome.time(2)).isZero();
            assertThat(z.get(2, 0)).isEqualTo(1);
            assertThat(outcome.status(3)).isEqualTo(OdeStatus.NONFINITE_FUNCTION);
            assertThat(outcome.time(3)).isBetween(0.49, 0.5);
            assertThat(z.get(3, 0)).isCloseTo(1 + outcome.time(3), within(1e-12));
            assertThat(outcome.status(4)).isEqualTo(OdeStatus.MAX_EVALUATIONS);
            assertThat(outcome.evaluations(4)).isBetween(4990, 5000);
            assertThat(outcome.status(5)).isEqualTo(OdeStatus.NONFINITE_INPUT);
            assertThat(z.get(5, 0)).isNaN();
            assertThat(outcome.succeeded()).isFalse();
            assertThat(outcome.toString()).startsWith("Row 1 stopped at t = ").contains("may become infinite");
            assertThat(outcome.sentence(4)).contains("spent its budget").contains("stiff");
        }
    }

    @Test
    void anExceptionOfTheFunctionPassesAndTheSolverStaysUsable() {
        try (Engine engine = Engines.best(1);
                DormandPrince solver = DormandPrince.plan(engine, Type.F64, 1, 1, StepControl.DEFAULT);
                Block z = Block.of(Type.F64, 1, 1, 1.0)) {
            int[] calls = {0};
            OdeFunction broken = OdeFunction.rowwise((row, t, v, out) -> {
                if (++calls[0] == 5) {
                    throw new ArithmeticException("five");
                }
                out[0] = 1;
            });
            assertThatThrownBy(() -> solver.solve(broken, z, 0, 1)).isInstanceOf(ArithmeticException.class).hasMessage("five");
            assertThatThrownBy(() -> solver.solve((t, v, out, rows) -> {}, z, 0, 1)).hasMessageContaining("unwritten");
            z.fill(1);
            assertThat(solver.solve(Equations.DECAY.function(), z, 0, 2).succeeded()).isTrue();
            assertThat(z.get(0, 0)).isCloseTo(Math.exp(-3), within(1e-5));
            OdeFunction again = (t, v, out, rows) -> solver.solve(Equations.DECAY.function(), z, 0, 1);
            assertThatThrownBy(() -> solver.solve(again, z, 0, 1)).hasMessageStartingWith("solve: this solver is already running a solve");
        }
    }
}
