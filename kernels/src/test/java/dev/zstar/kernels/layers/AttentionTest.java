package dev.zstar.kernels.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Type;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Layers#attention} and its gradients, of every engine. */
class AttentionTest {
    private static final int HEADS = 2;
    private static final int BATCH = 2;

    /** Tails of blocks of queries (64 and 32), of tiles of keys (4), of chunks of keys (64), and of vectors along a head. */
    static Stream<int[]> shapes() {
        return Stream.concat(
                IntStream.rangeClosed(1, 70).boxed().flatMap(n -> Stream.of(new int[] {n, n * 7 % 19 + 1}, new int[] {n * 5 % 9 + 1, n})),
                Stream.of(new int[] {131, 16}, new int[] {97, 64}));
    }

    private static Block copy(Block x) {
        Block copy = Block.allocate(Type.F64, x.rows(), x.cols());
        copy.copyFrom(x);
        return copy;
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void agreesWithTheFormulaWithinItsBound(int[] shape) {
        int sequence = shape[0];
        int d = shape[1];
        int rows = BATCH * sequence;
        for (Type type : Type.values()) {
            boolean causal = (sequence + d) % 2 == 0 == (type == Type.F32);
            try (Engine scalar = Engines.named("scalar", 1);
                    Engine simd = Engines.named("simd", 2);
                    Block q = Reference.random(type, rows, HEADS * d, 1);
                    Block k = Reference.random(type, rows, HEADS * d, 2);
                    Block v = Reference.random(type, rows, HEADS * d, 3);
                    Block dOut = Reference.random(type, rows, HEADS * d, 4);
                    Block q64 = copy(q);
                    Block k64 = copy(k);
                    Block v64 = copy(v);
                    Block dOut64 = copy(dOut);
                    Block out = Reference.padded(type, rows, HEADS * d);
                    Block dq = Reference.padded(type, rows, HEADS * d);
                    Block dk = Reference.padded(type, rows, HEADS * d);
                    Block dv = Reference.padded(type, rows, HEADS * d);
                    Block expected = Block.allocate(Type.F64, rows, HEADS * d);
                    Block expectedK = Block.allocate(Type.F64, rows, HEADS * d);
                    Block expectedV = Block.allocate(Type.F64, rows, HEADS * d)) {
                double[] lse = new double[rows * HEADS];
                double[] expectedLse = new double[rows * HEADS];
                simd.layers().attention(q, k, v, sequence, HEADS, causal, out, lse);
                scalar.layers().attention(q64, k64, v64, sequence, HEADS, causal, expected, expectedLse);
                AttentionBounds bounds = new AttentionBounds(HEADS, type, sequence, causal, q, k, v, expectedLse);
                for (int i = 0; i < rows; i++) {
                    for (int h = 0; h < HEADS; h++) {
                        int row = i;
                        int head = h;
                        double bound = bounds.mean(i, h, j -> bounds.ε(row, j, head)) + Reference.gamma(sequence + 4, Type.F64);
                        assertThat(Math.abs(lse[i * HEADS + h] - expectedLse[i * HEADS + h])).isLessThanOrEqualTo(1.01 * bound);
                    }
                    for (int c = 0; c < HEADS * d; c++) {
                        assertThat(Math.abs(out.get(i, c) - expected.get(i, c)))
                                .as("%s: out(%d, %d), %d tokens, d = %d", type, i, c, sequence, d)
                                .isLessThanOrEqualTo(bounds.out(i, c));
                    }
                }

                simd.layers().attentionVjp(q, k, v, sequence, HEADS, causal, lse, dOut, dq, dk, dv);
                scalar.layers().attentionVjp(q64, k64, v64, sequence, HEADS, causal, expectedLse, dOut64, expected, expectedK, expectedV);
                assertGradients(bounds, dOut, dq, dk, dv, expected, expectedK, expectedV);
                assertThat(Reference.paddingIsNaN(out) && Reference.paddingIsNaN(dq) && Reference.paddingIsNaN(dk)
                        && Reference.paddingIsNaN(dv)).as("padding untouched").isTrue();
            }
        }
    }

    private static void assertGradients(
            AttentionBounds bounds, Block dOut, Block dq, Block dk, Block dv, Block expected, Block expectedK, Block expectedV) {
        int rows = dq.rows();
        int d = dq.cols() / HEADS;
        double rest = Reference.gamma(bounds.sequence + 4, bounds.type);
        double[] boundK = new double[rows * dq.cols()];
        double[] boundV = new double[rows * dq.cols()];
        for (int i = 0; i < rows; i++) {
            for (int h = 0; h < HEADS; h++) {
                double[][] slopes = bounds.slopes(i, h, dOut);
                for (int c = h * d; c < (h + 1) * d; c++) {
                    double bound = 0;
                    for (int j = 0; j < rows; j++) {
                        if (bounds.sees(i, j)) {
                            double each = bounds.scale() * (slopes[0][j] + rest * slopes[1][j]);
                            bound += each * Math.abs(bounds.k.get(j, c));
                            boundK[j * dq.cols() + c] += each * Math.abs(bounds.q.get(i, c));
                            boundV[j * dq.cols() + c] += 1.01 * bounds.p(i, j, h) * Math.abs(dOut.get(i, c)) * (bounds.ε(i, j, h) + rest)
                                    + 1e-37;
                        }
                    }
                    assertThat(Math.abs(dq.get(i, c) - expected.get(i, c))).as("dq(%d, %d)", i, c).isLessThanOrEqualTo(bound);
                }
            }
        }
        for (int j = 0; j < rows; j++) {
            for (int c = 0; c < dq.cols(); c++) {
                int at = j * dq.cols() + c;
                assertThat(Math.abs(dk.get(j, c) - expectedK.get(j, c))).as("dk(%d, %d)", j, c).isLessThanOrEqualTo(boundK[at]);
                assertThat(Math.abs(dv.get(j, c) - expectedV.get(j, c))).as("dv(%d, %d)", j, c).isLessThanOrEqualTo(boundV[at]);
            }
        }
    }

    @Test
    void theFormulasOfTheGradientsAreTheDerivatives() {
        int sequence = 5;
        for (boolean causal : new boolean[] {false, true}) {
            try (Engine scalar = Engines.named("scalar", 1);
                    Block q = Reference.random(Type.F64, 10, 6, 1);
                    Block k = Reference.random(Type.F64, 10, 6, 2);
                    Block v = Reference.random(Type.F64, 10, 6, 3);
                    Block dOut = Reference.random(Type.F64, 10, 6, 4);
                    Block out = Block.allocate(Type.F64, 10, 6);
                    Block dq = Block.allocate(Type.F64, 10, 6);
                    Block dk = Block.allocate(Type.F64, 10, 6);
                    Block dv = Block.allocate(Type.F64, 10, 6)) {
                double[] lse = new double[20];
                Runnable forward = () -> scalar.layers().attention(q, k, v, sequence, HEADS, causal, out, lse);
                forward.run();
                scalar.layers().attentionVjp(q, k, v, sequence, HEADS, causal, lse, dOut, dq, dk, dv);
                Reference.assertGradient("q", q, dq, out, dOut, forward);
                Reference.assertGradient("k", k, dk, out, dOut, forward);
                Reference.assertGradient("v", v, dv, out, dOut, forward);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aSequenceHasTheSameBitsAloneInABatchAndForAnyThreads(Type type) {
        int sequence = 100;
        int batch = 3;
        int cols = HEADS * 40;
        try (Block q = Reference.random(type, batch * sequence, cols, 1);
                Block k = Reference.random(type, batch * sequence, cols, 2);
                Block v = Reference.random(type, batch * sequence, cols, 3);
                Block dOut = Reference.random(type, batch * sequence, cols, 4)) {
            double[][] all = Reference.forAnyThreads(engine -> run(engine, q, k, v, dOut, sequence));
            try (Block q1 = part(q, sequence); Block k1 = part(k, sequence); Block v1 = part(v, sequence);
                    Block dOut1 = part(dOut, sequence)) {
                double[][] alone = Reference.forAnyThreads(engine -> run(engine, q1, k1, v1, dOut1, sequence));
                for (int i = 0; i < alone.length; i++) {
                    assertThat(alone[i]).isEqualTo(java.util.Arrays.copyOfRange(all[i], alone[i].length, 2 * alone[i].length));
                }
            }
        }
    }

    /** The second sequence. */
    private static Block part(Block x, int sequence) {
        Block part = Block.allocate(x.type(), sequence, x.cols());
        for (int i = 0; i < sequence; i++) {
            part.copyRow(x, sequence + i, i);
        }
        return part;
    }

    private static double[][] run(Engine engine, Block q, Block k, Block v, Block dOut, int sequence) {
        try (Block out = Block.allocate(q.type(), q.rows(), q.cols());
                Block dq = Block.allocate(q.type(), q.rows(), q.cols());
                Block dk = Block.allocate(q.type(), q.rows(), q.cols());
                Block dv = Block.allocate(q.type(), q.rows(), q.cols())) {
            double[] lse = new double[q.rows() * HEADS];
            engine.layers().attention(q, k, v, sequence, HEADS, true, out, lse);
            engine.layers().attentionVjp(q, k, v, sequence, HEADS, true, lse, dOut, dq, dk, dv);
            return new double[][] {out.toDoubles(), lse, dq.toDoubles(), dk.toDoubles(), dv.toDoubles()};
        }
    }

    @Test
    void whatACausalTokenDoesNotSeeCannotTouchIt() {
        int sequence = 45;
        int cols = HEADS * 20;
        for (EngineProvider provider : Reference.available()) {
            for (int last = 1; last < sequence; last++) {
                try (Engine engine = provider.create(1);
                        Block q = Reference.random(Type.F32, sequence, cols, 1);
                        Block k = Reference.random(Type.F32, sequence, cols, 2);
                        Block v = Reference.random(Type.F32, sequence, cols, 3);
                        Block dOut = Reference.random(Type.F32, sequence, cols, 4)) {
                    double[][] clean = run(engine, q, k, v, dOut, sequence);
                    for (int c = 0; c < cols; c++) {
                        k.set(last, c, Double.NaN);
                        v.set(last, c, Double.POSITIVE_INFINITY);
                    }
                    double[][] dirty = run(engine, q, k, v, dOut, sequence);
                    for (int output : new int[] {0, 2}) {
                        assertThat(java.util.Arrays.copyOf(dirty[output], last * cols))
                                .as("%s: NaN in token %d", provider.name(), last)
                                .isEqualTo(java.util.Arrays.copyOf(clean[output], last * cols));
                        assertThat(dirty[output][last * cols]).isNaN();
                    }
                }
            }
        }
    }

    @Test
    void largeScoresDoNotOverflow() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block q = Block.of(Type.F32, 2, 1, 1e4, -1e4);
                    Block k = Block.of(Type.F32, 2, 1, 1e4, 1);
                    Block v = Block.of(Type.F32, 2, 1, 3, 5);
                    Block out = Block.allocate(Type.F32, 2, 1)) {
                double[] lse = new double[2];
                engine.layers().attention(q, k, v, 2, 1, false, out, lse);
                assertThat(out.toDoubles()).containsExactly(3, 5);
                assertThat(lse).containsExactly(1e8, -1e4);
            }
        }
    }

    /**
     * Two keys share the largest score: each has probability 1/2, whatever the size of the scores, and the third has none. The derivatives
     * read the logarithm of the sum, whose rounding is {@code e = 2s · 2⁻⁵³} for scores of 2s. It makes all probabilities larger by e, and
     * dq by 8e. Beyond 2⁵³ they do not use it.
     */
    @Test
    void theSizeOfScoresDoesNotMatter() {
        for (EngineProvider provider : Engines.providers()) {
            if (provider.unavailable().isPresent()) {
                continue;
            }
            for (Type type : Type.values()) {
                for (double s = 100; s < (type == Type.F32 ? 1e37 : 1e300); s *= 1000) {
                    try (Engine engine = provider.create(1); Block q = Block.of(type, 3, 1, s, s, s);
                            Block k = Block.of(type, 3, 1, 1, 2, 2); Block v = Block.of(type, 3, 1, 1, 3, 5);
                            Block one = Block.of(type, 3, 1, 1, 1, 1);
                            Block none = Block.allocate(type, 3, 1); Block turned = Block.of(type, 3, 1, 0, 1 / s, 0);
                            Block out = Block.allocate(type, 3, 1); Block dq = Block.allocate(type, 3, 1);
                            Block dk = Block.allocate(type, 3, 1); Block dv = Block.allocate(type, 3, 1)) {
                        double[] lse = new double[3];
                        double error = 1e-5 + (2 * s < 0x1p53 ? 2 * s * 0x1p-50 : 0);
                        String what = provider.name() + " " + type + " with scores of " + s;
                        Layers layers = engine.layers();
                        layers.attention(q, k, v, 3, 1, false, out, lse);
                        assertNear(what, out, error, 4, 4, 4);
                        // dS = P ⊙ (v - 4) = (0, -1/2, 1/2) for each query.
                        layers.attentionVjp(q, k, v, 3, 1, false, lse, one, dq, dk, dv);
                        assertNear(what, dq, error, 0, 0, 0);
                        assertNear(what, dk, s * error, 0, -1.5 * s, 1.5 * s);
                        assertNear(what, dv, error, 0, 1.5, 1.5);
                        // dS = (0, 1, 0), and P ⊙ (dS - 1/2) = (0, 1/4, -1/4).
                        layers.attentionJvp(q, k, v, 3, 1, false, lse, none, turned, one, out);
                        assertNear(what, out, error, 0.5, 0.5, 0.5);
                    }
                }
            }
        }
    }

    private static void assertNear(String what, Block block, double bound, double... expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(block.get(i, 0)).as(what).isCloseTo(expected[i], within(bound));
        }
    }

    @Test
    void allocatesNothing() {
        for (Type type : Type.values()) {
            int sequence = 70;
            int rows = 2 * sequence;
            try (Engine engine = Engines.named("simd", 1);
                    Block q = Reference.random(type, rows, 64, 1);
                    Block k = Reference.random(type, rows, 64, 2);
                    Block v = Reference.random(type, rows, 64, 3);
                    Block out = engine.allocate(type, rows, 64);
                    Block dq = engine.allocate(type, rows, 64);
                    Block dk = engine.allocate(type, rows, 64);
                    Block dv = engine.allocate(type, rows, 64)) {
                double[] lse = new double[rows * HEADS];
                Reference.assertAllocatesNothing(() -> {
                    engine.layers().attention(q, k, v, sequence, HEADS, true, out, lse);
                    engine.layers().attentionVjp(q, k, v, sequence, HEADS, true, lse, out, dq, dk, dv);
                });
            }
        }
    }

    @Test
    void mismatchsAreNamed() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block q = Block.allocate(Type.F32, 6, 4);
                    Block k = Block.allocate(Type.F32, 6, 4);
                    Block v = Block.allocate(Type.F32, 6, 5);
                    Block out = Block.allocate(Type.F32, 6, 4)) {
                Layers layers = engine.layers();
                double[] lse = new double[12];
                assertThatThrownBy(() -> layers.attention(q, k, v, 3, 2, true, out, lse))
                        .hasMessage("attention: v is 6×5 f32, expected 6×4 f32");
                assertThatThrownBy(() -> layers.attention(q, k, k, 4, 2, true, out, lse))
                        .hasMessage("attention: sequences of 4 tokens, expected a divisor of q's 6 rows");
                assertThatThrownBy(() -> layers.attention(q, k, k, 3, 3, true, out, lse))
                        .hasMessage("attention: 3 heads, expected a divisor of q's 4 columns");
                assertThatThrownBy(() -> layers.attention(q, k, k, 3, 4, true, out, lse))
                        .hasMessage("attention: lse has length 12, expected at least 24");
                assertThatThrownBy(() -> layers.attention(q, k, k, 3, 2, true, k, lse))
                        .hasMessage("attention: out overlaps k, expected blocks that share no memory");
            }
        }
    }
}
