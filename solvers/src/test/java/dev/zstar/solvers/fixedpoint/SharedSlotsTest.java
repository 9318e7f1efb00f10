package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.ThreadedEngine;
import dev.zstar.solvers.cells.DenseCell;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The slots of a stream, divided among several threads. */
class SharedSlotsTest {
    private static final int N = 24;
    private static final int COUNT = 120;
    private static final long CACHE = 100_000;

    /** How an input ended. */
    private record End(Status status, int evaluations, double residual, double latest, List<Double> z) {
        static End of(Outcome outcome, int b, Block states) {
            return new End(outcome.status(b), outcome.evaluations(b), outcome.residual(b), outcome.latestResidual(b),
                    Arrays.stream(states.part(b, states.rows()).toDoubles()).boxed().toList());
        }
    }

    /** Inputs of different size; one is NaN. */
    private static Block inputs(Type type) {
        Block x = Problems.random(type, COUNT, 3, 1, 5);
        for (int i = 0; i < COUNT; i++) {
            x.set(i, 0, i == 4 ? Double.NaN : x.get(i, 0) * Math.pow(10, i % 5 - 3));
        }
        return x;
    }

    private static List<FixedPointSolver> solvers(Engine engine, Type type, int slots) {
        Stopping until = Stopping.relative(type == Type.F32 ? 1e-5 : 1e-11);
        return List.of(FixedPointSolver.plan(engine, type, slots, N, until), Picard.plan(engine, type, slots, N, 0.9, until));
    }

    /** Feeds the inputs to a cell, and keeps how each ended. */
    private static class Feed implements StreamHandler {
        final DenseCell cell;
        final Block x;
        final int[] inSlot;
        final End[] ends = new End[COUNT];
        final Set<Thread> threads = ConcurrentHashMap.newKeySet();
        int next;

        Feed(DenseCell cell, Block x, int slots) {
            this.cell = cell;
            this.x = x;
            inSlot = new int[slots];
        }

        @Override
        public boolean load(int b, Block states) {
            threads.add(Thread.currentThread());
            // Now and then there is no problem.
            if (next == COUNT || next % 7 == 3 && b % 3 == 1) {
                return false;
            }
            cell.inject(b, x.part(next, COUNT));
            states.part(b, states.rows()).fill(0.1);
            inSlot[b] = next++;
            return true;
        }

        @Override
        public void done(int b, Block states, Outcome outcome) {
            threads.add(Thread.currentThread());
            ends[inSlot[b]] = End.of(outcome, b, states);
        }
    }

    @Test
    void everyResultIsWhatItIsAlone() {
        for (EngineProvider provider : Problems.engines()) {
            for (Type type : Type.values()) {
                try (Engine host = provider.create(1); Block x = inputs(type)) {
                    for (int slots : new int[] {16, 25, 70}) {
                        for (int threads : new int[] {2, 5}) {
                            Engine engine = ThreadedEngine.of(host, threads, CACHE);
                            try (DenseCell cell = Problems.cell(engine, Activation.TANH, type, N, slots, 0.9, 1);
                                    Block states = Block.allocate(type, slots, N)) {
                                for (FixedPointSolver solver : solvers(engine, type, slots)) {
                                    // Fewer slots than planned, too.
                                    for (int used : new int[] {slots, Math.max(16, slots - 9)}) {
                                        Feed feed = new Feed(cell, x, used);
                                        solver.stream(cell, states.head(used), feed);
                                        assertThat(feed.threads).containsExactly(Thread.currentThread());
                                        assertSame(feed.ends, solver, cell, x);
                                    }
                                    solver.close();
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private static void assertSame(End[] ends, FixedPointSolver solver, DenseCell cell, Block x) {
        try (Block one = Block.allocate(x.type(), 1, N)) {
            for (int i = 0; i < COUNT; i += 3) {
                cell.inject(0, x.part(i, COUNT));
                one.fill(0.1);
                assertThat(ends[i]).as("input %d", i).isEqualTo(End.of(solver.solve(cell, one), 0, one));
            }
            assertThat(ends[4].status()).isEqualTo(Status.NONFINITE_FUNCTION);
        }
    }

    /** Counts the threads that evaluate a map with a different fixed point in each slot. */
    private static FixedPointMap counted(Set<Thread> threads, AtomicInteger evaluations, int throwsAt) {
        return (z, out, rows) -> {
            threads.add(Thread.currentThread());
            if (evaluations.incrementAndGet() == throwsAt) {
                throw new IllegalArgumentException("evaluation " + throwsAt);
            }
            for (int p = 0; p < rows.count(); p++) {
                for (int i = 0; i < N; i++) {
                    out.set(p, i, 0.5 * Math.cos(z.get(p, i)) + rows.index(p));
                }
            }
        };
    }

    /** A feed of {@code count} problems. */
    private static StreamHandler feed(int count, Runnable loading, Runnable done) {
        int[] next = {0};
        return new StreamHandler() {
            @Override
            public boolean load(int b, Block states) {
                loading.run();
                states.part(b, states.rows()).fill(0);
                return next[0]++ < count;
            }

            @Override
            public void done(int b, Block states, Outcome outcome) {
                done.run();
            }
        };
    }

    private static Runnable throwing(int at) {
        int[] calls = {0};
        return () -> {
            if (++calls[0] == at) {
                throw new IllegalArgumentException("evaluation " + at);
            }
        };
    }

    @Test
    void threadsShareSlotsUnlessAnObserverSeesThemAll() {
        try (Engine host = Engines.best(1)) {
            Engine engine = ThreadedEngine.of(host, 3, CACHE);
            try (FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, 40, N, Stopping.relative(1e-8));
                    Block states = Block.allocate(Type.F64, 40, N)) {
                Thread caller = Thread.currentThread();
                Set<Thread> threads = ConcurrentHashMap.newKeySet();
                AtomicInteger evaluations = new AtomicInteger();
                AtomicInteger done = new AtomicInteger();
                FixedPointMap f = counted(threads, evaluations, 0);
                solver.stream(FixedPointMap.reentrant(f), states, feed(100, () -> { }, done::incrementAndGet));
                assertThat(threads).doesNotContain(caller).hasSizeGreaterThan(2);
                assertThat(done.get()).isEqualTo(100);
                assertThat(solver.outcome().evaluations()).isPositive();
                threads.clear();
                solver.stream(f, states, feed(100, () -> { }, done::incrementAndGet));
                assertThat(threads).containsExactly(caller);
                threads.clear();
                int[] most = {0};
                solver.stream(FixedPointMap.reentrant(f), states, feed(100, () -> { }, done::incrementAndGet),
                        (RowObserver) (progress, z, rows, exits) -> most[0] = Math.max(most[0], rows.count()));
                assertThat(threads).containsExactly(caller);
                assertThat(most[0]).isEqualTo(40);
                assertThat(done.get()).isEqualTo(300);
            }
        }
    }

    @Test
    void anExceptionEndsTheStreamAndLeavesTheSolverUsable() {
        try (Engine host = Engines.best(1)) {
            Engine engine = ThreadedEngine.of(host, 3, CACHE);
            try (FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, 40, N, Stopping.relative(1e-8));
                    Block states = Block.allocate(Type.F64, 40, N)) {
                Set<Thread> threads = ConcurrentHashMap.newKeySet();
                List<Runnable> streams = new ArrayList<>();
                for (int at : new int[] {1, 17, 40}) {
                    streams.add(() -> solver.stream(FixedPointMap.reentrant(counted(threads, new AtomicInteger(), at)), states,
                            feed(200, () -> { }, () -> { })));
                    FixedPointMap f = FixedPointMap.reentrant(counted(threads, new AtomicInteger(), 0));
                    Runnable loading = throwing(at);
                    Runnable done = throwing(at);
                    streams.add(() -> solver.stream(f, states, feed(200, loading, () -> { })));
                    streams.add(() -> solver.stream(f, states, feed(200, () -> { }, done)));
                }
                for (Runnable stream : streams) {
                    assertThatThrownBy(stream::run).isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith("evaluation ");
                    AtomicInteger done = new AtomicInteger();
                    solver.stream(FixedPointMap.reentrant(counted(threads, new AtomicInteger(), 0)), states,
                            feed(60, () -> { }, done::incrementAndGet));
                    assertThat(done.get()).isEqualTo(60);
                    states.fill(0);
                    assertThat(solver.solve(counted(threads, new AtomicInteger(), 0), states).succeeded()).isTrue();
                }
            }
        }
    }

    @Test
    void anEquilibriumStreamInOrderKeepsTheOrder() {
        try (Engine engine = Engines.best(2);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, N, 32, 0.9, 1);
                FixedPointSolver solver = FixedPointSolver.plan(cell, Stopping.relative(1e-5));
                Block x = inputs(Type.F32);
                Block states = engine.allocate(Type.F32, 32, N);
                Block waiting = engine.allocate(Type.F32, 40, N)) {
            List<Integer> order = new ArrayList<>();
            new EquilibriumStream<Integer>(solver, cell, (i, slot, start) -> {
                cell.inject(slot, x.part(i, COUNT));
                start.part(slot, start.rows()).fill(0);
            }).runInOrder(IntStream.range(0, COUNT).iterator(), states, waiting, solved -> order.add(solved.input()));
            assertThat(order).isEqualTo(IntStream.range(0, COUNT).boxed().toList());
        }
    }
}
