package dev.zstar.solvers.cells;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.cells.operations.Bank;
import dev.zstar.solvers.cells.program.Apart;
import dev.zstar.solvers.cells.program.Frame;
import dev.zstar.solvers.cells.program.Port;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.parameters.Parameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * What holds for any cell, on random graphs: 100 of them, or as many as the property {@code zstar.cells} says, from the seed
 * {@code zstar.seed} on.
 */
class RandomCellsTest {
    private static final int BATCH = 3;
    private static final int COUNT = Integer.getInteger("zstar.cells", 100);
    private static final long FIRST = Long.getLong("zstar.seed", 0);
    private static final int[][] SELECTIONS = {{0, 1, 2}, {2, 0, 1}, {1}, {2, 0}};

    private static EngineProvider provider(String name) {
        return Problems.engines().stream().filter(provider -> provider.name().equals(name)).findFirst().orElseThrow();
    }

    /** All blocks that the calls of a map read and write. */
    private static final class Blocks implements AutoCloseable {
        final Cell cell;
        final Parameters parameters;
        final Parameters sums;
        final Block z;
        final Block x;
        final Block u;
        final Block out;
        final Block dx;

        Blocks(Cell cell, long seed) {
            this.cell = cell;
            Random random = new Random(seed);
            parameters = cell.parameters(seed);
            for (Block block : parameters.blocks()) {
                for (int i = 0; i < block.rows(); i++) {
                    for (int j = 0; j < block.cols(); j++) {
                        block.set(i, j, block.get(i, j) + 0.3 * random.nextGaussian());
                    }
                }
            }
            sums = parameters.zerosLike();
            z = Problems.random(cell.type(), BATCH, cell.n(), 0.5, seed + 1);
            x = Problems.random(cell.type(), BATCH, cell.inputs(), 0.5, seed + 2);
            u = Problems.random(cell.type(), BATCH, cell.n(), 0.5, seed + 3);
            out = Block.allocate(cell.type(), BATCH, cell.n());
            dx = Block.allocate(cell.type(), BATCH, cell.inputs());
        }

        @Override
        public void close() {
            parameters.close();
            sums.close();
            for (Block block : List.of(z, x, u, out, dx)) {
                block.close();
            }
        }
    }

    // ---- derivatives

    @Test
    void derivativesEqualCentralDifferences() {
        for (int i = 0; i < COUNT; i++) {
            long seed = FIRST + i;
            Cell cell = RandomCells.of(Type.F64, seed, true);
            try (Engine engine = provider(i % 2 == 0 ? "scalar" : "simd").create(1); Blocks b = new Blocks(cell, seed);
                    CellMap map = cell.plan(engine, BATCH, b.parameters, i % 4 < 2 ? Keep.EVERYTHING : Keep.POINT)) {
                differentiate(cell, map, b, seed);
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + cell, e);
            }
        }
    }

    private static void differentiate(Cell cell, CellMap map, Blocks b, long seed) {
        Random random = new Random(seed);
        Rows rows = new Rows(BATCH);
        double h = 1e-6;
        // Lets the power iterations of spectral norms converge.
        for (int i = 0; i < 200 && map.buffers().count() > 0; i++) {
            map.update();
        }
        map.dropout(seed);
        try (Block d = Problems.random(Type.F64, BATCH, cell.n(), 0.5, seed + 4);
                Block e = Problems.random(Type.F64, BATCH, cell.inputs(), 0.5, seed + 5);
                Block moved = Block.allocate(Type.F64, BATCH, cell.n()); Block movedX = Block.allocate(Type.F64, BATCH, cell.inputs())) {
            map.inject(b.x);
            map.apply(b.z, b.out, rows);
            double size = norm(b.out.toDoubles()) + 1;
            map.linearise(b.z, rows);
            map.jvp(d, b.out, rows);
            double[] jd = b.out.toDoubles();
            map.vjp(b.u, b.out, rows);
            double[] ju = b.out.toDoubles();
            double left = dot(b.u.toDoubles(), jd);
            assertThat(dot(ju, d.toDoubles())).as("⟨Jᵀu, d⟩ = ⟨u, J d⟩, seed %d: %s", seed, cell)
                    .isCloseTo(left, within(1e-11 * (norm(jd) + norm(ju) + size)));
            map.gradients(b.u, b.z, b.x, rows, new CellGradients(b.sums, b.dx));

            double tolerance = 1e-6 * (size + norm(jd));
            double[] up = value(map, shifted(b.z, h, d, moved), rows, b.out);
            double[] down = value(map, shifted(b.z, -h, d, moved), rows, b.out);
            for (int k = 0; k < up.length; k++) {
                assertThat(jd[k]).as("J d, element %d, seed %d: %s", k, seed, cell)
                        .isCloseTo((up[k] - down[k]) / (2 * h), within(tolerance));
            }
            map.inject(shifted(b.x, h, e, movedX));
            double high = dot(b.u.toDoubles(), value(map, b.z, rows, b.out));
            map.inject(shifted(b.x, -h, e, movedX));
            double low = dot(b.u.toDoubles(), value(map, b.z, rows, b.out));
            double ofX = dot(b.dx.toDoubles(), e.toDoubles());
            assertThat(ofX).as("gradient of x, seed %d: %s", seed, cell)
                    .isCloseTo((high - low) / (2 * h), within(1e-6 * (size + norm(b.dx.toDoubles()))));
            for (int k = 0; k < b.parameters.blocks().size(); k++) {
                Block p = b.parameters.blocks().get(k);
                double[] old = p.toDoubles();
                double[] direction = random.doubles(old.length, -1, 1).toArray();
                high = changed(map, b, p, old, direction, h, rows);
                low = changed(map, b, p, old, direction, -h, rows);
                p.copyFrom(old);
                double[] gradient = b.sums.blocks().get(k).toDoubles();
                assertThat(dot(gradient, direction)).as("%s, seed %d: %s", b.parameters.descriptions().get(k), seed, cell)
                        .isCloseTo((high - low) / (2 * h), within(1e-6 * (size + norm(gradient))));
            }
        }
    }

    private static double changed(CellMap map, Blocks b, Block p, double[] old, double[] direction, double h, Rows rows) {
        double[] next = new double[old.length];
        Arrays.setAll(next, i -> old[i] + h * direction[i]);
        p.copyFrom(next);
        map.update();
        map.inject(b.x);
        return dot(b.u.toDoubles(), value(map, b.z, rows, b.out));
    }

    private static double[] value(CellMap map, Block z, Rows rows, Block out) {
        map.apply(z, out, rows);
        return out.toDoubles();
    }

    private static Block shifted(Block z, double h, Block d, Block moved) {
        double[] from = z.toDoubles();
        double[] by = d.toDoubles();
        Arrays.setAll(from, i -> from[i] + h * by[i]);
        moved.copyFrom(from);
        return moved;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double norm(double[] a) {
        return Math.sqrt(dot(a, a));
    }

    // ---- bits

    @Test
    void allWaysToTheSameNumbersHaveTheSameBits() {
        for (int i = 0; i < COUNT; i++) {
            long seed = FIRST + i;
            Cell cell = RandomCells.of(i % 2 == 0 ? Type.F32 : Type.F64, seed, false);
            try (Blocks b = new Blocks(cell, seed)) {
                double[][] expected = null;
                for (int threads = 1; threads <= 3; threads++) {
                    for (Keep keep : Keep.values()) {
                        try (Engine engine = provider("simd").create(threads);
                                CellMap map = cell.plan(engine, BATCH, b.parameters, keep)) {
                            map.dropout(seed);
                            map.inject(b.x);
                            expected = expected == null ? rows(map, b, SELECTIONS[0]) : expected;
                            for (int[] selection : SELECTIONS) {
                                double[][] actual = rows(map, b, selection);
                                for (int row : selection) {
                                    assertThat(actual[row]).as("row %d of %s, seed %d, %s, %d threads: %s", row,
                                            Arrays.toString(selection), seed, keep, threads, cell).isEqualTo(expected[row]);
                                }
                            }
                            assertThat(actualSums(map, b)).as("gradients, seed %d, %s: %s", seed, keep, cell).isEqualTo(expected[BATCH]);
                        }
                    }
                }
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + cell, e);
            }
        }
    }

    /** By row of the batch: f, Jᵀu, J u and the gradient of x; last the gradients of the parameters. */
    private static double[][] rows(CellMap map, Blocks b, int... selection) {
        int count = selection.length;
        int n = map.n();
        int inputs = b.cell.inputs();
        Rows rows = Problems.rows(BATCH, selection);
        double[][] results = new double[BATCH + 1][];
        try (Block z = Problems.pick(b.z, selection); Block x = Problems.pick(b.x, selection); Block u = Problems.pick(b.u, selection)) {
            List<double[]> parts = new ArrayList<>();
            Block out = b.out.head(count);
            map.apply(z, out, rows);
            parts.add(out.toDoubles());
            map.linearise(z, rows);
            map.vjp(u, out, rows);
            parts.add(out.toDoubles());
            map.jvp(u, out, rows);
            parts.add(out.toDoubles());
            b.sums.clear();
            b.dx.fill(0);
            map.gradients(u, z, x, rows, new CellGradients(b.sums, b.dx));
            double[] dx = b.dx.toDoubles();
            for (int p = 0; p < count; p++) {
                double[] row = new double[3 * n + inputs];
                for (int k = 0; k < 3; k++) {
                    System.arraycopy(parts.get(k), p * n, row, k * n, n);
                }
                System.arraycopy(dx, selection[p] * inputs, row, 3 * n, inputs);
                results[selection[p]] = row;
            }
        }
        results[BATCH] = all(b.sums);
        return results;
    }

    private static double[] actualSums(CellMap map, Blocks b) {
        return rows(map, b, SELECTIONS[0])[BATCH];
    }

    private static double[] all(Parameters p) {
        return p.blocks().stream().flatMapToDouble(block -> Arrays.stream(block.toDoubles())).toArray();
    }

    // ---- memory

    /** No block is overwritten before its last reader, and nothing depends on what a block held before. */
    @Test
    void sharedMemoryIsAsGoodAsMemoryOfItsOwn() {
        for (int i = 0; i < COUNT; i++) {
            long seed = FIRST + i;
            Cell cell = RandomCells.of(Type.F64, seed, false);
            for (Keep keep : Keep.values()) {
                try (Engine engine = provider("simd").create(1); Blocks b = new Blocks(cell, seed);
                        OwnedMemory owned = new OwnedMemory(engine)) {
                    Bank bank = new Bank(engine, owned, b.parameters, BATCH * cell.mostRows(), List.of());
                    requireSame(new Programs(cell, engine, bank, owned, BATCH, keep), b, bank, "seed " + seed + ", " + keep + ": " + cell);
                } catch (RuntimeException e) {
                    throw new AssertionError("seed " + seed + ": " + cell, e);
                }
            }
        }
    }

    private static void requireSame(Programs p, Blocks b, Bank bank, String what) {
        for (Code code : List.of(p.inject, p.value, p.linearise, p.vjp, p.jvp, p.gradients, p.gradientsOfInput)) {
            assertThat(Apart.faults(p.memory, code.program())).as(what).isEmpty();
        }
        bank.dropout().start(7);
        bank.dropout().assign(0, BATCH);
        double[][] together = new double[5][];
        double[][] apart = new double[5][];
        bank.begin(b.sums.blocks().toArray(Block[]::new));
        p.inject.run(p.memory, BATCH, b.x);
        p.linearise.run(p.memory, BATCH, b.z);
        p.value.run(p.memory, BATCH, b.z, b.out);
        together[0] = b.out.toDoubles();
        p.vjp.run(p.memory, BATCH, b.u, b.out);
        together[1] = b.out.toDoubles();
        p.jvp.run(p.memory, BATCH, b.u, b.out);
        together[2] = b.out.toDoubles();
        p.gradientsOfInput.run(p.memory, BATCH, b.u, b.z, b.x, b.dx);
        together[3] = b.dx.toDoubles();
        bank.end();
        together[4] = all(b.sums);
        b.sums.clear();
        bank.begin(b.sums.blocks().toArray(Block[]::new));
        apart(p, p.inject, b.x);
        apart(p, p.linearise, b.z);
        apart(p, p.value, b.z, b.out);
        apart[0] = b.out.toDoubles();
        apart(p, p.vjp, b.u, b.out);
        apart[1] = b.out.toDoubles();
        apart(p, p.jvp, b.u, b.out);
        apart[2] = b.out.toDoubles();
        apart(p, p.gradientsOfInput, b.u, b.z, b.x, b.dx);
        apart[3] = b.dx.toDoubles();
        bank.end();
        apart[4] = all(b.sums);
        for (int k = 0; k < apart.length; k++) {
            assertThat(together[k]).as("program %d, %s", k, what).isEqualTo(apart[k]).doesNotContain(Double.NaN);
        }
    }

    private static void apart(Programs p, Code code, Block... blocks) {
        List<Block> owned = new ArrayList<>();
        try {
            Frame frame = Apart.frame(p.memory, code.program(), BATCH, owned);
            Port[] ports = {code.first(), code.second(), code.third(), code.fourth()};
            for (int i = 0; i < blocks.length; i++) {
                ports[i].connect(frame, blocks[i]);
            }
            Apart.run(code.program(), frame);
        } finally {
            owned.forEach(Block::close);
        }
    }
}
