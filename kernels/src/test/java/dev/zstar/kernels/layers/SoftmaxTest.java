package dev.zstar.kernels.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.DropoutMask;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Layers#softmax}, its gradient, and {@link Layers#dropout}, of every engine. */
class SoftmaxTest {
    private static final int BATCH = 3;

    static Stream<Integer> sizes() {
        return Stream.concat(IntStream.rangeClosed(0, 70).boxed(), Stream.of(255, 1000));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void isWithinItsBound(int n) {
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                try (Engine engine = provider.create(2);
                        Block x = Reference.random(type, BATCH, n, n);
                        Block dy = Reference.random(type, BATCH, n, 2);
                        Block y = Reference.padded(type, BATCH, n);
                        Block dx = Reference.padded(type, BATCH, n)) {
                    for (int i = 0; i < n; i++) {
                        x.set(1, i, 30 * x.get(1, i));
                    }
                    engine.layers().softmax(x, y);
                    engine.layers().softmaxVjp(y, dy, dx);
                    for (int p = 0; p < BATCH; p++) {
                        assertRow(type, x, y, dy, dx, p);
                    }
                    assertThat(Reference.paddingIsNaN(y) && Reference.paddingIsNaN(dx)).as("padding untouched").isTrue();
                }
            }
        }
    }

    /** The difference to the largest is rounded, the exponential adds 2 u, and so does the sum's reciprocal times it. */
    private static void assertRow(Type type, Block x, Block y, Block dy, Block dx, int p) {
        int n = x.cols();
        double u = type.unitRoundoff();
        double max = IntStream.range(0, n).mapToDouble(i -> x.get(p, i)).max().orElse(0);
        double sum = 0;
        double error = 0;
        double dot = 0;
        double size = 0;
        for (int i = 0; i < n; i++) {
            double e = Math.exp(x.get(p, i) - max);
            sum += e;
            error += e * u * (max - x.get(p, i) + 2);
            dot += y.get(p, i) * dy.get(p, i);
            size += Math.abs(y.get(p, i) * dy.get(p, i));
        }
        for (int i = 0; i < n; i++) {
            double expected = Math.exp(x.get(p, i) - max) / sum;
            double relative = u * (max - x.get(p, i) + 4) + error / sum + 2 * Reference.gamma(n + 4, Type.F64);
            double flushed = type == Type.F32 ? 0x1p-126 : 0x1p-1022;
            assertThat(Math.abs(y.get(p, i) - expected)).as("%s: y(%d, %d) of %d", type, p, i, n)
                    .isLessThanOrEqualTo(1.01 * relative * expected + flushed);
            double slope = y.get(p, i) * (dy.get(p, i) - dot);
            double bound = y.get(p, i) * (3 * u * (Math.abs(dy.get(p, i)) + Math.abs(dot)) + 2 * Reference.gamma(n + 2, Type.F64) * size);
            assertThat(Math.abs(dx.get(p, i) - slope)).as("%s: dx(%d, %d) of %d", type, p, i, n).isLessThanOrEqualTo(bound + flushed);
        }
    }

    @Test
    void theFormulaOfTheGradientIsTheDerivative() {
        try (Engine scalar = Engines.named("scalar", 1);
                Block x = Reference.random(Type.F64, 2, 7, 1);
                Block dy = Reference.random(Type.F64, 2, 7, 2);
                Block y = Block.allocate(Type.F64, 2, 7);
                Block dx = Block.allocate(Type.F64, 2, 7)) {
            Runnable forward = () -> scalar.layers().softmax(x, y);
            forward.run();
            scalar.layers().softmaxVjp(y, dy, dx);
            Reference.assertGradient("x", x, dx, y, dy, forward);
        }
    }

    @Test
    void specialValues() {
        double inf = Double.POSITIVE_INFINITY;
        for (EngineProvider provider : Reference.available()) {
            for (Type type : Type.values()) {
                try (Engine engine = provider.create(1);
                        Block x = Block.of(type, 5, 3, -inf, -inf, -inf, 0, inf, 0, 1, Double.NaN, 2, -inf, 5, -inf, 1e30, 1e30, -1e30)) {
                    engine.layers().softmax(x, x);
                    assertThat(x.toDoubles()).as(provider.name())
                            .containsExactly(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN,
                            Double.NaN, Double.NaN, Double.NaN, Double.NaN, 0, 1, 0, 0.5, 0.5, 0);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void bitsDependNeitherOnThreadsNorOnTheBatch(Type type) {
        try (Block x = Reference.random(type, 101, 333, 1);
                Block one = Block.allocate(type, 1, 333)) {
            one.copyRow(x, 50, 0);
            double[] all = Reference.forAnyThreads(engine -> softmax(engine, x))[0];
            double[] alone = Reference.forAnyThreads(engine -> softmax(engine, one))[0];
            assertThat(alone).isEqualTo(java.util.Arrays.copyOfRange(all, 50 * 333, 51 * 333));
        }
    }

    private static double[][] softmax(Engine engine, Block x) {
        try (Block y = Block.allocate(x.type(), x.rows(), x.cols())) {
            engine.layers().softmax(x, y);
            return new double[][] {y.toDoubles()};
        }
    }

    @Test
    void allocatesNothing() {
        for (Type type : Type.values()) {
            for (int n : new int[] {64, 131}) {
                try (Engine engine = Engines.named("simd", 1);
                        Block x = Reference.random(type, BATCH, n, 1);
                        Block y = Block.allocate(type, BATCH, n);
                        DropoutMask mask = DropoutMask.shared(engine, type, n, 0.5, 1)) {
                    Reference.assertAllocatesNothing(() -> engine.layers().softmax(x, y));
                    Reference.assertAllocatesNothing(() -> engine.layers().softmaxVjp(y, x, x));
                    Reference.assertAllocatesNothing(() -> engine.layers().dropout(x, mask, null, x));
                }
            }
        }
    }

    @Test
    void mismatchsAreNamed() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block x = Block.allocate(Type.F32, 2, 3);
                    Block other = Block.allocate(Type.F32, 2, 4);
                    DropoutMask mask = DropoutMask.perElement(engine, Type.F32, 1, 3, 0.5, 1)) {
                assertThatThrownBy(() -> engine.layers().softmax(x, other)).hasMessage("softmax: out is 2×4 f32, expected 2×3 f32");
                assertThatThrownBy(() -> engine.layers().softmaxVjp(x, other, x))
                        .hasMessage("softmaxVjp: dy is 2×4 f32, expected 2×3 f32");
                assertThatThrownBy(() -> engine.layers().dropout(x, mask, null, x))
                        .hasMessage("dropout: the mask is 1×3 f32, expected at least 2 rows, or a shared mask");
                assertThatThrownBy(() -> engine.layers().dropout(other, mask, null, other))
                        .hasMessage("dropout: the mask is 1×3 f32, expected 1×4 f32");
            }
        }
    }

    // ---- dropout

    @ParameterizedTest
    @MethodSource("sizes")
    void dropoutMultipliesByTheRowOfTheBatch(int n) {
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                try (Engine engine = provider.create(2);
                        Block x = Reference.random(type, 2, n, 1);
                        Block out = Reference.padded(type, 2, n);
                        DropoutMask mask = DropoutMask.perElement(engine, type, 4, n, 0.5, 1);
                        DropoutMask shared = DropoutMask.shared(engine, type, n, 0.5, 1)) {
                    Rows rows = new Rows(4);
                    rows.place(0, 3);
                    rows.truncate(2);
                    engine.layers().dropout(x, mask, rows, out);
                    for (int p = 0; p < 2; p++) {
                        for (int i = 0; i < n; i++) {
                            assertThat(out.get(p, i)).isEqualTo(x.get(p, i) * mask.block().get(rows.index(p), i));
                        }
                    }
                    assertThat(Reference.paddingIsNaN(out)).isTrue();
                    engine.layers().dropout(x, shared, rows, x);
                }
            }
        }
    }
}
