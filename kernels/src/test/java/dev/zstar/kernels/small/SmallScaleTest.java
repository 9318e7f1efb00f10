package dev.zstar.kernels.small;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Failures;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.Type;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link SmallMatrices} at every scale that a type has, and on matrices that are singular: the right answer, or the flag. */
class SmallScaleTest {
    /** Systems of a batch: a vector and a tail. */
    private static final int COUNT = 19;

    private static int lowest(Type type) {
        return type == Type.F32 ? -149 : -1074;
    }

    private static int highest(Type type) {
        return type == Type.F32 ? 127 : 1023;
    }

    private static double largest(Type type) {
        return type == Type.F32 ? Float.MAX_VALUE : Double.MAX_VALUE;
    }

    /** Whole numbers, symmetric and positive definite; the first is the example 3 1 4 2 of order 2, which is neither. */
    private static double element(int n, int i, int j, boolean definite) {
        if (n == 2 && !definite) {
            return new double[] {3, 1, 4, 2}[2 * i + j];
        }
        int off = (3 * (i + j) + i * j) % 5 - 2;
        return i == j ? 2 * n : off;
    }

    /** All systems {@code 2^exponent} times one matrix, with the solution 1, 2, …; returns whether all elements are in range. */
    private static boolean fill(Block a, Block rhs, int n, boolean definite, int exponent) {
        double largest = 0;
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j = 0; j < n; j++) {
                double x = Math.scalb(element(n, i, j, definite), exponent);
                sum += element(n, i, j, definite) * (j + 1);
                largest = Math.max(largest, Math.abs(x));
                for (int s = 0; s < COUNT; s++) {
                    a.set(i * n + j, s, x);
                }
            }
            largest = Math.max(largest, Math.abs(Math.scalb(sum, exponent)));
            for (int s = 0; s < COUNT; s++) {
                rhs.set(i, s, Math.scalb(sum, exponent));
            }
        }
        return largest <= largest(a.type());
    }

    private static void check(String what, Block x, Failures failures, boolean mayFail) {
        for (int s = 0; s < COUNT; s++) {
            if (failures.failed(s)) {
                assertThat(mayFail).as("%s, system %d failed", what, s).isTrue();
                for (int i = 0; i < x.rows(); i++) {
                    assertThat(x.get(i, s)).isNaN();
                }
            } else {
                for (int i = 0; i < x.rows(); i++) {
                    assertThat(x.get(i, s)).as("%s, element %d of system %d", what, i, s)
                            .isCloseTo(i + 1, org.assertj.core.data.Offset.offset(2000 * x.type().unitRoundoff()));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void everyScaleIsSolvedOrFlagged(Type type) {
        int step = type == Type.F32 ? 1 : 3;
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1)) {
                for (int n = 2; n <= 8; n++) {
                    try (Block a = Block.allocate(type, n * n, COUNT);
                            Block rhs = Block.allocate(type, n, COUNT);
                            Block tau = Block.allocate(type, n, COUNT);
                            Block x = Block.allocate(type, n, COUNT)) {
                        for (int exponent = lowest(type); exponent <= highest(type); exponent += step) {
                            scale(engine.small(), provider.name(), n, exponent, a, rhs, tau, x);
                        }
                    }
                }
            }
        }
    }

    private static void scale(SmallMatrices small, String engine, int n, int exponent, Block a, Block rhs, Block tau, Block x) {
        Failures failures = new Failures(COUNT);
        String what = engine + ", order " + n + ", 2^" + exponent;
        boolean inRange = fill(a, rhs, n, false, exponent);
        if (!inRange) {
            return;
        }
        if (n <= SmallMatrices.UNROLLED_ORDER) {
            small.solve(a, rhs, x, failures);
            check(what + ", solve", x, failures, false);
            x.copyFrom(rhs);
            small.solve(a, x, x, failures);
            check(what + ", solve in place", x, failures, false);
        }
        small.qr(a, tau);
        small.solveQr(a, tau, rhs, x, failures);
        check(what + ", qr", x, failures, exponent < lowest(x.type()) + x.type().bytes() * 7 || exponent > highest(x.type()) - 10);
        if (fill(a, rhs, n, true, exponent)) {
            small.cholesky(a, failures);
            assertThat(failures.count()).as(what + ", cholesky").isZero();
            small.solveCholesky(a, rhs);
            check(what + ", cholesky", rhs, failures, false);
        }
    }

    /** Rows or columns of different scales are not singular, however far apart they are, as long as no sum mixes them. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void differentScalesAreNotSingular(Type type) {
        int reach = type == Type.F32 ? 50 : 450;
        Random random = new Random(3);
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1)) {
                for (int n = 2; n <= 4; n++) {
                    try (Block a = Block.allocate(type, n * n, COUNT);
                            Block l = Block.allocate(type, n * n, COUNT);
                            Block qr = Block.allocate(type, n * n, COUNT);
                            Block tau = Block.allocate(type, n, COUNT);
                            Block rhs = Block.allocate(type, n, COUNT);
                            Block x = Block.allocate(type, n, COUNT)) {
                        for (int trial = 0; trial < 30; trial++) {
                            fill(a, rhs, n, true, 0);
                            for (int s = 0; s < COUNT; s++) {
                                for (int i = 0; i < n; i++) {
                                    int scale = random.nextInt(-reach, reach);
                                    for (int j = 0; j < n; j++) {
                                        a.set(j * n + i, s, Math.scalb(a.get(j * n + i, s), scale));
                                    }
                                    l.set(i * n + i, s, scale);
                                }
                                for (int i = 0; i < n; i++) {
                                    for (int j = 0; j < i; j++) {
                                        l.set(i * n + j, s, Math.scalb(element(n, i, j, true), (int) l.get(i * n + i,
                                                s) + (int) l.get(j * n + j, s)));
                                    }
                                }
                                for (int i = 0; i < n; i++) {
                                    l.set(i * n + i, s, Math.scalb(element(n, i, i, true), 2 * (int) l.get(i * n + i, s)));
                                }
                            }
                            qr.copyFrom(a);
                            Failures failures = new Failures(COUNT);
                            engine.small().solve(a, rhs, x, failures);
                            assertThat(failures.count()).as("%s: solve", provider.name()).isZero();
                            engine.small().qr(qr, tau);
                            engine.small().solveQr(qr, tau, rhs, x, failures);
                            assertThat(failures.count()).as("%s: qr", provider.name()).isZero();
                            engine.small().cholesky(l, failures);
                            assertThat(failures.count()).as("%s: cholesky", provider.name()).isZero();
                        }
                    }
                }
            }
        }
    }

    /** A point moved far away: the last column dwarfs a pivot that nothing was subtracted from. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void aTranslationIsNotSingular(Type type) {
        for (EngineProvider provider : Reference.available()) {
            for (double far : new double[] {1e3, 1e8, 1e17, 1e30}) {
                try (Engine engine = provider.create(1);
                        Block a = Block.of(type, 16, 1, 0, -1, 0, far, 1, 0, 0, far, 0, 0, 1, far, 0, 0, 0, 1);
                        Block tau = Block.allocate(type, 4, 1);
                        Block rhs = Block.of(type, 4, 1, 1, 2, 3, 0);
                        Block x = Block.allocate(type, 4, 1)) {
                    Failures failures = new Failures(1);
                    engine.small().solve(a, rhs, x, failures);
                    assertThat(x.toDoubles()).as(provider.name()).containsExactly(2, -1, 3, 0);
                    engine.small().qr(a, tau);
                    engine.small().solveQr(a, tau, rhs, x, failures);
                    assertThat(failures.count()).isZero();
                    assertThat(x.toDoubles()).as(provider.name()).containsExactly(new double[] {2, -1, 3, 0},
                            org.assertj.core.data.Offset.offset(1e-6));
                }
            }
        }
    }

    /** The last row or column is the sum of the others: exact in whole numbers, so that only rounding can hide it. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void dependentRowsAndColumnsAreFound(Type type) {
        Random random = new Random(5);
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1)) {
                for (int n = 2; n <= 4; n++) {
                    int count = 1000;
                    try (Block a = Block.allocate(type, n * n, count);
                            Block l = Block.allocate(type, n * n, count);
                            Block tau = Block.allocate(type, n, count);
                            Block rhs = Block.allocate(type, n, count);
                            Block x = Block.allocate(type, n, count)) {
                        rhs.fill(1);
                        for (int s = 0; s < count; s++) {
                            dependent(a, l, n, s, random, type);
                        }
                        Failures failures = new Failures(count);
                        engine.small().solve(a, rhs, x, failures);
                        assertFound("solve", provider, n, failures, x);
                        engine.small().cholesky(l, failures);
                        assertFound("cholesky", provider, n, failures, null);
                        engine.small().qr(a, tau);
                        engine.small().solveQr(a, tau, rhs, x, failures);
                        assertFound("qr", provider, n, failures, x);
                    }
                }
            }
        }
    }

    /**
     * All of order 2; of the others nearly all: where the leading part is ill-conditioned too, more than its rounding is left of a pivot.
     */
    private static void assertFound(String operation, EngineProvider provider, int n, Failures failures, Block x) {
        assertThat(failures.count()).as("%s: %s, order %d", provider.name(), operation, n)
                .isGreaterThanOrEqualTo(n == 2 ? failures.capacity() : failures.capacity() * 19 / 20);
        for (int s = failures.next(0); s >= 0 && x != null; s = failures.next(s + 1)) {
            assertThat(x.get(0, s)).isNaN();
        }
    }

    private static void dependent(Block a, Block l, int n, int s, Random random, Type type) {
        int reach = type == Type.F32 ? 40 : 300;
        int scale = random.nextInt(-reach, reach);
        double[][] m = new double[n][n];
        for (int i = 0; i < n - 1; i++) {
            for (int j = 0; j < n; j++) {
                m[i][j] = random.nextInt(1, 1000);
                m[n - 1][j] += m[i][j];
            }
        }
        boolean columns = s % 2 == 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                a.set(i * n + j, s, Math.scalb(columns ? m[j][i] : m[i][j], scale));
                double gram = 0;
                for (int k = 0; k < n - 1; k++) {
                    gram += Math.floor(m[i][k] / 10) * Math.floor(m[j][k] / 10);
                }
                l.set(i * n + j, s, Math.scalb(gram, scale));
            }
        }
    }
}
