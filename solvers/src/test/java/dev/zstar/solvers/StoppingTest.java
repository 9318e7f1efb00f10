package dev.zstar.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.EquilibriumStream;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.fixedpoint.StreamHandler;
import dev.zstar.solvers.linear.Gmres;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Every way in which a fixed-point solve ends, and what it leaves behind. */
class StoppingTest {
    /** {@code z ← z/2 + 1/2}: the residual halves at every step. */
    private static void halve(Block in, Block out, Rows rows) {
        for (int p = 0; p < in.rows(); p++) {
            for (int i = 0; i < in.cols(); i++) {
                out.set(p, i, 0.5 * in.get(p, i) + 0.5);
            }
        }
    }

    /** {@code z ← -z}: two points, for ever. */
    private static void flip(Block in, Block out, Rows rows) {
        for (int p = 0; p < in.rows(); p++) {
            for (int i = 0; i < in.cols(); i++) {
                out.set(p, i, -in.get(p, i));
            }
        }
    }

    private static Status end(Stopping stopping, FixedPointMap f, double start, Observer observer) {
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 1, 2, 1, stopping);
                Block z = Block.of(Type.F64, 1, 2, start, start)) {
            return picard.solve(f, z, observer).status(0);
        }
    }

    /** {@code z / 2}, whose equilibrium is 0. */
    private static void shrink(Block in, Block out, Rows rows) {
        for (int i = 0; i < in.cols(); i++) {
            out.set(0, i, in.get(0, i) / 2);
        }
    }

    @Test
    void everyEndHasItsName() {
        Stopping never = Stopping.relative(0);
        assertThat(end(Stopping.relative(1e-3), StoppingTest::halve, 0, null)).isEqualTo(Status.CONVERGED_RELATIVE);
        assertThat(end(never.orAbsolute(1e-3), StoppingTest::halve, 0, null)).isEqualTo(Status.CONVERGED_ABSOLUTE);
        assertThat(end(never.orStep(1e-3), StoppingTest::halve, 0, null)).isEqualTo(Status.CONVERGED_STEP);
        assertThat(end(never, StoppingTest::halve, 1, null)).isEqualTo(Status.CONVERGED_AT_START);
        assertThat(end(never.within(5), StoppingTest::halve, 0, null)).isEqualTo(Status.MAX_EVALUATIONS);
        assertThat(end(never.withinIterations(4), StoppingTest::halve, 0, null)).isEqualTo(Status.MAX_ITERATIONS);
        assertThat(end(never.within(Duration.ofNanos(1)), StoppingTest::halve, 0, null)).isEqualTo(Status.TIME_BUDGET);
        assertThat(end(never.withPatience(4), StoppingTest::flip, 1, null)).isEqualTo(Status.STAGNATED);
        assertThat(end(Stopping.fixed(3), StoppingTest::flip, 1, null)).isEqualTo(Status.COMPLETED_FIXED_STEPS);
        assertThat(end(never, StoppingTest::halve, 0, (progress, z, rows) -> progress.evaluations() < 3)).isEqualTo(Status.CANCELLED);
        assertThat(end(Stopping.relative(1e-3), StoppingTest::halve, Double.NaN, null)).isEqualTo(Status.NONFINITE_INPUT);
        int[] calls = {0};
        assertThat(end(never, (in, out, rows) -> out.fill(calls[0]++ < 2 ? 3 * calls[0] : Double.NaN), 1, null))
                .isEqualTo(Status.NONFINITE_FUNCTION);
        calls[0] = 0;
        FixedPointMap runaway = (in, out, rows) -> out.fill(calls[0]++ == 0 ? in.get(0, 0) * (1 + 1e-9) : 1e9 * calls[0] * in.get(0, 0));
        assertThat(end(never, runaway, 1, null)).isEqualTo(Status.DIVERGED);
        assertThat(end(Stopping.relative(1e-6), StoppingTest::shrink, 1, null)).isEqualTo(Status.CONVERGED_AT_ZERO);
    }

    @Test
    void whereTheMapRunsAwayNoStepIsShort() {
        // z ← z² + 1: every iterate is negligible next to its value, and far from the previous one.
        FixedPointMap square = (in, out, rows) -> {
            for (int i = 0; i < 2; i++) {
                out.set(0, i, in.get(0, i) * in.get(0, i) + 1);
            }
        };
        assertThat(end(Stopping.relative(0).orStep(1e-3), square, 1, null)).isEqualTo(Status.DIVERGED);
        assertThat(end(Stopping.relative(0).orStep(0.9).within(9), StoppingTest::flip, 1, null)).isEqualTo(Status.MAX_EVALUATIONS);
    }

    @Test
    void patienceDoesNotRememberTheSolveBefore() {
        // The first solve finds its best residual late; the second one's never changes.
        FixedPointMap onward = (in, out, rows) -> out.fill(in.get(0, 0) + 1);
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 1, 1, 0.5, Stopping.relative(0).within(50).withPatience(4));
                Block z = engine.allocate(Type.F64, 1, 1)) {
            assertThat(picard.solve(StoppingTest::halve, z).status(0)).as("its best residual is found late")
                    .isEqualTo(Status.MAX_EVALUATIONS);
            z.fill(1);
            Outcome outcome = picard.solve(onward, z);
            assertThat(outcome.status(0)).isEqualTo(Status.STAGNATED);
            assertThat(outcome.evaluations()).isEqualTo(5);
        }
    }

    /** ‖r‖ falls with z, and ‖r‖ / ‖f(z)‖ does not: that is no reason to give up. */
    @Test
    void patienceIsForTheResidualAndNotForItsRatioToTheValue() {
        assertThat(end(Stopping.relative(0).within(50).withPatience(2), StoppingTest::shrink, 1, null)).isEqualTo(Status.MAX_EVALUATIONS);
        assertThat(end(Stopping.relative(0).within(50).withPatience(2), (in, out, rows) -> out.fill(0), 1, null))
                .isEqualTo(Status.CONVERGED_RELATIVE);
    }

    @Test
    void tolerancesOfRowsAreChecked() {
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 2, 1, 1, Stopping.relative(1e-3));
                Block z = engine.allocate(Type.F64, 2, 1)) {
            for (double wrong : new double[] {Double.NaN, -1e-3, 1, Double.POSITIVE_INFINITY}) {
                assertThatThrownBy(() -> picard.solve(StoppingTest::halve, z, new double[] {1e-3, wrong}))
                        .hasMessage("solve: the relative tolerance of row 1 is " + wrong + ", expected 0 ≤ tolerance < 1");
            }
            assertThat(picard.solve(StoppingTest::halve, z, new double[] {1e-3, 0}).status(0)).isEqualTo(Status.CONVERGED_RELATIVE);
        }
    }

    @Test
    void anOutcomeCanBePrintedWhileItsSolveRuns() {
        List<String> texts = new ArrayList<>();
        assertThat(end(Stopping.relative(1e-3), StoppingTest::halve, 0, (progress, z, rows) -> texts.add(progress.toString())))
                .isEqualTo(Status.CONVERGED_RELATIVE);
        assertThat(texts.getFirst()).isEqualTo("1 of 1 row not solved yet after 1 evaluation, largest relative residual 1.00e+00");
        assertThat(texts.getLast()).startsWith("1 of 1 row solved in ");
    }

    @Test
    void whatIsCancelledOrOutOfTimeKeepsItsBestIterate() {
        // The residual falls three times, and rises then.
        FixedPointMap f = (in, out, rows) -> {
            double x = in.get(0, 0);
            out.fill(x < 0.8 ? 0.5 * x + 0.5 : 3 * x);
        };
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 1, 1, 1, Stopping.relative(1e-9));
                Anderson anderson = Anderson.plan(engine, Type.F64, 1, 1, Anderson.Options.DEFAULT.withMixing(0.5),
                        Stopping.relative(1e-9));
                Block z = engine.allocate(Type.F64, 1, 1)) {
            Outcome outcome = picard.solve(f, z, (progress, iterate, rows) -> progress.evaluations() < 7);
            assertThat(outcome.status(0)).isEqualTo(Status.CANCELLED);
            assertThat(z.get(0, 0)).isEqualTo(0.75);
            assertThat(outcome.residual(0)).isCloseTo(0.125 / 0.875, within(1e-15));
            z.fill(0);
            double[] least = {Double.POSITIVE_INFINITY, 0};
            outcome = anderson.solve(f, z, (progress, iterate, rows) -> {
                if (progress.residual(0) < least[0]) {
                    least[0] = progress.residual(0);
                    least[1] = iterate.get(0, 0);
                }
                return progress.evaluations() < 5;
            });
            assertThat(outcome.residual(0)).isEqualTo(least[0]);
            assertThat(z.get(0, 0)).isCloseTo(least[1], within(1e-15));
        }
    }

    @Test
    void anObserverSeesEveryEvaluationAndWhoIsLeft() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, 20, 4, 0.9, 1);
                Anderson anderson = Anderson.plan(engine, Type.F64, 4, 20, Anderson.Options.DEFAULT, Stopping.relative(1e-9));
                Block z = Problems.random(Type.F64, 4, 20, 1, 2)) {
            List<Integer> left = new ArrayList<>();
            Outcome outcome = anderson.solve(cell, z, (progress, iterate, rows) -> {
                assertThat(progress.evaluations()).isEqualTo(left.size() + 1);
                assertThat(iterate.rows()).isEqualTo(rows.count());
                for (int p = 0; p < rows.count(); p++) {
                    assertThat(progress.status(rows.index(p))).isNull();
                }
                left.add(rows.count());
                return true;
            });
            assertThat(outcome.succeeded()).isTrue();
            assertThat(left).hasSize(outcome.evaluations()).endsWith(0);
            int spent = 0;
            for (int b = 0; b < 4; b++) {
                spent += outcome.evaluations(b);
            }
            assertThat(spent).isEqualTo((int) outcome.rowEvaluations());
        }
    }

    @Test
    void rowsMayHaveTolerancesOfTheirOwn() {
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 3, 1, 1, Stopping.relative(1e-12));
                Block z = engine.allocate(Type.F64, 3, 1)) {
            Outcome outcome = picard.solve(StoppingTest::halve, z, new double[] {0.2, 0.01, 1e-6});
            assertThat(outcome.succeeded()).isTrue();
            // The residual after e evaluations is 2⁻ᵉ / (1 - 2⁻ᵉ).
            assertThat(List.of(outcome.evaluations(0), outcome.evaluations(1), outcome.evaluations(2))).containsExactly(3, 7, 20);
            assertThatThrownBy(() -> picard.solve(StoppingTest::halve, z, new double[2]))
                    .hasMessage("solve: 2 tolerances, expected one for each of 3 rows");
        }
    }

    @Test
    void statesAreKeptAtTheEvaluationsAskedFor() {
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 2, 1, 1, Stopping.relative(0).within(9).recording(1, 3, 8));
                Block z = Block.of(Type.F64, 2, 1, 0, 1)) {
            Outcome outcome = picard.solve(StoppingTest::halve, z);
            // The first row starts at 0, the second at its fixed point, where it stays.
            assertThat(outcome.state(0).toDoubles()).containsExactly(0, 1);
            assertThat(outcome.state(1).toDoubles()).containsExactly(0.75, 1);
            assertThat(outcome.state(2).toDoubles()).containsExactly(1 - Math.pow(2, -7), 1);
            assertThat(picard.bytes()).isEqualTo(6 * Block.bytes(Type.F64, 2, 1));
        }
    }

    @Test
    void contradictionsAreRefused() {
        assertThatThrownBy(() -> Stopping.fixed(3).orStep(0.1)).hasMessageStartingWith("Stopping: a fixed number of evaluations with ");
        assertThatThrownBy(() -> Stopping.relative(0.1).recording(2, 2))
                .hasMessageContaining("[2, 2], expected ascending numbers, the first at least 1");
        assertThatThrownBy(() -> Stopping.relative(0.1).within(0))
                .hasMessage("Stopping: the budget of evaluations is 0, expected at least 1");
        assertThatThrownBy(() -> Stopping.relative(0.1).withPatience(-1)).hasMessage("Stopping: patience is -1, expected at least 0");
        assertThatThrownBy(() -> Stopping.relative(0.1).orStep(1))
                .hasMessage("Stopping: the step tolerance is 1.0, expected 0 ≤ tolerance < 1");
    }

    @Test
    void everyMethodStopsAtABudgetOfSteps() {
        FixedPointMap half = (in, out, rows) -> {
            for (int p = 0; p < in.rows(); p++) {
                out.set(p, 0, 1 + 0.5 * in.get(p, 0));
            }
        };
        Stopping stopping = Stopping.relative(1e-12).withinIterations(4);
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 1, 1, 1, stopping);
                Block z = engine.allocate(Type.F64, 1, 1)) {
            Outcome outcome = picard.solve(half, z);
            assertThat(outcome.status(0)).isEqualTo(Status.MAX_ITERATIONS);
            assertThat(outcome.evaluations()).isEqualTo(5);
            assertThat(z.get(0, 0)).as("after four steps from 0").isEqualTo(1.875);
        }
    }

    @Test
    void aLinearSolverRefusesRulesThatItCannotKeep() {
        try (Engine engine = Engines.best(1)) {
            Stopping plain = Stopping.relative(1e-6);
            for (Stopping stopping : List.of(plain.orStep(1e-3), plain.withinIterations(3), plain.within(Duration.ofSeconds(1)),
                    plain.withPatience(3), plain.recording(1))) {
                assertThatThrownBy(() -> Gmres.plan(engine, Type.F64, 1, 3, 3, stopping))
                        .hasMessageStartingWith("GMRES: the stopping rule has ");
            }
            assertThatThrownBy(() -> Gmres.plan(engine, Type.F64, 1, 3, 3, Stopping.fixed(1)))
                    .hasMessageStartingWith("GMRES: a budget of 1 evaluation, expected at least 2");
        }
    }

    @Test
    void aStreamRefusesRulesThatItCannotKeep() {
        Stopping plain = Stopping.relative(1e-3);
        Map<String, Stopping> wrong = Map.of("a time budget", plain.within(Duration.ofSeconds(1)), "a trace", plain.traced(),
                "recorded states", plain.recording(1));
        FixedPointMap half = StoppingTest::halve;
        StreamHandler never = new StreamHandler() {
            @Override
            public boolean load(int b, Block states) {
                throw new AssertionError("the stream must not begin");
            }

            @Override
            public void done(int b, Block states, Outcome outcome) {
                throw new AssertionError("the stream must not begin");
            }
        };
        wrong.forEach((rule, stopping) -> {
            try (Engine engine = Engines.best(1);
                    Picard picard = Picard.plan(engine, Type.F64, 1, 1, 1, stopping);
                    Block z = engine.allocate(Type.F64, 1, 1)) {
                String message = "stream: the stopping rule of the solver has " + rule
                        + ", expected only tolerances, patience and budgets of evaluations or steps";
                assertThatThrownBy(() -> picard.stream(half, z, never))
                        .isInstanceOf(IllegalArgumentException.class).hasMessage(message);
                assertThatThrownBy(() -> new EquilibriumStream<Integer>(picard, half, (input, slot, start) -> {}))
                        .isInstanceOf(IllegalArgumentException.class).hasMessage(message);
                assertThat(picard.solve(half, z).succeeded()).as("a solve obeys the rule").isTrue();
            }
        });
    }

    @Test
    void nullIsRefusedByName() {
        try (Engine engine = Engines.best(1);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, 1, 1, Stopping.relative(1e-3));
                Gmres gmres = Gmres.plan(engine, Type.F64, 1, 1, 3, Stopping.relative(1e-3));
                Block z = engine.allocate(Type.F64, 1, 1)) {
            FixedPointMap half = StoppingTest::halve;
            Stopping stopping = Stopping.relative(1e-3);
            Map<String, ThrowingCallable> wrong = new LinkedHashMap<>();
            wrong.put("plan: the engine", () -> FixedPointSolver.plan(null, Type.F64, 1, 1, stopping));
            wrong.put("plan: the type", () -> FixedPointSolver.plan(engine, null, 1, 1, stopping));
            wrong.put("plan: the stopping rule", () -> FixedPointSolver.plan(engine, Type.F64, 1, 1, null));
            wrong.put("plan: options", () -> Anderson.plan(engine, Type.F64, 1, 1, null, stopping));
            wrong.put("Anderson.Options: mixing", () -> Anderson.Options.DEFAULT.withMixing((Anderson.Mixing) null));
            wrong.put("Anderson.Options: variant", () -> Anderson.Options.DEFAULT.withVariant(null));
            wrong.put("solve: the map", () -> solver.solve(null, z));
            wrong.put("solve: start", () -> solver.solve(half, null));
            wrong.put("stream: the handler", () -> solver.stream(half, z, null));
            wrong.put("solve: the operator", () -> gmres.solve(null, z, z));
            wrong.put("solve: the right-hand side", () -> gmres.solve((in, out, rows) -> {}, null, z));
            wrong.put("solve: the solution", () -> gmres.solve((in, out, rows) -> {}, z, null));
            wrong.put("row data: the engine", () -> new RowData(null, Type.F64, 1, 1, "x", "fill").close());
            long before = Block.liveBytes();
            wrong.forEach((what, call) -> assertThatThrownBy(call).isInstanceOf(NullPointerException.class).hasMessage(what + " is null"));
            assertThatThrownBy(() -> Gmres.plan(engine, Type.F64, 1, 1, 3, null)).hasMessage("plan: the stopping rule is null");
            assertThat(Block.liveBytes()).isEqualTo(before);
        }
    }

    @Test
    void anOutcomeTellsWhatWasNotTested() {
        try (Engine engine = Engines.best(1);
                Picard fixed = Picard.plan(engine, Type.F64, 2, 1, 1, Stopping.fixed(3));
                Picard tested = Picard.plan(engine, Type.F64, 2, 1, 1, Stopping.relative(1e-3));
                Block z = engine.allocate(Type.F64, 2, 1)) {
            assertThat(fixed.solve(StoppingTest::halve, z).toString())
                    .startsWith("2 of 2 rows completed 3 evaluations without a test, largest relative residual ");
            assertThat(tested.solve(StoppingTest::halve, z).toString())
                    .matches("2 of 2 rows solved in \\d+ evaluations, largest relative residual .*");
        }
    }

    /** A long beyond 292 years has too few bits for its nanoseconds. */
    @Test
    void aTimeBudgetOfAnyLengthIsTaken() {
        Stopping stopping = Stopping.relative(0.1);
        assertThat(stopping.within(ChronoUnit.FOREVER.getDuration())).isEqualTo(stopping);
        assertThat(stopping.within(Duration.ofDays(400_000))).isEqualTo(stopping);
        assertThat(stopping.within(Duration.ofDays(100_000)).maxNanos()).isEqualTo(Duration.ofDays(100_000).toNanos());
        assertThatThrownBy(() -> stopping.within(Duration.ofDays(-400_000)))
                .hasMessage("Stopping: the time budget is -1 ns, expected at least 1 ns");
        assertThatThrownBy(() -> stopping.within(Duration.ZERO)).hasMessage("Stopping: the time budget is 0 ns, expected at least 1 ns");
    }
}
