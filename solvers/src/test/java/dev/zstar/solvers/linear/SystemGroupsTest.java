package dev.zstar.solvers.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.ReplicatedOperator;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.ThreadedEngine;
import dev.zstar.solvers.cells.DenseCell;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Linear systems in groups of rows, solved by several threads: the same bits as in one group, and nothing of it left behind. */
class SystemGroupsTest {
    private static final int N = 24;
    private static final int BATCH = 150;
    /** Bytes of a cache that makes groups as small as they get. */
    private static final long SMALL = 12_000;

    /** A diagonal matrix, another one for each row of the batch. */
    private static final LinearOperator PRECONDITIONER = (u, out, rows) -> {
        for (int p = 0; p < rows.count(); p++) {
            for (int i = 0; i < u.cols(); i++) {
                out.set(p, i, (1 + Math.sin(17 * rows.index(p) + i) / 3) * u.get(p, i));
            }
        }
    };

    /** The methods that have groups. */
    enum Method {
        DEFAULT,
        SHORT_CYCLES,
        GMRES,
        BICGSTAB,
        CONJUGATE_GRADIENTS,
        NORMAL_EQUATIONS,
        PRECONDITIONED,
        FLEXIBLE,
        NEUMANN,
        PHANTOM;

        LinearSolver plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
            return switch (this) {
                case DEFAULT -> LinearSolver.plan(engine, type, batch, n, stopping);
                // Every row goes on with IDR.
                case SHORT_CYCLES -> GmresIdr.plan(engine, type, batch, n, 5, stopping);
                case GMRES -> Gmres.plan(engine, type, batch, n, 7, stopping);
                case BICGSTAB -> BiCgStab.plan(engine, type, batch, n, stopping);
                case CONJUGATE_GRADIENTS -> ConjugateGradient.plan(engine, type, batch, n, stopping);
                case NORMAL_EQUATIONS -> NormalEquations.plan(engine, type, batch, n, stopping);
                case PRECONDITIONED -> Gmres.plan(engine, type, batch, n,
                        Gmres.Options.DEFAULT.withRestart(7).withPreconditioner(LinearOperator.reentrant(PRECONDITIONER)), stopping);
                case FLEXIBLE -> Gmres.plan(engine, type, batch, n,
                        Gmres.Options.DEFAULT.withRestart(7).withFlexible(LinearOperator.reentrant(PRECONDITIONER)), stopping);
                case NEUMANN -> Neumann.plan(engine, type, batch, n, stopping.fixed() ? stopping.maxEvaluations() : 9);
                case PHANTOM -> Neumann.plan(engine, type, batch, n, stopping.fixed() ? stopping.maxEvaluations() : 4, 0.7);
            };
        }

        /** Whether it sums a series, without a test of convergence. */
        boolean isSeries() {
            return this == NEUMANN || this == PHANTOM;
        }
    }

    private static DenseCell linearised(Engine engine, Type type) {
        // A symmetric W and slopes of 1, so that conjugate gradients apply.
        DenseCell cell = Problems.cell(engine, Activation.IDENTITY, type, N, BATCH, 0.9, 1);
        try (Block z = Problems.random(type, BATCH, N, 1, 4)) {
            cell.linearise(z);
        }
        return cell;
    }

    /** Right-hand sides, some of them hostile: zeros, NaN, the smallest and the largest numbers. */
    private static Block hostile(Type type, long seed) {
        Block rhs = Problems.random(type, BATCH, N, 1, seed);
        for (int b = 0; b < BATCH; b++) {
            for (int i = 0; i < N; i++) {
                double least = type == Type.F32 ? Float.MIN_VALUE : Double.MIN_VALUE;
                double most = type == Type.F32 ? Float.MAX_VALUE : Double.MAX_VALUE;
                switch (b % 19) {
                    case 3 -> rhs.set(b, i, 0);
                    case 7 -> rhs.set(b, i, i == 5 ? Double.NaN : 1);
                    case 11 -> rhs.set(b, i, (i - 10) * least);
                    case 13 -> rhs.set(b, i, i % 2 == 0 ? most : -most / 3);
                    default -> { }
                }
            }
        }
        return rhs;
    }

    private static void assertSame(Outcome outcome, Outcome together, int rows) {
        assertThat(outcome.batch()).isEqualTo(rows);
        for (int b = 0; b < rows; b++) {
            assertThat(outcome.status(b)).as("row %d", b).isEqualTo(together.status(b)).isNotNull();
            assertThat(outcome.residual(b)).isEqualTo(Double.valueOf(together.residual(b)));
            assertThat(outcome.evaluations(b)).isEqualTo(together.evaluations(b));
            assertThat(outcome.cycles(b)).isEqualTo(together.cycles(b));
        }
        assertThat(outcome.rowEvaluations()).isEqualTo(together.rowEvaluations());
    }

    @ParameterizedTest
    @EnumSource
    void theRowsOfACellHaveTheirBitsInAnyGroup(Method method) {
        Map<Status, Integer> statuses = new EnumMap<>(Status.class);
        for (EngineProvider provider : Problems.engines()) {
            for (Type type : Type.values()) {
                Stopping until = Stopping.relative(type == Type.F32 ? 1e-5 : 1e-11).within(200);
                try (Engine host = provider.create(1)) {
                    Engine engine = ThreadedEngine.of(host, 3, SMALL);
                    try (DenseCell cell = linearised(engine, type);
                            Block rhs = hostile(type, 7);
                            LinearSolver groups = method.plan(engine, type, BATCH, N, until);
                            LinearSolver one = method.plan(host, type, BATCH, N, until);
                            Block u = Block.allocate(type, BATCH, N);
                            Block expected = Block.allocate(type, BATCH, N)) {
                        LinearOperator adjoint = cell.adjoint();
                        // Without replicas, so all rows are solved together.
                        LinearOperator alone = LinearOperator.of(cell::vjp, cell::jvp);
                        // Fewer rows than planned, too.
                        for (int rows : new int[] {BATCH, 16, 17, 49, 1, BATCH}) {
                            u.fill(3);
                            expected.fill(4);
                            Outcome together = one.solve(alone, rhs.head(rows), expected.head(rows));
                            assertSame(groups.solve(adjoint, rhs.head(rows), u.head(rows)), together, rows);
                            assertThat(u.head(rows).toDoubles()).isEqualTo(expected.head(rows).toDoubles());
                            for (int b = 0; b < rows; b++) {
                                statuses.merge(together.status(b), 1, Integer::sum);
                            }
                            perturb(expected.head(rows));
                            u.copyFrom(expected);
                            Outcome resumed = one.resume(alone, rhs.head(rows), expected.head(rows));
                            assertSame(groups.resume(adjoint, rhs.head(rows), u.head(rows)), resumed, rows);
                            assertThat(u.head(rows).toDoubles()).isEqualTo(expected.head(rows).toDoubles());
                        }
                    }
                }
            }
        }
        assertThat(statuses).containsKeys(method.isSeries() ? Status.COMPLETED_FIXED_STEPS : Status.CONVERGED_RELATIVE,
                Status.CONVERGED_ZERO_RHS, Status.NONFINITE_INPUT);
    }

    /** Starts from near a solution, from it, from far away, and from NaN. */
    private static void perturb(Block u) {
        for (int b = 0; b < u.rows(); b++) {
            u.set(b, 0, switch (b % 5) {
                case 1 -> u.get(b, 0) + 0.1;
                case 2 -> 1e30;
                case 3 -> Double.NaN;
                default -> u.get(b, 0);
            });
        }
    }

    @Test
    void eachRowHasItsOwnTolerance() {
        try (Engine host = Engines.best(1)) {
            Engine engine = ThreadedEngine.of(host, 3, SMALL);
            try (DenseCell cell = linearised(engine, Type.F64);
                    Block rhs = Problems.random(Type.F64, BATCH, N, 1, 7);
                    Gmres groups = Gmres.plan(engine, Type.F64, BATCH, N, 30, Stopping.relative(1e-9));
                    Gmres one = Gmres.plan(host, Type.F64, BATCH, N, 30, Stopping.relative(1e-9));
                    Block u = Block.allocate(Type.F64, BATCH, N);
                    Block expected = Block.allocate(Type.F64, BATCH, N)) {
                double[] tolerances = new Random(3).doubles(BATCH, 1e-8, 0.5).toArray();
                LinearOperator alone = cell::vjp;
                Outcome together = one.solve(alone, rhs, expected, tolerances);
                assertSame(groups.solve(cell.adjoint(), rhs, u, tolerances), together, BATCH);
                assertThat(u.toDoubles()).isEqualTo(expected.toDoubles());
                assertThat(IntStream.range(0, BATCH).map(together::evaluations).distinct().count()).isGreaterThan(1);
                for (int b = 0; b < BATCH; b++) {
                    assertThat(together.residual(b)).isLessThanOrEqualTo(tolerances[b]);
                }
            }
        }
    }

    /** {@code T = diag(t)} with other elements for each row of the batch, and no memory. */
    private static LinearOperator diagonal(Set<Thread> threads, Set<Integer> rowsSeen, Runnable first) {
        return (u, out, rows) -> {
            if (threads.add(Thread.currentThread())) {
                first.run();
            }
            for (int p = 0; p < rows.count(); p++) {
                rowsSeen.add(rows.index(p));
                for (int i = 0; i < u.cols(); i++) {
                    out.set(p, i, Math.sin(31 * rows.index(p) + i) / 2 * u.get(p, i));
                }
            }
        };
    }

    @Test
    void aReentrantOperatorIsUsedByAllThreadsAndAnyOtherByOne() {
        try (Engine host = Engines.best(1)) {
            Engine engine = ThreadedEngine.of(host, 3, SMALL);
            try (LinearSolver solver = LinearSolver.plan(engine, Type.F64, BATCH, N, Stopping.relative(1e-8));
                    LinearSolver traced = LinearSolver.plan(engine, Type.F64, BATCH, N, Stopping.relative(1e-8).traced());
                    Block rhs = Problems.random(Type.F64, BATCH, N, 1, 7);
                    Block u = Block.allocate(Type.F64, BATCH, N);
                    Block expected = Block.allocate(Type.F64, BATCH, N)) {
                Thread caller = Thread.currentThread();
                Set<Thread> threads = ConcurrentHashMap.newKeySet();
                Set<Integer> solved = ConcurrentHashMap.newKeySet();
                LinearOperator t = diagonal(threads, solved, () -> { });
                assertThat(solver.solve(t, rhs, expected).succeeded()).isTrue();
                assertThat(threads).containsExactly(caller);
                threads.clear();
                solved.clear();
                CountDownLatch all = new CountDownLatch(3);
                LinearOperator shared = LinearOperator.reentrant(diagonal(threads, solved, () -> {
                    all.countDown();
                    await(all);
                }));
                assertThat(solver.solve(shared, rhs, u).succeeded()).isTrue();
                assertThat(threads).hasSize(3).doesNotContain(caller);
                assertThat(solved).hasSize(BATCH);
                assertThat(u.toDoubles()).isEqualTo(expected.toDoubles());
                // A trace shows all rows at once, so one thread solves them.
                threads.clear();
                assertThat(traced.solve(LinearOperator.reentrant(t), rhs, u).succeeded()).isTrue();
                assertThat(threads).containsExactly(caller);
                assertThat(u.toDoubles()).isEqualTo(expected.toDoubles());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aPreconditionerIsUsedByAllThreadsOnlyIfItHasReplicas(boolean flexible) {
        try (Engine host = Engines.best(1)) {
            Engine engine = ThreadedEngine.of(host, 3, SMALL);
            Set<Thread> threads = ConcurrentHashMap.newKeySet();
            CountDownLatch all = new CountDownLatch(3);
            boolean[] waits = {false};
            LinearOperator m = (u, out, rows) -> {
                if (threads.add(Thread.currentThread()) && waits[0]) {
                    all.countDown();
                    await(all);
                }
                PRECONDITIONER.apply(u, out, rows);
            };
            LinearOperator shared = LinearOperator.reentrant(m);
            Gmres.Options options = Gmres.Options.DEFAULT.withRestart(6);
            try (Gmres one = Gmres.plan(engine, Type.F64, BATCH, N,
                    flexible ? options.withFlexible(m) : options.withPreconditioner(m), Stopping.relative(1e-9));
                    Gmres groups = Gmres.plan(engine, Type.F64, BATCH, N,
                            flexible ? options.withFlexible(shared) : options.withPreconditioner(shared), Stopping.relative(1e-9));
                    Block rhs = Problems.random(Type.F64, BATCH, N, 1, 7);
                    Block u = Block.allocate(Type.F64, BATCH, N);
                    Block expected = Block.allocate(Type.F64, BATCH, N)) {
                LinearOperator t = LinearOperator.reentrant(
                        diagonal(ConcurrentHashMap.newKeySet(), ConcurrentHashMap.newKeySet(), () -> { }));
                Outcome together = one.solve(t, rhs, expected);
                assertThat(together.succeeded()).isTrue();
                assertThat(threads).containsExactly(Thread.currentThread());
                threads.clear();
                waits[0] = true;
                assertSame(groups.solve(t, rhs, u), together, BATCH);
                assertThat(threads).hasSize(3).doesNotContain(Thread.currentThread());
                assertThat(u.toDoubles()).isEqualTo(expected.toDoubles());
            }
        }
    }

    @Test
    void anExceptionOfAPreconditionerEndsAllGroups() {
        try (Engine host = Engines.best(1)) {
            Engine engine = ThreadedEngine.of(host, 3, SMALL);
            IllegalArgumentException thrown = new IllegalArgumentException("row 90");
            AtomicInteger running = new AtomicInteger();
            boolean[] fails = {true};
            LinearOperator m = LinearOperator.reentrant((u, out, rows) -> {
                running.incrementAndGet();
                try {
                    for (int p = 0; p < rows.count(); p++) {
                        if (fails[0] && rows.index(p) == 90) {
                            throw thrown;
                        }
                    }
                    PRECONDITIONER.apply(u, out, rows);
                } finally {
                    running.decrementAndGet();
                }
            });
            try (Gmres solver = Gmres.plan(engine, Type.F64, BATCH, N, Gmres.Options.DEFAULT.withPreconditioner(m),
                    Stopping.relative(1e-9));
                    Block rhs = Problems.random(Type.F64, BATCH, N, 1, 7);
                    Block u = Block.allocate(Type.F64, BATCH, N)) {
                LinearOperator t = LinearOperator.reentrant(
                        diagonal(ConcurrentHashMap.newKeySet(), ConcurrentHashMap.newKeySet(), () -> { }));
                assertThatThrownBy(() -> solver.solve(t, rhs, u)).isSameAs(thrown);
                assertThat(running.get()).isZero();
                fails[0] = false;
                assertThat(solver.solve(t, rhs, u).succeeded()).isTrue();
            }
        }
    }

    /** Each of two threads has a solver; both use the same operator and the same preconditioner, which tell rows apart. */
    @Test
    void twoThreadsShareAReentrantOperatorAndPreconditioner() throws Exception {
        try (Engine host = Engines.best(1);
                Block rhs = Problems.random(Type.F64, BATCH, N, 1, 7);
                Block expected = Block.allocate(Type.F64, BATCH, N)) {
            LinearOperator t = LinearOperator.reentrant(
                    diagonal(ConcurrentHashMap.newKeySet(), ConcurrentHashMap.newKeySet(), () -> { }));
            LinearOperator m = LinearOperator.reentrant(PRECONDITIONER);
            Gmres.Options options = Gmres.Options.DEFAULT.withRestart(6).withPreconditioner(m);
            try (Gmres one = Gmres.plan(host, Type.F64, BATCH, N, options, Stopping.relative(1e-9).traced())) {
                assertThat(one.solve(t, rhs, expected).succeeded()).isTrue();
            }
            List<Future<double[]>> found = new ArrayList<>();
            try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
                for (int k = 0; k < 2; k++) {
                    // Groups of different sizes, so that equal slots hold different rows.
                    Engine engine = ThreadedEngine.of(host, 2 + k, SMALL);
                    found.add(threads.submit(() -> {
                        try (Gmres solver = Gmres.plan(engine, Type.F64, BATCH, N, options, Stopping.relative(1e-9));
                                Block u = Block.allocate(Type.F64, BATCH, N)) {
                            for (int i = 0; i < 20; i++) {
                                u.fill(7);
                                assertThat(solver.solve(t, rhs, u).succeeded()).isTrue();
                                assertThat(u.toDoubles()).isEqualTo(expected.toDoubles());
                            }
                            return u.toDoubles();
                        }
                    }));
                }
                for (Future<double[]> each : found) {
                    assertThat(each.get()).isEqualTo(expected.toDoubles());
                }
            }
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anExceptionInOneGroupEndsAllOfThem(Method method) {
        try (Engine host = Engines.best(1)) {
            Engine engine = ThreadedEngine.of(host, 3, SMALL);
            try (DenseCell cell = linearised(engine, Type.F32);
                    LinearSolver solver = method.plan(engine, Type.F32, BATCH, N, Stopping.relative(1e-5).within(100_000_000));
                    LinearSolver endless = method.plan(engine, Type.F32, BATCH, N, Stopping.fixed(100_000_000));
                    Block rhs = Problems.random(Type.F32, BATCH, N, 1, 7);
                    Block u = Block.allocate(Type.F32, BATCH, N)) {
                IllegalArgumentException thrown = new IllegalArgumentException("row 7");
                AtomicInteger running = new AtomicInteger();
                LinearOperator t = new LinearOperator() {
                    private final AtomicInteger products = new AtomicInteger();

                    @Override
                    public void apply(Block in, Block out, Rows rows) {
                        running.incrementAndGet();
                        try {
                            for (int p = 0; p < rows.count(); p++) {
                                if (rows.index(p) == 7 && products.incrementAndGet() == 3) {
                                    throw thrown;
                                }
                                for (int i = 0; i < N; i++) {
                                    // Another operator in each product, so that no row would be solved for minutes.
                                    out.set(p, i, Math.random() - 0.5);
                                }
                            }
                        } finally {
                            running.decrementAndGet();
                        }
                    }

                    @Override
                    public void applyTransposed(Block in, Block out, Rows rows) {
                        apply(in, out, rows);
                    }
                };
                assertThatThrownBy(() -> endless.solve(LinearOperator.reentrant(t), rhs, u)).isSameAs(thrown);
                assertThat(running.get()).isZero();
                // The next solve is like any other.
                assertThat(solver.solve(cell.adjoint(), rhs, u).succeeded()).isTrue();
            }
        }
    }

    @Test
    void aRowThatWasNotLinearisedIsNamed() {
        try (Engine host = Engines.best(1)) {
            Engine engine = ThreadedEngine.of(host, 2, SMALL);
            try (DenseCell cell = linearised(engine, Type.F32);
                    LinearSolver solver = LinearSolver.plan(engine, Type.F32, BATCH, N, Stopping.relative(1e-5));
                    Block rhs = Problems.random(Type.F32, 41, N, 1, 7);
                    Block u = Block.allocate(Type.F32, 41, N)) {
                cell.linearise(rhs.head(40));
                assertThatThrownBy(() -> solver.solve(cell.adjoint(), rhs, u)).isInstanceOf(IllegalStateException.class)
                        .hasMessageStartingWith("vjp: row 40 of the batch has no point of linearisation; expected linearise(z, rows)");
                assertThat(solver.solve(cell.adjoint(), rhs.head(40), u.head(40)).succeeded()).isTrue();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void groupsAllocateNothingOnceWarm(Method method) {
        try (Engine engine = Engines.best(2);
                DenseCell cell = linearised(engine, Type.F32);
                LinearSolver solver = method.plan(engine, Type.F32, BATCH, N, Stopping.relative(1e-5));
                Block rhs = Problems.random(Type.F32, BATCH, N, 1, 7);
                Block u = Block.allocate(Type.F32, BATCH, N)) {
            LinearOperator adjoint = cell.adjoint();
            assertThat(Problems.allocated(() -> solver.solve(adjoint, rhs, u))).isZero();
        }
    }

    @Test
    void randomBatchesKeepTheirBits() {
        Random random = new Random(5);
        try (Engine host = Engines.best(1); Block rhs = hostile(Type.F32, 7); Block expected = Block.allocate(Type.F32, BATCH, N)) {
            LinearOperator diagonal = diagonal(ConcurrentHashMap.newKeySet(), ConcurrentHashMap.newKeySet(), () -> { });
            LinearOperator t = LinearOperator.of(diagonal, diagonal);
            for (Method method : Method.values()) {
                try (LinearSolver one = method.plan(host, Type.F32, BATCH, N, Stopping.relative(1e-5))) {
                    one.solve(t, rhs, expected);
                }
                for (int k = 0; k < 60; k++) {
                    int batch = 1 + random.nextInt(BATCH);
                    int rows = 1 + random.nextInt(batch);
                    int threads = 1 + random.nextInt(20);
                    Engine engine = ThreadedEngine.of(host, threads, 4_000 + random.nextInt(300_000));
                    try (LinearSolver solver = method.plan(engine, Type.F32, batch, N, Stopping.relative(1e-5));
                            Block u = Block.allocate(Type.F32, rows, N)) {
                        solver.solve(LinearOperator.reentrant(t), rhs.head(rows), u);
                        assertThat(u.toDoubles()).as("%s: %d of %d rows on %d threads", method, rows, batch, threads)
                                .isEqualTo(expected.head(rows).toDoubles());
                    }
                }
            }
        }
    }

    @Test
    void solversThatShareAReentrantOperatorHaveReplicasOfTheirOwn() {
        LinearOperator t = LinearOperator.reentrant((u, out, rows) -> out.copyFrom(u));
        assertThat(t.replicas().replica(0, 8)).isNotSameAs(t.replicas().replica(0, 8));
        ReplicatedOperator ofOneSolver = t.replicas();
        assertThat(ofOneSolver.replica(0, 8)).isSameAs(ofOneSolver.replica(0, 8));
    }
}
