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
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Layers#layerNorm}, {@link Layers#rmsNorm}, {@link Layers#groupNorm} and their gradients, of every engine. */
class NormTest {
    private static final int BATCH = 3;
    private static final double EPS = 1e-5;

    /** Rows of {@code positions × channels}; each group has the same share of the channels of every position. */
    record Shape(int positions, int channels, int groups) {
        int n() {
            return positions * channels;
        }

        /** The group of element i of a row. */
        int group(int i) {
            return i % channels / (channels / groups);
        }
    }

    /** Every tail of a row, of a group in a row, and of channels; and the sizes of networks. */
    static Stream<Shape> shapes() {
        return Stream.of(
                        IntStream.rangeClosed(1, 70).mapToObj(n -> new Shape(1, n, 1)),
                        Stream.of(new Shape(1, 255, 1), new Shape(1, 1000, 1)),
                        IntStream.rangeClosed(30, 50).mapToObj(n -> new Shape(1, 3 * n, 3)),
                        IntStream.rangeClosed(1, 40).mapToObj(n -> new Shape(n % 7 + 2, n, 1)),
                        IntStream.rangeClosed(1, 20).mapToObj(n -> new Shape(n % 5 + 1, 4 * n, 4)),
                        Stream.of(new Shape(64, 88, 8), new Shape(16, 300, 300)))
                .flatMap(shape -> shape);
    }

    /** Values far from 0: a mean of 100 and a deviation of 1. */
    private static Block shifted(Type type, int rows, int cols) {
        Block block = Reference.random(type, rows, cols, 5);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                block.set(i, j, 100 + block.get(i, j));
            }
        }
        return block;
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void groupNormIsWithinItsBound(Shape shape) {
        int n = shape.n();
        int groups = shape.groups();
        int size = n / groups;
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                try (Engine engine = provider.create(2);
                        Block x = shifted(type, BATCH, n);
                        Block gain = Reference.random(type, 1, shape.channels(), 2);
                        Block bias = shape.channels() % 3 == 0 ? null : Reference.random(type, 1, shape.channels(), 3);
                        Block out = Reference.padded(type, BATCH, n)) {
                    double[] stats = new double[2 * groups * BATCH];
                    engine.layers().groupNorm(x, groups, gain, bias, EPS, out, stats);
                    double u = type.unitRoundoff();
                    double sums = Reference.gamma(size + 5, Type.F64);
                    for (int p = 0; p < BATCH; p++) {
                        for (int g = 0; g < groups; g++) {
                            double mean = 0;
                            double absolute = 0;
                            for (int i = 0; i < n; i++) {
                                if (shape.group(i) == g) {
                                    mean += x.get(p, i) / size;
                                    absolute += Math.abs(x.get(p, i)) / size;
                                }
                            }
                            double variance = 0;
                            for (int i = 0; i < n; i++) {
                                if (shape.group(i) == g) {
                                    variance += Math.pow(x.get(p, i) - mean, 2) / size;
                                }
                            }
                            double r = 1 / Math.sqrt(variance + EPS);
                            int at = 2 * (p * groups + g);
                            // Of this reference and of the engine each.
                            double meanError = 2 * sums * absolute;
                            double rError = r * (2 * sums + meanError * meanError * r * r);
                            assertThat(Math.abs(stats[at] - mean)).isLessThanOrEqualTo(meanError);
                            assertThat(Math.abs(stats[at + 1] - r)).isLessThanOrEqualTo(rError);
                            for (int i = 0; i < n; i++) {
                                int c = i % shape.channels();
                                if (shape.group(i) == g) {
                                    double normalised = (x.get(p, i) - mean) * r;
                                    double b = bias == null ? 0 : bias.get(0, c);
                                    double error = Math.abs(normalised) * rError / r + meanError * r + 2 * u * u * Math.abs(mean) * r;
                                    assertThat(Math.abs(out.get(p, i) - (normalised * gain.get(0, c) + b)))
                                            .as("%s %s: (%d, %d) of %s", provider.name(), type, p, i, shape)
                                            .isLessThanOrEqualTo(
                                                    6 * u * (Math.abs(normalised * gain.get(0, c)) + Math.abs(b))
                                                            + error * Math.abs(gain.get(0, c)));
                                }
                            }
                        }
                    }
                    assertThat(Reference.paddingIsNaN(out)).as("padding untouched").isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void gradientsOfGroupNormAreWithinTheirBounds(Shape shape) {
        int n = shape.n();
        int channels = shape.channels();
        int groups = shape.groups();
        for (Type type : Type.values()) {
            try (Engine engine = Engines.named("simd", 2);
                    Block x = Reference.random(type, BATCH, n, 1);
                    Block gain = Reference.random(type, 1, channels, 2);
                    Block dy = Reference.random(type, BATCH, n, 3);
                    Block dx = Reference.padded(type, BATCH, n);
                    Block dGain = Reference.random(type, 1, channels, 4);
                    Block dBias = Reference.random(type, 1, channels, 5);
                    Block start = Reference.random(type, 2, channels, 4)) {
                start.copyRow(dGain, 0, 0);
                start.copyRow(dBias, 0, 1);
                double[] stats = new double[2 * groups * BATCH];
                engine.layers().groupNorm(x, groups, gain, null, EPS, dx, stats);
                engine.layers().groupNormVjp(x, groups, gain, stats, dy, dx, dGain, dBias);
                double u = type.unitRoundoff();
                double sums = Reference.gamma(2 * n / groups + 8, Type.F64);
                double columns = Reference.gamma(BATCH * shape.positions() + 8, Type.F64);
                double[][] expected = new double[4][channels];
                for (int p = 0; p < BATCH; p++) {
                    for (int g = 0; g < groups; g++) {
                        double mean = stats[2 * (p * groups + g)];
                        double r = stats[2 * (p * groups + g) + 1];
                        double[] means = new double[4];
                        for (int i = 0; i < n; i++) {
                            int c = i % channels;
                            if (shape.group(i) == g) {
                                double d = gain.get(0, c) * dy.get(p, i) * groups / n;
                                double normalised = (x.get(p, i) - mean) * r;
                                means[0] += d;
                                means[1] += d * normalised;
                                means[2] += Math.abs(d);
                                means[3] += Math.abs(d * normalised);
                                expected[0][c] += dy.get(p, i) * normalised;
                                expected[1][c] += dy.get(p, i);
                                expected[2][c] += Math.abs(dy.get(p, i) * normalised);
                                expected[3][c] += Math.abs(dy.get(p, i));
                            }
                        }
                        for (int i = 0; i < n; i++) {
                            int c = i % channels;
                            if (shape.group(i) == g) {
                                double d = gain.get(0, c) * dy.get(p, i);
                                double normalised = (x.get(p, i) - mean) * r;
                                double terms = r * (Math.abs(d) + means[2] + Math.abs(normalised) * means[3]);
                                double bound = (8 * u + sums) * terms + 2 * u * u * Math.abs(mean) * r * r * means[3];
                                assertThat(Math.abs(dx.get(p, i) - r * (d - means[0] - normalised * means[1])))
                                        .as("%s: dx(%d, %d) of %s", type, p, i, shape)
                                        .isLessThanOrEqualTo(bound);
                            }
                        }
                    }
                }
                for (int c = 0; c < channels; c++) {
                    double gainGradient = start.get(0, c) + expected[0][c];
                    double biasGradient = start.get(1, c) + expected[1][c];
                    assertThat(Math.abs(dGain.get(0, c) - gainGradient))
                            .isLessThanOrEqualTo(u * Math.abs(gainGradient) + 2 * columns * (expected[2][c] + Math.abs(start.get(0, c))));
                    assertThat(Math.abs(dBias.get(0, c) - biasGradient))
                            .isLessThanOrEqualTo(u * Math.abs(biasGradient) + 2 * columns * (expected[3][c] + Math.abs(start.get(1, c))));
                }
                assertThat(Reference.paddingIsNaN(dx) && Reference.paddingIsNaN(dGain) && Reference.paddingIsNaN(dBias))
                        .as("padding untouched")
                        .isTrue();
            }
        }
    }

    static Stream<Integer> sizes() {
        return Stream.concat(IntStream.rangeClosed(1, 70).boxed(), Stream.of(255, 1000));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void rmsNormAndItsGradientsAreWithinTheirBounds(int n) {
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                try (Engine engine = provider.create(2);
                        Block x = Reference.random(type, BATCH, n, 1);
                        Block gain = Reference.random(type, 1, n, 2);
                        Block dy = Reference.random(type, BATCH, n, 3);
                        Block out = Reference.padded(type, BATCH, n);
                        Block dx = Reference.padded(type, BATCH, n);
                        Block dGain = Block.allocate(type, 1, n)) {
                    double[] stats = new double[BATCH];
                    engine.layers().rmsNorm(x, gain, EPS, out, stats);
                    engine.layers().rmsNormVjp(x, gain, stats, dy, dx, dGain);
                    double u = type.unitRoundoff();
                    double sums = Reference.gamma(2 * n + 8, Type.F64);
                    double[] gradient = new double[n];
                    double[] size = new double[n];
                    for (int p = 0; p < BATCH; p++) {
                        double squares = 0;
                        double slope = 0;
                        double slopeSize = 0;
                        for (int i = 0; i < n; i++) {
                            squares += x.get(p, i) * x.get(p, i) / n;
                        }
                        double r = 1 / Math.sqrt(squares + EPS);
                        for (int i = 0; i < n; i++) {
                            double term = gain.get(0, i) * dy.get(p, i) * x.get(p, i) * r / n;
                            slope += term;
                            slopeSize += Math.abs(term);
                            gradient[i] += dy.get(p, i) * x.get(p, i) * r;
                            size[i] += Math.abs(dy.get(p, i) * x.get(p, i) * r);
                        }
                        assertThat(Math.abs(stats[p] - r)).isLessThanOrEqualTo(sums * r);
                        for (int i = 0; i < n; i++) {
                            double y = gain.get(0, i) * x.get(p, i) * r;
                            assertThat(Math.abs(out.get(p, i) - y)).isLessThanOrEqualTo((4 * u + sums) * Math.abs(y));
                            double d = gain.get(0, i) * dy.get(p, i);
                            double terms = r * (Math.abs(d) + Math.abs(x.get(p, i) * r) * slopeSize);
                            assertThat(Math.abs(dx.get(p, i) - r * (d - x.get(p, i) * r * slope)))
                                    .as("%s %s: dx(%d, %d), n = %d", provider.name(), type, p, i, n)
                                    .isLessThanOrEqualTo((8 * u + 4 * sums) * terms);
                        }
                    }
                    for (int i = 0; i < n; i++) {
                        assertThat(Math.abs(dGain.get(0, i) - gradient[i]))
                                .isLessThanOrEqualTo(u * Math.abs(gradient[i])
                                        + 2 * (Reference.gamma(BATCH + 8, Type.F64) + sums) * size[i]);
                    }
                    assertThat(Reference.paddingIsNaN(out) && Reference.paddingIsNaN(dx)).as("padding untouched").isTrue();
                }
            }
        }
    }

    @Test
    void theFormulasOfTheGradientsAreTheDerivatives() {
        try (Engine scalar = Engines.named("scalar", 1);
                Block x = Reference.random(Type.F64, 3, 12, 1);
                Block gain = Reference.random(Type.F64, 1, 6, 2);
                Block bias = Reference.random(Type.F64, 1, 6, 3);
                Block whole = Reference.random(Type.F64, 1, 12, 4);
                Block dy = Reference.random(Type.F64, 3, 12, 5);
                Block out = Block.allocate(Type.F64, 3, 12);
                Block dx = Block.allocate(Type.F64, 3, 12);
                Block dGain = Block.allocate(Type.F64, 1, 6);
                Block dBias = Block.allocate(Type.F64, 1, 6);
                Block dWhole = Block.allocate(Type.F64, 1, 12)) {
            Layers layers = scalar.layers();
            double[] stats = new double[12];
            Runnable group = () -> layers.groupNorm(x, 2, gain, bias, 0.1, out, stats);
            group.run();
            layers.groupNormVjp(x, 2, gain, stats, dy, dx, dGain, dBias);
            Reference.assertGradient("x", x, dx, out, dy, group);
            Reference.assertGradient("gain", gain, dGain, out, dy, group);
            Reference.assertGradient("bias", bias, dBias, out, dy, group);

            Runnable layer = () -> layers.layerNorm(x, whole, null, 0.1, out, stats);
            layer.run();
            layers.layerNormVjp(x, whole, stats, dy, dx, dWhole, null);
            Reference.assertGradient("x", x, dx, out, dy, layer);
            Reference.assertGradient("gain", whole, dWhole, out, dy, layer);

            Runnable rms = () -> layers.rmsNorm(x, whole, 0.1, out, stats);
            rms.run();
            dWhole.fill(0);
            layers.rmsNormVjp(x, whole, stats, dy, dx, dWhole);
            Reference.assertGradient("x", x, dx, out, dy, rms);
            Reference.assertGradient("gain", whole, dWhole, out, dy, rms);
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void bitsDependNeitherOnThreadsNorOnTheBatch(Type type) {
        for (Shape shape : new Shape[] {new Shape(1, 700, 1), new Shape(9, 80, 8)}) {
            int n = shape.n();
            try (Block x = Reference.random(type, 37, n, 1);
                    Block gain = Reference.random(type, 1, shape.channels(), 2);
                    Block dy = Reference.random(type, 37, n, 3);
                    Block lastX = Block.allocate(type, 1, n);
                    Block lastDy = Block.allocate(type, 1, n)) {
                lastX.copyRow(x, 36, 0);
                lastDy.copyRow(dy, 36, 0);
                double[][] all = Reference.forAnyThreads(engine -> groupNorm(engine, shape.groups(), x, gain, dy));
                double[][] last = Reference.forAnyThreads(engine -> groupNorm(engine, shape.groups(), lastX, gain, lastDy));
                for (int rowwise : new int[] {0, 1}) {
                    assertThat(last[rowwise]).isEqualTo(java.util.Arrays.copyOfRange(all[rowwise], 36 * n, 37 * n));
                }
            }
        }
    }

    /** The values and dx, by row; then the statistics and the gradients that are summed over rows. */
    private static double[][] groupNorm(Engine engine, int groups, Block x, Block gain, Block dy) {
        try (Block out = Block.allocate(x.type(), x.rows(), x.cols());
                Block dx = Block.allocate(x.type(), x.rows(), x.cols());
                Block dGain = Block.allocate(x.type(), 1, gain.cols());
                Block dBias = Block.allocate(x.type(), 1, gain.cols())) {
            double[] stats = new double[2 * groups * x.rows()];
            engine.layers().groupNorm(x, groups, gain, gain, EPS, out, stats);
            engine.layers().groupNormVjp(x, groups, gain, stats, dy, dx, dGain, dBias);
            return new double[][] {out.toDoubles(), dx.toDoubles(), stats, dGain.toDoubles(), dBias.toDoubles()};
        }
    }

    @Test
    void allocatesNothing() {
        for (Type type : Type.values()) {
            for (Shape shape : new Shape[] {new Shape(1, 131, 1), new Shape(16, 44, 4)}) {
                int n = shape.n();
                try (Engine engine = Engines.named("simd", 1);
                        Block x = Reference.random(type, BATCH, n, 1);
                        Block gain = Reference.random(type, 1, shape.channels(), 2);
                        Block whole = Reference.random(type, 1, n, 2);
                        Block out = Block.allocate(type, BATCH, n);
                        Block dx = Block.allocate(type, BATCH, n);
                        Block dGain = Block.allocate(type, 1, shape.channels());
                        Block dWhole = Block.allocate(type, 1, n)) {
                    double[] stats = new double[2 * shape.groups() * BATCH];
                    Reference.assertAllocatesNothing(() -> {
                        engine.layers().groupNorm(x, shape.groups(), gain, gain, EPS, out, stats);
                        engine.layers().groupNormVjp(x, shape.groups(), gain, stats, out, dx, dGain, null);
                        engine.layers().rmsNorm(x, whole, EPS, out, stats);
                        engine.layers().rmsNormVjp(x, whole, stats, out, dx, dWhole);
                    });
                }
            }
        }
    }

    @Test
    void specialValuesPassThroughInTheirRowOnly() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block x = Block.of(Type.F32, 3, 2, 1, 3, Double.NaN, 1, Double.POSITIVE_INFINITY, 1);
                    Block gain = Block.of(Type.F32, 1, 2, 1, 1);
                    Block out = Block.allocate(Type.F32, 3, 2);
                    Block empty = Block.allocate(Type.F32, 3, 0);
                    Block emptyOut = Block.allocate(Type.F32, 3, 0);
                    Block emptyGain = Block.allocate(Type.F32, 1, 0)) {
                double[] stats = new double[6];
                engine.layers().layerNorm(x, gain, null, 0, out, stats);
                assertThat(out.toDoubles()).containsExactly(-1, 1, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
                engine.layers().layerNorm(empty, emptyGain, null, 0, emptyOut, stats);
                engine.layers().layerNormVjp(empty, emptyGain, stats, empty, emptyOut, null, null);
            }
        }
    }

    @Test
    void mismatchsAreNamed() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block x = Block.allocate(Type.F32, 2, 12);
                    Block gain = Block.allocate(Type.F32, 1, 6);
                    Block five = Block.allocate(Type.F32, 1, 5);
                    Block out = Block.allocate(Type.F32, 2, 12)) {
                Layers layers = engine.layers();
                double[] stats = new double[8];
                assertThatThrownBy(() -> layers.layerNorm(x, gain, null, EPS, out, stats))
                        .hasMessage("layerNorm: gain is 1×6 f32, expected 1×12 f32");
                assertThatThrownBy(() -> layers.groupNorm(x, 1, five, null, EPS, out, stats))
                        .hasMessage("groupNorm: 5 channels, expected a divisor of x's 12 columns");
                assertThatThrownBy(() -> layers.groupNorm(x, 4, gain, null, EPS, out, stats))
                        .hasMessage("groupNorm: 4 groups, expected a divisor of 6 channels");
                assertThatThrownBy(() -> layers.groupNorm(x, 3, gain, null, EPS, out, stats))
                        .hasMessage("groupNorm: stats has length 8, expected at least 12");
                assertThatThrownBy(() -> layers.groupNorm(x, 2, gain, five, EPS, out, stats))
                        .hasMessage("groupNorm: bias is 1×5 f32, expected 1×6 f32");
                assertThatThrownBy(() -> layers.groupNorm(x, 2, gain, null, -1, out, stats))
                        .hasMessage("groupNorm: eps is -1.0, expected at least 0");
                assertThatThrownBy(() -> layers.groupNorm(x, 2, gain, null, EPS, x, stats))
                        .hasMessage("groupNorm: out overlaps x, expected blocks that share no memory");
            }
        }
    }
}
