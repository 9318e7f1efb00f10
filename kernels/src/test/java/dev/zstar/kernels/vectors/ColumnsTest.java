package dev.zstar.kernels.vectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.VectorOperations;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link VectorOperations#multiplyColumns}, its gradient, and {@link VectorOperations#multiplyAdd}, of every engine. */
class ColumnsTest {
    private static final int ROWS = 3;

    /** Channels and positions. */
    static Stream<int[]> shapes() {
        return Stream.concat(
                IntStream.rangeClosed(1, 70).boxed()
                        .flatMap(c -> Stream.of(new int[] {c, 1}, new int[] {c, 1 + c * 7 % 5}, new int[] {c, 40})),
                Stream.of(new int[] {255, 3}, new int[] {256, 2}, new int[] {257, 2}, new int[] {800, 1}, new int[] {3, 0},
                        new int[] {90, 0}, new int[] {0, 0}));
    }

    private static double rounded(Type type, double x) {
        return type == Type.F32 ? (float) x : x;
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void everyColumnHasTheFactorOfItsChannel(int[] shape) {
        int channels = shape[0];
        int n = channels * shape[1];
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                try (Engine engine = provider.create(2);
                        Block x = Reference.random(type, ROWS, n, 1);
                        Block dy = Reference.random(type, ROWS, n, 2);
                        Block gain = Reference.random(type, 1, channels, 3);
                        Block dGain = Reference.random(type, 1, channels, 4);
                        Block before = Block.allocate(type, 1, channels);
                        Block out = Reference.padded(type, ROWS, n)) {
                    engine.multiplyColumns(x, gain, out);
                    before.copyFrom(dGain);
                    engine.multiplyColumnsGradient(x, dy, dGain);
                    for (int c = 0; c < channels; c++) {
                        double sum = before.get(0, c);
                        double size = 0;
                        for (int p = 0; p < ROWS; p++) {
                            for (int i = c; i < n; i += channels) {
                                assertThat(out.get(p, i)).as("%s %s (%d, %d)", provider.name(), type, p, i)
                                        .isEqualTo(rounded(type, x.get(p, i) * gain.get(0, c)));
                                sum += x.get(p, i) * dy.get(p, i);
                                size += Math.abs(x.get(p, i) * dy.get(p, i));
                            }
                        }
                        // Sums in any order, on both sides, and the sum with the old value, which is rounded.
                        double bound = 2 * Reference.gamma(ROWS * shape[1] + 2, Type.F64) * (size + Math.abs(before.get(0, c)))
                                + type.unitRoundoff() * Math.abs(sum);
                        assertThat(Math.abs(dGain.get(0, c) - sum)).as("%s %s dGain(%d)", provider.name(), type, c)
                                .isLessThanOrEqualTo(1.01 * bound);
                    }
                    assertThat(Reference.paddingIsNaN(out) && Reference.paddingIsNaN(dGain)).as("padding untouched").isTrue();
                    double[] apart = out.toDoubles();
                    engine.multiplyColumns(x, gain, x);
                    assertThat(x.toDoubles()).as("in place").isEqualTo(apart);
                }
            }
        }
    }

    @Test
    void theFormulaOfTheGradientIsTheDerivative() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block x = Reference.random(Type.F64, 2, 15, 1);
                    Block gain = Reference.random(Type.F64, 1, 5, 2);
                    Block dy = Reference.random(Type.F64, 2, 15, 3);
                    Block out = Block.allocate(Type.F64, 2, 15);
                    Block dGain = Block.allocate(Type.F64, 1, 5)) {
                engine.multiplyColumnsGradient(x, dy, dGain);
                Reference.assertGradient("gain", gain, dGain, out, dy, () -> engine.multiplyColumns(x, gain, out));
            }
        }
    }

    @Test
    void productsAreAdded() {
        for (int n = 0; n <= 70; n++) {
            for (Type type : Type.values()) {
                for (EngineProvider provider : Reference.available()) {
                    try (Engine engine = provider.create(2);
                            Block x = Reference.random(type, ROWS, n, 1);
                            Block y = Reference.random(type, ROWS, n, 2);
                            Block old = Reference.random(type, ROWS, n, 3);
                            Block out = Reference.padded(type, ROWS, n)) {
                        out.copyFrom(old);
                        engine.multiplyAdd(x, y, out);
                        for (int p = 0; p < ROWS; p++) {
                            for (int i = 0; i < n; i++) {
                                double product = x.get(p, i) * y.get(p, i);
                                double sum = old.get(p, i) + product;
                                double bound = (type.unitRoundoff() + 0x1p-53) * Math.abs(sum) + 0x1p-53 * Math.abs(product);
                                assertThat(Math.abs(out.get(p, i) - sum)).as("%s %s (%d, %d)", provider.name(), type, p, i)
                                        .isLessThanOrEqualTo(1.01 * bound);
                            }
                        }
                        assertThat(Reference.paddingIsNaN(out)).isTrue();
                        double[] first = out.toDoubles();
                        engine.multiplyAdd(out, y, out);
                        for (int i = 0; i < n; i++) {
                            double sum = first[i] + first[i] * y.get(0, i);
                            assertThat(out.get(0, i)).isCloseTo(sum, org.assertj.core.data.Offset.offset(
                                    2 * type.unitRoundoff() * (Math.abs(first[i]) + Math.abs(first[i] * y.get(0, i)))));
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void bitsDependNeitherOnThreadsNorOnTheBatch(Type type) {
        for (int channels : new int[] {3, 48, 768}) {
            int n = 768;
            try (Block x = Reference.random(type, 200, n, 1);
                    Block gain = Reference.random(type, 1, channels, 2);
                    Block one = Block.allocate(type, 1, n)) {
                one.copyRow(x, 77, 0);
                double[][] all = Reference.forAnyThreads(engine -> run(engine, x, gain));
                double[][] alone = Reference.forAnyThreads(engine -> run(engine, one, gain));
                for (int k = 0; k < 2; k++) {
                    assertThat(alone[k]).isEqualTo(java.util.Arrays.copyOfRange(all[k], 77 * n, 78 * n));
                }
            }
        }
    }

    private static double[][] run(Engine engine, Block x, Block gain) {
        try (Block out = Block.allocate(x.type(), x.rows(), x.cols());
                Block sum = Block.allocate(x.type(), x.rows(), x.cols());
                Block dGain = Block.allocate(x.type(), 1, gain.cols())) {
            engine.multiplyColumns(x, gain, out);
            engine.multiplyAdd(x, out, sum);
            engine.multiplyColumnsGradient(x, out, dGain);
            return new double[][] {out.toDoubles(), sum.toDoubles(), dGain.toDoubles()};
        }
    }

    @Test
    void allocatesNothing() {
        for (Type type : Type.values()) {
            try (Engine engine = Engines.named("simd", 1);
                    Block x = Reference.random(type, ROWS, 131 * 3, 1);
                    Block y = Block.allocate(type, ROWS, 131 * 3);
                    Block few = Block.allocate(type, 1, 3);
                    Block many = Block.allocate(type, 1, 131)) {
                Reference.assertAllocatesNothing(() -> {
                    engine.multiplyColumns(x, few, y);
                    engine.multiplyColumns(x, many, y);
                    engine.multiplyColumnsGradient(x, y, few);
                    engine.multiplyColumnsGradient(x, y, many);
                    engine.multiplyAdd(x, y, y);
                });
            }
        }
    }

    @Test
    void mismatchesAreNamed() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block x = Block.allocate(Type.F32, 2, 6);
                    Block gain = Block.allocate(Type.F32, 1, 4);
                    Block tall = Block.allocate(Type.F32, 2, 3)) {
                assertThatThrownBy(() -> engine.multiplyColumns(x, gain, x))
                        .hasMessage("multiplyColumns: gain has 4 columns, expected a divisor of x's 6");
                assertThatThrownBy(() -> engine.multiplyColumns(x, tall, x))
                        .hasMessage("multiplyColumns: gain is 2×3 f32, expected 1×3 f32");
                assertThatThrownBy(() -> engine.multiplyColumnsGradient(x, x, null)).isInstanceOf(NullPointerException.class)
                        .hasMessage("multiplyColumnsGradient: dGain is null");
                assertThatThrownBy(() -> engine.multiplyAdd(x, tall, x)).hasMessage("multiplyAdd: y is 2×3 f32, expected 2×6 f32");
            }
        }
    }
}
