package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Elementwise operations, sums and sweeps of every engine against f64, at every tail. */
class SweepTest {
    private static final int BATCH = 4;
    private static final int CAPACITY = 7;

    static Stream<Integer> sizes() {
        return Stream.concat(IntStream.rangeClosed(0, 67).boxed(), Stream.of(255, 1000));
    }

    /** Rows 3 and 1 of a batch of four, in positions 0 and 1. */
    private static Rows some() {
        Rows rows = new Rows(BATCH);
        rows.place(0, 3);
        rows.place(1, 1);
        rows.truncate(2);
        return rows;
    }

    private static double dot(Block x, int p, Block y, int q) {
        double sum = 0;
        for (int i = 0; i < x.cols(); i++) {
            sum += x.get(p, i) * y.get(q, i);
        }
        return sum;
    }

    private static double size(Block x, int p, Block y, int q) {
        double sum = 0;
        for (int i = 0; i < x.cols(); i++) {
            sum += Math.abs(x.get(p, i) * y.get(q, i));
        }
        return sum;
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void sumsAreAccumulatedInDouble(int n) {
        for (Type type : Type.values()) {
            double bound = Reference.gamma(n + 2, Type.F64);
            for (EngineProvider provider : Reference.available()) {
                try (Engine engine = provider.create(2);
                        Block x = Reference.random(type, BATCH, n, 1);
                        Block y = Reference.random(type, BATCH, n, 2);
                        Basis v = new Basis(Reference.random(type, BATCH * CAPACITY, n, 3), CAPACITY)) {
                    double[] sums = new double[BATCH];
                    engine.dot(x, y, sums);
                    for (int p = 0; p < BATCH; p++) {
                        assertThat(Math.abs(sums[p] - dot(x, p, y, p))).isLessThanOrEqualTo(bound * size(x, p, y, p));
                    }
                    Rows rows = some();
                    double[] h = new double[BATCH * CAPACITY];
                    for (int count = 0; count <= CAPACITY; count++) {
                        java.util.Arrays.fill(h, 99);
                        engine.multiDot(v, count, x.head(2), rows, h);
                        for (int at = 0; at < h.length; at++) {
                            int b = at / CAPACITY;
                            int p = b == 3 ? 0 : b == 1 ? 1 : -1;
                            if (p < 0 || at % CAPACITY >= count) {
                                assertThat(h[at]).as("not asked for").isEqualTo(99);
                            } else {
                                assertThat(Math.abs(h[at] - dot(v.block(), at, x, p))).isLessThanOrEqualTo(bound * size(v.block(), at, x, p));
                            }
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void combinationsAreWithinTheirBound(int n) {
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                try (Engine engine = provider.create(2);
                        Block w = Reference.random(type, 2, n, 1);
                        Block start = Reference.random(type, 2, n, 1);
                        Block mixed = Reference.padded(type, 2, n);
                        Basis v = new Basis(Reference.random(type, BATCH * CAPACITY, n, 3), CAPACITY)) {
                    Rows rows = some();
                    double[] c = new java.util.Random(5).doubles(BATCH * CAPACITY, -1, 1).toArray();
                    c[3 * CAPACITY + 2] = 0;
                    double[] squares = new double[BATCH];
                    for (int count = 0; count <= CAPACITY; count++) {
                        w.copyFrom(start);
                        engine.multiAxpy(v, count, c, w, rows, squares);
                        engine.mix(v, count, c, mixed, rows);
                        for (int p = 0; p < 2; p++) {
                            int first = rows.index(p) * CAPACITY;
                            for (int i = 0; i < n; i++) {
                                double sum = 0;
                                double terms = 0;
                                for (int j = 0; j < count; j++) {
                                    sum += c[first + j] * v.block().get(first + j, i);
                                    terms += Math.abs(c[first + j] * v.block().get(first + j, i));
                                }
                                double bound = Reference.gamma(count + 3, type);
                                assertThat(Math.abs(mixed.get(p, i) - sum)).isLessThanOrEqualTo(bound * terms);
                                assertThat(Math.abs(w.get(p, i) - (start.get(p, i) + sum)))
                                        .isLessThanOrEqualTo(bound * (terms + Math.abs(start.get(p, i))));
                            }
                            assertThat(Math.abs(squares[rows.index(p)] - dot(w, p, w, p)))
                                    .isLessThanOrEqualTo(Reference.gamma(n + 2, Type.F64) * dot(w, p, w, p));
                        }
                        assertThat(Reference.paddingIsNaN(w) && Reference.paddingIsNaN(mixed)).as("padding untouched").isTrue();
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void theAndersonSweepStoresAndSums(int n) {
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                try (Engine engine = provider.create(2);
                        Block z = Reference.random(type, 2, n, 1);
                        Block g = Reference.random(type, 2, n, 2);
                        Basis r = new Basis(Reference.random(type, BATCH * CAPACITY, n, 3), CAPACITY);
                        Basis values = new Basis(Reference.random(type, BATCH * CAPACITY, n, 4), CAPACITY);
                        Basis scaled = new Basis(Reference.random(type, BATCH * CAPACITY, n, 4), CAPACITY)) {
                    Rows rows = some();
                    double[] gram = new double[BATCH * (CAPACITY + 1)];
                    engine.residualSweep(z, g, r, values, 4, 6, rows, gram);
                    engine.store(z, new double[] {0, 2, 0, 0.5}, scaled, 3, rows);
                    double bound = Reference.gamma(n + 2, Type.F64);
                    for (int p = 0; p < 2; p++) {
                        int b = rows.index(p);
                        int at = b * CAPACITY + 4;
                        for (int i = 0; i < n; i++) {
                            double difference = g.get(p, i) - z.get(p, i);
                            assertThat(r.block().get(at, i)).isEqualTo(type == Type.F32 ? (float) difference : difference);
                            assertThat(values.block().get(at, i)).isEqualTo(g.get(p, i));
                            assertThat(scaled.block().get(b * CAPACITY + 3, i)).isEqualTo((b == 1 ? 2 : 0.5) * z.get(p, i));
                        }
                        for (int j = 0; j < 6; j++) {
                            assertThat(Math.abs(gram[b * (CAPACITY + 1) + j] - dot(r.block(), at, r.block(), b * CAPACITY + j)))
                                    .isLessThanOrEqualTo(bound * size(r.block(), at, r.block(), b * CAPACITY + j));
                        }
                        assertThat(Math.abs(gram[b * (CAPACITY + 1) + CAPACITY] - dot(g, p, g, p))).isLessThanOrEqualTo(bound * dot(g, p, g, p));
                    }
                    assertThat(Reference.paddingIsNaN(r.block()) && Reference.paddingIsNaN(values.block())).as("padding untouched").isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void elementwiseOperationsAreRoundedOnceOrTwice(int n) {
        for (Type type : Type.values()) {
            double u = type.unitRoundoff();
            for (EngineProvider provider : Reference.available()) {
                try (Engine engine = provider.create(2);
                        Block x = Reference.random(type, BATCH, n, 1);
                        Block y = Reference.random(type, BATCH, n, 2);
                        Block sum = Reference.random(type, BATCH, n, 2);
                        Block scaled = Reference.padded(type, BATCH, n);
                        Block product = Reference.padded(type, BATCH, n);
                        Block slope = Reference.padded(type, BATCH, n)) {
                    engine.axpby(0.75, x, -1.25, sum);
                    engine.axpby(3, x, 0, scaled);
                    engine.multiply(x, y, product);
                    for (Activation activation : Activation.values()) {
                        engine.derivative(activation, y, slope);
                        for (int p = 0; p < BATCH; p++) {
                            for (int i = 0; i < n; i++) {
                                double expected = activation.derivative(y.get(p, i));
                                assertThat(Math.abs(slope.get(p, i) - expected)).isLessThanOrEqualTo(3 * u * (1 + y.get(p, i) * y.get(p, i)));
                            }
                        }
                    }
                    for (int p = 0; p < BATCH; p++) {
                        for (int i = 0; i < n; i++) {
                            double expected = 0.75 * x.get(p, i) - 1.25 * y.get(p, i);
                            double terms = Math.abs(0.75 * x.get(p, i)) + Math.abs(1.25 * y.get(p, i));
                            assertThat(Math.abs(sum.get(p, i) - expected)).isLessThanOrEqualTo(Reference.gamma(2, type) * terms);
                            assertThat(Math.abs(scaled.get(p, i) - 3 * x.get(p, i))).isLessThanOrEqualTo(u * Math.abs(3 * x.get(p, i)));
                            assertThat(Math.abs(product.get(p, i) - x.get(p, i) * y.get(p, i)))
                                    .isLessThanOrEqualTo(u * Math.abs(x.get(p, i) * y.get(p, i)));
                        }
                    }
                    assertThat(Reference.paddingIsNaN(sum) && Reference.paddingIsNaN(scaled) && Reference.paddingIsNaN(product)
                            && Reference.paddingIsNaN(slope)).as("padding untouched").isTrue();
                }
            }
        }
    }

    @Test
    void aTeamRunsEveryPieceOnceAlsoFromInsideAPiece() {
        for (int threads : new int[] {1, 2, 3, 7}) {
            try (Team team = new Team(threads)) {
                for (int round = 0; round < 200; round++) {
                    int[] runs = new int[50];
                    team.run(50, (from, to) -> {
                        for (int piece = from; piece < to; piece++) {
                            int at = piece;
                            team.run(1, (_, _) -> runs[at]++);
                        }
                    });
                    assertThat(runs).containsOnly(1);
                }
                assertThatThrownBy(() -> team.run(9, (_, _) -> {
                    throw new IllegalArgumentException("mine");
                })).hasMessage("mine");
                team.run(3, (_, _) -> {});
            }
        }
    }
}
