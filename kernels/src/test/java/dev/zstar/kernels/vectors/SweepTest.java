package dev.zstar.kernels.vectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.Type;
import java.util.Arrays;
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
        return Reference.rows(BATCH, 3, 1);
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
                    double[] all = new double[BATCH * CAPACITY];
                    engine.multiDot(v, CAPACITY, x.head(2), rows, all);
                    for (int count = 0; count <= CAPACITY; count++) {
                        java.util.Arrays.fill(h, 99);
                        engine.multiDot(v, count, x.head(2), rows, h);
                        for (int at = 0; at < h.length; at++) {
                            int b = at / CAPACITY;
                            int p = b == 3 ? 0 : b == 1 ? 1 : -1;
                            if (p < 0 || at % CAPACITY >= count) {
                                assertThat(h[at]).as("not asked for").isEqualTo(99);
                            } else {
                                assertThat(Math.abs(h[at] - dot(v.block(), at, x, p)))
                                        .isLessThanOrEqualTo(bound * size(v.block(), at, x, p));
                                assertThat(h[at]).as("%s %s, of %d vectors", provider.name(), type, count).isEqualTo(all[at]);
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
    void magnitudesAndRowwiseCoefficients(int n) {
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                try (Engine engine = provider.create(2);
                        Block x = Reference.random(type, BATCH, n, 1);
                        Block y = Reference.random(type, BATCH, n, 2);
                        Block sum = Reference.random(type, BATCH, n, 2);
                        Block copy = Reference.padded(type, BATCH, n)) {
                    if (n > 3) {
                        x.set(1, n / 2, -50);
                        x.set(1, n - 1, 50);
                        x.set(2, n / 3, Double.NaN);
                        x.set(2, 0, Double.POSITIVE_INFINITY);
                    }
                    double[] asum = new double[BATCH];
                    int[] iamax = new int[BATCH];
                    engine.asum(x, asum);
                    engine.iamax(x, iamax);
                    double[] a = {2, -1, 0.5, 3};
                    double[] b = {0, 1, -2, 0.25};
                    engine.axpby(a, x, b, sum);
                    engine.copy(x, copy);
                    assertThat(copy.toDoubles()).isEqualTo(x.toDoubles());
                    engine.scale(-2, copy);
                    for (int p = 0; p < BATCH; p++) {
                        double magnitudes = 0;
                        int largest = -1;
                        for (int i = 0; i < n; i++) {
                            double size = Math.abs(x.get(p, i));
                            magnitudes += size;
                            if (largest < 0 || size > Math.abs(x.get(p, largest))
                                    || Double.isNaN(size) && !Double.isNaN(x.get(p, largest))) {
                                largest = i;
                            }
                            if (Double.isNaN(size)) {
                                assertThat(sum.get(p, i)).isNaN();
                                continue;
                            }
                            double expected = a[p] * x.get(p, i) + (b[p] == 0 ? 0 : b[p] * y.get(p, i));
                            double terms = Math.abs(a[p] * x.get(p, i)) + Math.abs(b[p] * y.get(p, i));
                            if (terms < Double.POSITIVE_INFINITY) {
                                assertThat(Math.abs(sum.get(p, i) - expected)).isLessThanOrEqualTo(Reference.gamma(2, type) * terms);
                            }
                            assertThat(copy.get(p, i)).isEqualTo(-2 * x.get(p, i));
                        }
                        assertThat(iamax[p]).as("%s %s row %d of %d", provider.name(), type, p, n).isEqualTo(largest);
                        if (Double.isNaN(magnitudes)) {
                            assertThat(asum[p]).isNaN();
                        } else {
                            assertThat(Math.abs(asum[p] - magnitudes)).isLessThanOrEqualTo(Reference.gamma(n + 2, Type.F64) * magnitudes);
                        }
                    }
                    assertThat(Reference.paddingIsNaN(sum) && Reference.paddingIsNaN(copy)).as("padding untouched").isTrue();
                }
            }
        }
    }

    @Test
    void normsNeitherOverflowNorUnderflow() {
        for (EngineProvider provider : Reference.available()) {
            for (Type type : Type.values()) {
                double huge = type == Type.F32 ? 1e38 : 1e300;
                double tiny = type == Type.F32 ? 1e-40 : 1e-310;
                try (Engine engine = provider.create(1); Block x = Block.of(type, 5, 2, 3 * huge / 4, huge, 3 * tiny, 4 * tiny, 0, 0,
                        Double.NaN, 1, Double.NEGATIVE_INFINITY, 1)) {
                    double[] norm = new double[5];
                    engine.norm(x, norm);
                    double u = type.unitRoundoff();
                    assertThat(norm[0]).isCloseTo(1.25 * huge, org.assertj.core.data.Offset.offset(4 * u * huge));
                    // Elements this small are rounded to a multiple of the smallest number.
                    assertThat(norm[1])
                            .isCloseTo(Math.hypot(x.get(1, 0), x.get(1, 1)), org.assertj.core.data.Offset.offset(1e-15 * norm[1]));
                    assertThat(norm[2]).isZero();
                    assertThat(norm[3]).isNaN();
                    assertThat(norm[4]).isEqualTo(Double.POSITIVE_INFINITY);
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
                    // Row 1 uses slots 4, 3, …, 0 and then the last; row 3 only the newest three.
                    int[] slots = {-1, 4, -1, 2};
                    int[] counts = {-1, 6, -1, 3};
                    Arrays.fill(gram, 7);
                    engine.residualSweep(z, g, r, values, slots, counts, rows, gram);
                    engine.store(z, new double[] {0, 2, 0, 0.5}, scaled, 3, rows);
                    double bound = Reference.gamma(n + 2, Type.F64);
                    for (int p = 0; p < 2; p++) {
                        int b = rows.index(p);
                        int at = b * CAPACITY + slots[b];
                        for (int i = 0; i < n; i++) {
                            double difference = g.get(p, i) - z.get(p, i);
                            assertThat(r.block().get(at, i)).isEqualTo(type == Type.F32 ? (float) difference : difference);
                            assertThat(values.block().get(at, i)).isEqualTo(g.get(p, i));
                            assertThat(scaled.block().get(b * CAPACITY + 3, i)).isEqualTo((b == 1 ? 2 : 0.5) * z.get(p, i));
                        }
                        for (int k = 0; k < CAPACITY; k++) {
                            int j = Math.floorMod(slots[b] - k, CAPACITY);
                            if (k >= counts[b]) {
                                assertThat(gram[b * (CAPACITY + 1) + j]).as("row %d, slot %d is not in use", b, j).isEqualTo(7);
                                continue;
                            }
                            assertThat(Math.abs(gram[b * (CAPACITY + 1) + j] - dot(r.block(), at, r.block(), b * CAPACITY + j)))
                                    .isLessThanOrEqualTo(bound * size(r.block(), at, r.block(), b * CAPACITY + j));
                        }
                        assertThat(Math.abs(gram[b * (CAPACITY + 1) + CAPACITY] - dot(g, p, g, p)))
                                .isLessThanOrEqualTo(bound * dot(g, p, g, p));
                    }
                    assertThat(Reference.paddingIsNaN(r.block()) && Reference.paddingIsNaN(values.block())).as("padding untouched")
                            .isTrue();
                    int p3 = rows.index(0) == 3 ? 0 : 1;
                    counts[3] = 0;
                    r.block().fill(5);
                    values.block().fill(6);
                    engine.residualSweep(z, g, r, values, slots, counts, rows, gram);
                    double square = 0;
                    for (int i = 0; i < n; i++) {
                        assertThat(r.block().get(3 * CAPACITY + 2, i)).as("nothing is stored").isEqualTo(5);
                        assertThat(values.block().get(3 * CAPACITY + 2, i)).isEqualTo(6);
                        square += Math.pow(g.get(p3, i) - z.get(p3, i), 2);
                    }
                    assertThat(Math.abs(gram[3 * (CAPACITY + 1) + 2] - square)).isLessThanOrEqualTo(3 * bound * square);
                    assertThat(Math.abs(gram[3 * (CAPACITY + 1) + CAPACITY] - dot(g, p3, g, p3)))
                            .isLessThanOrEqualTo(bound * dot(g, p3, g, p3));
                    counts[3] = 3;
                    slots[3] = CAPACITY;
                    assertThatThrownBy(() -> engine.residualSweep(z, g, r, values, slots, counts, rows, gram))
                            .hasMessage("residualSweep: row 3 has slot " + CAPACITY + " and 3 vectors in use, expected 0 ≤ slots[3] < "
                                    + CAPACITY + " and 0 ≤ counts[3] ≤ " + CAPACITY);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void aMixAroundAVectorIsAccurate(int n) {
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                for (int capacity : new int[] {1, 2, 3, 4, 5, 6, 7, 11, 12, 16, 17}) {
                    for (double size : new double[] {1, 1e20}) {
                        try (Engine engine = provider.create(2);
                                Block z = Reference.padded(type, 2, n);
                                Basis v = new Basis(Reference.random(type, BATCH * capacity, n, 3), capacity)) {
                            Rows rows = some();
                            double[] c = new double[BATCH * capacity];
                            int[] slots = {-1, capacity / 2, -1, capacity - 1};
                            for (int i = 0; i < c.length; i++) {
                                c[i] = i % 7 == 3 ? 0 : size * Math.sin(i);
                            }
                            engine.mixAround(v, slots, c, z, rows);
                            for (int p = 0; p < 2; p++) {
                                int b = rows.index(p);
                                int first = b * capacity;
                                for (int i = 0; i < n; i++) {
                                    double center = v.block().get(first + slots[b], i);
                                    double sum = 0;
                                    double terms = 0;
                                    for (int j = 0; j < capacity; j++) {
                                        double term = j == slots[b] ? 0 : c[first + j] * (v.block().get(first + j, i) - center);
                                        sum += term;
                                        terms += Math.abs(term);
                                    }
                                    assertThat(Math.abs(z.get(p, i) - (center + sum)))
                                            .as("%s %s, %d vectors, element %d of %d", provider.name(), type, capacity, i, n)
                                            .isLessThanOrEqualTo(Reference.gamma(capacity + 3, type) * terms
                                                    + 2 * type.unitRoundoff() * Math.abs(center + sum));
                                }
                            }
                            assertThat(Reference.paddingIsNaN(z)).as("padding untouched").isTrue();
                            z.fill(5);
                            slots[3] = -1;
                            engine.mixAround(v, slots, c, z, rows);
                            for (int p = 0; p < 2; p++) {
                                for (int i = 0; i < n; i++) {
                                    assertThat(z.get(p, i) == 5).as("only a row with a slot changes").isEqualTo(rows.index(p) == 3);
                                }
                            }
                            slots[3] = capacity;
                            assertThatThrownBy(() -> engine.mixAround(v, slots, c, z, rows))
                                    .hasMessage("mixAround: row 3 has slot " + capacity + ", expected -1 ≤ slots[3] < " + capacity);
                        }
                    }
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
                                assertThat(Math.abs(slope.get(p, i) - expected))
                                        .isLessThanOrEqualTo(3 * u * (1 + y.get(p, i) * y.get(p, i)));
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
            try (Team team = Team.of(threads)) {
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
