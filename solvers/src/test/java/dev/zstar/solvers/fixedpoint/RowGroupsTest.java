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
import dev.zstar.solvers.Observer;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.ReplicatedMap;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.ThreadedEngine;
import dev.zstar.solvers.cells.DenseCell;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

/** Groups of rows, solved by several threads: the same bits as in one group, and nothing of it left behind. */
class RowGroupsTest {
    private static final int N = 24;
    private static final int BATCH = 150;
    /** Bytes of a cache that makes groups as small as they get. */
    private static final long SMALL = 12_000;

    private static Block random(Engine engine, Type type, int rows, int cols, double size, long seed) {
        Random random = new Random(seed);
        Block block = engine.allocate(type, rows, cols);
        for (int p = 0; p < rows; p++) {
            for (int i = 0; i < cols; i++) {
                block.set(p, i, size * random.nextGaussian());
            }
        }
        return block;
    }

    private static DenseCell cell(Engine engine, Type type) {
        try (Block w = random(engine, type, N, N, 0.8 / Math.sqrt(N), 1);
                Block u = random(engine, type, N, 3, 1, 2);
                Block b = random(engine, type, 1, N, 0.1, 3)) {
            return new DenseCell(engine, Activation.TANH, w, u, b, BATCH);
        }
    }

    @Test
    void theRowsOfACellHaveTheirBitsInAnyGroup() {
        for (EngineProvider provider : Problems.engines()) {
            for (Type type : Type.values()) {
                Stopping until = Stopping.relative(type == Type.F32 ? 1e-5 : 1e-11).withDistance();
                try (Engine host = provider.create(1)) {
                    Engine engine = ThreadedEngine.of(host, 3, SMALL);
                    try (DenseCell cell = cell(engine, type);
                            Block x = random(engine, type, BATCH, 3, 1, 4);
                            FixedPointSolver groups = FixedPointSolver.plan(engine, type, BATCH, N, until);
                            FixedPointSolver one = FixedPointSolver.plan(host, type, BATCH, N, until);
                            Block z = engine.allocate(type, BATCH, N);
                            Block expected = engine.allocate(type, BATCH, N)) {
                        cell.inject(x);
                        // Without replicas, so all rows are solved together.
                        FixedPointMap alone = Problems.together(cell);
                        double[] tolerances = new double[BATCH];
                        for (int b = 0; b < BATCH; b++) {
                            tolerances[b] = b % 3 == 0 ? 1e-2 : 1e-4;
                        }
                        // Fewer rows than planned, too.
                        for (int rows : new int[] {BATCH, 16, 17, 49, 1, BATCH}) {
                            for (double[] own : new double[][] {null, Arrays.copyOf(tolerances, rows)}) {
                                z.fill(0.1);
                                expected.fill(0.1);
                                Outcome together = one.solve(alone, expected.head(rows), own);
                                Outcome outcome = groups.solve(cell, z.head(rows), own);
                                assertThat(z.head(rows).toDoubles()).isEqualTo(expected.head(rows).toDoubles());
                                assertThat(outcome.evaluations()).isEqualTo(together.evaluations());
                                assertThat(outcome.rowEvaluations()).isEqualTo(together.rowEvaluations());
                                for (int b = 0; b < rows; b++) {
                                    assertThat(outcome.status(b)).isEqualTo(together.status(b)).isEqualTo(Status.CONVERGED_RELATIVE);
                                    assertThat(outcome.residual(b)).isEqualTo(together.residual(b));
                                    assertThat(outcome.latestResidual(b)).isEqualTo(together.latestResidual(b));
                                    assertThat(outcome.distance(b)).isEqualTo(together.distance(b)).isPositive();
                                    assertThat(outcome.evaluations(b)).isEqualTo(together.evaluations(b));
                                    assertThat(groups.tolerance(b)).isEqualTo(one.tolerance(b));
                                    assertThat(groups.relative(b, 1, 1e-30)).isEqualTo(one.relative(b, 1, 1e-30));
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    @Test
    void aReentrantMapIsEvaluatedByAllThreadsAndAnyOtherByOne() {
        try (Engine host = Engines.best(1)) {
            Engine engine = ThreadedEngine.of(host, 3, SMALL);
            try (FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, BATCH, N, Stopping.relative(1e-8));
                    Block z = engine.allocate(Type.F64, BATCH, N)) {
                Thread caller = Thread.currentThread();
                Set<Thread> threads = ConcurrentHashMap.newKeySet();
                Set<Integer> solved = ConcurrentHashMap.newKeySet();
                CountDownLatch all = new CountDownLatch(3);
                FixedPointMap f = (in, out, rows) -> {
                    if (threads.add(Thread.currentThread()) && !threads.contains(caller)) {
                        all.countDown();
                        await(all);
                    }
                    for (int p = 0; p < rows.count(); p++) {
                        solved.add(rows.index(p));
                        for (int i = 0; i < N; i++) {
                            out.set(p, i, 0.5 * Math.cos(in.get(p, i)) + rows.index(p));
                        }
                    }
                };
                assertThat(solver.solve(f, z).succeeded()).isTrue();
                assertThat(threads).containsExactly(caller);
                Block expected = Block.of(Type.F64, BATCH, N, z.toDoubles());
                threads.clear();
                solved.clear();
                z.fill(0);
                assertThat(solver.solve(FixedPointMap.reentrant(f), z).succeeded()).isTrue();
                assertThat(threads).hasSize(3).doesNotContain(caller);
                assertThat(solved).hasSize(BATCH);
                assertThat(z.toDoubles()).isEqualTo(expected.toDoubles());
                // An observer sees all rows at once, so one thread solves them.
                threads.clear();
                z.fill(0);
                int[] most = {0};
                solver.solve(FixedPointMap.reentrant(f), z, (Observer) (progress, states, rows) -> {
                    most[0] = Math.max(most[0], rows.count());
                    return true;
                });
                assertThat(threads).containsExactly(caller);
                assertThat(most[0]).isEqualTo(BATCH);
                expected.close();
            }
        }
    }

    /** A rowwise map has arrays, which threads must not share. Each thread waits inside the function until all are there. */
    @Test
    void aReentrantRowwiseMapHasArraysForEachThread() {
        try (Engine host = Engines.best(1)) {
            Engine engine = ThreadedEngine.of(host, 3, SMALL);
            try (FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, BATCH, N, Stopping.relative(1e-8));
                    Block z = engine.allocate(Type.F64, BATCH, N);
                    Block expected = engine.allocate(Type.F64, BATCH, N)) {
                Set<Thread> threads = ConcurrentHashMap.newKeySet();
                CountDownLatch all = new CountDownLatch(3);
                boolean[] wait = {false};
                FixedPointMap f = FixedPointMap.rowwise((row, in, out) -> {
                    if (wait[0] && threads.add(Thread.currentThread())) {
                        all.countDown();
                        await(all);
                    }
                    for (int i = 0; i < N; i++) {
                        out[i] = 0.5 * Math.cos(in[i]) + row;
                    }
                });
                assertThat(solver.solve(f, expected).succeeded()).isTrue();
                wait[0] = true;
                assertThat(solver.solve(FixedPointMap.reentrant(f), z).succeeded()).isTrue();
                assertThat(threads).hasSize(3);
                assertThat(z.toDoubles()).isEqualTo(expected.toDoubles());
            }
        }
    }

    @Test
    void twoSolversMayUseAReentrantMapAtTheSameTime() {
        int batch = 200;
        try (Engine engine = Engines.best(1);
                Picard first = Picard.plan(engine, Type.F64, batch, 1, 1, Stopping.relative(1e-12));
                Picard second = Picard.plan(engine, Type.F64, batch, 1, 1, Stopping.relative(1e-12));
                Block z = engine.allocate(Type.F64, batch, 1);
                Block other = engine.allocate(Type.F64, batch, 1)) {
            FixedPointMap[] shared = new FixedPointMap[1];
            boolean[] solves = {true};
            shared[0] = FixedPointMap.reentrant((in, out, rows) -> {
                // While the first solver is in its second group, the second one solves a batch.
                if (rows.index(0) >= 100 && solves[0]) {
                    solves[0] = false;
                    assertThat(second.solve(shared[0], other).succeeded()).isTrue();
                }
                for (int p = 0; p < rows.count(); p++) {
                    out.set(p, 0, 0.5 * in.get(p, 0) + rows.index(p));
                }
            });
            assertThat(first.solve(shared[0], z).succeeded()).isTrue();
            assertThat(solves[0]).isFalse();
            for (int b = 0; b < batch; b++) {
                assertThat(z.get(b, 0)).isCloseTo(2.0 * b, within(1e-9 * batch));
                assertThat(other.get(b, 0)).isEqualTo(z.get(b, 0));
            }
        }
    }

    /** Each of two threads has a solver; both use the same map, which tells rows apart. */
    @Test
    void twoThreadsShareAReentrantMap() throws Exception {
        int batch = 150;
        FixedPointMap shared = FixedPointMap.reentrant((in, out, rows) -> {
            for (int p = 0; p < rows.count(); p++) {
                for (int i = 0; i < in.cols(); i++) {
                    out.set(p, i, 0.5 * in.get(p, i) + rows.index(p) + i);
                }
            }
        });
        try (Engine host = Engines.best(1); ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Future<?>> ends = new ArrayList<>();
            for (int k = 0; k < 2; k++) {
                // Groups of different sizes, so that equal slots hold different rows.
                Engine engine = ThreadedEngine.of(host, 2 + k, 1_000);
                ends.add(threads.submit(() -> {
                    try (FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, batch, 3, Stopping.relative(1e-12));
                            Block z = Block.allocate(Type.F64, batch, 3)) {
                        for (int solve = 0; solve < 30; solve++) {
                            z.fill(0);
                            assertThat(solver.solve(shared, z).succeeded()).isTrue();
                            for (int b = 0; b < batch; b++) {
                                assertThat(z.get(b, 2)).isCloseTo(2.0 * (b + 2), within(1e-9 * batch));
                            }
                        }
                    }
                }));
            }
            for (Future<?> end : ends) {
                end.get();
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

    /** A map that halves the distance to its equilibrium in most rows, and shortens it by little in a slow one. */
    private static List<Integer> evaluated(int batch, int slow) {
        List<Integer> counts = new ArrayList<>();
        FixedPointMap map = FixedPointMap.reentrant((z, out, rows) -> {
            counts.add(rows.count());
            for (int p = 0; p < rows.count(); p++) {
                // The first element says which row this is.
                double factor = z.get(p, 0) == slow ? 0.95 : 0.5;
                out.set(p, 0, z.get(p, 0));
                out.set(p, 1, factor * z.get(p, 1) + 1);
            }
        });
        try (Engine engine = Engines.named("simd", 1);
                Picard picard = Picard.plan(engine, Type.F64, batch, 2, 1, Stopping.relative(1e-9).within(2000));
                Block z = engine.allocate(Type.F64, batch, 2)) {
            for (int b = 0; b < batch; b++) {
                z.set(b, 0, b);
            }
            assertThat(picard.solve(map, z).succeeded()).isTrue();
        }
        return counts;
    }

    @Test
    void theRowsOfAGroupBeginTogether() {
        List<Integer> counts = evaluated(200, -1);
        assertThat(counts.getFirst()).isEqualTo(50);
        long refills = IntStream.range(1, counts.size()).filter(k -> counts.get(k) > counts.get(k - 1)).count();
        assertThat(refills).as("%s", counts).isEqualTo(3);
    }

    @Test
    void aSlowRowKeepsNoSlotsWaiting() {
        List<Integer> counts = evaluated(200, 1);
        // The slow row takes hundreds of evaluations. The others are done in its company.
        assertThat(counts).hasSizeGreaterThan(300);
        assertThat(counts.subList(0, 150).stream().mapToInt(Integer::intValue).sum()).as("%s", counts).isGreaterThan(200 * 20);
    }

    @Test
    void anExceptionInOneGroupEndsAllOfThem() {
        try (Engine host = Engines.best(1)) {
            Engine engine = ThreadedEngine.of(host, 3, SMALL);
            try (DenseCell cell = cell(engine, Type.F32);
                    Block x = random(engine, Type.F32, BATCH, 3, 1, 4);
                    FixedPointSolver solver =
                            FixedPointSolver.plan(engine, Type.F32, BATCH, N, Stopping.relative(1e-6).within(100_000_000));
                    Block z = engine.allocate(Type.F32, BATCH, N)) {
                cell.inject(x);
                IllegalArgumentException thrown = new IllegalArgumentException("row 7");
                AtomicInteger running = new AtomicInteger();
                // All other rows would go on for minutes.
                FixedPointMap f = FixedPointMap.reentrant((in, out, rows) -> {
                    running.incrementAndGet();
                    try {
                        for (int p = 0; p < rows.count(); p++) {
                            if (rows.index(p) == 7 && in.get(p, 0) != 0) {
                                throw thrown;
                            }
                            for (int i = 0; i < N; i++) {
                                out.set(p, i, 1 - in.get(p, i) + 1e-3 * Math.random());
                            }
                        }
                    } finally {
                        running.decrementAndGet();
                    }
                });
                assertThatThrownBy(() -> solver.solve(f, z)).isSameAs(thrown);
                assertThat(running.get()).isZero();
                z.fill(0);
                assertThat(solver.solve(cell, z).succeeded()).isTrue();
            }
        }
    }

    @Test
    void aRowWithoutAnInputIsNamed() {
        try (Engine host = Engines.best(1)) {
            Engine engine = ThreadedEngine.of(host, 2, SMALL);
            try (DenseCell cell = cell(engine, Type.F32);
                    Block x = random(engine, Type.F32, 40, 3, 1, 4);
                    FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F32, BATCH, N, Stopping.relative(1e-5));
                    Block z = engine.allocate(Type.F32, 41, N)) {
                cell.inject(x);
                assertThatThrownBy(() -> solver.solve(cell, z)).isInstanceOf(IllegalStateException.class)
                        .hasMessageStartingWith("apply: row 40 of the batch has no input; expected inject(x)");
                assertThat(solver.solve(cell, z.head(40)).succeeded()).isTrue();
            }
        }
    }

    @Test
    void groupsAllocateNothingOnceWarm() {
        try (Engine engine = Engines.best(2)) {
            try (DenseCell cell = cell(engine, Type.F32);
                    Block x = random(engine, Type.F32, BATCH, 3, 1, 4);
                    FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F32, BATCH, N, Stopping.relative(1e-5));
                    Block z = engine.allocate(Type.F32, BATCH, N)) {
                cell.inject(x);
                assertThat(Problems.allocated(() -> {
                    z.fill(0);
                    solver.solve(cell, z);
                })).isZero();
            }
        }
    }

    /** Maps that a solver wraps see every call. */
    @Test
    void mapsThatCountOrScaleHaveNoReplicas() {
        try (Engine engine = Engines.best(1); DenseCell cell = cell(engine, Type.F32)) {
            assertThat(new CountedMap(rows -> { }).follow(cell).replicas()).isNull();
            assertThat(new ScaledMap(cell, new Scales(Type.F32, BATCH)).replicas()).isNull();
        }
    }

    /** Otherwise a row would take other steps in a group than alone. */
    @Test
    void aReplicaTakesTheOperationsOfItsMap() {
        try (Engine host = Engines.best(1); DenseCell cell = cell(host, Type.F32); Block x = random(host, Type.F32, BATCH, 3, 1, 4)) {
            cell.inject(x);
            Engine engine = ThreadedEngine.of(host, 3, SMALL);
            FixedPointMap forgetful = new FixedPointMap() {
                @Override
                public void apply(Block z, Block out, Rows rows) {
                    cell.apply(z, out, rows);
                }

                @Override
                public ReplicatedMap replicas() {
                    return cell.replicas();
                }
            };
            try (FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F32, BATCH, N, Stopping.relative(1e-5));
                    Block z = engine.allocate(Type.F32, BATCH, N)) {
                assertThatThrownBy(() -> solver.solve(forgetful, z)).isInstanceOf(IllegalStateException.class)
                        .hasMessage("solve: a replica takes " + cell.rowOperations()
                                + " operations for a row, expected Infinity, those of its map");
                assertThat(solver.solve(cell, z).succeeded()).as("the solver can be used again").isTrue();
            }
        }
    }

    @Test
    void randomBatchesKeepTheirBits() {
        Random random = new Random(5);
        try (Engine host = Engines.best(1);
                DenseCell cell = cell(host, Type.F32);
                Block x = random(host, Type.F32, BATCH, 3, 1, 4)) {
            cell.inject(x);
            try (FixedPointSolver one = FixedPointSolver.plan(host, Type.F32, BATCH, N, Stopping.relative(1e-5));
                    Block expected = host.allocate(Type.F32, BATCH, N)) {
                FixedPointMap alone = Problems.together(cell);
                one.solve(alone, expected);
                ReplicatedMap replicas = cell.replicas();
                FixedPointMap shared = new FixedPointMap() {
                    @Override
                    public void apply(Block z, Block out, Rows rows) {
                        cell.apply(z, out, rows);
                    }

                    @Override
                    public double rowOperations() {
                        return cell.rowOperations();
                    }

                    @Override
                    public ReplicatedMap replicas() {
                        return replicas;
                    }
                };
                for (int k = 0; k < 300; k++) {
                    int batch = 1 + random.nextInt(BATCH);
                    int rows = 1 + random.nextInt(batch);
                    Engine engine = ThreadedEngine.of(host, 1 + random.nextInt(k < 250 ? 5 : 20), 4_000 + random.nextInt(300_000));
                    try (FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F32, batch, N, Stopping.relative(1e-5));
                            Block z = engine.allocate(Type.F32, rows, N)) {
                        Outcome outcome = solver.solve(shared, z);
                        assertThat(outcome.succeeded()).isTrue();
                        assertThat(z.toDoubles()).as("%d of %d rows on %s", rows, batch, engine.threads())
                                .isEqualTo(expected.head(rows).toDoubles());
                    }
                }
            }
        }
    }
}
