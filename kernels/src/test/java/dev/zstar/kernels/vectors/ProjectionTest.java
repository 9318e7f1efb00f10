package dev.zstar.kernels.vectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The two sweeps of an Arnoldi step on every engine, against f64. */
class ProjectionTest {
    private static final int BATCH = 4;
    /** Every remainder of groups of 4, 6 and 8 vectors. */
    private static final int CAPACITY = 17;
    private static final double ASKED_FOR_NOTHING = 99;

    static Stream<Integer> sizes() {
        return Stream.concat(IntStream.rangeClosed(0, 67).boxed(), Stream.of(255, 512, 1000, 1025));
    }

    /** Rows 3 and 1 of a batch of four, in positions 0 and 1. */
    private static Rows some() {
        return Reference.rows(BATCH, 3, 1);
    }

    /** An engine, two working vectors with what they are at the start, and vectors to project them on. */
    private record Step(Engine engine, Block start, Block w, Basis v) implements AutoCloseable {
        Step(EngineProvider provider, Type type, int n) {
            this(provider.create(2), Reference.random(type, 2, n, 1), Reference.random(type, 2, n, 1),
                    new Basis(Reference.random(type, BATCH * CAPACITY, n, 3), CAPACITY));
        }

        @Override
        public void close() {
            engine.close();
            start.close();
            w.close();
            v.close();
        }
    }

    private static double[] filled(int length) {
        double[] values = new double[length];
        Arrays.fill(values, ASKED_FOR_NOTHING);
        return values;
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void productsAreSubtracted(int n) {
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                try (Step a = new Step(provider, type, n)) {
                    double[] vectors = a.v.block().toDoubles();
                    double[] all = filled(BATCH * CAPACITY);
                    a.engine.multiDot(a.v, CAPACITY, a.w, some(), all);
                    for (int count = 0; count <= CAPACITY; count++) {
                        a.w.copyFrom(a.start);
                        double[] h = filled(BATCH * CAPACITY);
                        double[] squares = filled(BATCH);
                        a.engine.project(a.v, count, a.w, some(), h, squares);
                        for (int at = 0; at < h.length; at++) {
                            boolean asked = (at / CAPACITY) % 2 == 1 && at % CAPACITY < count;
                            assertThat(h[at]).as("%s %s, of %d vectors", provider.name(), type, count)
                                    .isEqualTo(asked ? all[at] : ASKED_FOR_NOTHING);
                        }
                        check(a, count, h, squares);
                        assertThat(squares[0]).isEqualTo(ASKED_FOR_NOTHING);
                        double[] result = a.w.toDoubles();
                        a.w.copyFrom(a.start);
                        a.engine.project(a.v, count, a.w, some(), h, null);
                        assertThat(a.w.toDoubles()).isEqualTo(result);
                    }
                    assertThat(a.v.block().toDoubles()).isEqualTo(vectors);
                    assertThat(Reference.paddingIsNaN(a.w) && Reference.paddingIsNaN(a.v.block())).as("padding untouched").isTrue();
                }
            }
        }
    }

    /** Each h is a sum of n products in f64; each element a chain of count + 1 terms with rounded coefficients; the square a sum in f64. */
    private static void check(Step a, int count, double[] h, double[] squares) {
        int n = a.w.cols();
        Rows rows = some();
        for (int p = 0; p < rows.count(); p++) {
            int first = rows.index(p) * CAPACITY;
            double[] left = new double[n];
            double[] terms = new double[n];
            for (int i = 0; i < n; i++) {
                left[i] = a.start.get(p, i);
                terms[i] = Math.abs(left[i]);
            }
            for (int j = 0; j < count; j++) {
                double sum = 0;
                double size = 0;
                for (int i = 0; i < n; i++) {
                    double element = a.v.block().get(first + j, i);
                    sum += element * a.start.get(p, i);
                    size += Math.abs(element * a.start.get(p, i));
                    left[i] -= h[first + j] * element;
                    terms[i] += Math.abs(h[first + j] * element);
                }
                assertThat(Math.abs(h[first + j] - sum)).isLessThanOrEqualTo(Reference.gamma(n + 2, Type.F64) * size);
            }
            double square = 0;
            for (int i = 0; i < n; i++) {
                assertThat(Math.abs(a.w.get(p, i) - left[i])).isLessThanOrEqualTo(Reference.gamma(count + 3, a.w.type()) * terms[i]);
                square += a.w.get(p, i) * a.w.get(p, i);
            }
            assertThat(Math.abs(squares[rows.index(p)] - square)).isLessThanOrEqualTo(Reference.gamma(n + 2, Type.F64) * square);
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void aScaledRowIsAlsoStored(int n) {
        double[] s = {ASKED_FOR_NOTHING, 0.3, ASKED_FOR_NOTHING, -7};
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                try (Step a = new Step(provider, type, n)) {
                    double[] others = a.v.block().toDoubles();
                    a.engine.normalise(a.w, s, a.v, 2, some());
                    for (int p = 0; p < 2; p++) {
                        int b = some().index(p);
                        for (int i = 0; i < n; i++) {
                            double expected = s[b] * a.start.get(p, i);
                            // The factor is rounded, and the product.
                            assertThat(Math.abs(a.w.get(p, i) - expected))
                                    .isLessThanOrEqualTo(Reference.gamma(2, type) * Math.abs(expected));
                            assertThat(a.v.block().get(b * CAPACITY + 2, i)).isEqualTo(a.w.get(p, i));
                            a.v.block().set(b * CAPACITY + 2, i, others[(b * CAPACITY + 2) * n + i]);
                        }
                    }
                    assertThat(a.v.block().toDoubles()).isEqualTo(others);
                    assertThat(Reference.paddingIsNaN(a.w) && Reference.paddingIsNaN(a.v.block())).as("padding untouched").isTrue();
                }
            }
        }
    }

    /** Rows of 6 vectors and n = 700, large enough to be shared: alone, in a batch in another order, and by any number of threads. */
    @ParameterizedTest
    @org.junit.jupiter.params.provider.EnumSource(Type.class)
    void bitsDependOnTheRowOnly(Type type) {
        int batch = 61;
        int n = 700;
        int capacity = 7;
        int count = 6;
        for (EngineProvider provider : Reference.available()) {
            try (Block start = Reference.random(type, batch, n, 1);
                    Block w = Reference.random(type, batch, n, 1);
                    Block alone = Reference.padded(type, 1, n);
                    Basis v = new Basis(Reference.random(type, batch * capacity, n, 3), capacity);
                    Engine one = provider.create(1)) {
                double[] s = new Random(5).doubles(batch, -1, 1).toArray();
                double[] h = filled(batch * capacity);
                double[] squares = filled(batch);
                Rows rows = new Rows(batch);
                one.project(v, count, w, rows, h, squares);
                one.normalise(w, s, v, count, rows);
                double[] expected = w.toDoubles();
                Rows turned = new Rows(batch);
                for (int p = 0; p < batch; p++) {
                    turned.place(p, (p * 7 + 3) % batch);
                }
                for (int threads : new int[] {1, 2, 3, 7}) {
                    try (Engine engine = provider.create(threads)) {
                        double[] again = filled(batch * capacity);
                        double[] lengths = filled(batch);
                        for (int p = 0; p < batch; p++) {
                            w.copyRow(start, turned.index(p), p);
                        }
                        engine.project(v, count, w, turned, again, lengths);
                        engine.normalise(w, s, v, count, turned);
                        assertThat(again).isEqualTo(h);
                        assertThat(lengths).isEqualTo(squares);
                        for (int p = 0; p < batch; p++) {
                            int b = turned.index(p);
                            for (int i = 0; i < n; i++) {
                                assertThat(w.get(p, i)).isEqualTo(expected[b * n + i]);
                                assertThat(v.block().get(b * capacity + count, i)).isEqualTo(expected[b * n + i]);
                            }
                        }
                    }
                }
                Rows single = new Rows(batch);
                single.truncate(1);
                for (int b = 0; b < batch; b++) {
                    single.place(0, b);
                    alone.copyRow(start, b, 0);
                    one.project(v, count, alone, single, h, squares);
                    one.normalise(alone, s, v, count, single);
                    assertThat(alone.toDoubles()).isEqualTo(Arrays.copyOfRange(expected, b * n, (b + 1) * n));
                }
            }
        }
    }

    @Test
    void nanStaysInItsRow() {
        for (EngineProvider provider : Reference.available()) {
            for (Type type : Type.values()) {
                try (Engine engine = provider.create(1);
                        Block w = Reference.random(type, 2, 40, 1);
                        Basis v = new Basis(Reference.random(type, 2 * 5, 40, 3), 5)) {
                    w.set(0, 39, Double.NaN);
                    double[] h = new double[10];
                    double[] squares = new double[2];
                    engine.project(v, 5, w, new Rows(2), h, squares);
                    assertThat(squares[0]).isNaN();
                    assertThat(Arrays.copyOfRange(h, 0, 5)).containsOnly(Double.NaN);
                    assertThat(squares[1]).isFinite();
                    assertThat(Arrays.stream(h, 5, 10)).doesNotContain(Double.NaN);
                }
            }
        }
    }

    @Test
    void nothingIsAllocated() {
        for (EngineProvider provider : Reference.available()) {
            for (Type type : Type.values()) {
                try (Engine engine = provider.create(2);
                        Block w = Reference.random(type, 8, 515, 1);
                        Basis v = new Basis(Reference.random(type, 8 * CAPACITY, 515, 3), CAPACITY)) {
                    Rows rows = new Rows(8);
                    double[] h = new double[8 * CAPACITY];
                    double[] squares = new double[8];
                    double[] s = {1, 1, 1, 1, 1, 1, 1, 1};
                    int[] count = {0};
                    Reference.assertAllocatesNothing(() -> {
                        count[0] = (count[0] + 5) % CAPACITY;
                        engine.project(v, count[0], w, rows, h, squares);
                        engine.normalise(w, s, v, CAPACITY - 1, rows);
                    });
                }
            }
        }
    }

    @Test
    void whatDoesNotFitIsNamed() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block w = Block.allocate(Type.F32, 2, 5);
                    Basis v = Basis.allocate(engine, Type.F32, 2, 3, 5);
                    Basis wide = Basis.allocate(engine, Type.F32, 2, 3, 6)) {
                Rows rows = new Rows(2);
                double[] h = new double[6];
                double[] two = new double[2];
                assertThatThrownBy(() -> engine.project(v, 4, w, rows, h, two))
                        .hasMessage("project: 4 vectors of a basis, expected 0 to 3");
                assertThatThrownBy(() -> engine.project(v, 3, w, rows, two, two))
                        .hasMessage("project: h has length 2, expected at least 6");
                assertThatThrownBy(() -> engine.project(v, 3, w, rows, h, new double[1]))
                        .hasMessage("project: squares has length 1, expected at least 2");
                assertThatThrownBy(() -> engine.project(wide, 3, w, rows, h, two))
                        .hasMessageStartingWith("project: the basis is 6×6 f32, expected 6×5 f32");
                assertThatThrownBy(() -> engine.project(v, 3, v.block().head(2), rows, h, two))
                        .hasMessageStartingWith("project: the working block overlaps the basis");
                assertThatThrownBy(() -> engine.normalise(w, two, v, 3, rows))
                        .hasMessage("normalise: slot 3 of a basis, expected 0 to 2");
                assertThatThrownBy(() -> engine.normalise(w, two, v, -1, rows))
                        .hasMessage("normalise: slot -1 of a basis, expected 0 to 2");
                assertThatThrownBy(() -> engine.normalise(w, new double[1], v, 0, rows))
                        .hasMessage("normalise: s has length 1, expected at least 2");
                assertThatThrownBy(() -> engine.normalise(v.block().head(2), two, v, 0, rows))
                        .hasMessageStartingWith("normalise: the basis overlaps the working block");
                v.block().close();
                assertThatThrownBy(() -> engine.project(v, 3, w, rows, h, two)).isInstanceOf(IllegalStateException.class);
            }
        }
    }
}
