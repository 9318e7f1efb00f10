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
import dev.zstar.solvers.fixedpoint.NewtonKrylov;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.fixedpoint.StreamHandler;
import dev.zstar.solvers.linear.Gmres;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is recorded of a single row: its residuals, and how far it ends from its start. */
class RowTraceTest {
    private static final int N = 12;

    /** {@code z ← z/2 + 1/2}. */
    private static void halve(Block in, Block out, Rows rows) {
        for (int p = 0; p < in.rows(); p++) {
            for (int i = 0; i < in.cols(); i++) {
                out.set(p, i, 0.5 * in.get(p, i) + 0.5);
            }
        }
    }

    @Test
    void aTraceOfOneRowIsThatOfTheRowAlone() {
        Stopping stopping = Stopping.relative(1e-9).within(30).traced();
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, N, 4, 1.1, 1);
                FixedPointSolver solver = Anderson.plan(engine, Type.F64, 4, N, Anderson.Options.DEFAULT.withWindow(2), stopping);
                FixedPointSolver one = Anderson.plan(engine, Type.F64, 1, N, Anderson.Options.DEFAULT.withWindow(2), stopping);
                Block start = Problems.random(Type.F64, 4, N, 1, 2);
                Block z = engine.allocate(Type.F64, 4, N)) {
            for (int b = 0; b < 4; b++) {
                RowTrace trace = new RowTrace(b, 30);
                z.copyFrom(start);
                Outcome outcome = solver.solve(cell, z, trace);
                z.copyRow(start, b, 0);
                double[] alone = one.solve(Problems.alone(cell, 4, b), z.head(1)).trace();
                assertThat(trace.residuals()).isEqualTo(alone);
                assertThat(trace.count()).isEqualTo(outcome.evaluations(b));
                assertThat(trace.residual(trace.count() - 1)).isEqualTo(outcome.latestResidual(b));
                assertThat(trace.evaluations(0)).isEqualTo(1);
            }
        }
    }

    /** After a failure the last entry is the residual at the last evaluation, not that of the result. */
    @Test
    void aFailureHasItsOwnLastEntry() {
        FixedPointMap f = (in, out, rows) -> out.set(0, 0, in.get(0, 0) < 0.8 ? 0.5 * in.get(0, 0) + 0.5 : 3 * in.get(0, 0));
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 1, 1, 1, Stopping.relative(1e-9).within(5));
                Block z = engine.allocate(Type.F64, 1, 1)) {
            RowTrace trace = new RowTrace(0, 9);
            Outcome outcome = picard.solve(f, z, trace);
            assertThat(outcome.status(0)).isEqualTo(Status.MAX_EVALUATIONS);
            assertThat(trace.residuals()).containsExactly(1, 0.25 / 0.75, 0.125 / 0.875, 1.75 / 2.625, 5.25 / 7.875);
            assertThat(outcome.residual(0)).isEqualTo(0.125 / 0.875);
            assertThat(outcome.latestResidual(0)).isEqualTo(5.25 / 7.875);
        }
    }

    @Test
    void aTraceOfASlotStartsAgainWithEachProblem() {
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 2, 1, 1, Stopping.relative(1e-6));
                Block states = engine.allocate(Type.F64, 2, 1)) {
            RowTrace trace = new RowTrace(1, 3);
            List<double[]> traces = new ArrayList<>();
            List<Integer> evaluations = new ArrayList<>();
            int[] slots = new int[6];
            var stream = new EquilibriumStream<Integer>(picard, RowTraceTest::halve, (input, slot, start) -> {
                slots[input] = slot;
                start.set(slot, 0, input);
            }, trace);
            stream.run(IntStream.range(0, 6).iterator(), states, solved -> {
                if (slots[solved.input()] == 1) {
                    traces.add(trace.residuals());
                    evaluations.add(solved.evaluations());
                    // z = 1 + (input - 1) / 2ᵏ, and f(z) is half as far from 1.
                    double distance = solved.input() - 1;
                    assertThat(trace.residual(0)).isCloseTo(Math.abs(distance / 2 / (1 + distance / 2)), within(1e-15));
                }
            });
            assertThat(traces).hasSizeGreaterThan(1);
            for (int i = 0; i < traces.size(); i++) {
                assertThat(traces.get(i)).as("at most the capacity").hasSize(Math.min(3, evaluations.get(i)));
            }
        }
    }

    /** Newton's method evaluates within its steps as well. */
    @Test
    void evaluationsWithinAStepHaveNoEntry() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, N, 1, 0.9, 1);
                NewtonKrylov newton = NewtonKrylov.plan(engine, Type.F64, 1, N, NewtonKrylov.Options.DEFAULT, Stopping.relative(1e-9));
                Block z = engine.allocate(Type.F64, 1, N)) {
            RowTrace trace = new RowTrace(0, 50);
            Outcome outcome = newton.solve(cell, z, trace);
            assertThat(trace.evaluations(trace.count() - 1)).isEqualTo(outcome.evaluations(0)).isGreaterThan(trace.count());
        }
    }

    @Test
    void observersCombine() {
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 1, 1, 1, Stopping.relative(1e-9));
                Block z = engine.allocate(Type.F64, 1, 1)) {
            RowTrace trace = new RowTrace(0, 50);
            Observer four = (progress, iterate, rows) -> progress.evaluations() < 4;
            Outcome outcome = picard.solve(RowTraceTest::halve, z, trace.andThen(four));
            assertThat(outcome.status(0)).isEqualTo(Status.CANCELLED);
            assertThat(trace.count()).isEqualTo(4);
            assertThatThrownBy(() -> trace.andThen(null)).hasMessage("andThen: the other observer is null");
        }
    }

    @Test
    void distancesAreThoseFromTheStart() {
        for (double scale : new double[] {0x1p-900, 1, 0x1p900}) {
            FixedPointMap f = (in, out, rows) -> {
                for (int p = 0; p < in.rows(); p++) {
                    out.set(p, 0, rows.index(p) == 0 ? in.get(p, 0) : 0.5 * in.get(p, 0) + 2 * scale);
                    out.set(p, 1, rows.index(p) == 2 ? Double.NaN : 0.5 * in.get(p, 1) + 1.5 * scale);
                }
            };
            try (Engine engine = Engines.best(1);
                    Picard picard = Picard.plan(engine, Type.F64, 3, 2, 1, Stopping.relative(1e-14).withDistance());
                    Block z = Block.of(Type.F64, 3, 2, 5 * scale, 3 * scale, 0, 0, scale, scale)) {
                double[] during = new double[3];
                Outcome outcome = picard.solve(f, z, (progress, iterate, rows, exits) -> during[1] = progress.distance(1));
                assertThat(picard.bytes()).isEqualTo(4 * Block.bytes(Type.F64, 3, 2) + Block.bytes(Type.F64, 1, 2));
                assertThat(outcome.status(0)).isEqualTo(Status.CONVERGED_AT_START);
                assertThat(outcome.distance(0)).as("a start that is an equilibrium").isZero();
                assertThat(outcome.distance(1)).isCloseTo(5 * scale, within(1e-12 * scale));
                assertThat(outcome.distance(1)).isEqualTo(during[1]);
                assertThat(outcome.status(2)).isEqualTo(Status.NONFINITE_FUNCTION);
                assertThat(outcome.distance(2)).as("the start is returned").isZero();
            }
        }
    }

    @Test
    void distancesAreMeasuredInStreamsAndCostNothingOtherwise() {
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 2, 1, 1, Stopping.relative(1e-12).withDistance());
                Picard without = Picard.plan(engine, Type.F64, 2, 1, 1, Stopping.relative(1e-12));
                Block states = engine.allocate(Type.F64, 2, 1)) {
            double[] start = new double[2];
            int[] problems = {0, 0};
            picard.stream(RowTraceTest::halve, states, new StreamHandler() {
                @Override
                public boolean load(int b, Block z) {
                    start[b] = ++problems[0];
                    z.set(b, 0, start[b]);
                    return problems[0] < 9;
                }

                @Override
                public void done(int b, Block z, Outcome outcome) {
                    assertThat(outcome.distance(b)).isEqualTo(Math.abs(z.get(b, 0) - start[b])).isCloseTo(start[b] - 1, within(1e-11));
                    problems[1]++;
                }
            });
            assertThat(problems[1]).isEqualTo(8);
            assertThat(Problems.allocated(() -> {
                states.fill(3);
                picard.solve(RowTraceTest::halve, states);
            })).isZero();
            assertThat(picard.outcome().distance(1)).isCloseTo(2, within(1e-11));
            assertThat(without.solve(RowTraceTest::halve, states).distance(0)).isNaN();
            assertThatThrownBy(() -> Gmres.plan(engine, Type.F64, 1, 3, 3, Stopping.relative(0.1).withDistance()))
                    .hasMessageStartingWith("GMRES: the stopping rule has a distance from the start");
        }
    }

    @Test
    void wrongCallsAreRefused() {
        assertThatThrownBy(() -> new RowTrace(-1, 3)).hasMessage("RowTrace: the row is -1, expected at least 0");
        assertThatThrownBy(() -> new RowTrace(0, 0)).hasMessage("RowTrace: the capacity is 0, expected at least 1");
        assertThatThrownBy(() -> new RowTrace(0, 3).residual(0)).isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("residual: entry 0, expected none");
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 1, 1, 1, Stopping.relative(1e-3));
                Block z = engine.allocate(Type.F64, 1, 1)) {
            RowTrace other = new RowTrace(5, 3);
            Outcome outcome = picard.solve(RowTraceTest::halve, z, other);
            assertThat(other.count()).as("a row that the solve does not have").isZero();
            assertThatThrownBy(() -> outcome.distance(1)).isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("distance: row 1, expected 0 to 0");
            assertThatThrownBy(() -> outcome.latestResidual(1)).hasMessage("latestResidual: row 1, expected 0 to 0");
        }
    }
}
