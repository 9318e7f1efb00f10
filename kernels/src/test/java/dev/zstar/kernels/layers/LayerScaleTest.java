package dev.zstar.kernels.layers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Type;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link Layers} at every scale that a type has: a power of two in the elements must come out as one, or not at all. */
class LayerScaleTest {
    /** Columns, channels, groups: runs, many small groups, images. */
    private static final int[][] SHAPES = {{37, 37, 1}, {64, 64, 2}, {12, 12, 4}, {60, 20, 4}, {72, 12, 1}};

    /** Quarters between -4 and 4, which every scale but the smallest two holds. */
    private static double quarter(int i) {
        return ((i * 7919 + i * i * 31) % 33 - 16) / 4.0;
    }

    private static Block data(Type type, int n, int exponent, int seed) {
        Block block = Block.allocate(type, 2, n);
        for (int p = 0; p < 2; p++) {
            for (int i = 0; i < n; i++) {
                block.set(p, i, Math.scalb(quarter(i + p * 100 + seed), exponent));
            }
        }
        return block;
    }

    /**
     * Output, gradient and statistics of a normalisation, or of RMS where {@code groups} is 0, with elements and their gradients times
     * {@code 2^exponent}.
     */
    private static double[][] run(Engine engine, Type type, int[] shape, boolean rms, double eps, int exponent) {
        int n = shape[0];
        try (Block x = data(type, n, exponent, 0);
                Block dy = data(type, n, exponent, 13);
                Block gain = Block.allocate(type, 1, rms ? n : shape[1]);
                Block out = Block.allocate(type, 2, n);
                Block dx = Block.allocate(type, 2, n);
                Block dGain = Block.allocate(type, 1, gain.cols())) {
            gain.fill(1.5);
            double[] stats = new double[2 * 2 * shape[2]];
            if (rms) {
                engine.layers().rmsNorm(x, gain, eps, out, stats);
                engine.layers().rmsNormVjp(x, gain, stats, dy, dx, dGain);
            } else {
                engine.layers().groupNorm(x, shape[2], gain, null, eps, out, stats);
                engine.layers().groupNormVjp(x, shape[2], gain, stats, dy, dx, dGain, null);
            }
            double[] gradient = dGain.toDoubles();
            return new double[][] {out.toDoubles(), dx.toDoubles(), gradient};
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void normalisationsDoNotKnowTheScale(Type type) {
        int lowest = type == Type.F32 ? -147 : -1019;
        int highest = type == Type.F32 ? 124 : 1020;
        try (Engine scalar = Engines.named("scalar", 1)) {
            for (int[] shape : SHAPES) {
                for (boolean rms : new boolean[] {false, true}) {
                    double[][] expected = run(scalar, Type.F64, shape, rms, 0, 0);
                    for (EngineProvider provider : Reference.available()) {
                        try (Engine engine = provider.create(1)) {
                            for (int exponent = lowest; exponent <= highest; exponent += type == Type.F32 ? 3 : 17) {
                                compare(provider.name() + " " + shape[0] + "/" + shape[2] + (rms ? " rms" : "") + " 2^" + exponent,
                                        run(engine, type, shape, rms, 0, exponent), expected, exponent, type);
                            }
                        }
                    }
                }
            }
        }
    }

    private static void compare(String what, double[][] actual, double[][] expected, int exponent, Type type) {
        double tolerance = 200 * type.unitRoundoff();
        for (int k = 0; k < 2; k++) {
            for (int i = 0; i < expected[k].length; i++) {
                assertThat(actual[k][i]).as("%s, %s %d", what, k == 0 ? "out" : "dx", i)
                        .isCloseTo(expected[k][i], Offset.offset(tolerance * (4 + Math.abs(expected[k][i]))));
            }
        }
        for (int i = 0; i < expected[2].length; i++) {
            double unit = type == Type.F32 ? 0x1p-149 : Double.MIN_VALUE;
            double exact = Math.scalb(expected[2][i], exponent);
            if (Math.abs(exact) < (type == Type.F32 ? Float.MAX_VALUE : Double.MAX_VALUE)) {
                assertThat(actual[2][i]).as("%s, dGain %d", what, i).isCloseTo(exact, Offset.offset(Math.scalb(100 * tolerance,
                        exponent) + unit));
            }
        }
    }

    /** Elements that are small relative to eps stay small, and for large ones eps does not matter. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void epsilonCountsForWhatItIs(Type type) {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1)) {
                for (double eps : new double[] {1e-300, 1e-60, 1e-5}) {
                    for (int exponent : new int[] {-140, -70, -20, 0, 30, 120}) {
                        double[] out = run(engine, type, SHAPES[0], true, eps, exponent)[0];
                        double squares = 0;
                        for (int i = 0; i < 37; i++) {
                            squares += quarter(i) * quarter(i) / 37;
                        }
                        // x / √(squares 4^exponent + eps), with both sides divided by 2^exponent.
                        double expected = 1.5 * quarter(3) / Math.sqrt(squares + Math.scalb(Math.scalb(eps, -exponent), -exponent));
                        assertThat(out[3]).as("%s, %s, 2^%d", provider.name(), eps, exponent)
                                .isCloseTo(expected, Offset.offset(100 * type.unitRoundoff() * Math.abs(expected) + 0x1p-149));
                    }
                }
            }
        }
    }

    /** Differences from the mean may be twice the largest number, and 1/σ far below the smallest normal one. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void oneLargeElementAmongItsOpposites(Type type) {
        double large = type == Type.F32 ? 3e38 : 1.5e308;
        for (EngineProvider provider : Reference.available()) {
            for (int n : new int[] {2, 5, 64, 301}) {
                try (Engine engine = provider.create(1);
                        Block x = Block.allocate(type, 1, n);
                        Block gain = Block.allocate(type, 1, n);
                        Block out = Block.allocate(type, 1, n)) {
                    x.fill(-large);
                    x.set(0, n - 1, large);
                    gain.fill(1);
                    engine.layers().layerNorm(x, gain, null, 1e-5, out, new double[2]);
                    // With a share 1/n of them at one end: √(n - 1), and its reciprocal at the other.
                    assertThat(out.get(0, n - 1)).as("%s, %d", provider.name(), n).isCloseTo(Math.sqrt(n - 1), Offset.offset(1e-4));
                    assertThat(out.get(0, 0)).as("%s, %d", provider.name(), n).isCloseTo(-1 / Math.sqrt(n - 1), Offset.offset(1e-5));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void rowsOfEqualElementsBecomeZeroWithoutEpsilon(Type type) {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block x = Block.allocate(type, 1, 40);
                    Block gain = Block.allocate(type, 1, 40);
                    Block out = Block.allocate(type, 1, 40)) {
                gain.fill(1);
                for (double value : new double[] {0, 3, -0x1p100}) {
                    x.fill(value);
                    double[] stats = new double[2];
                    engine.layers().layerNorm(x, gain, gain, 0, out, stats);
                    assertThat(out.toDoubles()).as(provider.name()).containsOnly(1);
                    assertThat(stats[1]).isEqualTo(Double.MAX_VALUE);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void softmaxOfTheLargestNumbers(Type type) {
        double large = type == Type.F32 ? 3e38 : 1.5e308;
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block x = Block.of(type, 1, 5, -large, large, 0, large, large / 2);
                    Block out = Block.allocate(type, 1, 5);
                    Block dy = Block.of(type, 1, 5, large, large, 1, -large, 1);
                    Block dx = Block.allocate(type, 1, 5)) {
                engine.layers().softmax(x, out);
                assertThat(out.toDoubles()).as(provider.name()).containsExactly(0, 0.5, 0, 0.5, 0);
                engine.layers().softmaxVjp(out, dy, dx);
                assertThat(dx.toDoubles()).as(provider.name()).containsExactly(0, dy.get(0, 0) / 2, 0, -dy.get(0, 0) / 2, 0);
                // y = (¼, ¾): the mean is -large/2, and large less that is beyond the type, but a quarter of it is not.
                out.copyFrom(0.25, 0.75, 0, 0, 0);
                dy.copyFrom(large, -large, 0, 0, 0);
                engine.layers().softmaxVjp(out, dy, dx);
                assertThat(dx.get(0, 0)).as(provider.name()).isCloseTo(0.375 * large, Offset.offset(large * 1e-6));
                assertThat(dx.get(0, 1)).as(provider.name()).isCloseTo(-0.375 * large, Offset.offset(large * 1e-6));
            }
        }
    }

    /** f32 attention, wherever its scores, values or gradients leave f32, against the same numbers in f64. */
    @Test
    void attentionBeyondItsType() {
        double[][] scales = {{1e20, 1e20, 1}, {1e25, -1e30, 1e10}, {1, 1, 3e38}, {1e-30, 1e-30, 1e-38}, {1e19, 1e19, 3e38}};
        int sequence = 35;
        int cols = 20;
        try (Engine exact = Engines.named("scalar", 1)) {
            for (EngineProvider provider : Reference.available()) {
                for (double[] scale : scales) {
                    for (boolean causal : new boolean[] {false, true}) {
                        double[][] actual = attention(provider, null, Type.F32, scale, 1, sequence, cols, causal);
                        double[][] expected = attention(null, exact, Type.F64, scale, 1, sequence, cols, causal);
                        for (int i = 0; i < expected[0].length; i++) {
                            assertThat(actual[0][i]).as("%s, %s, out %d", provider.name(), scale[0], i)
                                    .isCloseTo(expected[0][i], Offset.offset(scale[2] * 1e-5 + 0x1p-140));
                        }
                    }
                }
            }
        }
    }

    /** {@code ⟨dOut, v⟩} is 1e40 or 1e-50, and the gradients of q and k are in range all the same. */
    @Test
    void gradientsOfAttentionBeyondItsType() {
        double[][] scales = {{1e-20, 1e-10, 1e20, 1e20}, {1e10, 1e20, 1e-30, 1e-20}};
        try (Engine exact = Engines.named("scalar", 1)) {
            for (EngineProvider provider : Reference.available()) {
                for (double[] scale : scales) {
                    for (boolean causal : new boolean[] {false, true}) {
                        // q k must be about 1 for probabilities that are neither all equal nor 0 and 1.
                        double[] inputs = {scale[0], 1 / scale[0], scale[2]};
                        double[][] actual = attention(provider, null, Type.F32, inputs, scale[3], 17, 12, causal);
                        double[][] expected = attention(null, exact, Type.F64, inputs, scale[3], 17, 12, causal);
                        for (int k = 1; k < 4; k++) {
                            double largest = 0;
                            for (double value : expected[k]) {
                                largest = Math.max(largest, Math.abs(value));
                            }
                            for (int i = 0; i < expected[k].length && largest < Float.MAX_VALUE; i++) {
                                assertThat(actual[k][i]).as("%s, %s, gradient %d of %d", provider.name(), scale[2], i, k)
                                        .isCloseTo(expected[k][i], Offset.offset(largest * 1e-4 + 0x1p-149));
                            }
                        }
                    }
                }
            }
        }
    }

    private static double[][] attention(
            EngineProvider provider, Engine given, Type type, double[] scale, double dScale, int sequence, int cols, boolean causal) {
        Engine engine = given == null ? provider.create(1) : given;
        try (Block q = scaled(type, sequence, cols, 1, scale[0]);
                Block k = scaled(type, sequence, cols, 2, scale[1]);
                Block v = scaled(type, sequence, cols, 3, scale[2]);
                Block dOut = scaled(type, sequence, cols, 4, dScale);
                Block out = Block.allocate(type, sequence, cols);
                Block dq = Block.allocate(type, sequence, cols);
                Block dk = Block.allocate(type, sequence, cols);
                Block dv = Block.allocate(type, sequence, cols)) {
            double[] lse = new double[sequence * 2];
            engine.layers().attention(q, k, v, sequence, 2, causal, out, lse);
            engine.layers().attentionVjp(q, k, v, sequence, 2, causal, lse, dOut, dq, dk, dv);
            return new double[][] {out.toDoubles(), dq.toDoubles(), dk.toDoubles(), dv.toDoubles()};
        } finally {
            if (given == null) {
                engine.close();
            }
        }
    }

    /** The same numbers in both types: those of f32. */
    private static Block scaled(Type type, int rows, int cols, int seed, double scale) {
        Block block = Block.allocate(type, rows, cols);
        try (Block random = Reference.random(Type.F32, rows, cols, seed)) {
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < cols; j++) {
                    block.set(i, j, (float) (Math.clamp(random.get(i, j), -1, 1) * scale));
                }
            }
        }
        return block;
    }
}
