package dev.zstar.solvers.cells;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.parameters.Parameters;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What holds for the rows of any cell: the same bits in any company and for any number of threads, and nothing is allocated. */
class CellRowsTest {
    private static final int BATCH = 4;
    /** Rows of the batch as a solver may have them: all, in another order, some, one. */
    private static final int[][] SELECTIONS = {{0, 1, 2, 3}, {2, 3, 0, 1}, {3, 1}, {1}, {0}, {2}, {3}, {1, 0, 3}};

    private static final EngineProvider SIMD =
            Problems.engines().stream().filter(provider -> provider.name().equals("simd")).findFirst().orElseThrow();

    /** A cell's map, and blocks of the size of its batch. */
    private static final class Fixture implements AutoCloseable {
        final Cell cell;
        final Engine engine;
        final Parameters parameters;
        final Parameters sums;
        final CellMap map;
        final Block z;
        final Block x;
        final Block u;

        Fixture(Cell cell, EngineProvider provider, int threads, Keep keep) {
            this.cell = cell;
            engine = provider.create(threads);
            parameters = cell.parameters(5);
            sums = parameters.zerosLike();
            map = cell.plan(engine, BATCH, parameters, keep);
            z = Problems.random(cell.type(), BATCH, cell.n(), 0.5, 2);
            x = Problems.random(cell.type(), BATCH, cell.inputs(), 0.5, 3);
            u = Problems.random(cell.type(), BATCH, cell.n(), 1, 4);
            map.dropout(9);
            map.inject(x);
        }

        /** f, Jᵀu, J u and the gradient of x of some rows, one after the other by row of the batch. */
        double[][] results(int... selection) {
            Rows rows = Problems.rows(BATCH, selection);
            double[][] results = new double[BATCH][];
            try (Block zs = Problems.pick(z, selection); Block us = Problems.pick(u, selection); Block xs = Problems.pick(x, selection);
                    Block f = Block.allocate(cell.type(), selection.length, cell.n());
                    Block vjp = Block.allocate(cell.type(), selection.length, cell.n());
                    Block jvp = Block.allocate(cell.type(), selection.length, cell.n());
                    Block dx = Block.allocate(cell.type(), BATCH, cell.inputs())) {
                map.apply(zs, f, rows);
                map.linearise(zs, rows);
                map.vjp(us, vjp, rows);
                map.jvp(us, jvp, rows);
                map.gradients(us, zs, xs, rows, new CellGradients(sums, dx));
                for (int p = 0; p < selection.length; p++) {
                    List<Double> all = new ArrayList<>();
                    for (Block block : List.of(f, vjp, jvp)) {
                        for (int j = 0; j < cell.n(); j++) {
                            all.add(block.get(p, j));
                        }
                    }
                    for (int j = 0; j < cell.inputs(); j++) {
                        all.add(dx.get(selection[p], j));
                    }
                    results[selection[p]] = all.stream().mapToDouble(Double::doubleValue).toArray();
                }
            }
            return results;
        }

        /** One round of a solve with gradients. */
        void round(Rows rows, CellGradients gradients, Block out, Block inOne) {
            int count = rows.count();
            Block zs = z.head(count);
            Block us = u.head(count);
            Block outs = out.head(count);
            map.inject(x);
            map.inject(1, inOne);
            map.apply(zs, outs, rows);
            map.linearise(zs, rows);
            map.vjp(us, outs, rows);
            map.jvp(us, outs, rows);
            map.gradients(us, zs, x.head(count), rows, gradients);
        }

        @Override
        public void close() {
            map.close();
            parameters.close();
            sums.close();
            z.close();
            x.close();
            u.close();
            engine.close();
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aRowHasTheSameBitsInAnyCompanyAndForAnyNumberOfThreads(Type type) {
        for (EngineProvider provider : Problems.engines()) {
            for (Cell cell : SampleCells.of(type)) {
                for (Keep keep : Keep.values()) {
                    double[][] expected = null;
                    for (int threads = 1; threads <= 3; threads++) {
                        try (Fixture fixture = new Fixture(cell, provider, threads, keep)) {
                            expected = expected == null ? fixture.results(SELECTIONS[0]) : expected;
                            for (int[] selection : SELECTIONS) {
                                double[][] results = fixture.results(selection);
                                for (int b : selection) {
                                    assertThat(results[b]).as("row %d of %s, %s", b, cell, provider.name()).isEqualTo(expected[b]);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void roundsAllocateNothing(Type type) {
        for (Cell cell : SampleCells.of(type)) {
            for (Keep keep : Keep.values()) {
                try (Fixture fixture = new Fixture(cell, SIMD, 1, keep);
                        Block out = Block.allocate(type, BATCH, cell.n());
                        Block one = Block.allocate(type, 1, cell.inputs());
                        Block dx = Block.allocate(type, BATCH, cell.inputs())) {
                    Rows all = Problems.rows(BATCH, SELECTIONS[1]);
                    Rows some = Problems.rows(BATCH, SELECTIONS[2]);
                    CellGradients gradients = new CellGradients(fixture.sums, dx);
                    long bytes = Problems.allocated(() -> {
                            fixture.round(all, gradients, out, one);
                            fixture.round(some, gradients, out, one);
                    });
                    assertThat(bytes).as("%s, %s", cell, keep).isZero();
                }
            }
        }
    }
}
