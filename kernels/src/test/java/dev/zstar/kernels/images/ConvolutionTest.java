package dev.zstar.kernels.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.ConvolutionWeights;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.ImageShape;
import dev.zstar.kernels.Images;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Images#convolve}, its transpose and its gradients, of every engine. */
class ConvolutionTest {
    /** Every kind of convolution, with this many channels. */
    private static List<Convolution> kinds(int in, int out) {
        List<Convolution> kinds = new ArrayList<>();
        for (int kernel : new int[] {1, 3}) {
            for (int stride : new int[] {1, 2}) {
                kinds.add(new Convolution(kernel, stride, in, out));
            }
        }
        return kinds;
    }

    static Stream<Integer> channels() {
        return IntStream.rangeClosed(1, 70).boxed();
    }

    /** Every width up to three tiles and their tails, with a few heights. */
    static Stream<ImageShape> shapes() {
        return IntStream.rangeClosed(1, 27).mapToObj(width -> new ImageShape(1 + width % 5, width, 3));
    }

    private static Epilogue epilogue(Block bias, Block injection) {
        Rows rows = new Rows(3);
        rows.place(0, 2);
        rows.truncate(2);
        return new Epilogue(bias, injection, rows, Activation.RELU, null, null);
    }

    @ParameterizedTest
    @MethodSource("channels")
    void everyNumberOfChannelsHasTheScalarEnginesBits(int channels) {
        for (Type type : Type.values()) {
            for (Convolution kind : kinds(channels, channels % 7 + 1)) {
                compare(type, kind, new ImageShape(2, 5, channels));
            }
            for (Convolution kind : kinds(channels % 11 + 1, channels)) {
                compare(type, kind, new ImageShape(3, 2, kind.inChannels()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void everySizeHasTheScalarEnginesBits(ImageShape shape) {
        for (Type type : Type.values()) {
            for (Convolution kind : kinds(3, 5)) {
                compare(type, kind, shape);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void severalPanelsAndPiecesHaveTheScalarEnginesBits(Type type) {
        for (int out : new int[] {64, 112, 145}) {
            compare(type, new Convolution(3, 1, 17, out), new ImageShape(3, 9, 17));
        }
        for (Convolution kind : kinds(3, 4)) {
            compare(type, kind, new ImageShape(19, 41, 3));
        }
    }

    private static void compare(Type type, Convolution kind, ImageShape shape) {
        ImageShape to = kind.output(shape);
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(2);
                    Engine formula = Engines.named("scalar", 1);
                    Block w = Reference.random(type, kind.outChannels(), kind.inputs(), 1);
                    ConvolutionWeights mine = engine.images().pack(kind, w);
                    ConvolutionWeights theirs = formula.images().pack(kind, w);
                    Block bias = Reference.random(type, 1, kind.outChannels(), 2);
                    Block z = Reference.random(type, 2, shape.size(), 3);
                    Block u = Reference.random(type, 2, to.size(), 4);
                    Block injection = Reference.random(type, 3, to.size(), 5);
                    Block out = Reference.padded(type, 2, to.size());
                    Block expected = Reference.padded(type, 2, to.size());
                    Block back = Reference.padded(type, 2, shape.size());
                    Block expectedBack = Reference.padded(type, 2, shape.size());
                    Block dw = Reference.random(type, kind.outChannels(), kind.inputs(), 6);
                    Block expectedDw = Reference.random(type, kind.outChannels(), kind.inputs(), 6);
                    Block db = Reference.random(type, 1, kind.outChannels(), 7);
                    Block expectedDb = Reference.random(type, 1, kind.outChannels(), 7)) {
                if (provider.name().equals("scalar")) {
                    continue;
                }
                for (Epilogue epilogue : List.of(Epilogue.NONE, Epilogue.of(bias, Activation.RELU), epilogue(bias, injection))) {
                    engine.images().convolve(mine, shape, z, out, epilogue);
                    formula.images().convolve(theirs, shape, z, expected, epilogue);
                    assertThat(out.toDoubles()).as("%s %s %s", type, kind, shape).isEqualTo(expected.toDoubles());
                }
                engine.images().convolveTransposed(mine, shape, u, back);
                formula.images().convolveTransposed(theirs, shape, u, expectedBack);
                assertThat(back.toDoubles()).as("transposed %s %s %s", type, kind, shape).isEqualTo(expectedBack.toDoubles());
                engine.images().addGradients(kind, shape, u, z, dw, db);
                formula.images().addGradients(kind, shape, u, z, expectedDw, expectedDb);
                assertThat(dw.toDoubles()).as("dw %s %s %s", type, kind, shape).isEqualTo(expectedDw.toDoubles());
                assertThat(db.toDoubles()).as("db %s %s %s", type, kind, shape).isEqualTo(expectedDb.toDoubles());
                for (Block written : List.of(out, back, dw, db)) {
                    assertThat(Reference.paddingIsNaN(written)).as("padding untouched").isTrue();
                }
            }
        }
    }

    /** The formula of {@link Convolution} in f64: the sum, and the sum of absolute values. */
    private static double[] exact(Convolution kind, ImageShape shape, Block w, Block z, int p, int y, int x, int n) {
        double sum = 0;
        double size = 0;
        for (int ky = 0; ky < kind.kernel(); ky++) {
            for (int kx = 0; kx < kind.kernel(); kx++) {
                for (int c = 0; c < kind.inChannels(); c++) {
                    int iy = y * kind.stride() + ky - kind.kernel() / 2;
                    int ix = x * kind.stride() + kx - kind.kernel() / 2;
                    double value = shape.contains(iy, ix) ? z.get(p, shape.index(iy, ix, c)) : 0;
                    double term = w.get(n, (ky * kind.kernel() + kx) * kind.inChannels() + c) * value;
                    sum += term;
                    size += Math.abs(term);
                }
            }
        }
        return new double[] {sum, size};
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void everyOutputIsWithinTheBoundOfTheExactSum(Type type) {
        for (ImageShape shape : List.of(new ImageShape(1, 1, 4), new ImageShape(5, 7, 6), new ImageShape(6, 12, 19))) {
            for (Convolution kind : kinds(shape.channels(), 21)) {
                ImageShape to = kind.output(shape);
                for (EngineProvider provider : Reference.available()) {
                    try (Engine engine = provider.create(2);
                            Block w = Reference.random(type, 21, kind.inputs(), 1);
                            ConvolutionWeights packed = engine.images().pack(kind, w);
                            Block bias = Reference.random(type, 1, 21, 2);
                            Block z = Reference.random(type, 2, shape.size(), 3);
                            Block injection = Reference.random(type, 2, to.size(), 5);
                            Block out = Reference.random(type, 2, to.size(), 5);
                            Block smooth = Reference.padded(type, 2, to.size())) {
                        // Added to what is there.
                        engine.images().convolve(packed, shape, z, out, new Epilogue(bias, out, null, Activation.IDENTITY, null, null));
                        engine.images()
                                .convolve(packed, shape, z, smooth, new Epilogue(bias, injection, null, Activation.TANH, null, null));
                        double gamma = Reference.gamma(kind.inputs() + 3, type);
                        for (int p = 0; p < 2; p++) {
                            for (int at = 0; at < to.size(); at++) {
                                int n = at % 21;
                                double[] exact = exact(kind, shape, w, z, p, at / 21 / to.width(), at / 21 % to.width(), n);
                                double sum = exact[0] + bias.get(0, n) + injection.get(p, at);
                                double size = exact[1] + Math.abs(bias.get(0, n)) + Math.abs(injection.get(p, at));
                                assertThat(Math.abs(out.get(p, at) - sum)).as("%s %s %s", provider.name(), type, kind)
                                        .isLessThanOrEqualTo(gamma * size);
                                // The vector form of tanh is within 7 u; its slope is at most 1.
                                assertThat(Math.abs(smooth.get(p, at) - Math.tanh(sum)))
                                        .isLessThanOrEqualTo(gamma * size + 7 * type.unitRoundoff());
                            }
                        }
                    }
                }
            }
        }
    }

    /** {@code L = ⟨g, tanh(conv(z) + b)⟩}. */
    private static double loss(Engine engine, Convolution kind, ImageShape shape, Block w, Block b, Block z, Block g, Block out) {
        try (ConvolutionWeights packed = engine.images().pack(kind, w)) {
            engine.images().convolve(packed, shape, z, out, Epilogue.of(b, Activation.TANH));
        }
        double sum = 0;
        for (int p = 0; p < z.rows(); p++) {
            for (int i = 0; i < out.cols(); i++) {
                sum += g.get(p, i) * out.get(p, i);
            }
        }
        return sum;
    }

    /** The slope of {@code L} along {@code d}, by a difference over 2h: off by h²/6 times the third derivative and by u L / h. */
    private static double slope(Block at, Block d, java.util.function.DoubleSupplier loss) {
        double h = 1e-5;
        double[] start = at.toDoubles();
        double[] along = d.toDoubles();
        at.copyFrom(IntStream.range(0, start.length).mapToDouble(i -> start[i] + h * along[i]).toArray());
        double above = loss.getAsDouble();
        at.copyFrom(IntStream.range(0, start.length).mapToDouble(i -> start[i] - h * along[i]).toArray());
        double below = loss.getAsDouble();
        at.copyFrom(start);
        return (above - below) / (2 * h);
    }

    private static double dot(Block x, Block y) {
        double sum = 0;
        for (int p = 0; p < x.rows(); p++) {
            for (int i = 0; i < x.cols(); i++) {
                sum += x.get(p, i) * y.get(p, i);
            }
        }
        return sum;
    }

    @Test
    void gradientsAreThoseOfCentralDifferences() {
        ImageShape shape = new ImageShape(5, 6, 3);
        for (Convolution kind : kinds(3, 4)) {
            ImageShape to = kind.output(shape);
            for (EngineProvider provider : Reference.available()) {
                try (Engine engine = provider.create(2);
                        Engine formula = Engines.named("scalar", 1);
                        Block w = Reference.random(Type.F64, 4, kind.inputs(), 1);
                        Block b = Reference.random(Type.F64, 1, 4, 2);
                        Block z = Reference.random(Type.F64, 2, shape.size(), 3);
                        Block g = Reference.random(Type.F64, 2, to.size(), 4);
                        Block dirW = Reference.random(Type.F64, 4, kind.inputs(), 5);
                        Block dirB = Reference.random(Type.F64, 1, 4, 6);
                        Block dirZ = Reference.random(Type.F64, 2, shape.size(), 7);
                        ConvolutionWeights packed = engine.images().pack(kind, w);
                        Block out = Block.allocate(Type.F64, 2, to.size());
                        Block u = Block.allocate(Type.F64, 2, to.size());
                        Block dz = Block.allocate(Type.F64, 2, shape.size());
                        Block dw = Block.allocate(Type.F64, 4, kind.inputs());
                        Block db = Block.allocate(Type.F64, 1, 4)) {
                    engine.images().convolve(packed, shape, z, out, Epilogue.of(b, Activation.TANH).with(u));
                    engine.multiply(u, g, u);
                    engine.images().convolveTransposed(packed, shape, u, dz);
                    engine.images().addGradients(kind, shape, u, z, dw, db);
                    var error = org.assertj.core.data.Offset.offset(1e-5);
                    assertThat(dot(dz, dirZ)).isCloseTo(slope(z, dirZ, () -> loss(formula, kind, shape, w, b, z, g, out)), error);
                    assertThat(dot(dw, dirW)).isCloseTo(slope(w, dirW, () -> loss(formula, kind, shape, w, b, z, g, out)), error);
                    assertThat(dot(db, dirB)).isCloseTo(slope(b, dirB, () -> loss(formula, kind, shape, w, b, z, g, out)), error);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void anImageHasTheSameBitsAloneInAnyBatchAndForAnyThreads(Type type) {
        ImageShape shape = new ImageShape(17, 18, 20);
        int batch = 3;
        for (Convolution kind : kinds(20, 24)) {
            ImageShape to = kind.output(shape);
            double[][] first = null;
            for (int threads : new int[] {1, 2, 3, 7}) {
                try (Engine engine = Engines.named("simd", threads);
                        Block w = Reference.random(type, 24, kind.inputs(), 1);
                        Block z = Reference.random(type, batch, shape.size(), 3);
                        Block u = Reference.random(type, batch, to.size(), 4);
                        ConvolutionWeights packed = engine.images().pack(kind, w);
                        Block out = Block.allocate(type, batch, to.size());
                        Block back = Block.allocate(type, batch, shape.size());
                        Block dw = Block.allocate(type, 24, kind.inputs());
                        Block db = Block.allocate(type, 1, 24);
                        Block one = Block.allocate(type, 1, shape.size());
                        Block oneOut = Block.allocate(type, 1, to.size())) {
                    engine.images().convolve(packed, shape, z, out, Epilogue.of(null, Activation.TANH));
                    engine.images().convolveTransposed(packed, shape, u, back);
                    engine.images().addGradients(kind, shape, u, z, dw, db);
                    double[][] now = {out.toDoubles(), back.toDoubles(), dw.toDoubles(), db.toDoubles()};
                    first = first == null ? now : first;
                    assertThat(now).as("%s, %d threads", kind, threads).isDeepEqualTo(first);
                    one.copyRow(z, 1, 0);
                    engine.images().convolve(packed, shape, one, oneOut, Epilogue.of(null, Activation.TANH));
                    assertThat(oneOut.toDoubles()).isEqualTo(Arrays.copyOfRange(first[0], to.size(), 2 * to.size()));
                    oneOut.copyRow(u, 1, 0);
                    engine.images().convolveTransposed(packed, shape, oneOut, one);
                    assertThat(one.toDoubles()).isEqualTo(Arrays.copyOfRange(first[1], shape.size(), 2 * shape.size()));
                }
            }
        }
    }

    @Test
    @SuppressWarnings("try")
    void updatingReplacesTheWeightsInBothDirectionsAndTheFlippedCopyIsCounted() {
        ImageShape shape = new ImageShape(4, 5, 20);
        for (Convolution kind : kinds(20, 33)) {
            ImageShape to = kind.output(shape);
            for (EngineProvider provider : Reference.available()) {
                long live = Block.liveBytes();
                try (Engine engine = provider.create(1);
                        Block w = Reference.random(Type.F32, 33, kind.inputs(), 1);
                        Block other = Reference.random(Type.F32, 33, kind.inputs(), 2);
                        Block z = Reference.random(Type.F32, 1, shape.size(), 3);
                        Block a = Block.allocate(Type.F32, 1, to.size());
                        Block b = Block.allocate(Type.F32, 1, to.size());
                        Block c = Block.allocate(Type.F32, 1, shape.size());
                        Block d = Block.allocate(Type.F32, 1, shape.size())) {
                    long blocks = Block.liveBytes();
                    try (ConvolutionWeights packed = engine.images().pack(kind, w);
                            ConvolutionWeights fresh = engine.images().pack(kind, other)) {
                        assertThat(packed.bytes() + fresh.bytes()).isEqualTo(Block.liveBytes() - blocks);
                        packed.prepareTransposed();
                        assertThat(packed.bytes() + fresh.bytes()).isEqualTo(Block.liveBytes() - blocks);
                        packed.update(other);
                        engine.images().convolve(packed, shape, z, a, Epilogue.NONE);
                        engine.images().convolve(fresh, shape, z, b, Epilogue.NONE);
                        engine.images().convolveTransposed(packed, shape, a, c);
                        engine.images().convolveTransposed(fresh, shape, a, d);
                        assertThat(a.toDoubles()).isEqualTo(b.toDoubles());
                        assertThat(c.toDoubles()).isEqualTo(d.toDoubles());
                        packed.close();
                        assertThatThrownBy(() -> engine.images().convolve(packed, shape, z, a, Epilogue.NONE))
                                .isInstanceOf(IllegalStateException.class);
                    }
                }
                assertThat(Block.liveBytes()).isEqualTo(live);
            }
        }
    }

    @Test
    void whatIsNotFiniteStaysInItsImageAndReachesItsNeighbours() {
        ImageShape shape = new ImageShape(4, 4, 2);
        Convolution kind = new Convolution(3, 1, 2, 3);
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block w = Reference.random(Type.F32, 3, kind.inputs(), 1);
                    ConvolutionWeights packed = engine.images().pack(kind, w);
                    Block z = Reference.random(Type.F32, 3, shape.size(), 2);
                    Block out = Block.allocate(Type.F32, 3, kind.output(shape).size())) {
                z.set(1, shape.index(0, 0, 1), Double.NaN);
                engine.images().convolve(packed, shape, z, out, Epilogue.of(null, Activation.RELU));
                for (int p = 0; p < 3; p++) {
                    for (int at = 0; at < out.cols(); at++) {
                        boolean near = p == 1 && at / 3 / 4 <= 1 && at / 3 % 4 <= 1;
                        assertThat(Double.isNaN(out.get(p, at))).isEqualTo(near);
                    }
                }
            }
        }
    }

    @Test
    @SuppressWarnings("try")
    void aMismatchIsNamedWithBothShapes() {
        ImageShape shape = new ImageShape(3, 4, 2);
        Convolution kind = new Convolution(3, 2, 2, 5);
        assertThatThrownBy(() -> new Convolution(5, 1, 1, 1)).hasMessageContaining("kernel 1 or 3");
        assertThatThrownBy(() -> new ImageShape(0, 1, 1)).hasMessageContaining("an image of 0×1×1");
        assertThatThrownBy(() -> new ImageShape(1 << 15, 1 << 14, 1).times(4)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("times: an image of 32768×16384×1 times 4, expected a factor of at least 1");
        assertThatThrownBy(() -> new Convolution(3, 1, Integer.MAX_VALUE, 1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith("channels, expected fewer than 2³¹ weights for each channel");
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Engine other = Engines.named(provider.name().equals("scalar") ? "simd" : "scalar", 1);
                    Block w = Block.allocate(Type.F32, 5, 18);
                    ConvolutionWeights packed = engine.images().pack(kind, w);
                    ConvolutionWeights theirs = other.images().pack(kind, w);
                    Block z = Block.allocate(Type.F32, 2, 24);
                    Block out = Block.allocate(Type.F32, 2, 20)) {
                Images images = engine.images();
                assertThatThrownBy(() -> images.pack(kind, z)).hasMessage("pack: w is 2×24 f32, expected 5×18 f32");
                assertThatThrownBy(() -> images.convolve(packed, shape, out, out, Epilogue.NONE))
                        .hasMessage("convolve: z is 2×20 f32, expected 2×24 f32");
                assertThatThrownBy(() -> images.convolve(packed, new ImageShape(3, 2, 4), z, out, Epilogue.NONE))
                        .hasMessage("convolve: the shape is 3×2×4, expected 2 channels");
                assertThatThrownBy(() -> images.convolve(packed, shape, z, out, Epilogue.of(z, Activation.TANH)))
                        .hasMessage("convolve: bias is 2×24 f32, expected 1×5 f32");
                assertThatThrownBy(() -> images.convolve(packed, shape, z, out, Epilogue.NONE.with(new Epilogue.Norms(2))))
                        .hasMessageContaining("the epilogue has norms, expected none");
                assertThatThrownBy(() -> images.convolve(packed, shape, z, out, Epilogue.NONE.with(z)))
                        .hasMessage("convolve: slope is 2×24 f32, expected 2×20 f32");
                assertThatThrownBy(() -> images.convolve(packed, shape, z, out, Epilogue.injected(out, new Rows(2), Activation.TANH)))
                        .hasMessage("convolve: out overlaps injection, expected blocks that share no memory");
                assertThatThrownBy(() -> images.convolveTransposed(packed, shape, z, out))
                        .hasMessage("convolveTransposed: u is 2×24 f32, expected 2×20 f32");
                assertThatThrownBy(() -> images.addGradients(kind, shape, out, z, z, null))
                        .hasMessage("addGradients: dw is 2×24 f32, expected 5×18 f32");
                assertThatThrownBy(() -> images.convolve(theirs, shape, z, out, Epilogue.NONE))
                        .hasMessageContaining(", expected weights that the ");
            }
        }
    }

    /** As for products: a vector that the JIT fails to keep in a register becomes an object, and so would a shape made for the call. */
    @Test
    void noConvolutionAllocates() {
        var counter = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        for (Type type : Type.values()) {
            for (Convolution kind : kinds(24, 40)) {
                ImageShape shape = new ImageShape(4, 10, 24);
                ImageShape to = kind.output(shape);
                try (Engine engine = Engines.named("simd", 1);
                        Block w = Reference.random(type, 40, kind.inputs(), 1);
                        Block bias = Reference.random(type, 1, 40, 1);
                        ConvolutionWeights packed = engine.images().pack(kind, w);
                        Block z = Reference.random(type, 2, shape.size(), 2);
                        Block out = engine.allocate(type, 2, to.size());
                        Block back = engine.allocate(type, 2, shape.size());
                        Block dw = engine.allocate(type, 40, kind.inputs());
                        Block db = engine.allocate(type, 1, 40)) {
                    Epilogue epilogue = new Epilogue(bias, out, null, Activation.TANH, null, null);
                    long bytes = Long.MAX_VALUE;
                    for (int attempt = 0; attempt < 20_000 && bytes > 0; attempt++) {
                        long before = counter.getCurrentThreadAllocatedBytes();
                        for (int i = 0; i < 20; i++) {
                            engine.images().convolve(packed, shape, z, out, epilogue);
                            engine.images().convolveTransposed(packed, shape, out, back);
                            engine.images().addGradients(kind, shape, out, z, dw, db);
                        }
                        bytes = counter.getCurrentThreadAllocatedBytes() - before;
                    }
                    assertThat(bytes).as("bytes per 20 convolutions, %s %s", type, kind).isZero();
                }
            }
        }
    }
}
