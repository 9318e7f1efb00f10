package dev.zstar.kernels.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.ImageShape;
import dev.zstar.kernels.Images;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Type;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Images#upsample}, {@link Images#downsample} and their transposes, of every engine. */
class ResamplingTest {
    private static final int[] FACTORS = {1, 2, 3};

    static Stream<ImageShape> shapes() {
        return Stream.concat(
                IntStream.rangeClosed(1, 67).mapToObj(channels -> new ImageShape(1 + channels % 3, 1 + channels % 4, channels)),
                Stream.of(new ImageShape(9, 13, 5), new ImageShape(1, 1, 3)));
    }

    /** The value at {@code (y, x)}, counted from the centre of the first pixel, between the four pixels around it. */
    private static double between(ImageShape shape, Block z, int p, double y, double x, int c) {
        double cy = Math.clamp(y, 0, shape.height() - 1);
        double cx = Math.clamp(x, 0, shape.width() - 1);
        double sum = 0;
        for (int iy = 0; iy < shape.height(); iy++) {
            for (int ix = 0; ix < shape.width(); ix++) {
                double weight = Math.max(0, 1 - Math.abs(cy - iy)) * Math.max(0, 1 - Math.abs(cx - ix));
                sum += weight * z.get(p, shape.index(iy, ix, c));
            }
        }
        return sum;
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void enlargingInterpolatesBetweenCentres(ImageShape shape) {
        for (Type type : Type.values()) {
            for (int factor : FACTORS) {
                ImageShape to = shape.times(factor);
                for (EngineProvider provider : Reference.available()) {
                    try (Engine engine = provider.create(2);
                            Block z = Reference.random(type, 2, shape.size(), 1);
                            Block out = Reference.padded(type, 2, to.size())) {
                        engine.images().upsample(shape, factor, z, out);
                        double largest = Arrays.stream(z.toDoubles()).map(Math::abs).max().orElse(0);
                        for (int p = 0; p < 2; p++) {
                            for (int at = 0; at < to.size(); at++) {
                                int pixel = at / to.channels();
                                int row = pixel / to.width();
                                int col = pixel % to.width();
                                double y = (row + 0.5) / factor - 0.5;
                                double x = (col + 0.5) / factor - 0.5;
                                // Twice a convex combination of two, each with a weight, its complement, a product and a sum rounded.
                                assertThat(out.get(p, at)).isCloseTo(between(shape, z, p, y, x, at % to.channels()),
                                        org.assertj.core.data.Offset.offset(Reference.gamma(8, type) * largest));
                            }
                        }
                        assertThat(Reference.paddingIsNaN(out)).as("padding untouched").isTrue();
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void reducingTakesMeans(ImageShape to) {
        for (Type type : Type.values()) {
            for (int factor : FACTORS) {
                ImageShape shape = to.times(factor);
                for (EngineProvider provider : Reference.available()) {
                    try (Engine engine = provider.create(2);
                            Block z = Reference.random(type, 2, shape.size(), 1);
                            Block out = Reference.padded(type, 2, to.size())) {
                        engine.images().downsample(shape, factor, z, out);
                        for (int p = 0; p < 2; p++) {
                            for (int at = 0; at < to.size(); at++) {
                                double sum = 0;
                                double size = 0;
                                for (int i = 0; i < factor * factor; i++) {
                                    int y = at / to.channels() / to.width() * factor + i / factor;
                                    int x = at / to.channels() % to.width() * factor + i % factor;
                                    double value = z.get(p, shape.index(y, x, at % to.channels()));
                                    sum += value;
                                    size += Math.abs(value);
                                }
                                double bound = Reference.gamma(2 * factor + 2, type) * size / (factor * factor);
                                assertThat(Math.abs(out.get(p, at) - sum / (factor * factor))).isLessThanOrEqualTo(bound);
                            }
                        }
                        assertThat(Reference.paddingIsNaN(out)).as("padding untouched").isTrue();
                    }
                }
            }
        }
    }

    /** {@code ⟨u, A z⟩ = ⟨Aᵀu, z⟩} says that each is the other's transpose, and the bits are the scalar engine's. */
    @ParameterizedTest
    @MethodSource("shapes")
    void transposesAreTransposesAndEveryEngineHasTheSameBits(ImageShape shape) {
        for (Type type : Type.values()) {
            for (int factor : FACTORS) {
                ImageShape large = shape.times(factor);
                double[][] first = null;
                for (EngineProvider provider : Reference.available()) {
                    for (int threads : provider.name().equals("simd") ? List.of(1, 2, 3, 7) : List.of(1)) {
                        try (Engine engine = provider.create(threads);
                                Block z = Reference.random(type, 2, shape.size(), 1);
                                Block u = Reference.random(type, 2, large.size(), 2);
                                Block up = Reference.padded(type, 2, large.size());
                                Block upBack = Reference.padded(type, 2, shape.size());
                                Block down = Reference.padded(type, 2, shape.size());
                                Block downBack = Reference.padded(type, 2, large.size())) {
                            engine.images().upsample(shape, factor, z, up);
                            engine.images().upsampleTransposed(shape, factor, u, upBack);
                            engine.images().downsample(large, factor, u, down);
                            engine.images().downsampleTransposed(large, factor, z, downBack);
                            double[][] now = {up.toDoubles(), upBack.toDoubles(), down.toDoubles(), downBack.toDoubles()};
                            first = first == null ? now : first;
                            assertThat(now).as("%s %s × %d", type, shape, factor).isDeepEqualTo(first);
                            adjoint(type, factor, up, u, upBack, z);
                            adjoint(type, factor, down, z, downBack, u);
                            assertThat(Reference.paddingIsNaN(upBack) && Reference.paddingIsNaN(downBack)).as("padding untouched").isTrue();
                        }
                    }
                }
            }
        }
    }

    private static void adjoint(Type type, int factor, Block az, Block u, Block atu, Block z) {
        double left = 0;
        double right = 0;
        double size = 0;
        for (int p = 0; p < z.rows(); p++) {
            for (int i = 0; i < u.cols(); i++) {
                left += az.get(p, i) * u.get(p, i);
                size += Math.abs(az.get(p, i) * u.get(p, i));
            }
            for (int i = 0; i < z.cols(); i++) {
                right += atu.get(p, i) * z.get(p, i);
                size += Math.abs(atu.get(p, i) * z.get(p, i));
            }
        }
        // Every element of either result is a combination of elements of its operand with weights of sum at most factor².
        double largest = 0;
        for (Block block : List.of(u, z)) {
            largest = Math.max(largest, Arrays.stream(block.toDoubles()).map(Math::abs).max().orElse(0));
        }
        double terms = size + 2.0 * factor * factor * Math.min(u.cols(), z.cols()) * u.rows() * largest * largest;
        assertThat(Math.abs(left - right)).isLessThanOrEqualTo(Reference.gamma(4 * factor + 8, type) * terms);
    }

    @Test
    void aMismatchIsNamed() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block z = Block.allocate(Type.F32, 2, 24);
                    Block out = Block.allocate(Type.F32, 2, 96)) {
                ImageShape shape = new ImageShape(3, 4, 2);
                Images images = engine.images();
                assertThatThrownBy(() -> images.upsample(shape, 3, z, out)).hasMessage("upsample: out is 2×96 f32, expected 2×216 f32");
                assertThatThrownBy(() -> images.downsample(shape, 2, z, out))
                        .hasMessageContaining("expected a divisor of height and width");
                assertThatThrownBy(() -> images.upsample(shape, 0, z, out)).isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> images.upsample(shape, 1, z, z)).hasMessageContaining("overlaps z");
            }
        }
    }

    @Test
    void nothingAllocates() {
        var counter = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        for (Type type : Type.values()) {
            ImageShape shape = new ImageShape(8, 8, 24);
            ImageShape large = shape.times(2);
            try (Engine engine = Engines.named("simd", 1);
                    Block z = Reference.random(type, 2, shape.size(), 2);
                    Block u = engine.allocate(type, 2, large.size())) {
                long bytes = Long.MAX_VALUE;
                for (int attempt = 0; attempt < 2000 && bytes > 0; attempt++) {
                    long before = counter.getCurrentThreadAllocatedBytes();
                    for (int i = 0; i < 20; i++) {
                        engine.images().upsample(shape, 2, z, u);
                        engine.images().upsampleTransposed(shape, 2, u, z);
                        engine.images().downsampleTransposed(large, 2, z, u);
                        engine.images().downsample(large, 2, u, z);
                    }
                    bytes = counter.getCurrentThreadAllocatedBytes() - before;
                }
                assertThat(bytes).as("bytes per 20 rounds, %s", type).isZero();
            }
        }
    }
}
