package dev.zstar.solvers.implicit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import org.junit.jupiter.api.Test;

/** The columns of the table of modes on pages 5 and 7 of the guide: what a pass calls, and how many blocks a layer takes. */
class ModeCostTest {
    private static final int N = 24;
    private static final int BATCH = 3;
    /** Steps of a network. */
    private static final int L = 12;

    /** A cell whose calls are counted. */
    private static final class Counted implements EquilibriumMap<DenseCell.Gradients> {
        private final DenseCell cell;
        private int values;
        private int products;
        private int gradients;

        Counted(DenseCell cell) {
            this.cell = cell;
        }

        private void clear() {
            values = 0;
            products = 0;
            gradients = 0;
        }

        @Override
        public void apply(Block z, Block out, Rows rows) {
            values++;
            cell.apply(z, out, rows);
        }

        @Override
        public void linearise(Block z, Rows rows) {
            cell.linearise(z, rows);
        }

        @Override
        public void vjp(Block u, Block out, Rows rows) {
            products++;
            cell.vjp(u, out, rows);
        }

        @Override
        public void jvp(Block v, Block out, Rows rows) {
            cell.jvp(v, out, rows);
        }

        @Override
        public void inject(Block x) {
            cell.inject(x);
        }

        @Override
        public void gradients(Block v, Block z, Block x, Rows rows, DenseCell.Gradients sum) {
            gradients++;
            cell.gradients(v, z, x, rows, sum);
        }
    }

    /**
     * @param forward evaluations of f in the forward pass; -1 for those of the solver
     * @param values evaluations of f in the backward pass
     * @param products products with Jᵀ; -1 for those of the linear solver
     * @param points where gradients are taken
     */
    private static void costs(GradientMode mode, int forward, int values, int products, int points, int blocks) {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, N, BATCH, 0.9, 1);
                Block x = Problems.random(Type.F32, BATCH, 3, 1, 4);
                Block z = engine.allocate(Type.F32, BATCH, N);
                Block g = Problems.random(Type.F32, BATCH, N, 1, 5);
                FixedPointSolver solver = mode instanceof GradientMode.BroydenInverse
                        ? Broyden.plan(engine, Type.F32, BATCH, N, Broyden.Options.DEFAULT, Stopping.relative(1e-4))
                        : FixedPointSolver.plan(cell, Stopping.relative(1e-4))) {
            Counted map = new Counted(cell);
            boolean solves = mode instanceof GradientMode.Exact || mode instanceof GradientMode.Refined;
            // The nine vectors of IDR, and nine numbers for each row.
            long vectors = solves && N > 20 ? Block.bytes(Type.F32, 9, N) + Block.bytes(Type.F32, BATCH, 9) : 0;
            try (var layer = EquilibriumLayer.plan(map, solver, mode)) {
                var outcome = layer.forward(x, z);
                assertThat(map.values).as("%s: forward", mode).isEqualTo(forward < 0 ? solver.outcome().evaluations() : forward)
                        .isEqualTo(outcome.evaluations());
                map.clear();
                GradientOutcome found = layer.backward(g, new DenseCell.Gradients(null, null, null, null));
                assertThat(map.values).as("%s: values", mode).isEqualTo(values);
                if (products >= 0) {
                    assertThat(map.products).as("%s: products", mode).isEqualTo(products);
                }
                assertThat(found.evaluations()).as("%s: evaluations", mode).isEqualTo(map.values + map.products);
                assertThat(map.gradients).as("%s: points", mode).isEqualTo(points);
                assertThat((double) layer.bytes() / Block.bytes(Type.F32, BATCH, N)).as("%s: blocks", mode).isEqualTo(blocks
                        + (double) vectors / Block.bytes(Type.F32, BATCH, N));
            }
        }
    }

    @Test
    void theGuideSaysWhatModesCost() {
        costs(GradientMode.DEFAULT, -1, 0, -1, 1, 27);
        costs(new GradientMode.BroydenInverse(), -1, 0, 0, 1, 2);
        costs(new GradientMode.Refined(10, 20, Stopping.relative(1e-3)), -1, 0, -1, 1, 2 * 10 + 20 + 10);
        costs(new GradientMode.JacobianFree(), -1, 0, 0, 1, 4);
        costs(new GradientMode.NeumannSeries(5), -1, 0, 5, 1, 4);
        costs(new GradientMode.Phantom(5, 0.5), -1, 0, 4, 1, 4);
        costs(new GradientMode.Unrolled(L), L + 1, 0, L - 1, L, L + 4);
        // 3 kept states, and segments of 4.
        costs(new GradientMode.Checkpointed(L), L + 1, 3 * 3, L - 1, L, 3 + 4 + 3);
        costs(new GradientMode.Reversible(L, 0.5), 2 * L + 1, 2 * L, 2 * L - 1, 2 * L, 7);
    }
}
