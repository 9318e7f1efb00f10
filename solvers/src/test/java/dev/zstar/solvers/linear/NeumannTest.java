package dev.zstar.solvers.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A Neumann series is the damped steps that it stands for, and says what became of each row. */
class NeumannTest {
    private static final int N = 9;
    private static final int BATCH = 2;

    /** {@code u ← u + λ (b + T u - u)}, from {@code λ b} or from a start. */
    @ParameterizedTest
    @CsvSource({"6, 1", "6, 0.6", "0, 1", "0, 0.5", "1, 0.9"})
    void itIsTheStepsThatItStandsFor(int terms, double damping) {
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(2);
                    Block w = Problems.random(Type.F64, N, N, 0.2, 1);
                    Weights packed = engine.pack(w);
                    Neumann neumann = Neumann.plan(engine, Type.F64, BATCH, N, terms, damping);
                    Block b = Problems.random(Type.F64, BATCH, N, 1, 3);
                    Block start = Problems.random(Type.F64, BATCH, N, 1, 4);
                    Block u = engine.allocate(Type.F64, BATCH, N);
                    Block expected = engine.allocate(Type.F64, BATCH, N)) {
                assertThat(neumann.bytes()).isEqualTo(2 * u.bytes());
                LinearOperator t = (x, out, rows) -> engine.apply(packed, x, out, Epilogue.NONE);
                Outcome outcome = neumann.solve(t, b, u);
                assertThat(outcome.evaluations()).isEqualTo(terms);
                expected.fill(0);
                double last = steps(engine, packed, b, expected, damping, terms + 1);
                assertSame(outcome, u, expected, last);

                u.copyFrom(start);
                outcome = neumann.resume(t, b, u);
                assertThat(outcome.evaluations()).isEqualTo(terms + 1);
                expected.copyFrom(start);
                last = steps(engine, packed, b, expected, damping, terms + 1);
                assertSame(outcome, u, expected, last);
            }
        }
    }

    private static void assertSame(Outcome outcome, Block u, Block expected, double last) {
        assertThat(outcome.status(1)).isEqualTo(Status.COMPLETED_FIXED_STEPS);
        assertThat(outcome.residual(1)).isCloseTo(last, within(1e-12));
        for (int i = 0; i < N; i++) {
            assertThat(u.get(1, i)).isCloseTo(expected.get(1, i), within(1e-12));
        }
    }

    /** Steps in place; returns the relative residual of row 1 before the last. */
    private static double steps(Engine engine, Weights t, Block b, Block u, double damping, int count) {
        double residual = 0;
        try (Block r = engine.allocate(Type.F64, BATCH, N)) {
            double[] lengths = new double[BATCH];
            for (int i = 0; i < count; i++) {
                engine.apply(t, u, r, Epilogue.NONE);
                engine.axpby(-1, u, 1, r);
                engine.axpby(1, b, 1, r);
                engine.norm(r, lengths);
                residual = lengths[1];
                engine.axpby(damping, r, 1, u);
            }
            engine.norm(b, lengths);
            return residual / lengths[1];
        }
    }

    @Test
    void rowsOfEveryKindEndWithTheirStatus() {
        try (Engine engine = Engines.best(1);
                Neumann neumann = Neumann.plan(engine, Type.F64, 5, 2, 3);
                Block b = engine.allocate(Type.F64, 5, 2);
                Block u = engine.allocate(Type.F64, 5, 2)) {
            b.fill(1);
            b.set(0, 0, 0);
            b.set(0, 1, 0);
            b.set(1, 1, Double.NaN);
            b.set(2, 0, 1e300);
            // Row 2 grows out of its range, row 3 is NaN at once, row 4 is halved.
            LinearOperator t = (x, out, rows) -> {
                for (int p = 0; p < rows.count(); p++) {
                    double factor = rows.index(p) == 2 ? 1e4 : rows.index(p) == 3 ? Double.NaN : 0.5;
                    for (int i = 0; i < 2; i++) {
                        out.set(p, i, factor * x.get(p, i));
                    }
                }
            };
            Outcome outcome = neumann.solve(t, b, u);
            Status[] expected = {Status.CONVERGED_ZERO_RHS, Status.NONFINITE_INPUT, Status.NONFINITE_OPERATOR, Status.NONFINITE_OPERATOR,
                    Status.COMPLETED_FIXED_STEPS};
            double[] residuals = {0, Double.NaN, 1, 1, 0.125};
            for (int row = 0; row < 5; row++) {
                assertThat(outcome.status(row)).isEqualTo(expected[row]);
                assertThat(Double.valueOf(outcome.residual(row))).isEqualTo(Double.valueOf(residuals[row]));
            }
            assertThat(u.toDoubles()).containsExactly(0, 0, 0, 0, 0, 0, 0, 0, 1.875, 1.875);

            // A start that is not finite stays as it is; a right-hand side of zeros has the solution zero.
            b.fill(1);
            b.set(0, 0, 0);
            b.set(0, 1, 0);
            u.fill(2);
            u.set(1, 0, Double.NEGATIVE_INFINITY);
            outcome = neumann.resume(t, b, u);
            assertThat(outcome.status(0)).isEqualTo(Status.CONVERGED_ZERO_RHS);
            assertThat(outcome.status(1)).isEqualTo(Status.NONFINITE_INPUT);
            assertThat(outcome.status(4)).isEqualTo(Status.COMPLETED_FIXED_STEPS);
            assertThat(outcome.residual(4)).isZero();
            assertThat(new double[] {u.get(0, 0), u.get(1, 0), u.get(1, 1), u.get(4, 0)})
                    .containsExactly(0, Double.NEGATIVE_INFINITY, 2, 2);
        }
    }

    /** The sum may leave the range though no term does. */
    @Test
    void aSumOutOfRangeIsZeros() {
        try (Engine engine = Engines.best(1);
                Neumann neumann = Neumann.plan(engine, Type.F64, 1, 2, 3);
                Block b = Block.of(Type.F64, 1, 2, 1e308, 0);
                Block u = engine.allocate(Type.F64, 1, 2)) {
            Outcome outcome = neumann.solve((x, out, rows) -> engine.copy(x, out), b, u);
            assertThat(outcome.status(0)).isEqualTo(Status.OUT_OF_RANGE);
            assertThat(outcome.residual(0)).isEqualTo(1);
            assertThat(u.toDoubles()).containsExactly(0, 0);
        }
    }

    @Test
    void itIsALinearSolver() {
        try (Engine engine = Engines.best(1);
                LinearSolver solver = Neumann.plan(engine, Type.F32, BATCH, N, 4, 0.5);
                Block b = Problems.random(Type.F32, BATCH, N, 1, 3);
                Block u = engine.allocate(Type.F32, BATCH, N);
                Block other = engine.allocate(Type.F32, BATCH, N + 1)) {
            LinearOperator t = (x, out, rows) -> engine.axpby(0.5, x, 0, out);
            assertThat(Problems.allocated(() -> solver.solve(t, b, u))).isZero();
            assertThat(Problems.allocated(() -> solver.resume(t, b, u))).isZero();
            assertThatThrownBy(() -> solver.solve(t, b, other)).hasMessageContaining("the solution");
            assertThatThrownBy(() -> solver.requireFits("it", engine, Type.F64, BATCH, N))
                    .hasMessageStartingWith("it is planned for 2 rows");
            LinearSolver closed;
            try (LinearSolver another = Neumann.plan(engine, Type.F32, BATCH, N, 4)) {
                closed = another;
            }
            assertThatThrownBy(() -> closed.solve(t, b, u))
                    .hasMessage("solve: this solver (batch 2, n 9, f32) was used after it was closed");
            assertThatThrownBy(() -> Neumann.plan(engine, Type.F32, 1, 3, -1)).hasMessage("Neumann: terms is -1, expected at least 0");
            assertThatThrownBy(() -> Neumann.plan(engine, Type.F32, 1, 3, 2, 1.5))
                    .hasMessage("Neumann: damping is 1.5, expected 0 < λ ≤ 1");
        }
    }
}
