package dev.zstar.benchmarks.families;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FiniteDifferences;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.implicit.GradientMode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Generated cells, and the training of their generator. */
class HypernetworkTest {
    private static Hypernetwork.Options options(int hidden, int chunk) {
        return new Hypernetwork.Options(Type.F64, 3, hidden, 5, 2, 2, 0.9, chunk, Stopping.relative(1e-13), GradientMode.exact(1e-13));
    }

    private static Block random(int rows, int cols, int seed) {
        return Block.of(Type.F64, rows, cols, new Random(seed).doubles((long) rows * cols, -1, 1).toArray());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4})
    void gradientsEqualCentralDifferencesThroughBothStages(int hidden) {
        try (Engine engine = Engines.best(1); Block k = random(7, 3, 1); Block x = random(7, 2, 2); Block t = random(7, 2, 3);
                Hypernetwork model = new Hypernetwork(engine, options(hidden, 3), 1)) {
            model.differentiate(k, x, t);
            assertThat(model.failures()).isZero();
            DirectionalDerivatives.check(() -> model.loss(k, x, t), model.parameters(), model.gradients(), 1e-5, 1e-6);
        }
    }

    @Test
    void chunksChangeNothingButTheMemory() {
        try (Engine engine = Engines.best(1); Block k = random(7, 3, 1); Block x = random(7, 2, 2); Block t = random(7, 2, 3);
                Hypernetwork whole = new Hypernetwork(engine, options(4, 7), 1)) {
            double expected = whole.differentiate(k, x, t);
            for (int chunk : new int[] {1, 3, 7, 20}) {
                long before = Block.liveBytes();
                try (Hypernetwork model = new Hypernetwork(engine, options(4, chunk), 1)) {
                    // Parameters, their gradients, and the two moments of Adam.
                    assertThat(Block.liveBytes() - before).isEqualTo(model.bytes() + 4 * model.parameters().bytes());
                    assertThat(model.differentiate(k, x, t)).isCloseTo(expected, within(1e-13));
                    for (String name : model.parameters().names()) {
                        assertThat(model.gradients().get(name).toDoubles())
                                .containsExactly(whole.gradients().get(name).toDoubles(), within(1e-12));
                    }
                }
            }
            assertThat(options(4, 7).generatedBytes()).isEqualTo(2 * 7 * 5 * 8 * 8);
            assertThat(options(4, 7).generated()).isEqualTo(40);
        }
    }

    /** Rows of a solve in any order have the products of all rows, and the derivatives are those of the map. */
    @Test
    void rowsKeepTheirWeights() {
        try (Engine engine = Engines.best(1); GeneratedCell cell = new GeneratedCell(engine, Type.F64, 4, 5, 2, 0.9);
                Block x = random(4, 2, 1); Block z = random(4, 5, 2); Block u = random(4, 5, 3); Block some = random(2, 5, 2);
                Block out = engine.allocate(Type.F64, 4, 5); Block back = engine.allocate(Type.F64, 4, 5);
                Block forth = engine.allocate(Type.F64, 4, 5); Block two = engine.allocate(Type.F64, 2, 5);
                Block sum = engine.allocate(Type.F64, 4, 40); Block sumOfSome = engine.allocate(Type.F64, 4, 40);
                FiniteDifferences differences = new FiniteDifferences(engine, Type.F64, 4, 5, cell)) {
            cell.weights(4).copyFrom(new Random(4).doubles(160, -1, 1).toArray());
            cell.inject(x);
            Rows all = new Rows(4);
            cell.apply(z, out, all);
            cell.linearise(z, all);
            differences.linearise(z, all);
            cell.vjp(u, back, all);
            differences.vjp(u, forth, all);
            assertThat(back.toDoubles()).containsExactly(forth.toDoubles(), within(1e-9));
            differences.jvp(u, back, all);
            cell.jvp(u, forth, all);
            assertThat(forth.toDoubles()).containsExactly(back.toDoubles(), within(1e-9));
            cell.vjp(u, back, all);
            cell.gradients(u, z, x, all, sum);
            Rows rows = new Rows(4);
            rows.reset(0);
            rows.append(3);
            rows.append(1);
            for (Block[] pair : new Block[][] {{z, out}, {u, back}, {u, forth}}) {
                some.copyRow(pair[0], 3, 0);
                some.copyRow(pair[0], 1, 1);
                if (pair[1] == out) {
                    cell.apply(some, two, rows);
                } else if (pair[1] == back) {
                    cell.vjp(some, two, rows);
                } else {
                    cell.jvp(some, two, rows);
                }
                for (int i = 0; i < 5; i++) {
                    assertThat(two.get(0, i)).isEqualTo(pair[1].get(3, i));
                    assertThat(two.get(1, i)).isEqualTo(pair[1].get(1, i));
                }
            }
            some.copyRow(u, 3, 0);
            some.copyRow(u, 1, 1);
            two.copyRow(z, 3, 0);
            two.copyRow(z, 1, 1);
            cell.gradients(some, two, x, rows, sumOfSome);
            for (int i = 0; i < 40; i++) {
                assertThat(sumOfSome.get(0, i)).isZero();
                assertThat(sumOfSome.get(1, i)).isEqualTo(sum.get(1, i));
                assertThat(sumOfSome.get(3, i)).isEqualTo(sum.get(3, i));
            }
        }
    }

    @Test
    void aGeneratorWithFewerParametersIsAsGoodAsSeparateCells() {
        try (Engine engine = Engines.best(1)) {
            Compression measured = Compression.measure(engine, 12, 16, 150, 1);
            assertThat(measured.factor()).isEqualTo(4);
            assertThat(measured.sharedError()).isLessThan(0.02 * measured.variance());
            assertThat(measured.sharedError()).as("against separate cells").isLessThan(2 * measured.separateError());
        }
    }

    @Test
    void wrongSizesAreRefused() {
        assertThatThrownBy(() -> Hypernetwork.Options.linear(Type.F32, 2, 12, 2, 2, 4))
                .hasMessage("hypernetwork: n + inputs + 1 is 15, expected a multiple of 16, so that the rows of a generated matrix fill "
                        + "whole cache lines");
        assertThatThrownBy(() -> Hypernetwork.Options.linear(Type.F32, 2, 13, 2, 14, 4))
                .hasMessage("hypernetwork: the number of elements of the state is 13, expected at least 14");
        assertThatThrownBy(() -> new Hypernetwork.Options(Type.F64, 3, 0, 5, 2, 2, 1.5, 3, Stopping.relative(1e-3), GradientMode.DEFAULT))
                .hasMessage("hypernetwork: c is 1.5, expected above 0 and at most 1");
    }
}
