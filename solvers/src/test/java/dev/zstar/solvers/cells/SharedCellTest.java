package dev.zstar.solvers.cells;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Two threads call one cell: each gets its values or is refused, but never gets those of the other. */
class SharedCellTest {
    private static final int BATCH = 64;
    private static final int CALLS = 3000;

    @Test
    void neverGetsWrongValues() throws Exception {
        Cell cell = Cell.of(Type.F32, Shape.vector(48), Shape.vector(8), (net, z, x) ->
                net.linear("w", z, 48).plus(net.linear("u", x, 48)).tanh());
        try (Engine engine = Engines.named("simd", 1); Parameters parameters = cell.parameters(1);
                CellMap map = cell.plan(engine, BATCH, parameters);
                Block x = Problems.random(Type.F32, BATCH, cell.inputs(), 1, 2);
                Block z = Problems.random(Type.F32, BATCH, cell.n(), 1, 3);
                ExecutorService threads = Executors.newFixedThreadPool(2)) {
            map.inject(x);
            map.linearise(z, Problems.rows(BATCH, rows(0, BATCH)));
            for (LinearOperator call : List.<LinearOperator>of(map::apply, map::vjp, map::jvp)) {
                CyclicBarrier start = new CyclicBarrier(2);
                // The rows differ, so each call arranges the inputs anew.
                Future<Integer> first = threads.submit(caller(call, z, rows(0, 40), start));
                Future<Integer> second = threads.submit(caller(call, z, rows(20, BATCH), start));
                assertThat(first.get() + second.get()).as("calls that were served").isPositive();
            }
        }
    }

    private static int[] rows(int from, int to) {
        return IntStream.range(from, to).toArray();
    }

    /** Calls it many times with the same rows; returns how often it was served. */
    private static Callable<Integer> caller(LinearOperator call, Block z, int[] numbers, CyclicBarrier start) {
        return () -> {
            Rows rows = Problems.rows(BATCH, numbers);
            try (Block in = Problems.pick(z, numbers); Block out = Block.allocate(z.type(), numbers.length, z.cols())) {
                synchronized (z) {
                    call.apply(in, out, rows);
                }
                double[] expected = out.toDoubles();
                start.await();
                int served = 0;
                for (int i = 0; i < CALLS; i++) {
                    out.fill(Double.NaN);
                    try {
                        call.apply(in, out, rows);
                    } catch (IllegalStateException e) {
                        assertThat(e).hasMessageContaining("this cell is already being evaluated");
                        continue;
                    }
                    served++;
                    assertThat(out.toDoubles()).isEqualTo(expected);
                }
                return served;
            }
        };
    }

    /** A solve in groups loads rows into the slots of the cell, so a second one, and a new input, must wait. */
    @Test
    void refusesASecondSolveAndANewInputWhileASolveRuns() {
        Cell cell = Cell.of(Type.F32, Shape.vector(16), Shape.vector(4), (net, z, x) ->
                net.linear("w", z, 16).plus(net.linear("u", x, 16)).tanh());
        try (Engine engine = Engines.named("simd", 2); Parameters parameters = cell.parameters(1);
                CellMap map = cell.plan(engine, BATCH, parameters);
                Anderson solver = Anderson.plan(engine, Type.F32, BATCH, 16, Anderson.Options.DEFAULT, Stopping.relative(1e-4).within(50));
                Anderson other = Anderson.plan(engine, Type.F32, BATCH, 16, Anderson.Options.DEFAULT, Stopping.relative(1e-4).within(50));
                Block x = Problems.random(Type.F32, BATCH, 4, 1, 2);
                Block z = Block.allocate(Type.F32, BATCH, 16);
                Block again = Block.allocate(Type.F32, BATCH, 16)) {
            map.inject(x);
            map.replicas().begin("solve");
            try {
                assertThatThrownBy(() -> other.solve(map, again)).isInstanceOf(IllegalStateException.class)
                        .hasMessage("solve: this cell is already being solved, in another thread or further up this thread's stack, "
                                + "expected a cell of its own for each solve that runs");
                assertThatThrownBy(() -> map.inject(x)).isInstanceOf(IllegalStateException.class)
                        .hasMessage("inject: a solve of this cell is running, expected this call before or after it");
                assertThatThrownBy(map::update).isInstanceOf(IllegalStateException.class)
                        .hasMessage("update: a solve of this cell is running, expected this call before or after it");
            } finally {
                map.replicas().end();
            }
            // Neither the refusal nor a solve leaves anything behind.
            assertThat(solver.solve(map, z).succeeded()).isTrue();
            map.inject(x);
            assertThat(other.solve(map, again).succeeded()).isTrue();
            assertThat(again.toDoubles()).isEqualTo(z.toDoubles());
        }
    }
}
