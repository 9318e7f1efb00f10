package dev.zstar.kernels.products;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Weights in bf16 and in integers: how they round, and products with them. */
class FormatTest {
    private static final Format[] NARROW = {Format.BF16, Format.INT8};

    static Stream<Integer> sizes() {
        return Stream.concat(IntStream.rangeClosed(1, 67).boxed(), Stream.of(128, 200, 257));
    }

    private static double rounded(Format format, Block w, int i, int k) {
        float value = (float) w.get(i, k);
        return format == Format.BF16 ? Format.fromBf16(Format.toBf16(value))
                : (double) Format.toInt8(value, Format.scale(w, i)) * Format.scale(w, i);
    }

    @Test
    void roundingIsToNearest() {
        Random random = new Random(1);
        for (int i = 0; i < 100_000; i++) {
            float value = (float) (random.nextGaussian() * Math.pow(2, random.nextInt(-100, 100)));
            assertThat(Math.abs(Format.fromBf16(Format.toBf16(value)) - value)).isLessThanOrEqualTo(0x1p-8f * Math.abs(value));
        }
        assertThat(Format.fromBf16(Format.toBf16(1 + 0x1p-8f))).as("a tie goes to the even one").isEqualTo(1);
        assertThat(Format.fromBf16(Format.toBf16(1 + 3 * 0x1p-8f))).isEqualTo(1 + 0x1p-6f);
        assertThat(Format.fromBf16(Format.toBf16(Float.NEGATIVE_INFINITY))).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(Format.fromBf16(Format.toBf16(Float.intBitsToFloat(0x7f800001)))).as("the smallest NaN").isNaN();
        assertThat(Format.fromBf16(Format.toBf16(-0f))).isEqualTo(-0f);
        try (Block w = Reference.random(Type.F32, 3, 50, 2)) {
            w.set(1, 7, 1000);
            for (int i = 0; i < 3; i++) {
                for (int k = 0; k < 50; k++) {
                    assertThat(Math.abs(rounded(Format.INT8, w, i, k) - w.get(i, k))).isLessThanOrEqualTo(0.5000001 * Format.scale(w, i));
                }
            }
            assertThat(Format.toInt8(-1000, Format.scale(w, 1))).isEqualTo((byte) -127);
            assertThat(Format.toInt8(5, 0)).isZero();
        }
    }

    /** From the smallest f32 to the largest. */
    @Test
    void roundingKeepsItsBoundAtEveryScale() {
        Random random = new Random(2);
        for (int exponent = -149; exponent <= 127; exponent++) {
            for (int i = 0; i < 200; i++) {
                float value = Math.scalb(1 + random.nextFloat(), exponent) * (i % 2 == 0 ? 1 : -1);
                assertBf16(value);
            }
            assertBf16(Math.scalb(1f, exponent));
            assertBf16(Math.nextDown(Math.scalb(2f, exponent)));
            try (Block w = Block.allocate(Type.F32, 3, 40)) {
                for (int k = 0; k < 40; k++) {
                    double value = Math.scalb(1 + random.nextFloat(), exponent) * (k % 2 == 0 ? 1 : -1);
                    w.set(0, k, value);
                    w.set(1, k, k == 5 ? Math.nextDown(Math.scalb(2f, exponent)) : value * 1e-9);
                    w.set(2, k, k == 5 ? Math.min(Float.MAX_VALUE, Math.scalb(2.0, exponent)) : 0);
                }
                for (int i = 0; i < 3; i++) {
                    double largest = 0;
                    for (int k = 0; k < 40; k++) {
                        largest = Math.max(largest, Math.abs(w.get(i, k)));
                    }
                    float scale = Format.scale(w, i);
                    assertThat((double) scale).as("the scale of a row of %s", largest).isBetween(largest / 127.00001,
                            largest / 126.99999 + 0x1p-149);
                    for (int k = 0; k < 40; k++) {
                        assertThat(Math.abs(rounded(Format.INT8, w, i, k) - w.get(i, k))).isLessThanOrEqualTo(0.50001 * scale);
                    }
                }
            }
        }
        assertBf16(Float.MAX_VALUE);
        assertBf16(-Float.MAX_VALUE);
        try (Block zeros = Block.allocate(Type.F32, 1, 3)) {
            assertThat(Format.scale(zeros, 0)).isZero();
        }
    }

    private static void assertBf16(float value) {
        if (Float.isFinite(value)) {
            double rounded = Format.fromBf16(Format.toBf16(value));
            assertThat(Math.abs(rounded - value)).as("%s to %s", value, rounded)
                    .isLessThanOrEqualTo(Math.max(0x1p-8 * Math.abs((double) value), 0x1p-134));
        }
    }

    /** Every engine keeps what the scale of a row allows, the smallest and the largest. */
    @Test
    void packedRowsKeepTheirScale() {
        for (EngineProvider provider : Reference.available()) {
            for (Format format : NARROW) {
                for (int exponent = -148; exponent <= 127; exponent += 11) {
                    try (Engine engine = provider.create(1);
                            Block w = Block.allocate(Type.F32, 3, 5)) {
                        w.set(0, 2, Math.scalb(1.5, exponent));
                        w.set(1, 2, Math.min(Float.MAX_VALUE, Math.scalb(2, exponent)));
                        try (Weights packed = engine.pack(w, format);
                                Block z = Block.of(Type.F32, 1, 5, 1, 1, 0.5, 1, 1);
                                Block out = Block.allocate(Type.F32, 1, 3)) {
                            engine.apply(packed, z, out, Epilogue.NONE);
                            for (int i = 0; i < 3; i++) {
                                double exact = 0.5 * w.get(i, 2);
                                assertThat(out.get(0, i)).as("%s %s: %s", provider.name(), format, exact)
                                        .isCloseTo(exact, org.assertj.core.data.Offset.offset(0x1p-7 * exact + 0x1p-133));
                            }
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void productsAreWithinTheBoundOfTheRoundedMatrix(int n) {
        int inputs = (n * 7 + 3) % 97 + 1;
        for (Format format : NARROW) {
            for (EngineProvider provider : Reference.available()) {
                try (Engine engine = provider.create(2);
                        Block w = Reference.random(Type.F32, n, inputs, 1);
                        Weights packed = engine.pack(w, format);
                        Block bias = Reference.random(Type.F32, 1, n, 2);
                        Block z = Reference.random(Type.F32, 15, inputs, 3);
                        Block u = Reference.random(Type.F32, 15, n, 4);
                        Block out = Reference.padded(Type.F32, 15, n);
                        Block back = Reference.padded(Type.F32, 15, inputs)) {
                    double[][] exact = new double[n][inputs];
                    for (int i = 0; i < n; i++) {
                        for (int k = 0; k < inputs; k++) {
                            exact[i][k] = rounded(format, w, i, k);
                        }
                    }
                    for (int batch : new int[] {1, 3, 15}) {
                        engine.apply(packed, z.head(batch), out.head(batch), Epilogue.of(bias, Activation.IDENTITY));
                        engine.applyTransposed(packed, u.head(batch), back.head(batch));
                        for (int p = 0; p < batch; p++) {
                            for (int i = 0; i < n; i++) {
                                double sum = bias.get(0, i);
                                double size = Math.abs(sum);
                                for (int k = 0; k < inputs; k++) {
                                    sum += exact[i][k] * z.get(p, k);
                                    size += Math.abs(exact[i][k] * z.get(p, k));
                                }
                                // One rounding more for the scale, and one for the elements of engines that keep them as f32.
                                assertThat(Math.abs(out.get(p, i) - sum)).as("%s %s W", provider.name(), format)
                                        .isLessThanOrEqualTo(Reference.gamma(inputs + 4, Type.F32) * size);
                            }
                            for (int k = 0; k < inputs; k++) {
                                double sum = 0;
                                double size = 0;
                                for (int i = 0; i < n; i++) {
                                    sum += exact[i][k] * u.get(p, i);
                                    size += Math.abs(exact[i][k] * u.get(p, i));
                                }
                                assertThat(Math.abs(back.get(p, k) - sum)).as("%s %s Wᵀ", provider.name(), format)
                                        .isLessThanOrEqualTo(Reference.gamma(n + 4, Type.F32) * size);
                            }
                        }
                    }
                    assertThat(Reference.paddingIsNaN(out) && Reference.paddingIsNaN(back)).as("%s wrote into the padding", provider.name())
                            .isTrue();
                }
            }
        }
    }

    @Test
    void aRowHasTheSameBitsAloneInAnyBatchAndForAnyThreads() {
        int n = 210;
        int batch = 31;
        for (Format format : NARROW) {
            try (Block w = Reference.random(Type.F32, n, n, 1);
                    Block z = Reference.random(Type.F32, batch, n, 2);
                    Block injection = Reference.random(Type.F32, batch, n, 3)) {
                double[] first = null;
                for (int threads : new int[] {1, 2, 3, 7}) {
                    try (Engine engine = Engines.named("simd", threads);
                            Weights packed = engine.pack(w, format);
                            Block out = engine.allocate(Type.F32, batch, n);
                            Block one = engine.allocate(Type.F32, 1, n);
                            Block oneOut = engine.allocate(Type.F32, 1, n)) {
                        engine.apply(packed, z, out, Epilogue.injected(injection, null, Activation.TANH));
                        first = first == null ? out.toDoubles() : first;
                        assertThat(out.toDoubles()).as("%s, %d threads", format, threads).isEqualTo(first);
                        Rows rows = new Rows(batch);
                        rows.truncate(1);
                        for (int p = 0; p < batch; p++) {
                            one.copyRow(z, p, 0);
                            rows.place(0, p);
                            engine.apply(packed, one, oneOut, Epilogue.injected(injection, rows, Activation.TANH));
                            assertThat(oneOut.toDoubles()).isEqualTo(java.util.Arrays.copyOfRange(first, p * n, (p + 1) * n));
                        }
                    }
                }
            }
        }
    }

    @Test
    void updateReplacesBothDirectionsAndBytesShrink() {
        for (Format format : NARROW) {
            try (Engine engine = Engines.named("simd", 1);
                    Block w = Reference.random(Type.F32, 70, 133, 1);
                    Block other = Reference.random(Type.F32, 70, 133, 2);
                    Weights packed = engine.pack(w, format);
                    Weights full = engine.pack(w);
                    Weights fresh = engine.pack(other, format);
                    Block u = Reference.random(Type.F32, 3, 70, 3);
                    Block a = engine.allocate(Type.F32, 3, 133);
                    Block b = engine.allocate(Type.F32, 3, 133)) {
                assertThat(packed.bytes()).isLessThan(format == Format.BF16 ? full.bytes() * 6 / 10 : full.bytes() * 4 / 10);
                engine.applyTransposed(packed, u, a);
                packed.update(other);
                engine.applyTransposed(packed, u, a);
                engine.applyTransposed(fresh, u, b);
                assertThat(a.toDoubles()).isEqualTo(b.toDoubles());
            }
        }
    }

    @Test
    void notANumberStaysAndF64IsRefused() {
        for (EngineProvider provider : Reference.available()) {
            for (Format format : NARROW) {
                try (Engine engine = provider.create(1);
                        Block w = Block.of(Type.F32, 2, 2, Double.NaN, 1, 1, 1);
                        Block wide = Block.allocate(Type.F64, 2, 2);
                        Weights packed = engine.pack(w, format);
                        Block z = Block.of(Type.F32, 1, 2, 1, 1);
                        Block out = engine.allocate(Type.F32, 1, 2)) {
                    engine.apply(packed, z, out, Epilogue.NONE);
                    assertThat(out.get(0, 0)).isNaN();
                    assertThat(out.get(0, 1)).isCloseTo(2, org.assertj.core.data.Offset.offset(1e-6));
                    assertThatThrownBy(() -> engine.pack(wide, format))
                            .hasMessage("pack: w is 2×2 f64, expected f32 elements for the format " + format);
                }
            }
        }
    }
}
