package dev.zstar.kernels.vectors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.contract.ZeroProducts;
import java.util.Arrays;
import java.util.stream.DoubleStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Coefficients are f64 whatever the blocks are: every operation that takes one, on every engine, against the product in f64. */
class CoefficientTest {
    private static final double[] COEFFICIENTS = DoubleStream.of(0, 1e-300, 1e-46, 1e-40, 1e-38, 0.3, 1, 1e38, 3.5e38, 1e40, 1e300)
            .flatMap(c -> DoubleStream.of(c, -c))
            .toArray();

    /** From the smallest f32 to nearly the largest, so many that vectors and tails meet each. */
    private static final double[] DATA = DoubleStream.of(0, 0x1p-149, 1e-44, 1e-40, 2e-38, 1e-30, 1e-10, 1, 1e10, 1e30, 3e38)
            .flatMap(x -> DoubleStream.of(x, -x, 0.7 * x))
            .map(x -> (float) x)
            .toArray();

    private static final int N = DATA.length;

    /** Two roundings, and one unit in the last place below the normal numbers. */
    private static void assertClose(String what, double actual, double exact, double size) {
        if (size > Float.MAX_VALUE) {
            return;
        }
        assertThat(actual).as(what).isCloseTo(exact, Offset.offset(4 * 0x1p-24 * size + 2 * 0x1p-149));
    }

    private static Block data(int rows) {
        Block block = Reference.padded(Type.F32, rows, N);
        for (int p = 0; p < rows; p++) {
            for (int i = 0; i < N; i++) {
                block.set(p, i, DATA[(i + p) % N]);
            }
        }
        return block;
    }

    @Test
    void scaledElements() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block x = data(2);
                    Block y = Reference.padded(Type.F32, 2, N);
                    Basis v = Basis.allocate(engine, Type.F32, 2, 3, N)) {
                Rows rows = new Rows(2);
                for (double c : COEFFICIENTS) {
                    double[] both = {c, 0.5};
                    engine.axpby(c, x, 0, y);
                    check(provider, "axpby", c, y, 0, 1);
                    engine.copy(x, y);
                    engine.scale(c, y);
                    check(provider, "scale", c, y, 0, 1);
                    engine.axpby(both, x, new double[2], y);
                    check(provider, "axpby by rows", c, y, 0, 1);
                    engine.store(x, both, v, 1, rows);
                    check(provider, "store", c, v.block(), 1, 1);
                    engine.copy(x, y);
                    engine.normalise(y, both, v, 2, rows);
                    check(provider, "normalise", c, y, 0, 1);
                    check(provider, "normalise", c, v.block(), 2, 1);
                    engine.store(x, new double[] {1, 1}, v, 0, rows);
                    double[] one = {c, 0, 0, 1, 0, 0};
                    engine.mix(v, 1, one, y, rows);
                    check(provider, "mix", c, y, 0, 1);
                    y.fill(0);
                    engine.multiAxpy(v, 1, one, y, rows, null);
                    check(provider, "multiAxpy", c, y, 0, 1);
                }
            }
        }
    }

    private static void check(EngineProvider provider, String operation, double c, Block y, int row, int count) {
        for (int i = 0; i < count * N; i++) {
            double exact = c * DATA[i];
            assertClose(provider.name() + ": " + operation + " " + c + " · " + DATA[i], y.get(row, i), exact, Math.abs(exact));
        }
    }

    @Test
    void sumsOfTwo() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block x = data(2);
                    Block y = Reference.padded(Type.F32, 2, N)) {
                for (double a : COEFFICIENTS) {
                    for (double b : COEFFICIENTS) {
                        fill(y);
                        engine.axpby(a, x, b, y);
                        checkSum(provider.name() + ": axpby", a, b, y);
                        fill(y);
                        engine.axpby(new double[] {a, 1}, x, new double[] {b, 1}, y);
                        checkSum(provider.name() + ": axpby by rows", a, b, y);
                    }
                }
            }
        }
    }

    private static void fill(Block y) {
        for (int i = 0; i < N; i++) {
            y.set(0, i, DATA[N - 1 - i]);
            y.set(1, i, 0);
        }
    }

    private static void checkSum(String what, double a, double b, Block y) {
        for (int i = 0; i < N; i++) {
            double first = a * DATA[i];
            double second = b * DATA[N - 1 - i];
            double size = Math.max(Math.abs(first), Math.abs(second));
            if (Math.abs(first + second) <= Float.MAX_VALUE) {
                assertClose(what + " " + a + ", " + b, y.get(0, i), first + second, size);
            }
        }
    }

    /** If one coefficient is beyond f32, a sum of many vectors is f64, and terms may even cancel. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 6, 7, 8, 9, 13, 20})
    void combinationsOfAnyNumber(int count) {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Basis v = Basis.allocate(engine, Type.F32, 1, count, N);
                    Block w = Reference.padded(Type.F32, 1, N);
                    Block z = Reference.padded(Type.F32, 1, N)) {
                Rows rows = new Rows(1);
                for (int j = 0; j < count; j++) {
                    for (int i = 0; i < N; i++) {
                        v.block().set(j, i, 1e-40 * (1 + (i + j) % 5));
                    }
                }
                for (int large = 0; large < count; large++) {
                    double[] c = new double[count];
                    Arrays.setAll(c, j -> 0.5 + j);
                    c[large] = 1e41;
                    double[] squares = new double[1];
                    w.fill(3);
                    engine.multiAxpy(v, count, c, w, rows, squares);
                    engine.mix(v, count, c, z, rows);
                    double sum = 0;
                    for (int i = 0; i < N; i++) {
                        double exact = c[large] * v.block().get(large, i);
                        assertThat(w.get(0, i)).as(provider.name()).isCloseTo(3 + exact, Offset.offset(1e-5));
                        assertThat(z.get(0, i)).as(provider.name()).isCloseTo(exact, Offset.offset(1e-5));
                        sum += w.get(0, i) * w.get(0, i);
                    }
                    assertThat(squares[0]).isCloseTo(sum, Offset.offset(1e-9 * sum));
                }
            }
        }
    }

    /** {@code ⟨v, w⟩} is 2.4e39: beyond f32, though what is subtracted is not. */
    @Test
    void projectionsOfTheLargestRows() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Basis v = Basis.allocate(engine, Type.F32, 1, 1, 67);
                    Block w = Reference.padded(Type.F32, 1, 67)) {
                v.block().fill(1 / Math.sqrt(67));
                w.fill(3e38);
                double[] h = new double[1];
                double[] squares = new double[1];
                engine.project(v, 1, w, new Rows(1), h, squares);
                assertThat(h[0]).isCloseTo(3e38 * Math.sqrt(67), Offset.offset(1e33));
                assertThat(Math.sqrt(squares[0])).as(provider.name()).isLessThan(1e33);
            }
        }
    }

    @Test
    void productsOfPlainBlocks() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block a = Block.of(Type.F32, 2, 1, 1, 1);
                    Block b = data(1);
                    Block c = Reference.padded(Type.F32, 2, N)) {
                for (double alpha : COEFFICIENTS) {
                    for (double beta : COEFFICIENTS) {
                        for (int i = 0; i < N; i++) {
                            c.set(0, i, DATA[N - 1 - i]);
                            c.set(1, i, DATA[N - 1 - i]);
                        }
                        engine.gemm(alpha, a, false, b, false, beta, c);
                        checkProduct(provider.name() + ": gemm", alpha, beta, c);
                    }
                }
            }
        }
    }

    /** β c itself must be in range too, because it is computed first. */
    private static void checkProduct(String what, double alpha, double beta, Block c) {
        for (int i = 0; i < N; i++) {
            double first = alpha * DATA[i];
            double second = beta * DATA[N - 1 - i];
            if (Math.abs(second) <= Float.MAX_VALUE && Math.abs(first + second) <= Float.MAX_VALUE) {
                assertClose(what + " " + alpha + ", " + beta, c.get(1, i), first + second, Math.max(Math.abs(first), Math.abs(second)));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void notANumberAndInfinityAreWhatTheStandardSays(Type type) {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block x = Block.allocate(type, 1, 21);
                    Block y = Block.allocate(type, 1, 21)) {
                for (double c : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
                    for (double value : new double[] {0, 2, -3}) {
                        x.fill(value);
                        y.fill(1);
                        engine.axpby(c, x, 0, y);
                        assertThat(y.toDoubles()).as(provider.name()).containsOnly(c * value);
                        y.fill(1);
                        engine.axpby(c, x, 1, y);
                        assertThat(y.toDoubles()).as(provider.name()).containsOnly(c * value + 1);
                        y.fill(value);
                        engine.axpby(1, x, c, y);
                        assertThat(y.toDoubles()).as(provider.name()).containsOnly(c * value + value);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aProductTimesZeroIsNotFormed(Type type) {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(2); Block c = Reference.padded(type, 6, 35)) {
                ZeroProducts.check(engine, c);
                assertThat(Reference.paddingIsNaN(c)).isTrue();
            }
        }
    }
}
