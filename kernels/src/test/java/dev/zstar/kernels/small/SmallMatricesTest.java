package dev.zstar.kernels.small;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Failures;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.Type;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link SmallMatrices}: the scalar engine's formulas keep their bounds, and the other engines equal them. */
class SmallMatricesTest {
    /** All tails of four vectors of the widest kind, and their neighbours; and several pieces. */
    static Stream<Integer> counts() {
        return Stream.concat(IntStream.rangeClosed(0, 70).boxed(), Stream.of(127, 128, 129, 1500));
    }

    private static void assertSame(SmallBatch actual, SmallBatch expected) {
        for (int i = 0; i < actual.blocks().length; i++) {
            assertThat(actual.blocks()[i].toDoubles()).as("block %d", i).isEqualTo(expected.blocks()[i].toDoubles());
            assertThat(Reference.paddingIsNaN(actual.blocks()[i])).as("padding of block %d", i).isTrue();
        }
        for (int s = 0; s < actual.a.cols(); s++) {
            assertThat(actual.singular.failed(s)).isEqualTo(expected.singular.failed(s));
            assertThat(actual.indefinite.failed(s)).isEqualTo(expected.indefinite.failed(s));
            assertThat(actual.deficient.failed(s)).isEqualTo(expected.deficient.failed(s));
        }
        assertThat(actual.singular.count()).isEqualTo(expected.singular.count());
    }

    @ParameterizedTest
    @MethodSource("counts")
    void everyEngineEqualsTheFormulaToTheLastBitAtEveryTail(int count) {
        for (Type type : Type.values()) {
            try (SmallBatch expected = new SmallBatch(type, 6, 5, 2 + count % 3, 1 + count % 2, count)) {
                try (Engine scalar = Engines.named("scalar", 1)) {
                    expected.run(scalar.small());
                }
                for (EngineProvider provider : Reference.available()) {
                    try (Engine engine = provider.create(3);
                            SmallBatch batch = new SmallBatch(type, 6, 5, 2 + count % 3, 1 + count % 2, count)) {
                        batch.run(engine.small());
                        assertSame(batch, expected);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 17, 23, 31, 32})
    void everyEngineEqualsTheFormulaToTheLastBitAtEveryOrder(int n) {
        int m = Math.min(32, n + n % 3);
        for (Type type : Type.values()) {
            try (SmallBatch expected = new SmallBatch(type, m, n, 4, 3, 37)) {
                try (Engine scalar = Engines.named("scalar", 1)) {
                    expected.run(scalar.small());
                }
                for (EngineProvider provider : Reference.available()) {
                    try (Engine engine = provider.create(1);
                            SmallBatch batch = new SmallBatch(type, m, n, 4, 3, 37)) {
                        batch.run(engine.small());
                        assertSame(batch, expected);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aSystemHasTheSameBitsAloneAndForAnyThreads(Type type) {
        int count = 9000;
        try (SmallBatch expected = new SmallBatch(type, 4, 3, 4, 2, count);
                Engine single = Engines.named("simd", 1)) {
            expected.run(single.small());
            for (int threads : new int[] {2, 3, 7}) {
                try (Engine engine = Engines.named("simd", threads);
                        SmallBatch batch = new SmallBatch(type, 4, 3, 4, 2, count)) {
                    batch.run(engine.small());
                    assertSame(batch, expected);
                }
            }
            try (Block m = Block.allocate(type, 16, 1);
                    Block rhs = Block.allocate(type, 8, 1);
                    Block x = Block.allocate(type, 8, 1)) {
                for (int s = 0; s < 60; s++) {
                    column(expected.small, s, m);
                    column(expected.smallRhs, s, rhs);
                    single.small().solve(m, rhs, x, null);
                    assertThat(x.toDoubles()).isEqualTo(SmallBatch.system(expected.smallX, s));
                }
            }
        }
    }

    private static void column(Block from, int s, Block to) {
        for (int i = 0; i < from.rows(); i++) {
            to.set(i, 0, from.get(i, s));
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aResultMayLieOnItsVectors(Type type) {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(2);
                    SmallBatch batch = new SmallBatch(type, 3, 3, 3, 3, 1100);
                    SmallBatch other = new SmallBatch(type, 3, 3, 3, 3, 1100)) {
                batch.run(engine.small());
                SmallMatrices small = engine.small();
                small.multiply(other.a, other.b, other.b);
                assertThat(other.b.toDoubles()).isEqualTo(batch.product.toDoubles());
                small.transform(other.one, other.smallRhs, other.smallRhs);
                assertThat(other.smallRhs.toDoubles()).isEqualTo(batch.moved.toDoubles());
                other.smallRhs.copyFrom(batch.smallRhs);
                small.solve(other.small, other.smallRhs, other.smallRhs, null);
                assertThat(other.smallRhs.toDoubles()).isEqualTo(batch.smallX.toDoubles());
                small.qr(other.qr, other.tau);
                small.solveQr(other.qr, other.tau, other.rhs, other.rhs, null);
                assertThat(other.rhs.toDoubles()).isEqualTo(batch.least.toDoubles());
                small.cholesky(other.l, null);
                assertThat(other.l.toDoubles()).isEqualTo(batch.l.toDoubles());
            }
        }
    }

    @Test
    void notANumberStaysInItsSystem() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    SmallBatch batch = new SmallBatch(Type.F32, 6, 5, 3, 1, 40);
                    SmallBatch clean = new SmallBatch(Type.F32, 6, 5, 3, 1, 40)) {
                for (Block block : new Block[] {batch.a, batch.small, batch.l, batch.qr}) {
                    block.set(0, 20, Double.NaN);
                    block.set(block.rows() - 1, 21, Double.POSITIVE_INFINITY);
                }
                batch.run(engine.small());
                clean.run(engine.small());
                assertThat(batch.singular.failed(20) && batch.indefinite.failed(20) && batch.deficient.failed(20)).isTrue();
                for (int i = 0; i < batch.blocks().length; i++) {
                    for (int s = 0; s < batch.blocks()[i].cols(); s++) {
                        if (s != 20 && s != 21) {
                            assertThat(SmallBatch.system(batch.blocks()[i], s)).isEqualTo(SmallBatch.system(clean.blocks()[i], s));
                        }
                    }
                }
            }
        }
    }

    @Test
    void failuresAreFoundInOrderAndForgottenByTheNextCall() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(2);
                    Block a = Block.allocate(Type.F64, 4, 200)) {
                for (int s = 0; s < 200; s++) {
                    a.set(0, s, s == 5 || s == 63 || s == 64 || s == 199 ? -1 : 4);
                    a.set(3, s, 4);
                }
                Failures failures = new Failures(300);
                engine.small().cholesky(a, failures);
                assertThat(IntStream.iterate(failures.next(0), s -> s >= 0, s -> failures.next(s + 1))).containsExactly(5, 63, 64, 199);
                assertThat(failures.count()).isEqualTo(4);
                a.fill(1);
                a.set(3, 7, 9);
                for (int s = 0; s < 200; s++) {
                    a.set(3, s, 9);
                }
                engine.small().cholesky(a, failures);
                assertThat(failures.next(0)).isEqualTo(-1);
            }
        }
    }

    @Test
    @SuppressWarnings("try")
    void aMismatchIsNamed() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block m = Block.allocate(Type.F32, 16, 9);
                    Block v = Block.allocate(Type.F32, 4, 9);
                    Block wide = Block.allocate(Type.F64, 4, 9);
                    Block five = Block.allocate(Type.F32, 5, 9);
                    Block large = Block.allocate(Type.F32, 33 * 33, 9);
                    Block out = Block.allocate(Type.F32, 4, 9)) {
                SmallMatrices small = engine.small();
                assertThatThrownBy(() -> small.transform(five, v, out)).hasMessage("transform: m is 5×9 f32, expected 4, 9 or 16 rows");
                assertThatThrownBy(() -> small.transform(m, five, out))
                        .hasMessage("transform: v is 5×9 f32, expected a multiple of 4 rows for matrices of that order");
                assertThatThrownBy(() -> small.transform(m, wide, out)).hasMessage("transform: v is 4×9 f64, expected 4×9 f32");
                assertThatThrownBy(() -> small.multiply(m, m, m))
                        .hasMessage("multiply: out overlaps a, expected blocks that share no memory");
                assertThatThrownBy(() -> small.solve(m, v, out, new Failures(8)))
                        .hasMessage("solve: the failures have a capacity of 8 systems, expected at least 9");
                assertThatThrownBy(() -> small.cholesky(large, null)).hasMessage("cholesky: a is 1089×9 f32, expected n² rows with n ≤ 32");
                assertThatThrownBy(() -> small.qr(five, m))
                        .hasMessage("qr: the matrices are 5×9 f32, tau 16×9 f32, expected m·n and n rows with n ≤ m ≤ 32");
                assertThatThrownBy(() -> small.solveQr(m, v, v, out.head(2), null))
                        .hasMessage("solveQr: out is 2×9 f32, expected 4×9 f32");
                v.close();
                assertThatThrownBy(() -> small.solveCholesky(m, v)).isInstanceOf(IllegalStateException.class);
            }
        }
    }

    /**
     * A vector that the JIT fails to keep in a register becomes an object at every step: 100 times slower, and it allocates. The JIT may
     * need seconds for the largest of these methods where others compete for the cores, hence the many attempts.
     */
    @ParameterizedTest
    @EnumSource(Type.class)
    void nothingAllocates(Type type) {
        var counter = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        for (int n : new int[] {2, 3, 13}) {
            try (Engine engine = Engines.named("simd", 1);
                    SmallBatch batch = new SmallBatch(type, n, n, Math.min(n, 4), 1, 77)) {
                SmallMatrices small = engine.small();
                Map<String, Runnable> operations = Map.of(
                        "multiply", () -> small.multiply(batch.a, batch.b, batch.product),
                        "transform", () -> small.transform(batch.one, batch.smallRhs, batch.moved),
                        "solve", () -> small.solve(batch.small, batch.smallRhs, batch.smallX, batch.singular),
                        "cholesky", () -> small.cholesky(batch.l, batch.indefinite),
                        "solveCholesky", () -> small.solveCholesky(batch.l, batch.x),
                        "qr", () -> small.qr(batch.qr, batch.tau),
                        "solveQr", () -> small.solveQr(batch.qr, batch.tau, batch.rhs, batch.least, batch.deficient));
                operations.forEach((name, operation) -> {
                    long bytes = Long.MAX_VALUE;
                    for (int attempt = 0; attempt < 20_000 && bytes > 0; attempt++) {
                        long before = counter.getCurrentThreadAllocatedBytes();
                        for (int i = 0; i < 100; i++) {
                            operation.run();
                        }
                        bytes = counter.getCurrentThreadAllocatedBytes() - before;
                    }
                    assertThat(bytes).as("bytes per 100 calls of %s, order %d", name, n).isZero();
                });
            }
        }
    }
}
