package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.linear.Gmres;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Picard and Anderson. */
class FixedPointTest {
    private static final Stopping TIGHT = Stopping.relative(1e-10);

    @ParameterizedTest
    @EnumSource(Type.class)
    void bothFindTheFixedPointThatTheyClaim(Type type) {
        double tolerance = type == Type.F32 ? 1e-6 : 1e-12;
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(2);
                    DenseCell cell = Problems.cell(engine, Activation.TANH, type, 50, 7, 0.8, 1);
                    Picard picard = Picard.plan(engine, type, 7, 50, 1, Stopping.relative(tolerance).within(500));
                    Anderson anderson = Anderson.plan(engine, type, 7, 50, Anderson.Options.DEFAULT, Stopping.relative(tolerance));
                    Block a = engine.allocate(type, 7, 50);
                    Block b = engine.allocate(type, 7, 50);
                    Block fb = engine.allocate(type, 7, 50)) {
                Outcome plain = picard.solve(cell, a);
                Outcome fast = anderson.solve(cell, b);
                assertThat(plain.succeeded()).as("%s", plain).isTrue();
                assertThat(fast.succeeded()).as("%s", fast).isTrue();
                assertThat(fast.evaluations()).isLessThan(plain.evaluations());
                cell.apply(b, fb, new Rows(7));
                for (int p = 0; p < 7; p++) {
                    for (int i = 0; i < 50; i++) {
                        assertThat(a.get(p, i)).isCloseTo(b.get(p, i), within(100 * tolerance));
                    }
                    assertThat(fast.residual(p)).as("the claimed residual is the true one")
                            .isCloseTo(Problems.residual(b, fb, p), within(1e-12));
                }
            }
        }
    }

    /** Walker and Ni 2011, theorem 2.2: on a linear map the untruncated iterates are one plain step after those of GMRES. */
    @Test
    void onALinearMapUntruncatedAndersonFollowsGmres() {
        int n = 30;
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    DenseCell cell = Problems.cell(engine, Activation.IDENTITY, Type.F64, n, 1, 0.95, 3);
                    Block zero = engine.allocate(Type.F64, 1, n);
                    Block b = engine.allocate(Type.F64, 1, n);
                    Block x = engine.allocate(Type.F64, 1, n)) {
                cell.apply(zero, b, new Rows(1));
                for (int k = 1; k <= 12; k++) {
                    LinearOperator w = (u, out, rows) -> {
                        cell.apply(u, out, rows);
                        engine.axpby(-1, b.head(out.rows()), 1, out);
                    };
                    try (Gmres gmres = Gmres.plan(engine, Type.F64, 1, n, k, Stopping.relative(0).within(k + 1));
                            Anderson anderson = Anderson.plan(engine, Type.F64, 1, n,
                                    Anderson.Options.DEFAULT.withWindow(20).withAdaptiveWindow(false),
                                    Stopping.fixed(k + 2));
                            Block z = engine.allocate(Type.F64, 1, n);
                            Block next = engine.allocate(Type.F64, 1, n)) {
                        gmres.solve(w, b, x);
                        cell.apply(x, next, new Rows(1));
                        // After k + 2 evaluations the iterate last evaluated is z_{k+1} = f(x_k).
                        Outcome outcome = anderson.solve(cell, z);
                        assertThat(outcome.evaluations()).isEqualTo(k + 2);
                        assertThat(Problems.relative(z.toDoubles(), next.toDoubles())).as("%s, step %d", provider.name(), k)
                                .isLessThan(1e-7);
                    }
                }
            }
        }
    }

    @Test
    void aSlowMapTakesFarFewerEvaluations() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, 64, 1, 0.99, 5);
                Anderson anderson = Anderson.plan(engine, Type.F64, 1, 64, Anderson.Options.DEFAULT, Stopping.relative(1e-8).within(400));
                Block z = engine.allocate(Type.F64, 1, 64);
                Block start = engine.allocate(Type.F64, 1, 64)) {
            Outcome outcome = anderson.solve(cell, z);
            assertThat(outcome.succeeded()).as("%s", outcome).isTrue();
            int depth = Picard.equivalentDepth(engine, cell, start, 1e-8, 20_000).orElseThrow();
            assertThat(outcome.evaluations()).isLessThan(depth / 3);
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aRowHasTheSameBitsAloneAndInAnyCompany(Type type) {
        int n = 40;
        int batch = 11;
        double tolerance = type == Type.F32 ? 1e-5 : 1e-11;
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(3);
                    DenseCell cell = Problems.cell(engine, Activation.TANH, type, n, batch, 0.9, 1);
                    Anderson anderson = Anderson.plan(engine, type, batch, n, Anderson.Options.DEFAULT, Stopping.relative(tolerance));
                    Block z = Problems.random(type, batch, n, 1, 9);
                    Block alone = engine.allocate(type, 1, n);
                    Block start = engine.allocate(type, batch, n)) {
                // One row starts at its fixed point, one from NaN, the others far away: they end at different times.
                start.copyFrom(z);
                start.set(4, 2, Double.NaN);
                z.copyFrom(start);
                Outcome outcome = anderson.solve(cell, z);
                assertThat(outcome.status(4)).isEqualTo(Status.NONFINITE_INPUT);
                Status[] status = new Status[batch];
                for (int b = 0; b < batch; b++) {
                    status[b] = outcome.status(b);
                }
                for (int b = 0; b < batch; b++) {
                    alone.copyRow(start, b, 0);
                    Outcome single = anderson.solve(Problems.alone(cell, batch, b), alone);
                    assertThat(single.status(0)).isEqualTo(status[b]);
                    assertThat(alone.toDoubles()).isEqualTo(Arrays.copyOfRange(z.toDoubles(), b * n, (b + 1) * n));
                }
            }
        }
    }

    @Test
    void everyEndHasItsName() {
        try (Engine engine = Engines.best(1);
                Anderson anderson = Anderson.plan(engine, Type.F64, 1, 2, Anderson.Options.DEFAULT,
                        Stopping.relative(1e-9).orAbsolute(1e-300).within(30));
                Picard picard = Picard.plan(engine, Type.F64, 1, 2, 1, Stopping.relative(1e-9).within(400))) {
            assertThat(end(anderson, (z, out, rows) -> out.fill(3), 3, 3)).isEqualTo(Status.CONVERGED_AT_START);
            assertThat(end(anderson, (z, out, rows) -> out.fill(3), 1, 1)).isEqualTo(Status.CONVERGED_RELATIVE);
            assertThat(end(anderson, (z, out, rows) -> out.fill(0), 0, 0)).isEqualTo(Status.CONVERGED_AT_START);
            assertThat(end(anderson, (z, out, rows) -> out.fill(Double.NaN), 1, 1)).isEqualTo(Status.NONFINITE_FUNCTION);
            int[] calls = {0};
            assertThat(end(anderson, (z, out, rows) -> out.fill(++calls[0] < 4 ? calls[0] * calls[0] : Double.NaN), 5, 5))
                    .isEqualTo(Status.NONFINITE_FUNCTION);
            Block z = Block.of(Type.F64, 1, 2, 1, 2);
            FixedPointMap doubling = (in, out, rows) -> engine.axpby(-3, in, 0, out);
            FixedPointMap shift = (in, out, rows) -> {
                out.set(0, 0, Math.exp(in.get(0, 0)));
                out.set(0, 1, in.get(0, 1) + 1);
            };
            assertThat(anderson.solve(shift, z).status(0)).isEqualTo(Status.MAX_EVALUATIONS);
            z.fill(1);
            assertThat(picard.solve(doubling, z).status(0)).isEqualTo(Status.DIVERGED);
            assertThat(z.toDoubles()).doesNotContain(Double.NaN, Double.POSITIVE_INFINITY);
            z.close();
        }
    }

    private static Status end(Anderson anderson, FixedPointMap f, double... start) {
        try (Block z = Block.of(Type.F64, 1, 2, start)) {
            return anderson.solve(f, z).status(0);
        }
    }

    @Test
    void aFailureReturnsTheBestIterate() {
        // Contracts for six evaluations, then jumps away and stays there.
        int[] calls = {0};
        FixedPointMap f = (z, out, rows) -> {
            calls[0]++;
            for (int i = 0; i < 3; i++) {
                out.set(0, i, calls[0] <= 6 ? 0.9 * z.get(0, i) + 0.1 : 1.1 * z.get(0, i) + 10);
            }
        };
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 1, 3, 1, TIGHT.within(40));
                Block z = engine.allocate(Type.F64, 1, 3)) {
            Outcome outcome = picard.solve(f, z);
            assertThat(outcome.status(0)).isEqualTo(Status.MAX_EVALUATIONS);
            double expected = 1 - Math.pow(0.9, 5);
            assertThat(z.get(0, 0)).isCloseTo(expected, within(1e-12));
            assertThat(outcome.residual(0)).isCloseTo((1 - expected) * 0.1 / (1 - Math.pow(0.9, 6)), within(1e-12));
            assertThat(outcome.toString()).contains("1 of 1 row failed after 40 evaluations; row 0: MAX_EVALUATIONS, relative residual ");
        }
    }

    @Test
    void aMapThatThrowsLeavesThePlanUsable() {
        try (Engine engine = Engines.best(1);
                Anderson anderson = Anderson.plan(engine, Type.F64, 1, 2, Anderson.Options.DEFAULT, TIGHT);
                Block z = engine.allocate(Type.F64, 1, 2)) {
            IllegalStateException mine = new IllegalStateException("mine");
            assertThatThrownBy(() -> anderson.solve((in, out, rows) -> {
                throw mine;
            }, z)).isSameAs(mine);
            assertThat(anderson.solve((in, out, rows) -> out.fill(2), z).succeeded()).isTrue();
        }
    }

    @Test
    @SuppressWarnings("try")
    void wrongUseIsNamedAtOnce() throws InterruptedException {
        try (Engine engine = Engines.best(1);
                Anderson anderson = Anderson.plan(engine, Type.F64, 1, 2, Anderson.Options.DEFAULT, TIGHT);
                Block z = engine.allocate(Type.F64, 1, 2);
                Block wide = engine.allocate(Type.F64, 1, 3);
                Block two = engine.allocate(Type.F64, 2, 2)) {
            FixedPointMap f = (in, out, rows) -> out.fill(2);
            assertThatThrownBy(() -> anderson.solve(f, wide)).hasMessage("solve: start is 1×3 f64, expected 1×2 f64");
            assertThatThrownBy(() -> anderson.solve(f, two)).hasMessage("solve: start has 2 rows, expected at most 1, as planned");
            CountDownLatch inside = new CountDownLatch(1);
            CountDownLatch release = new CountDownLatch(1);
            Thread other = new Thread(() -> anderson.solve((in, out, rows) -> {
                inside.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                out.copyFrom(in);
            }, z));
            other.start();
            inside.await();
            assertThatThrownBy(() -> anderson.solve(f, two.head(1)))
                    .hasMessageContaining("already running a solve, in another thread or further up this thread's stack");
            release.countDown();
            other.join();
            anderson.close();
            assertThatThrownBy(() -> anderson.solve(f, z))
                    .hasMessage("solve: this solver (batch 1, n 2, f64) was used after it was closed");
            assertThatThrownBy(() -> Anderson.Options.DEFAULT.withWindow(0)).hasMessage("Anderson.Options: window is 0, expected 1 to 50");
            assertThatThrownBy(() -> Stopping.relative(1))
                    .hasMessage("Stopping: the relative tolerance is 1.0, expected 0 ≤ tolerance < 1");
        }
    }

    @Test
    void aPlanHoldsWhatItsFormulaSaysAndGivesItBack() {
        long before = Block.liveBytes();
        try (Engine engine = Engines.best(1);
                Anderson anderson = Anderson.plan(engine, Type.F32, 4, 100, Anderson.Options.DEFAULT.withWindow(3), TIGHT)) {
            assertThat(Block.liveBytes() - before).isEqualTo(anderson.bytes()).isEqualTo(11 * Block.bytes(Type.F32, 4, 100));
        }
        assertThat(Block.liveBytes()).isEqualTo(before);
    }

    @Test
    void aSolveAllocatesNothing() {
        for (int batch : new int[] {1, 5}) {
            try (Engine engine = Engines.named("simd", 1);
                    DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, 64, batch, 0.9, 1);
                    Anderson anderson =
                            Anderson.plan(engine, Type.F32, batch, 64, Anderson.Options.DEFAULT, Stopping.relative(1e-5));
                    Gmres gmres = Gmres.plan(engine, Type.F32, batch, 64, 20, Stopping.relative(1e-4));
                    Block zero = engine.allocate(Type.F32, batch, 64);
                    Block g = Problems.random(Type.F32, batch, 64, 1, 2);
                    Block u = engine.allocate(Type.F32, batch, 64);
                    Block z = engine.allocate(Type.F32, batch, 64)) {
                LinearOperator adjoint = cell::vjp;
                long bytes = Problems.allocated(() -> {
                        z.copyFrom(zero);
                        anderson.solve(cell, z);
                        cell.linearise(z);
                        gmres.solve(adjoint, g, u);
                });
                assertThat(bytes).as("bytes per ten solves, batch %d", batch).isZero();
            }
        }
    }
}
