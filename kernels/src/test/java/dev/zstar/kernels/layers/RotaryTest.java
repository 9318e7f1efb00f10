package dev.zstar.kernels.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Rotary;
import dev.zstar.kernels.Type;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Layers#rotate} of every engine. */
class RotaryTest {
    private static final int SEQUENCE = 7;
    private static final int HEADS = 3;
    private static final double BASE = 100;

    static IntStream widths() {
        return IntStream.concat(IntStream.rangeClosed(0, 70).map(half -> 2 * half), IntStream.of(256));
    }

    /**
     * Cosine, sine, the first product and the sum are rounded. The angle has an error of a unit in the last place of the power and of the
     * product.
     */
    @ParameterizedTest
    @MethodSource("widths")
    void everyPairIsTurnedByTheAngleOfItsPosition(int d) {
        int rows = 2 * SEQUENCE;
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                for (Rotary.Pairing pairing : Rotary.Pairing.values()) {
                    try (Engine engine = provider.create(2);
                            Rotary table = Rotary.of(engine, type, SEQUENCE + 2, d, BASE, pairing);
                            Block x = Reference.random(type, rows, HEADS * d, 1);
                            Block out = Reference.padded(type, rows, HEADS * d);
                            Block back = Reference.padded(type, rows, HEADS * d)) {
                        engine.layers().rotate(x, SEQUENCE, HEADS, table, false, out);
                        engine.layers().rotate(x, SEQUENCE, HEADS, table, true, back);
                        for (int p = 0; p < rows; p++) {
                            for (int i = 0; i < HEADS * d / 2; i++) {
                                int pair = i % (d / 2);
                                boolean halves = pairing == Rotary.Pairing.HALVES;
                                int a = i / (d / 2) * d + (halves ? pair : 2 * pair);
                                int b = a + (halves ? d / 2 : 1);
                                int t = p % SEQUENCE;
                                double angle = t * Math.pow(BASE, -2.0 * pair / d);
                                assertPair(type, x.get(p, a), x.get(p, b), angle, out.get(p, a), out.get(p, b));
                                assertPair(type, x.get(p, a), x.get(p, b), -angle, back.get(p, a), back.get(p, b));
                            }
                        }
                        assertThat(Reference.paddingIsNaN(out) && Reference.paddingIsNaN(back)).as("padding untouched").isTrue();
                        double[] apart = out.toDoubles();
                        engine.layers().rotate(x, SEQUENCE, HEADS, table, false, x);
                        assertThat(x.toDoubles()).as("in place").isEqualTo(apart);
                    }
                }
            }
        }
    }

    private static void assertPair(Type type, double x, double y, double angle, double a, double b) {
        double c = Math.cos(angle);
        double s = Math.sin(angle);
        double wrong = 0x1p-51 * (1 + Math.abs(angle)) * (Math.abs(x) + Math.abs(y));
        double u = 3.01 * type.unitRoundoff();
        assertThat(Math.abs(a - (x * c - y * s))).isLessThanOrEqualTo(u * (Math.abs(x * c) + Math.abs(y * s)) + wrong);
        assertThat(Math.abs(b - (y * c + x * s))).isLessThanOrEqualTo(u * (Math.abs(y * c) + Math.abs(x * s)) + wrong);
    }

    /** {@code ⟨R_t q, R_s k⟩ = ⟨R_{t-s} q, k⟩}, and the inverse is the transpose. */
    @ParameterizedTest
    @EnumSource(Rotary.Pairing.class)
    void scoresDependOnTheDistanceOfPositions(Rotary.Pairing pairing) {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Rotary table = Rotary.of(engine, Type.F64, 20, 10, 10_000, pairing);
                    Block q = Block.allocate(Type.F64, 20, 10);
                    Block k = Block.allocate(Type.F64, 20, 10);
                    Block one = Reference.random(Type.F64, 2, 10, 1)) {
                for (int t = 0; t < 20; t++) {
                    q.copyRow(one, 0, t);
                    k.copyRow(one, 1, t);
                }
                engine.layers().rotate(q, 20, 1, table, false, q);
                engine.layers().rotate(k, 20, 1, table, false, k);
                for (int t = 0; t < 20; t++) {
                    for (int s = 0; s <= t; s++) {
                        assertThat(dot(q, t, k, s)).isCloseTo(dot(q, t - s, one, 1), org.assertj.core.data.Offset.offset(1e-13));
                    }
                }
                try (Block u = Reference.random(Type.F64, 20, 10, 2);
                        Block back = Block.allocate(Type.F64, 20, 10)) {
                    engine.layers().rotate(u, 20, 1, table, true, back);
                    for (int t = 0; t < 20; t++) {
                        assertThat(dot(u, t, q, t)).isCloseTo(dot(back, t, one, 0), org.assertj.core.data.Offset.offset(1e-13));
                    }
                    engine.layers().rotate(q, 20, 1, table, true, q);
                    assertThat(q.get(13, 7)).isCloseTo(one.get(0, 7), org.assertj.core.data.Offset.offset(1e-14));
                }
            }
        }
    }

    private static double dot(Block x, int p, Block y, int r) {
        double sum = 0;
        for (int i = 0; i < x.cols(); i++) {
            sum += x.get(p, i) * y.get(r, i);
        }
        return sum;
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void bitsDependNeitherOnThreadsNorOnTheBatch(Type type) {
        int n = 4 * 38;
        for (Rotary.Pairing pairing : Rotary.Pairing.values()) {
            try (Block x = Reference.random(type, 50 * 13, n, 1);
                    Block one = Block.allocate(type, 13, n)) {
                one.copyFrom(x.part(31, 50));
                double[] all = Reference.forAnyThreads(engine -> run(engine, x, pairing))[0];
                double[] alone = Reference.forAnyThreads(engine -> run(engine, one, pairing))[0];
                assertThat(alone).isEqualTo(java.util.Arrays.copyOfRange(all, 31 * 13 * n, 32 * 13 * n));
            }
        }
    }

    private static double[][] run(Engine engine, Block x, Rotary.Pairing pairing) {
        try (Rotary table = Rotary.of(engine, x.type(), 13, 38, 10_000, pairing);
                Block out = Block.allocate(x.type(), x.rows(), x.cols())) {
            engine.layers().rotate(x, 13, 4, table, false, out);
            return new double[][] {out.toDoubles()};
        }
    }

    @Test
    void allocatesNothing() {
        for (Type type : Type.values()) {
            for (Rotary.Pairing pairing : Rotary.Pairing.values()) {
                try (Engine engine = Engines.named("simd", 1);
                        Rotary table = Rotary.of(engine, type, 5, 70, 10_000, pairing);
                        Block x = Reference.random(type, 10, 140, 1)) {
                    Reference.assertAllocatesNothing(() -> engine.layers().rotate(x, 5, 2, table, false, x));
                }
            }
        }
    }

    @Test
    void mismatchesAreNamed() {
        long live = Block.liveBytes();
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Rotary table = Rotary.of(engine, Type.F32, 3, 4, 10_000, Rotary.Pairing.HALVES);
                    Block x = Block.allocate(Type.F32, 8, 8)) {
                Layers layers = engine.layers();
                assertThatThrownBy(() -> layers.rotate(x, 4, 2, table, false, x))
                        .hasMessage("rotate: the table has 3 positions, expected at least 4");
                assertThatThrownBy(() -> layers.rotate(x, 2, 1, table, false, x))
                        .hasMessage("rotate: the table is 3×4 f32, expected 3×8 f32");
                assertThatThrownBy(() -> layers.rotate(x, 3, 2, table, false, x))
                        .hasMessage("rotate: sequences of 3 tokens, expected a divisor of x's 8 rows");
                assertThatThrownBy(() -> layers.rotate(x, 2, 2, null, false, x)).isInstanceOf(NullPointerException.class)
                        .hasMessage("rotate: the table is null");
                assertThatThrownBy(() -> Rotary.of(engine, Type.F32, 3, 5, 10_000, Rotary.Pairing.HALVES)).hasMessage(
                        "a rotary table for 3 positions of heads of 5 elements, expected at least 0 positions and an even number of"
                                + " elements");
                assertThatThrownBy(() -> Rotary.of(engine, Type.F32, 3, 4, Double.NaN, Rotary.Pairing.HALVES))
                        .hasMessage("a rotary table of base NaN, expected a finite number of at least 1");
                assertThatThrownBy(() -> Rotary.of(engine, Type.F32, 3, 4, 10, null)).isInstanceOf(NullPointerException.class)
                        .hasMessage("a rotary table: its pairing is null");
            }
        }
        assertThat(Block.liveBytes()).isEqualTo(live);
    }
}
