package dev.zstar.kernels.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Type;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Normalisations with a gain of null, of every engine. */
class NormWithoutGainTest {
    private static final int ROWS = 3;
    private static final double EPS = 1e-3;

    static Stream<NormTest.Shape> shapes() {
        return NormTest.shapes();
    }

    /** What one normalisation leaves in its outputs; {@code groups = 0} for RMS. */
    private static double[][] run(Engine engine, Block x, int channels, int groups, Block gain, Block bias, Block dy) {
        try (Block out = Block.allocate(x.type(), ROWS, x.cols());
                Block dx = Block.allocate(x.type(), ROWS, x.cols());
                Block dGain = Block.allocate(x.type(), 1, channels);
                Block dBias = Block.allocate(x.type(), 1, channels)) {
            double[] stats = new double[2 * ROWS * Math.max(1, groups)];
            if (groups == 0) {
                engine.layers().rmsNorm(x, gain, EPS, out, stats);
                engine.layers().rmsNormVjp(x, gain, stats, dy, dx, dGain);
            } else if (groups == 1 && channels == x.cols()) {
                engine.layers().layerNorm(x, gain, bias, EPS, out, stats);
                engine.layers().layerNormVjp(x, gain, stats, dy, dx, dGain, dBias);
            } else {
                engine.layers().groupNorm(x, channels, groups, gain, bias, EPS, out, stats);
                engine.layers().groupNormVjp(x, channels, groups, gain, stats, dy, dx, dGain, dBias);
            }
            return new double[][] {out.toDoubles(), dx.toDoubles(), dGain.toDoubles(), dBias.toDoubles(), stats};
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void hasTheBitsOfAGainOfOnes(NormTest.Shape shape) {
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                for (boolean biased : new boolean[] {false, true}) {
                    try (Engine engine = provider.create(2);
                            Block x = Reference.random(type, ROWS, shape.n(), 1);
                            Block dy = Reference.random(type, ROWS, shape.n(), 2);
                            Block bias = Reference.random(type, 1, shape.channels(), 3);
                            Block ones = Reference.padded(type, 1, shape.channels());
                            Block wide = Reference.padded(type, 1, shape.n())) {
                        ones.fill(1);
                        wide.fill(1);
                        // One row is left to the formulas for extreme scales.
                        for (int i = 0; i < shape.n(); i++) {
                            x.set(1, i, x.get(1, i) * (type == Type.F32 ? 1e37 : 1e300));
                        }
                        Block b = biased ? bias : null;
                        assertThat(run(engine, x, shape.channels(), shape.groups(), null, b, dy))
                                .isDeepEqualTo(run(engine, x, shape.channels(), shape.groups(), ones, b, dy));
                        assertThat(run(engine, x, shape.n(), 0, null, null, dy))
                                .isDeepEqualTo(run(engine, x, shape.n(), 0, wide, null, dy));
                    }
                }
            }
        }
    }

    /** {@code J u} is {@code gain ⊙ dx} of a call without gain, by differences of fourth order in the direction of u. */
    @Test
    void theGradientWithoutGainIsTheDerivativeInADirection() {
        double h = 1e-3;
        for (EngineProvider provider : Reference.available()) {
            for (int groups : new int[] {0, 1, 2}) {
                int channels = groups == 0 ? 12 : 6;
                try (Engine engine = provider.create(1);
                        Block x = Reference.random(Type.F64, ROWS, 12, 1);
                        Block u = Reference.random(Type.F64, ROWS, 12, 2);
                        Block gain = Reference.random(Type.F64, 1, channels, 3);
                        Block moved = Block.allocate(Type.F64, ROWS, 12);
                        Block tangent = Block.allocate(Type.F64, ROWS, 12)) {
                    tangent.copyFrom(run(engine, x, channels, groups, null, null, u)[1]);
                    engine.multiplyColumns(tangent, gain, tangent);
                    double[] difference = new double[ROWS * 12];
                    for (int step : new int[] {-2, -1, 1, 2}) {
                        engine.copy(x, moved);
                        engine.axpy(step * h, u, moved);
                        double[] out = run(engine, moved, channels, groups, gain, null, u)[0];
                        double factor = (Math.abs(step) == 1 ? 8.0 : -1.0) * Integer.signum(step) / (12 * h);
                        for (int i = 0; i < out.length; i++) {
                            difference[i] += factor * out[i];
                        }
                    }
                    for (int i = 0; i < difference.length; i++) {
                        assertThat(tangent.get(i / 12, i % 12)).as("%s, %d groups, %d", provider.name(), groups, i)
                                .isCloseTo(difference[i], Offset.offset(1e-8 * (1 + Math.abs(difference[i]))));
                    }
                }
            }
        }
    }

    @Test
    void allocatesNothing() {
        for (Type type : Type.values()) {
            try (Engine engine = Engines.named("simd", 1);
                    Block x = Reference.random(type, ROWS, 40, 1);
                    Block narrow = Reference.random(type, ROWS, 10, 1);
                    Block out = Block.allocate(type, ROWS, 40);
                    Block narrowOut = Block.allocate(type, ROWS, 10);
                    Block dx = Block.allocate(type, ROWS, 40)) {
                double[] stats = new double[2 * ROWS * 2];
                Reference.assertAllocatesNothing(() -> {
                    engine.layers().rmsNorm(x, null, EPS, out, stats);
                    engine.layers().rmsNormVjp(x, null, stats, out, dx, null);
                    engine.layers().groupNorm(x, 20, 2, null, null, EPS, out, stats);
                    engine.layers().groupNormVjp(x, 20, 2, null, stats, out, dx, null, null);
                    engine.layers().layerNorm(narrow, null, null, EPS, narrowOut, stats);
                });
            }
        }
    }

    @Test
    void mismatchesAreNamed() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block x = Block.allocate(Type.F32, 2, 12);
                    Block out = Block.allocate(Type.F32, 2, 12);
                    Block six = Block.allocate(Type.F32, 1, 6)) {
                Layers layers = engine.layers();
                double[] stats = new double[8];
                assertThatThrownBy(() -> layers.groupNorm(x, 5, 1, null, null, EPS, out, stats))
                        .hasMessage("groupNorm: 5 channels, expected a divisor of x's 12 columns");
                assertThatThrownBy(() -> layers.groupNorm(x, -3, 1, null, null, EPS, out, stats))
                        .hasMessage("groupNorm: -3 channels, expected a divisor of x's 12 columns");
                assertThatThrownBy(() -> layers.groupNorm(x, 12, 1, six, null, EPS, out, stats))
                        .hasMessage("groupNorm: gain is 1×6 f32, expected 1×12 f32");
                assertThatThrownBy(() -> layers.groupNorm(x, 2, null, null, EPS, out, stats)).isInstanceOf(NullPointerException.class)
                        .hasMessage("groupNorm: gain is null");
                assertThatThrownBy(() -> layers.groupNormVjp(x, 12, 2, null, stats, out, x, null, null))
                        .hasMessage("groupNormVjp: dx overlaps x, expected blocks that share no memory");
                assertThatThrownBy(() -> layers.layerNormVjp(x, null, stats, x, out, six, null))
                        .hasMessage("groupNormVjp: dGain is 1×6 f32, expected 1×12 f32");
            }
        }
    }
}
