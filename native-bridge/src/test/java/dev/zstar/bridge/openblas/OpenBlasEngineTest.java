package dev.zstar.bridge.openblas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.kernels.contract.ZeroProducts;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The engine against sums in f64. The native jar is among the tests' dependencies, so that the engine must be available. */
class OpenBlasEngineTest {
    private static final int[] SIZES = {1, 2, 7, 13, 64, 65, 200};
    private static final int[] BATCHES = {1, 3, 8};

    static Stream<Arguments> shapes() {
        return Stream.of(Type.values()).flatMap(type -> IntStream.of(SIZES).boxed()
                .flatMap(outputs -> IntStream.of(SIZES).boxed().map(inputs -> Arguments.of(type, outputs, inputs))));
    }

    private static Engine engine(int threads) {
        return Engines.named("openblas", threads);
    }

    @Test
    void itPromisesNoBits() {
        try (Engine engine = engine(1)) {
            assertThat(engine.reproducible()).isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void productsAreWithinTheBoundAndReadNeitherPaddingNorOldOutput(Type type, int outputs, int inputs) {
        for (int batch : BATCHES) {
            try (Engine engine = engine(2);
                    Block w = random(type, outputs, inputs, 1);
                    Weights packed = engine.pack(w);
                    Block z = random(type, batch, inputs, 2);
                    Block u = random(type, batch, outputs, 3);
                    Block out = nan(type, batch, outputs);
                    Block back = nan(type, batch, inputs);
                    Block outer = random(type, outputs, inputs, 4)) {
                double[] state = z.toDoubles();
                engine.apply(packed, z, out, Epilogue.NONE);
                for (int p = 0; p < batch; p++) {
                    for (int i = 0; i < outputs; i++) {
                        Sum sum = new Sum();
                        for (int k = 0; k < inputs; k++) {
                            sum.add(w.get(i, k) * z.get(p, k));
                        }
                        sum.requireNear(out.get(p, i), type, inputs);
                    }
                }
                engine.applyTransposed(packed, u, back);
                for (int p = 0; p < batch; p++) {
                    for (int j = 0; j < inputs; j++) {
                        Sum sum = new Sum();
                        for (int k = 0; k < outputs; k++) {
                            sum.add(u.get(p, k) * w.get(k, j));
                        }
                        sum.requireNear(back.get(p, j), type, outputs);
                    }
                }
                double[] before = outer.toDoubles();
                engine.addOuter(u, z, outer);
                for (int i = 0; i < outputs; i++) {
                    for (int j = 0; j < inputs; j++) {
                        Sum sum = new Sum();
                        sum.add(before[i * inputs + j]);
                        for (int p = 0; p < batch; p++) {
                            sum.add(u.get(p, i) * z.get(p, j));
                        }
                        sum.requireNear(outer.get(i, j), type, batch + 1);
                    }
                }
                assertThat(z.toDoubles()).as("the input").isEqualTo(state);
                assertThat(Stream.of(out, back, outer)).allMatch(OpenBlasEngineTest::paddingIsNaN);
            }
        }
    }

    /** If f32 does not hold a coefficient, the product with it is computed in f64, as on every engine. */
    @Test
    void coefficientsStayF64() {
        double[] coefficients = {1e-300, 1e-46, -1e-40, 1e-38, 1, 1e38, -1e40, 1e300, Double.NaN, Double.NEGATIVE_INFINITY};
        double[] data = {0, 0x1p-149, 1e-40, -1e-20, 1, 1e20, 3e38};
        try (Engine engine = engine(2);
                Block a = Block.of(Type.F32, 2, 1, 1, 1);
                Block b = Block.of(Type.F32, 1, data.length, data);
                Block x = Block.of(Type.F32, 1, data.length, data);
                Block y = Block.allocate(Type.F32, 1, data.length);
                Block c = Block.allocate(Type.F32, 2, data.length)) {
            for (double coefficient : coefficients) {
                engine.gemm(coefficient, a, false, b, false, 0, c);
                engine.axpby(coefficient, x, 0, y);
                for (int i = 0; i < data.length; i++) {
                    requireProduct(coefficient, b.get(0, i), c.get(1, i));
                    requireProduct(coefficient, b.get(0, i), y.get(0, i));
                }
                c.copyRow(b, 0, 0);
                c.copyRow(b, 0, 1);
                engine.gemm(0, a, false, b, false, coefficient, c);
                for (int i = 0; i < data.length; i++) {
                    requireProduct(coefficient, b.get(0, i), c.get(0, i));
                }
            }
        }
    }

    private static void requireProduct(double coefficient, double x, double actual) {
        double exact = coefficient * x;
        if (!(Math.abs(exact) < Float.MAX_VALUE)) {
            assertThat(Double.valueOf(actual)).as("%s · %s", coefficient, x).isEqualTo(Double.valueOf((float) exact));
        } else {
            assertThat(actual).as("%s · %s", coefficient, x).isCloseTo(exact,
                    org.assertj.core.data.Offset.offset(0x1p-22 * Math.abs(exact) + 0x1p-148));
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aProductTimesZeroIsNotFormed(Type type) {
        try (Engine engine = engine(2); Block c = Block.allocate(type, 6, 35)) {
            ZeroProducts.check(engine, c);
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void anEpilogueFollowsTheProduct(Type type) {
        int n = 65;
        for (int batch : BATCHES) {
            try (Engine engine = engine(2);
                    Block w = random(type, n, n, 1);
                    Weights packed = engine.pack(w);
                    Block z = random(type, batch, n, 2);
                    Block bias = random(type, 1, n, 3);
                    Block injection = random(type, 9, n, 4);
                    Block out = nan(type, batch, n)) {
                Rows rows = new Rows(9);
                rows.place(0, 8);
                Epilogue.Norms norms = new Epilogue.Norms(batch);
                engine.apply(packed, z, out, new Epilogue(bias, injection, rows, Activation.TANH, null, norms));
                for (int p = 0; p < batch; p++) {
                    Sum step = new Sum();
                    Sum value = new Sum();
                    for (int i = 0; i < n; i++) {
                        Sum sum = new Sum();
                        for (int k = 0; k < n; k++) {
                            sum.add(w.get(i, k) * z.get(p, k));
                        }
                        sum.add(bias.get(0, i));
                        sum.add(injection.get(rows.index(p), i));
                        // |tanh'| ≤ 1 carries the sum's error over; the function's own is a few units of the last place of 1.
                        assertThat(Math.abs(out.get(p, i) - Math.tanh(sum.sum)))
                                .isLessThanOrEqualTo(gamma(n + 3, type) * sum.size + 8 * type.unitRoundoff());
                        double y = out.get(p, i);
                        step.add((y - z.get(p, i)) * (y - z.get(p, i)));
                        value.add(y * y);
                    }
                    // The sum runs in f64, of differences that the block's type may round.
                    assertThat(Math.abs(norms.step(p) - step.sum)).isLessThanOrEqualTo(gamma(4, type) * step.size + gamma(n, Type.F64));
                    assertThat(Math.abs(norms.value(p) - value.sum)).isLessThanOrEqualTo(gamma(4, type) * value.size + gamma(n, Type.F64));
                }
                assertThat(paddingIsNaN(out)).isTrue();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void anInvalidNumberStaysInItsRow(Type type) {
        try (Engine engine = engine(1);
                Block w = random(type, 13, 13, 1);
                Weights packed = engine.pack(w);
                Block z = random(type, 3, 13, 2);
                Block out = nan(type, 3, 13)) {
            z.set(1, 5, Double.NaN);
            engine.apply(packed, z, out, Epilogue.NONE);
            for (int i = 0; i < 13; i++) {
                assertThat(out.get(0, i)).isFinite();
                assertThat(out.get(1, i)).isNaN();
                assertThat(out.get(2, i)).isFinite();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void emptyMatricesGiveZeros(Type type) {
        for (int batch : new int[] {0, 1, 3}) {
            try (Engine engine = engine(1);
                    Block w = Block.allocate(type, 4, 0);
                    Weights packed = engine.pack(w);
                    Block z = Block.allocate(type, batch, 0);
                    Block out = nan(type, batch, 4)) {
                engine.apply(packed, z, out, Epilogue.NONE);
                assertThat(out.toDoubles()).containsOnly(IntStream.range(0, batch * 4).mapToDouble(i -> 0).toArray());
                engine.applyTransposed(packed, out, z);
            }
        }
    }

    @Test
    void newValuesReachBothDirections() {
        try (Engine engine = engine(1);
                Block w = Block.of(Type.F32, 2, 2, 1, 2, 3, 4);
                Weights packed = engine.pack(w);
                Block z = Block.of(Type.F32, 1, 2, 1, 10);
                Block out = engine.allocate(Type.F32, 1, 2)) {
            w.copyFrom(5.0, 6, 7, 8);
            engine.apply(packed, z, out, Epilogue.NONE);
            assertThat(out.toDoubles()).as("the block is copied").containsExactly(21, 43);
            packed.update(w);
            packed.prepareTransposed();
            engine.apply(packed, z, out, Epilogue.NONE);
            assertThat(out.toDoubles()).containsExactly(65, 87);
            engine.applyTransposed(packed, z, out);
            assertThat(out.toDoubles()).containsExactly(75, 86);
            assertThat(packed.bytes()).isEqualTo(w.bytes());
        }
    }

    @Test
    void aMismatchNamesTheOperandAndBothShapes() {
        try (Engine engine = engine(1);
                Engine scalar = Engines.named("scalar", 1);
                Block w = Block.allocate(Type.F32, 4, 3);
                Weights packed = engine.pack(w);
                Weights foreign = scalar.pack(w);
                Block z = Block.allocate(Type.F32, 2, 3);
                Block out = Block.allocate(Type.F32, 2, 4)) {
            assertThatThrownBy(() -> engine.apply(packed, out, out, Epilogue.NONE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("apply: z is 2×4 f32, expected 2×3 f32");
            assertThatThrownBy(() -> engine.applyTransposed(packed, out, out))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("applyTransposed: out is 2×4 f32, expected 2×3 f32");
            assertThatThrownBy(() -> engine.addOuter(out, z, z))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("addOuter: out is 2×3 f32, expected 4×3 f32");
            assertThatThrownBy(() -> engine.apply(foreign, z, out, Epilogue.NONE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("weights of 4×3 f32 were packed by the scalar engine, expected weights that the openblas engine packed");
            Weights closed = engine.pack(w);
            closed.close();
            assertThatThrownBy(() -> engine.apply(closed, z, out, Epilogue.NONE)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void enginesWithDifferentThreadsTakeTurns() {
        try (Engine one = engine(1);
                Engine two = engine(2);
                Block w = random(Type.F64, 300, 300, 1);
                Weights packed = one.pack(w);
                Block z = random(Type.F64, 40, 300, 2);
                Block a = one.allocate(Type.F64, 40, 300);
                Block b = one.allocate(Type.F64, 40, 300)) {
            assertThat(one.threads()).isEqualTo(1);
            assertThat(two.threads()).isEqualTo(2);
            for (int turn = 0; turn < 3; turn++) {
                one.apply(packed, z, a, Epilogue.NONE);
                two.apply(packed, z, b, Epilogue.NONE);
                for (int i = 0; i < 300; i++) {
                    assertThat(b.get(39, i)).isCloseTo(a.get(39, i), org.assertj.core.api.Assertions.within(1e-10));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aCallAllocatesNothing(Type type) {
        var counter = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        for (int batch : new int[] {1, 3}) {
            try (Engine engine = engine(1);
                    Block w = random(type, 13, 13, 1);
                    Weights packed = engine.pack(w);
                    Block z = random(type, batch, 13, 2);
                    Block out = engine.allocate(type, batch, 13);
                    Block outer = engine.allocate(type, 13, 13)) {
                Epilogue epilogue = Epilogue.of(null, Activation.RELU).with(new Epilogue.Norms(batch));
                long least = Long.MAX_VALUE;
                // Calls are free of boxes once the compiler has been there, in its own time; the patience is for a busy machine.
                long start = System.nanoTime();
                while (least > 0 && System.nanoTime() - start < 30_000_000_000L) {
                    long before = counter.getCurrentThreadAllocatedBytes();
                    for (int call = 0; call < 200; call++) {
                        engine.apply(packed, z, out, epilogue);
                        engine.applyTransposed(packed, z, out);
                        engine.addOuter(z, out, outer);
                    }
                    least = Math.min(least, counter.getCurrentThreadAllocatedBytes() - before);
                }
                assertThat(least).as("bytes for 600 calls, batch %d", batch).isZero();
            }
        }
    }

    /** A sum, and the sum of the magnitudes that its error is measured by. */
    private static final class Sum {
        private double sum;
        private double size;

        void add(double term) {
            sum += term;
            size += Math.abs(term);
        }

        void requireNear(double value, Type type, int terms) {
            assertThat(Math.abs(value - sum)).isLessThanOrEqualTo(gamma(terms + 1, type) * size + gamma(terms, Type.F64) * size);
        }
    }

    /** {@code γ_k = k u / (1 - k u)}. */
    private static double gamma(int k, Type type) {
        double ku = k * type.unitRoundoff();
        return ku / (1 - ku);
    }

    /** Normal numbers, with NaN in the padding. */
    private static Block random(Type type, int rows, int cols, long seed) {
        Block block = nan(type, rows, cols);
        Random random = new Random(seed);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                block.set(i, j, random.nextGaussian());
            }
        }
        return block;
    }

    private static Block nan(Type type, int rows, int cols) {
        Block block = Block.allocate(type, rows, cols);
        for (long at = 0; at < block.bytes(); at += type.bytes()) {
            if (type == Type.F32) {
                block.segment().set(ValueLayout.JAVA_FLOAT, at, Float.NaN);
            } else {
                block.segment().set(ValueLayout.JAVA_DOUBLE, at, Double.NaN);
            }
        }
        return block;
    }

    private static boolean paddingIsNaN(Block block) {
        for (int i = 0; i < block.rows(); i++) {
            for (int j = block.cols(); j < block.stride(); j++) {
                long at = ((long) i * block.stride() + j) * block.type().bytes();
                if (!Double.isNaN(block.type() == Type.F32
                        ? block.segment().get(ValueLayout.JAVA_FLOAT, at)
                        : block.segment().get(ValueLayout.JAVA_DOUBLE, at))) {
                    return false;
                }
            }
        }
        return true;
    }
}
