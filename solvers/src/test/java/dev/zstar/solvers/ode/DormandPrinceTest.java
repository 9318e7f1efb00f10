package dev.zstar.solvers.ode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The solver: closed forms, orders, tolerances, dense output, the direction of time, and memory. */
class DormandPrinceTest {
    private static double error(Equations equation, StepControl control) {
        try (Engine engine = Engines.best(1);
                DormandPrince solver = DormandPrince.plan(engine, Type.F64, 1, equation.start().length, control);
                Block z = equation.block(Type.F64)) {
            OdeOutcome outcome = solver.solve(equation.function(), z, equation.t0, equation.t1);
            assertThat(outcome.status(0)).as(outcome.sentence(0)).isEqualTo(OdeStatus.REACHED_END);
            assertThat(outcome.time(0)).isEqualTo(equation.t1);
            return equation.error(z, 0, equation.t1);
        }
    }

    @ParameterizedTest
    @EnumSource(Equations.class)
    void theOrderOfFixedStepsIsFive(Equations equation) {
        double coarse = error(equation, StepControl.fixed(80));
        double fine = error(equation, StepControl.fixed(160));
        assertThat(Math.log(coarse / fine) / Math.log(2)).as("%s and %s", coarse, fine).isCloseTo(5, within(0.1));
    }

    @ParameterizedTest
    @EnumSource(Equations.class)
    void theErrorIsProportionalToTheTolerance(Equations equation) {
        for (double tolerance : new double[] {1e-4, 1e-6, 1e-8, 1e-10}) {
            double error = error(equation, StepControl.tolerances(tolerance, tolerance));
            assertThat(error / tolerance).as("%s at %s", equation, tolerance).isBetween(1e-2, 1e2);
        }
    }

    @ParameterizedTest
    @EnumSource(Equations.class)
    void theTimeMayRunBackwards(Equations equation) {
        try (Engine engine = Engines.best(1);
                DormandPrince solver = DormandPrince.plan(
                        engine, Type.F64, 1, equation.start().length, StepControl.tolerances(1e-10, 1e-12));
                Block z = Block.of(Type.F64, 1, equation.start().length, equation.at(equation.t1))) {
            solver.solve(equation.function(), z, equation.t1, equation.t0);
            assertThat(equation.error(z, 0, equation.t0)).isLessThan(1e-6);
        }
    }

    @Test
    void vanDerPolEqualsItselfAtATightTolerance() {
        OdeFunction f = OdeFunction.rowwise((row, t, z, out) -> {
            out[0] = z[1];
            out[1] = 5 * (1 - z[0] * z[0]) * z[1] - z[0];
        });
        try (Engine engine = Engines.best(1);
                DormandPrince tight = DormandPrince.plan(engine, Type.F64, 1, 2, StepControl.tolerances(1e-13, 1e-13));
                DormandPrince loose = DormandPrince.plan(engine, Type.F64, 1, 2, StepControl.tolerances(1e-8, 1e-8));
                Block exact = Block.of(Type.F64, 1, 2, 2.0, 0.0);
                Block z = Block.of(Type.F64, 1, 2, 2.0, 0.0)) {
            OdeOutcome outcome = tight.solve(f, exact, 0, 20);
            assertThat(outcome.succeeded()).as("%s", outcome).isTrue();
            outcome = loose.solve(f, z, 0, 20);
            // The relaxation makes errors of phase grow: a hundred times the tolerance here.
            assertThat(Problems.relative(z.toDoubles(), exact.toDoubles())).isLessThan(2e-5);
            assertThat(outcome.rejected(0)).as("%s", outcome.sentence(0)).isPositive();
            assertThat(outcome.evaluations(0)).isEqualTo(2 + 6 * (outcome.accepted(0) + outcome.rejected(0)));
        }
    }

    /** The error of the dense output between the steps, from an exact start of each step, falls by 2⁵ with the step; that is order 4. */
    @Test
    void theOrderOfTheDenseOutputIsFour() {
        double[] errors = new double[2];
        for (int i = 0; i < 2; i++) {
            Equations equation = Equations.OSCILLATOR;
            double h = i == 0 ? 0.2 : 0.1;
            try (Engine engine = Engines.best(1);
                    DormandPrince solver = DormandPrince.plan(engine, Type.F64, 1, 2, StepControl.fixed(1));
                    Trajectory trajectory = Trajectory.plan(engine, Type.F64, 1, 2);
                    Block z = equation.block(Type.F64);
                    Block at = engine.allocate(Type.F64, 1, 2)) {
                solver.solve(equation.function(), z, 0, h, OdeOptions.NONE.withTrajectory(trajectory));
                for (int k = 0; k <= 20; k++) {
                    trajectory.at(h * k / 20, at);
                    errors[i] = Math.max(errors[i], equation.error(at, 0, h * k / 20));
                }
            }
        }
        assertThat(Math.log(errors[0] / errors[1]) / Math.log(2)).as(Arrays.toString(errors)).isCloseTo(5, within(0.15));
    }

    @Test
    void theTrajectoryAndStoredStatesAreTheSolution() {
        Equations equation = Equations.LINEAR;
        double[] times = {0, 0.1, 1, 1.1, 2.5, 3};
        try (Engine engine = Engines.best(1);
                DormandPrince solver = DormandPrince.plan(engine, Type.F64, 1, 2, StepControl.tolerances(1e-9, 1e-9));
                Trajectory trajectory = Trajectory.plan(engine, Type.F64, 2, 2);
                Block z = equation.block(Type.F64);
                Block all = engine.allocate(Type.F64, times.length, 2);
                Block at = engine.allocate(Type.F64, 1, 2)) {
            Block[] states = new Block[times.length];
            for (int i = 0; i < times.length; i++) {
                states[i] = all.part(i, times.length);
            }
            OdeOutcome outcome = solver.solve(equation.function(), z, 0, 3,
                    OdeOptions.NONE.withTrajectory(trajectory).withStates(times, states));
            for (int i = times.length - 1; i >= 0; i--) {
                assertThat(equation.error(all, i, times[i])).isLessThan(1e-7);
                trajectory.at(times[i], at);
                assertThat(equation.error(at, 0, times[i])).isLessThan(1e-7);
            }
            assertThat(all.part(0, times.length).toDoubles()).isEqualTo(equation.start());
            assertThat(all.part(times.length - 1, times.length).toDoubles()).isEqualTo(z.toDoubles());
            assertThat(trajectory.steps(0)).isEqualTo(outcome.accepted(0));
            assertThat(trajectory.steps(1)).isZero();
            assertThat(trajectory.from(0)).isEqualTo(0);
            assertThat(trajectory.to(0)).isEqualTo(3);
            assertThat(trajectory.time(0, trajectory.steps(0))).isEqualTo(3);
            assertThatThrownBy(() -> trajectory.at(3.5, at)).hasMessage("at: the time of row 0 is 3.5, expected a time from 0.0 to 3.0");
            assertThatThrownBy(() -> trajectory.to(1)).isInstanceOf(IllegalStateException.class);
        }
    }

    /** Each row has its interval, its direction and its tolerances. */
    @Test
    void rowsAreSeparateProblems() {
        double[] from = {0, 0, 3, 1};
        double[] to = {1, 2, -1, 1};
        double[] relative = {1e-3, 1e-11, 1e-6, 1e-6};
        double[] absolute = {1e-3, 1e-11, 1e-6, 1e-6};
        try (Engine engine = Engines.best(1);
                DormandPrince solver = DormandPrince.plan(engine, Type.F64, 4, 2, StepControl.DEFAULT);
                Block z = Block.of(Type.F64, 4, 2, 1.0, 0, 1, 0, 1, 0, 1, 0)) {
            OdeOutcome outcome = solver.solve(Equations.RINGS, z, from, to, OdeOptions.NONE.withTolerances(relative, absolute));
            assertThat(outcome.succeeded()).isTrue();
            for (int b = 0; b < 4; b++) {
                double angle = (1 + b) * (to[b] - from[b]);
                double error = Math.hypot(z.get(b, 0) - Math.cos(angle), z.get(b, 1) + Math.sin(angle));
                assertThat(error).as("row %s", b).isLessThan(100 * relative[b]);
                assertThat(error == 0).isEqualTo(b == 3);
                assertThat(outcome.time(b)).isEqualTo(to[b]);
            }
            assertThat(outcome.evaluations(1)).isGreaterThan(3 * outcome.evaluations(0));
            assertThat(outcome.evaluations(3)).isZero();
            assertThat(outcome.evaluations()).isEqualTo(outcome.evaluations(1));
            assertThat(outcome.rowEvaluations()).isEqualTo(
                    outcome.evaluations(0) + outcome.evaluations(1) + outcome.evaluations(2));
        }
    }

    /** A row has the bits that it has alone, for every number of threads, in both types. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void companyAndThreadsChangeNoBit(Type type) {
        int batch = 9;
        int n = 38;
        StepControl control = StepControl.tolerances(1e-5, 1e-6);
        for (EngineProvider provider : Problems.engines()) {
            double[][] alone = new double[batch][];
            for (int threads = 1; threads <= 3; threads++) {
                try (Engine engine = provider.create(threads);
                        DormandPrince solver = DormandPrince.plan(engine, type, batch, n, control);
                        Block start = Problems.random(type, batch, n, 1, 3);
                        Block z = engine.allocate(type, batch, n)) {
                    if (!engine.reproducible()) {
                        continue;
                    }
                    for (int b = 0; b < batch && threads == 1; b++) {
                        int row = b;
                        z.head(1).copyRow(start, b, 0);
                        solver.solve((t, in, out, rows) -> Equations.RINGS.apply(t, in, out, Problems.rows(batch, row)), z.head(1), 0, 2);
                        alone[b] = z.head(1).toDoubles();
                    }
                    z.copyFrom(start);
                    OdeOutcome outcome = solver.solve(Equations.RINGS, z, 0, 2);
                    assertThat(outcome.accepted(8)).isGreaterThan(outcome.accepted(0));
                    for (int b = 0; b < batch; b++) {
                        assertThat(z.part(b, batch).toDoubles()).as("%s, %s threads, row %s", provider.name(), threads, b)
                                .isEqualTo(alone[b]);
                    }
                }
            }
        }
    }

    /** Small numbers, large numbers and long times are solved as ordinary ones are. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-300, 1e-150, 1, 1e150, 1e300})
    void everyScaleIsSolved(double scale) {
        try (Engine engine = Engines.best(1);
                DormandPrince solver = DormandPrince.plan(engine, Type.F64, 1, 2, StepControl.tolerances(1e-8, 0));
                Block z = Block.of(Type.F64, 1, 2, scale, 0.25 * scale)) {
            OdeFunction f = OdeFunction.rowwise((row, t, v, out) -> {
                out[0] = -v[0];
                out[1] = -2 * v[1];
            });
            OdeOutcome outcome = solver.solve(f, z, 0, 1);
            assertThat(outcome.succeeded()).as("%s", outcome).isTrue();
            assertThat(z.get(0, 0) / scale).isCloseTo(Math.exp(-1), within(1e-7));
            z.copyFrom(1.0, 0.25);
            OdeFunction slow = OdeFunction.rowwise((row, t, v, out) -> {
                out[0] = -v[0] / scale;
                out[1] = -2 * v[1] / scale;
            });
            outcome = solver.solve(slow, z, 0, scale);
            assertThat(outcome.succeeded()).as("%s", outcome).isTrue();
            assertThat(z.get(0, 0)).isCloseTo(Math.exp(-1), within(1e-7));
        }
    }

    @Test
    void aSolveAllocatesNothing() {
        OdeEvent event = (t, z, out, rows) -> {
            for (int p = 0; p < rows.count(); p++) {
                out[p] = z.get(p, 0);
            }
        };
        try (Engine engine = Engines.best(1);
                DormandPrince solver = DormandPrince.plan(engine, Type.F64, 3, 2, StepControl.tolerances(1e-5, 1e-6));
                Trajectory trajectory = Trajectory.plan(engine, Type.F64, 3, 2);
                Block z = engine.allocate(Type.F64, 3, 2);
                Block state = engine.allocate(Type.F64, 3, 2)) {
            OdeOptions options = OdeOptions.NONE.withEvents(event).withTrajectory(trajectory).withStates(new double[] {0.3}, state)
                    .withObserver((progress, t, at, rows, exits) -> {});
            long bytes = Problems.allocated(() -> {
                z.fill(1);
                solver.solve(Equations.RINGS, z, 0, 2, options);
            });
            assertThat(bytes).isZero();
        }
    }
}
