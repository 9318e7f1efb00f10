package dev.zstar.kernels.products;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Products;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Products#apply}, {@link Products#applyTransposed} and {@link Products#addOuter} of every engine. */
class ProductTest {
    /** All tails of a 64-wide panel, its neighbours, and one shape with several panels. */
    static Stream<Integer> sizes() {
        return Stream.concat(IntStream.rangeClosed(1, 67).boxed(), Stream.of(127, 128, 129, 200, 257, 300));
    }

    private static final int[] BATCHES = {1, 2, 3, 5, 6, 7, 8, 9, 13, 25};

    @ParameterizedTest
    @MethodSource("sizes")
    void everyOutputIsWithinTheBoundOfTheExactSum(int n) {
        int inputs = (n * 7 + 3) % 97 + 1;
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                try (Engine engine = provider.create(2);
                        Block w = Reference.random(type, n, inputs, 1);
                        Weights packed = engine.pack(w);
                        Block bias = Reference.random(type, 1, n, 2);
                        Block z = Reference.random(type, 7, inputs, 3);
                        Block injection = Reference.random(type, 9, n, 4);
                        Block out = Reference.padded(type, 7, n)) {
                    Rows rows = new Rows(9);
                    rows.place(0, 8);
                    rows.truncate(7);
                    engine.apply(packed, z, out, new Epilogue(bias, injection, rows, Activation.IDENTITY, null, null));
                    for (int p = 0; p < 7; p++) {
                        for (int i = 0; i < n; i++) {
                            double start = bias.get(0, i) + injection.get(rows.index(p), i);
                            double sum = start;
                            double size = Math.abs(bias.get(0, i)) + Math.abs(injection.get(rows.index(p), i));
                            for (int k = 0; k < inputs; k++) {
                                sum += w.get(i, k) * z.get(p, k);
                                size += Math.abs(w.get(i, k) * z.get(p, k));
                            }
                            assertThat(Math.abs(out.get(p, i) - sum))
                                    .as("%s %s: out(%d, %d) of %d×%d", provider.name(), type, p, i, n, inputs)
                                    .isLessThanOrEqualTo(Reference.gamma(inputs + 3, type) * size);
                        }
                    }
                    assertThat(Reference.paddingIsNaN(out)).as("%s wrote into the padding", provider.name()).isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void simdEqualsTheFormulaToTheLastBit(int n) {
        int inputs = (n * 11 + 5) % 89 + 1;
        for (Type type : Type.values()) {
            for (int batch : BATCHES) {
                try (Engine simd = Engines.named("simd", 3);
                        Engine scalar = Engines.named("scalar", 1);
                        Block w = Reference.random(type, n, inputs, n);
                        Weights mine = simd.pack(w);
                        Weights formula = scalar.pack(w);
                        Block bias = Reference.random(type, 1, n, 2);
                        Block z = Reference.random(type, batch, inputs, batch);
                        Block u = Reference.random(type, batch, n, 7);
                        Block expected = Reference.padded(type, batch, n);
                        Block actual = Reference.padded(type, batch, n);
                        Block back = Reference.padded(type, batch, inputs);
                        Block expectedBack = Reference.padded(type, batch, inputs);
                        Block outer = Reference.random(type, n, inputs, 9);
                        Block expectedOuter = Reference.random(type, n, inputs, 9)) {
                    Epilogue epilogue = Epilogue.of(bias, Activation.RELU);
                    scalar.apply(formula, z, expected, epilogue);
                    simd.apply(mine, z, actual, epilogue);
                    assertThat(actual.toDoubles()).as("apply").isEqualTo(expected.toDoubles());

                    scalar.applyTransposed(formula, u, expectedBack);
                    simd.applyTransposed(mine, u, back);
                    assertThat(back.toDoubles()).as("applyTransposed").isEqualTo(expectedBack.toDoubles());

                    scalar.addOuter(u, z, expectedOuter);
                    simd.addOuter(u, z, outer);
                    assertThat(outer.toDoubles()).as("addOuter").isEqualTo(expectedOuter.toDoubles());
                    assertThat(Reference.paddingIsNaN(actual) && Reference.paddingIsNaN(back) && Reference.paddingIsNaN(outer))
                            .as("padding untouched")
                            .isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aRowHasTheSameBitsAloneInAnyBatchAndForAnyThreads(Type type) {
        int n = 200;
        int batch = 31;
        try (Block w = Reference.random(type, n, n, 1);
                Block z = Reference.random(type, batch, n, 2);
                Block injection = Reference.random(type, batch, n, 3)) {
            double[] first = null;
            for (int threads : new int[] {1, 2, 3, 7}) {
                try (Engine engine = Engines.named("simd", threads);
                        Weights packed = engine.pack(w);
                        Block out = engine.allocate(type, batch, n);
                        Block one = engine.allocate(type, 1, n);
                        Block oneOut = engine.allocate(type, 1, n)) {
                    Epilogue.Norms norms = new Epilogue.Norms(batch);
                    Rows rows = new Rows(batch);
                    engine.apply(packed, z, out, Epilogue.injected(injection, rows, Activation.TANH).with(norms));
                    if (first == null) {
                        first = out.toDoubles();
                    }
                    assertThat(out.toDoubles()).as("%d threads", threads).isEqualTo(first);
                    for (int p = 0; p < batch; p++) {
                        Epilogue.Norms alone = new Epilogue.Norms(1);
                        Rows own = new Rows(batch);
                        own.place(0, p);
                        own.truncate(1);
                        one.copyRow(z, p, 0);
                        engine.apply(packed, one, oneOut, Epilogue.injected(injection, own, Activation.TANH).with(alone));
                        assertThat(oneOut.toDoubles()).isEqualTo(java.util.Arrays.copyOfRange(first, p * n, (p + 1) * n));
                        assertThat(alone.step(0)).isEqualTo(norms.step(p));
                        assertThat(alone.value(0)).isEqualTo(norms.value(p));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void plainBlocksMultiplyInAllFourTranspositions(int n) {
        int inner = (n * 5 + 1) % 83;
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                for (int m : new int[] {1, 2, 7, 70}) {
                    for (int transposed = 0; transposed < 4; transposed++) {
                        boolean ta = (transposed & 1) != 0;
                        boolean tb = (transposed & 2) != 0;
                        try (Engine engine = provider.create(2);
                                Block a = ta ? Reference.random(type, inner, m, 1) : Reference.random(type, m, inner, 1);
                                Block b = tb ? Reference.random(type, n, inner, 2) : Reference.random(type, inner, n, 2);
                                Block old = Reference.random(type, m, n, 3);
                                Block c = Reference.random(type, m, n, 3)) {
                            double alpha = n % 3 == 0 ? 1 : -0.5;
                            double beta = n % 4 == 0 ? 0 : n % 4 == 1 ? 1 : 2.5;
                            if (beta == 0) {
                                c.fill(Double.NaN);
                            }
                            engine.gemm(alpha, a, ta, b, tb, beta, c);
                            for (int i = 0; i < m; i++) {
                                for (int j = 0; j < n; j++) {
                                    double sum = beta * old.get(i, j);
                                    double size = Math.abs(sum);
                                    for (int k = 0; k < inner; k++) {
                                        double term = alpha * (ta ? a.get(k, i) : a.get(i, k)) * (tb ? b.get(j, k) : b.get(k, j));
                                        sum += term;
                                        size += Math.abs(term);
                                    }
                                    assertThat(Math.abs(c.get(i, j) - sum))
                                            .as("%s %s %d×%d×%d %b %b", provider.name(), type, m, inner, n, ta, tb)
                                            .isLessThanOrEqualTo(Reference.gamma(inner + 4, type) * size);
                                }
                            }
                            assertThat(Reference.paddingIsNaN(c)).isTrue();
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void longRowsAndLargeBatchesCrossEveryBlockOfTheLoops(Type type) {
        int inputs = 2 * 2048 + 5;
        int n = 70;
        int batch = 2 * 96 + 1;
        try (Engine simd = Engines.named("simd", 2);
                Engine scalar = Engines.named("scalar", 1);
                Block w = Reference.random(type, n, inputs, 1);
                Weights mine = simd.pack(w);
                Weights formula = scalar.pack(w);
                Block z = Reference.random(type, batch, inputs, 2);
                Block actual = simd.allocate(type, batch, n);
                Block expected = simd.allocate(type, batch, n)) {
            simd.apply(mine, z, actual, Epilogue.NONE);
            scalar.apply(formula, z, expected, Epilogue.NONE);
            assertThat(actual.toDoubles()).isEqualTo(expected.toDoubles());
        }
    }

    /** {@code α Σ + β c} is two roundings after the sum, in however many sweeps the sum was computed. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void aFactorMultipliesTheWholeSum(Type type) {
        int inputs = 2 * 2048 + 5;
        double α = type == Type.F32 ? 0.3f : 0.3;
        for (int rows : new int[] {3, 70, 300}) {
            for (double β : new double[] {0, 0.5}) {
                try (Engine engine = Engines.named("simd", 2);
                        Block a = Reference.random(type, inputs, rows, 1);
                        Block b = Reference.random(type, inputs, 101, 2);
                        Block sum = Reference.padded(type, rows, 101);
                        Block c = Reference.random(type, rows, 101, 3)) {
                    double[] before = c.toDoubles();
                    engine.gemm(1, a, true, b, false, 0, sum);
                    engine.gemm(α, a, true, b, false, β, c);
                    double[] sums = sum.toDoubles();
                    double[] expected = new double[sums.length];
                    for (int i = 0; i < sums.length; i++) {
                        // The product with β is exact.
                        expected[i] = type == Type.F32
                                ? Math.fma((float) sums[i], (float) α, (float) (β * before[i]))
                                : Math.fma(sums[i], α, β * before[i]);
                    }
                    assertThat(c.toDoubles()).as("%d rows, β = %s", rows, β).isEqualTo(expected);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void tanhAndNormsAgreeWithTheirDefinition(Type type) {
        int n = 77;
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(2);
                    Block w = Reference.random(type, n, n, 1);
                    Weights packed = engine.pack(w);
                    Block z = Reference.random(type, 3, n, 2);
                    Block linear = engine.allocate(type, 3, n);
                    Block out = engine.allocate(type, 3, n);
                    Block separate = engine.allocate(type, 3, n)) {
                Epilogue.Norms norms = new Epilogue.Norms(3);
                engine.apply(packed, z, linear, Epilogue.NONE);
                engine.apply(packed, z, out, Epilogue.of(null, Activation.TANH).with(norms));
                separate.copyFrom(linear);
                Epilogue.Norms again = new Epilogue.Norms(3);
                engine.finish(z, separate, Epilogue.of(null, Activation.TANH).with(again));
                for (int p = 0; p < 3; p++) {
                    double step = 0;
                    double value = 0;
                    for (int i = 0; i < n; i++) {
                        // Java's own tanh guarantees 2.5 ulp, the vector form 4 u.
                        assertThat(out.get(p, i)).isCloseTo(Math.tanh(linear.get(p, i)),
                                org.assertj.core.data.Offset.offset(7 * type.unitRoundoff()));
                        assertThat(separate.get(p, i)).isEqualTo(out.get(p, i));
                        step += Math.pow(out.get(p, i) - z.get(p, i), 2);
                        value += Math.pow(out.get(p, i), 2);
                    }
                    double bound = Reference.gamma(n + 4, Type.F64);
                    assertThat(Math.abs(norms.step(p) - step)).isLessThanOrEqualTo(bound * step);
                    assertThat(Math.abs(norms.value(p) - value)).isLessThanOrEqualTo(bound * value);
                    assertThat(again.step(p)).isCloseTo(step, org.assertj.core.data.Offset.offset(bound * step));
                }
            }
        }
    }

    @Test
    void specialValuesPassThrough() {
        for (EngineProvider provider : Reference.available()) {
            for (Activation activation : Activation.values()) {
                try (Engine engine = provider.create(1);
                        Block w = Block.of(Type.F32, 2, 2, 1, 0, 0, 1);
                        Weights packed = engine.pack(w);
                        Block z = Block.of(Type.F32, 4, 2, Double.NaN, 1, Double.POSITIVE_INFINITY, 1, Float.MIN_VALUE, 1, -0.0, 1);
                        Block out = engine.allocate(Type.F32, 4, 2)) {
                    engine.apply(packed, z, out, Epilogue.of(null, activation));
                    assertThat(out.get(0, 0)).as("%s: NaN", provider.name()).isNaN();
                    assertThat(out.get(1, 0)).isEqualTo(activation.apply(Double.POSITIVE_INFINITY));
                    // A function that is not smooth at 0 or halves there must round the smallest number as the formula does.
                    float least = (float) activation.apply(Float.MIN_VALUE);
                    assertThat(out.get(2, 0)).isCloseTo(least, org.assertj.core.data.Offset.offset((double) Math.ulp(least)));
                    float zero = (float) activation.apply(-0.0);
                    assertThat(out.get(3, 0))
                            .isCloseTo(zero, org.assertj.core.data.Offset.offset(Math.scalb(Math.abs((double) zero), -22)));
                    assertThat(out.get(2, 1)).isCloseTo(activation.apply(1), org.assertj.core.data.Offset.offset(1e-7));
                }
            }
        }
    }

    @Test
    void emptyBatchesAndEmptySumsAreNoSpecialCase() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(2);
                    Block w = Block.allocate(Type.F32, 3, 0);
                    Weights packed = engine.pack(w);
                    Block bias = Block.of(Type.F32, 1, 3, 1, 2, 3);
                    Block z = Block.allocate(Type.F32, 2, 0);
                    Block none = Block.allocate(Type.F32, 0, 0);
                    Block out = Block.allocate(Type.F32, 2, 3);
                    Block noOut = Block.allocate(Type.F32, 0, 3)) {
                engine.apply(packed, z, out, Epilogue.of(bias, Activation.IDENTITY));
                assertThat(out.toDoubles()).containsExactly(1, 2, 3, 1, 2, 3);
                engine.apply(packed, none, noOut, Epilogue.NONE);
            }
        }
    }

    @Test
    @SuppressWarnings("try")
    void aMismatchIsNamedWithBothShapes() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block w = Block.allocate(Type.F32, 3, 4);
                    Weights packed = engine.pack(w);
                    Block z = Block.allocate(Type.F32, 2, 4);
                    Block narrow = Block.allocate(Type.F32, 2, 5);
                    Block wide = Block.allocate(Type.F64, 2, 4);
                    Block out = Block.allocate(Type.F32, 2, 3)) {
                assertThatThrownBy(() -> engine.apply(packed, narrow, out, Epilogue.NONE))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("apply: z is 2×5 f32, expected 2×4 f32");
                assertThatThrownBy(() -> engine.apply(packed, wide, out, Epilogue.NONE))
                        .hasMessage("apply: z is 2×4 f64, expected 2×4 f32");
                assertThatThrownBy(() -> engine.apply(packed, z, out, Epilogue.of(z, Activation.TANH)))
                        .hasMessage("apply: bias is 2×4 f32, expected 1×3 f32");
                assertThatThrownBy(() -> engine.applyTransposed(packed, z, out))
                        .hasMessage("applyTransposed: u is 2×4 f32, expected 2×3 f32");
                out.close();
                assertThatThrownBy(() -> engine.apply(packed, z, out, Epilogue.NONE))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("apply: out, a block of 2×3 f32, was used after it was closed");
            }
        }
    }

    @Test
    void weightsOfAnotherEngineAndOverlapAreRefused() {
        try (Engine simd = Engines.named("simd", 1);
                Engine scalar = Engines.named("scalar", 1);
                Block w = Block.allocate(Type.F32, 4, 4);
                Weights theirs = scalar.pack(w);
                Weights mine = simd.pack(w);
                Block z = Block.allocate(Type.F32, 2, 4);
                Block out = Block.allocate(Type.F32, 2, 4)) {
            assertThatThrownBy(() -> simd.apply(theirs, z, out, Epilogue.NONE)).hasMessageContaining(", expected weights that the ");
            assertThatThrownBy(() -> scalar.apply(mine, z, out, Epilogue.NONE)).hasMessageContaining(", expected weights that the ");
            assertThatThrownBy(() -> simd.apply(mine, z, z, Epilogue.NONE))
                    .hasMessage("apply: out overlaps z, expected blocks that share no memory");
        }
    }

    @Test
    void repackingReplacesTheMatrixInBothDirections() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block w = Reference.random(Type.F32, 70, 33, 1);
                    Block other = Reference.random(Type.F32, 70, 33, 2);
                    Weights packed = engine.pack(w);
                    Weights fresh = engine.pack(other);
                    Block z = Reference.random(Type.F32, 4, 33, 3);
                    Block u = Reference.random(Type.F32, 4, 70, 3);
                    Block a = Block.allocate(Type.F32, 4, 70);
                    Block b = Block.allocate(Type.F32, 4, 70);
                    Block c = Block.allocate(Type.F32, 4, 33);
                    Block d = Block.allocate(Type.F32, 4, 33)) {
                engine.applyTransposed(packed, u, c);
                packed.update(other);
                engine.apply(packed, z, a, Epilogue.NONE);
                engine.apply(fresh, z, b, Epilogue.NONE);
                engine.applyTransposed(packed, u, c);
                engine.applyTransposed(fresh, u, d);
                assertThat(a.toDoubles()).isEqualTo(b.toDoubles());
                assertThat(c.toDoubles()).isEqualTo(d.toDoubles());
            }
        }
    }

    /** A vector that the JIT fails to keep in a register becomes an object at every step: 100 times slower, and it allocates. */
    @Test
    void noProductAllocates() {
        var counter = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        for (int batch : new int[] {1, 2, 6, 32}) {
            for (int k : List.of(2, 64, 512)) {
                try (Engine engine = Engines.named("simd", 1);
                        Block w = Reference.random(Type.F32, 192, k, 1);
                        Weights packed = engine.pack(w);
                        Block z = Reference.random(Type.F32, batch, k, 2);
                        Block out = engine.allocate(Type.F32, batch, 192)) {
                    Epilogue epilogue = Epilogue.of(null, Activation.TANH);
                    long bytes = Long.MAX_VALUE;
                    for (int attempt = 0; attempt < 20_000 && bytes > 0; attempt++) {
                        long before = counter.getCurrentThreadAllocatedBytes();
                        for (int i = 0; i < 100; i++) {
                            engine.apply(packed, z, out, epilogue);
                        }
                        bytes = counter.getCurrentThreadAllocatedBytes() - before;
                    }
                    assertThat(bytes).as("bytes per 100 products, batch %d, %d inputs", batch, k).isZero();
                }
            }
        }
    }
}
