package dev.zstar.solvers.cells;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Masks of dropout stay for a solve, and depend on the seed and the row only. */
class CellDropoutTest {
    private static final int BATCH = 3;
    private static final int N = 400;
    /** The result shows both masks: the first half is that of z, the second that of x. */
    private static final Cell CELL = Cell.of(Type.F64, Shape.tokens(2, N / 2), (net, z, x) ->
            net.concatenate(net.dropout(z, 0.25).slice(0, N / 4), net.dropout(x, 0.25).slice(N / 4, N / 4)));

    private final Engine engine = Engines.best(1);
    private final Parameters parameters = CELL.zeros();
    private final CellMap map = CELL.plan(engine, BATCH, parameters);
    private final Block ones = Block.allocate(Type.F64, BATCH, N);
    private final Block out = Block.allocate(Type.F64, BATCH, N);

    CellDropoutTest() {
        ones.fill(1);
    }

    @AfterEach
    void close() {
        map.close();
        parameters.close();
        ones.close();
        out.close();
        engine.close();
    }

    private double[] row(int row) {
        Rows rows = Problems.rows(BATCH, row);
        map.apply(ones.head(1), out.head(1), rows);
        return out.head(1).toDoubles();
    }

    @Test
    void isOffAtFirst() {
        map.inject(ones);
        assertThat(row(1)).containsOnly(1);
    }

    @Test
    void masksStayUntilTheNextInput() {
        map.dropout(1);
        map.inject(ones);
        double[] masks = row(1);
        map.dropout(2);
        assertThat(row(1)).as("another evaluation").isEqualTo(masks);
        map.inject(1, ones.head(1));
        double[] next = row(1);
        assertThat(next).as("another seed").isNotEqualTo(masks);
        map.noDropout();
        assertThat(row(1)).isEqualTo(next);
        map.inject(ones);
        assertThat(row(1)).containsOnly(1);
        map.dropout(1);
        map.inject(ones);
        assertThat(row(1)).as("the first seed again").isEqualTo(masks);
    }

    @Test
    void aRowInjectedAloneHasTheMaskOfTheBatch() {
        map.dropout(1);
        map.inject(ones);
        double[][] masks = {row(0), row(1), row(2)};
        assertThat(masks[0]).isNotEqualTo(masks[1]);
        for (int b : new int[] {2, 0, 1}) {
            map.inject(b, ones.head(1));
        }
        for (int b = 0; b < BATCH; b++) {
            assertThat(row(b)).as("row %d", b).isEqualTo(masks[b]);
        }
    }

    /** Of n elements, n · rate are 0, with a deviation of √(n · rate (1 - rate)); five of them are exceeded once in a million draws. */
    @Test
    void elementsAreZeroAtTheRate() {
        map.dropout(77);
        map.inject(ones);
        map.apply(ones, out, new Rows(BATCH));
        int zeros = 0;
        for (double element : out.toDoubles()) {
            assertThat(element).isIn(0.0, 1 / 0.75);
            zeros += element == 0 ? 1 : 0;
        }
        int n = BATCH * N;
        assertThat(Math.abs(zeros - 0.25 * n)).isLessThan(5 * Math.sqrt(n * 0.25 * 0.75));
    }

    /** Second gradients inject their rows again, at other positions. */
    @Test
    void secondGradientsOfSomeRowsHaveTheirMasks() {
        Cell cell = Cell.of(Type.F64, Shape.vector(N), (net, z, x) -> {
            Value d = net.dropout(z, 0.5);
            return d.times(z).times(x);
        });
        try (Parameters none = cell.zeros(); CellMap curved = cell.plan(engine, BATCH, none);
                Block c = Block.allocate(Type.F64, 1, N); Block u = Block.allocate(Type.F64, 1, N);
                Block sum = Block.allocate(Type.F64, 1, N)) {
            c.fill(1);
            u.fill(1);
            curved.dropout(5);
            curved.inject(ones);
            Rows two = Problems.rows(BATCH, 2);
            Block one = ones.head(1);
            curved.apply(one, out.head(1), two);
            double[] mask = out.head(1).toDoubles();
            curved.linearise(one, two);
            curved.secondGradients(c, u, one, one, two, new CellGradients(null, null), sum);
            for (int i = 0; i < N; i++) {
                assertThat(sum.get(0, i)).isCloseTo(2 * mask[i], within(1e-6));
            }
        }
    }
}
