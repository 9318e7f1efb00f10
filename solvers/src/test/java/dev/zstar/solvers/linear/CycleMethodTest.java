package dev.zstar.solvers.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Methods that break the contract of {@link CycleMethod}: the solve ends, with a true status or a sentence that names the method. */
@Timeout(20)
class CycleMethodTest {
    private static final int N = 2;
    private static final int BATCH = 3;

    private record Method(Consumer<Residuals> onBegin, Consumer<Residuals> onStep, Consumer<Residuals> onEnd) implements CycleMethod {
        @Override
        public void begin(Residuals at) {
            onBegin.accept(at);
        }

        @Override
        public void step(Residuals at) {
            onStep.accept(at);
        }

        @Override
        public void end(Residuals at) {
            onEnd.accept(at);
        }
    }

    private static final Consumer<Residuals> LEAVE = CycleMethodTest::leave;

    private static void multiply(Residuals at) {
        int count = at.going().count();
        at.multiply(at.block().head(count), at.spare().head(count), at.going());
    }

    private static void leave(Residuals at) {
        at.going().truncate(0);
    }

    private interface Check {
        void of(Outcome outcome, Block u);
    }

    /** Solves {@code u = u / 2 + 1}. */
    private static void solve(Method method, Stopping stopping, Check check) {
        LinearOperator half = (u, out, rows) -> {
            for (int p = 0; p < rows.count(); p++) {
                for (int i = 0; i < N; i++) {
                    out.set(p, i, u.get(p, i) / 2);
                }
            }
        };
        try (Engine engine = Engines.best(1);
                LinearSolver solver = LinearSolver.of(engine, Type.F64, BATCH, N, "mine", stopping, workspace -> method);
                Block b = engine.allocate(Type.F64, BATCH, N);
                Block u = engine.allocate(Type.F64, BATCH, N)) {
            b.fill(1);
            check.of(solver.solve(half, b, u), u);
        }
    }

    private static void assertEnds(Method method, Status status, int evaluations) {
        solve(method, Stopping.relative(1e-10).within(20), (outcome, u) -> {
            for (int b = 0; b < BATCH; b++) {
                assertThat(outcome.status(b)).isEqualTo(status);
                assertThat(outcome.evaluations(b)).isEqualTo(evaluations);
                assertThat(outcome.residual(b)).isEqualTo(1);
                assertThat(u.get(b, 0)).isZero();
            }
        });
    }

    private static void assertThrows(Method method, Class<?> type, String message) {
        assertThatThrownBy(() -> solve(method, Stopping.relative(1e-10).within(20), (outcome, u) -> {}))
                .isInstanceOf(type).hasMessageStartingWith(message);
    }

    @Test
    void aStepMustTakeAProductOrRemoveARow() {
        assertThrows(new Method(at -> {}, at -> {}, at -> {}), IllegalStateException.class,
                "mine: a step took no product and removed no row, expected one of the two");
    }

    /** The last evaluation is kept for the true residual. */
    @Test
    void rowsWithoutABudgetLeave() {
        assertEnds(new Method(at -> {}, CycleMethodTest::multiply, at -> {
            at.spare().fill(0);
            at.correct(at.spare().head(at.open().count()));
        }), Status.MAX_EVALUATIONS, 20);
        assertEnds(new Method(at -> {}, CycleMethodTest::multiply, at -> {}), Status.MAX_EVALUATIONS, 19);
        assertThrows(new Method(at -> {}, at -> {
            while (true) {
                multiply(at);
            }
        }, at -> {}), IllegalStateException.class, "mine: a product for row 0 of the batch, which has none left in this cycle");
    }

    @Test
    void aCycleWithoutACorrectionHasNotSpentABudget() {
        assertEnds(new Method(LEAVE, at -> {}, at -> {}), Status.STAGNATED, 0);
        assertEnds(new Method(LEAVE, at -> {}, at -> at.claim(0, 0)), Status.STAGNATED, 0);
        assertEnds(new Method(LEAVE.andThen(at -> giveUp(at, Status.BREAKDOWN)), at -> {}, at -> {}), Status.BREAKDOWN, 0);
        assertEnds(new Method(LEAVE.andThen(at -> giveUp(at, Status.MAX_EVALUATIONS)), at -> {}, at -> {}), Status.MAX_EVALUATIONS, 0);
        assertThrows(new Method(LEAVE.andThen(at -> giveUp(at, Status.CONVERGED_RELATIVE)), at -> {}, at -> {}),
                IllegalArgumentException.class, "mine: gave up row 0 with CONVERGED_RELATIVE, expected a status that is not a success");
    }

    private static void giveUp(Residuals at, Status why) {
        for (int b = 0; b < BATCH; b++) {
            at.giveUp(b, why);
        }
    }

    /** The input is finite; the method is at fault. */
    @Test
    void aCorrectionOfNaNIsABreakdown() {
        assertEnds(new Method(LEAVE, at -> {}, at -> {
            at.spare().fill(Double.NaN);
            at.correct(at.spare().head(at.open().count()));
        }), Status.BREAKDOWN, 1);
    }

    @Test
    void whoChangesTheRowsIsNamed() {
        Consumer<Residuals> truncates = at -> at.open().truncate(1);
        assertThrows(new Method(truncates, at -> {}, at -> {}), IllegalStateException.class,
                "begin: the method mine changed the map of rows, which has 1 active rows, expected 3, as before");
        assertThrows(new Method(at -> {}, truncates, at -> {}), IllegalStateException.class,
                "step: the method mine changed the map of rows");
        assertThrows(new Method(LEAVE, at -> {}, truncates), IllegalStateException.class, "end: the method mine changed the map of rows");
        try (Engine engine = Engines.best(1);
                LinearSolver gmres = LinearSolver.plan(engine, Type.F64, BATCH, N, Stopping.relative(1e-10));
                Block b = engine.allocate(Type.F64, BATCH, N);
                Block u = engine.allocate(Type.F64, BATCH, N)) {
            b.fill(1);
            assertThatThrownBy(() -> gmres.solve((in, out, rows) -> {
                out.fill(0);
                rows.truncate(2);
            }, b, u)).hasMessage("apply: the operator changed the map of rows, which has 2 active rows, expected 3, as before");
        }
    }
}
