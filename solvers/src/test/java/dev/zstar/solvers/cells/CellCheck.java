package dev.zstar.solvers.cells;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.parameters.Parameters;
import java.util.Random;

/** Holds a cell to central differences in f64: the Jacobian, its transpose, and the gradients of every parameter and of the input. */
final class CellCheck {
    private static final int ROWS = 3;

    private CellCheck() {}

    /** Every derivative equals central differences, to a relative error of {@code tolerance}. */
    static void differentiate(Engine engine, Cell cell, Keep keep, double tolerance) {
        Random random = new Random(7);
        int n = cell.n();
        Rows rows = new Rows(ROWS);
        try (Parameters p = cell.parameters(5); Parameters dp = p.zerosLike();
                Block z = random(random, n); Block x = random(random, cell.inputs()); Block u = random(random, n);
                Block d = random(random, n); Block dx = random(random, cell.inputs());
                Block out = Block.allocate(Type.F64, ROWS, n); Block up = Block.allocate(Type.F64, ROWS, n);
                Block down = Block.allocate(Type.F64, ROWS, n); Block sx = Block.allocate(Type.F64, ROWS, cell.inputs());
                Block moved = Block.allocate(Type.F64, ROWS, n); Block movedX = Block.allocate(Type.F64, ROWS, cell.inputs())) {
            for (Block block : p.blocks()) {
                for (int i = 0; i < block.rows(); i++) {
                    for (int j = 0; j < block.cols(); j++) {
                        block.set(i, j, block.get(i, j) + 0.3 * random.nextGaussian());
                    }
                }
            }
            try (CellMap map = cell.plan(engine, ROWS, p, keep)) {
                map.dropout(3);
                map.inject(x);
                map.linearise(z, rows);
                map.jvp(d, out, rows);
                // J d = ∂f(z + t d)/∂t.
                double h = 1e-6;
                map.apply(moved(engine, z, h, d, moved), up, rows);
                map.apply(moved(engine, z, -h, d, moved), down, rows);
                double[] jvp = out.toDoubles();
                double[] quotients = quotients(up, down, h);
                close("jvp", jvp, quotients, tolerance);
                // ⟨u, J d⟩ = ⟨Jᵀ u, d⟩.
                double uJd = inner(u, out);
                map.vjp(u, out, rows);
                double rounding = 1e-12 * (norm(u) * norm(jvp) + norm(out) * norm(d));
                assertThat(inner(out, d)).as("⟨Jᵀu, d⟩ = ⟨u, J d⟩").isCloseTo(uJd, within(rounding));
                map.gradients(u, z, x, rows, new CellGradients(dp, sx));
                double high = value(map, moved(engine, x, h, dx, movedX), z, u, up, rows);
                double low = value(map, moved(engine, x, -h, dx, movedX), z, u, up, rows);
                assertThat(inner(sx, dx)).as("gradient of x")
                        .isCloseTo((high - low) / (2 * h), within(tolerance * (norm(sx) * norm(dx) + 1)));
                out.fill(0);
                dp.clear();
                map.inject(x);
                map.linearise(z, rows);
                map.secondGradients(d, u, z, x, rows, new CellGradients(dp, null), out);
                // d/dt ⟨u, J(z + t u) d⟩ at t = 0, and the gradients of parameters are as they were.
                double curved = (curve(map, moved(engine, z, 1e-4, u, moved), d, u, up, rows)
                        - curve(map, moved(engine, z, -1e-4, u, moved), d, u, up, rows)) / 2e-4;
                assertThat(inner(out, u)).as("second gradient of z")
                        .isCloseTo(curved, within(1e-6 * (norm(out) * norm(u) + norm(u) * norm(jvp))));
                dp.clear();
                map.linearise(z, rows);
                map.gradients(u, z, x, rows, new CellGradients(dp, null));
                for (int k = 0; k < p.blocks().size(); k++) {
                    Block block = p.blocks().get(k);
                    Block gradient = dp.blocks().get(k);
                    double scale = 0;
                    for (double g : gradient.toDoubles()) {
                        scale = Math.max(scale, Math.abs(g));
                    }
                    for (int trial = 0; trial < Math.min(12, block.rows() * block.cols()); trial++) {
                        int i = random.nextInt(block.rows());
                        int j = random.nextInt(block.cols());
                        double old = block.get(i, j);
                        block.set(i, j, old + h);
                        map.update();
                        high = value(map, x, z, u, up, rows);
                        block.set(i, j, old - h);
                        map.update();
                        low = value(map, x, z, u, up, rows);
                        block.set(i, j, old);
                        assertThat(gradient.get(i, j)).as("%s at %d, %d", p.descriptions().get(k), i, j)
                                .isCloseTo((high - low) / (2 * h), within(tolerance * (scale + norm(u))));
                    }
                }
                map.update();
            }
        }
    }

    private static double value(CellMap map, Block x, Block z, Block u, Block out, Rows rows) {
        map.inject(x);
        map.apply(z, out, rows);
        return inner(u, out);
    }

    private static double curve(CellMap map, Block z, Block d, Block u, Block out, Rows rows) {
        map.linearise(z, rows);
        map.jvp(d, out, rows);
        return inner(u, out);
    }

    private static Block moved(Engine engine, Block z, double h, Block d, Block moved) {
        engine.copy(z, moved);
        engine.axpy(h, d, moved);
        return moved;
    }

    static Block random(Random random, int cols) {
        Block block = Block.allocate(Type.F64, ROWS, cols);
        block.copyFrom(random.doubles((long) ROWS * cols, -1, 1).toArray());
        return block;
    }

    private static double[] quotients(Block up, Block down, double h) {
        double[] a = up.toDoubles();
        double[] b = down.toDoubles();
        for (int i = 0; i < a.length; i++) {
            a[i] = (a[i] - b[i]) / (2 * h);
        }
        return a;
    }

    private static void close(String what, double[] actual, double[] expected, double tolerance) {
        double bound = tolerance * norm(expected);
        for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i]).as("%s, element %d", what, i).isCloseTo(expected[i], within(bound));
        }
    }

    private static double inner(Block a, Block b) {
        double[] x = a.toDoubles();
        double[] y = b.toDoubles();
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += x[i] * y[i];
        }
        return sum;
    }

    private static double norm(Block a) {
        return norm(a.toDoubles());
    }

    private static double norm(double[] a) {
        double sum = 0;
        for (double value : a) {
            sum += value * value;
        }
        return Math.sqrt(sum);
    }
}
