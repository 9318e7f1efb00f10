package dev.zstar.solvers.implicit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.TanhNetwork;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.linear.Gmres;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The gradients of a cell's parameters through its fixed point. */
class ImplicitGradientTest {
    private static final int N = 12;
    private static final int INPUTS = 5;
    private static final int BATCH = 4;

    /** Enough steps from 0 to reach the fixed point. */
    private static final int DEPTH = 400;

    /** {@code ⟨c, z⟩} of a batch after all steps. */
    private static double loss(TanhNetwork network, double[] x, double[] c) {
        double loss = 0;
        for (int p = 0; p < BATCH; p++) {
            double[] z = network.run(new double[N], row(x, p, INPUTS), DEPTH, 1);
            for (int i = 0; i < N; i++) {
                loss += c[p * N + i] * z[i];
            }
        }
        return loss;
    }

    /** Adds the gradients of the loss to those of the network, by backpropagation through every step; returns those of x. */
    private static double[] backward(TanhNetwork network, double[] x, double[] c) {
        double[] dx = new double[BATCH * INPUTS];
        for (int p = 0; p < BATCH; p++) {
            network.run(new double[N], row(x, p, INPUTS), DEPTH, 1);
            System.arraycopy(network.backward(row(c, p, N), row(x, p, INPUTS)), 0, dx, p * INPUTS, INPUTS);
        }
        return dx;
    }

    private static double[] row(double[] matrix, int row, int cols) {
        return Arrays.copyOfRange(matrix, row * cols, (row + 1) * cols);
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void gradientsEqualTheUnrolledNetworkAndCentralDifferences(Type type) {
        try (Block w = Problems.symmetric(Type.F64, N, 0.9, 1);
                Block u = Problems.random(Type.F64, N, INPUTS, 0.5, 2);
                Block b = Problems.random(Type.F64, 1, N, 0.1, 3);
                Block x = Problems.random(Type.F64, BATCH, INPUTS, 1, 4);
                Block c = Problems.random(Type.F64, BATCH, N, 1, 5)) {
            TanhNetwork expected = new TanhNetwork(w.toDoubles(), u.toDoubles(), b.toDoubles());
            double[] expectedX = backward(expected, x.toDoubles(), c.toDoubles());
            for (EngineProvider provider : Problems.engines()) {
                double tolerance = type == Type.F32 ? 1e-6 : 1e-12;
                try (Engine engine = provider.create(2);
                        Block tw = cast(type, w);
                        Block tu = cast(type, u);
                        Block tb = cast(type, b);
                        Block tx = cast(type, x);
                        Block tc = cast(type, c);
                        DenseCell cell = new DenseCell(engine, Activation.TANH, tw, tu, tb, BATCH);
                        Anderson forward = Anderson.plan(engine, type, BATCH, N, Anderson.Options.DEFAULT, Stopping.relative(tolerance));
                        Gmres backward = Gmres.plan(engine, type, BATCH, N, 20, Stopping.relative(tolerance));
                        Block z = engine.allocate(type, BATCH, N);
                        Block v = engine.allocate(type, BATCH, N);
                        Block dw = engine.allocate(type, N, N);
                        Block du = engine.allocate(type, N, INPUTS);
                        Block db = engine.allocate(type, 1, N);
                        Block dx = engine.allocate(type, BATCH, INPUTS)) {
                    cell.inject(tx);
                    assertThat(forward.solve(cell, z).succeeded()).isTrue();
                    cell.linearise(z);
                    Outcome outcome = backward.solve(cell::vjp, tc, v);
                    assertThat(outcome.succeeded()).as("%s", outcome).isTrue();
                    cell.gradients(v, z, tx, new DenseCell.Gradients(dw, du, db, dx));
                    double bound = type == Type.F32 ? 1e-4 : 1e-9;
                    assertThat(Problems.relative(dw.toDoubles(), expected.dw)).as("W").isLessThan(bound);
                    assertThat(Problems.relative(du.toDoubles(), expected.du)).as("U").isLessThan(bound);
                    assertThat(Problems.relative(db.toDoubles(), expected.db)).as("b").isLessThan(bound);
                    assertThat(Problems.relative(dx.toDoubles(), expectedX)).as("x").isLessThan(bound);

                    double[] difference = new double[N * N];
                    double h = 1e-5;
                    double[] wp = w.toDoubles();
                    TanhNetwork varied = new TanhNetwork(wp, u.toDoubles(), b.toDoubles());
                    for (int i = 0; i < N * N; i++) {
                        double old = wp[i];
                        wp[i] = old + h;
                        double up = loss(varied, x.toDoubles(), c.toDoubles());
                        wp[i] = old - h;
                        double down = loss(varied, x.toDoubles(), c.toDoubles());
                        wp[i] = old;
                        difference[i] = (up - down) / (2 * h);
                    }
                    assertThat(Problems.relative(dw.toDoubles(), difference)).as("central differences").isLessThan(1e-3);
                }
            }
        }
    }

    private static Block cast(Type type, Block block) {
        Block copy = Block.allocate(type, block.rows(), block.cols());
        copy.copyFrom(block.toDoubles());
        return copy;
    }

    @Test
    void nanInWeightsIsNamedWithItsPlace() {
        try (Engine engine = Engines.best(1);
                Block w = Block.allocate(Type.F32, 3, 3);
                Block u = Block.allocate(Type.F32, 3, 2);
                Block b = Block.allocate(Type.F32, 1, 3)) {
            w.set(1, 2, Double.NaN);
            assertThatThrownBy(() -> new DenseCell(engine, Activation.TANH, w, u, b, 1))
                    .hasMessage("cell: W holds NaN in row 1, column 2, expected a finite number in every element");
            assertThatThrownBy(() -> new DenseCell(engine, Activation.TANH, w, b, b, 1))
                    .hasMessage("cell: U is 1×3 f32, expected 3×3 f32");
        }
    }
}
