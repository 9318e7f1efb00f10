package dev.zstar.kernels.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Type;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Layers#attentionJvp} of every engine. */
class AttentionJvpTest {
    private static final int HEADS = 2;
    private static final int BATCH = 2;

    static Stream<int[]> shapes() {
        return Stream.concat(
                IntStream.rangeClosed(1, 70).boxed().flatMap(n -> Stream.of(new int[] {n, n * 7 % 19 + 1}, new int[] {n * 5 % 9 + 1, n})),
                Stream.of(new int[] {131, 16}, new int[] {97, 64}));
    }

    /** Operands q, k, v and their tangents, and a place for the result. */
    private static final class Scene implements AutoCloseable {
        final Block[] x = new Block[6];
        final Block out;
        final double[] lse;
        final int sequence;

        Scene(Type type, int rows, int cols, int sequence) {
            for (int i = 0; i < 6; i++) {
                x[i] = Reference.random(type, rows, cols, i + 1);
            }
            out = Reference.padded(type, rows, cols);
            lse = new double[rows * HEADS];
            this.sequence = sequence;
        }

        /** Some rows of another scene. */
        Scene(Scene of, int from, int rows) {
            this(of.out.type(), rows, of.out.cols(), of.sequence);
            for (int i = 0; i < 6; i++) {
                for (int p = 0; p < rows; p++) {
                    x[i].copyRow(of.x[i], from + p, p);
                }
            }
        }

        /** The same numbers in f64. */
        Scene widened() {
            Scene wide = new Scene(Type.F64, out.rows(), out.cols(), sequence);
            for (int i = 0; i < 6; i++) {
                wide.x[i].copyFrom(x[i]);
            }
            return wide;
        }

        void scale(int i, double by) {
            for (int p = 0; p < out.rows(); p++) {
                for (int c = 0; c < out.cols(); c++) {
                    x[i].set(p, c, x[i].get(p, c) * by);
                }
            }
        }

        double[] run(Engine engine, boolean causal) {
            engine.layers().attention(x[0], x[1], x[2], sequence, HEADS, causal, out, lse);
            engine.layers().attentionJvp(x[0], x[1], x[2], sequence, HEADS, causal, lse, x[3], x[4], x[5], out);
            return out.toDoubles();
        }

        @Override
        public void close() {
            for (Block block : x) {
                block.close();
            }
            out.close();
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void agreesWithTheFormulaWithinItsBound(int[] shape) {
        int sequence = shape[0];
        int d = shape[1];
        for (Type type : Type.values()) {
            boolean causal = (sequence + d) % 2 == 0 == (type == Type.F32);
            try (Engine scalar = Engines.named("scalar", 1);
                    Engine simd = Engines.named("simd", 2);
                    Scene scene = new Scene(type, BATCH * sequence, HEADS * d, sequence);
                    Scene wide = scene.widened()) {
                scene.run(simd, causal);
                wide.run(scalar, causal);
                AttentionBounds bounds =
                        new AttentionBounds(HEADS, type, sequence, causal, wide.x[0], wide.x[1], wide.x[2], wide.lse);
                for (int i = 0; i < BATCH * sequence; i++) {
                    double[] bound = bounds.tangent(i, wide.x[3], wide.x[4], wide.x[5]);
                    for (int c = 0; c < HEADS * d; c++) {
                        assertThat(Math.abs(scene.out.get(i, c) - wide.out.get(i, c)))
                                .as("%s: out(%d, %d), %d tokens, d = %d", type, i, c, sequence, d).isLessThanOrEqualTo(bound[c]);
                    }
                }
                assertThat(Reference.paddingIsNaN(scene.out)).as("padding untouched").isTrue();
            }
        }
    }

    /** By differences of fourth order along the direction, and by the vector-Jacobian product. */
    @Test
    void theFormulaIsTheDerivative() {
        int sequence = 5;
        double h = 1e-3;
        for (EngineProvider provider : Reference.available()) {
            for (boolean causal : new boolean[] {false, true}) {
                try (Engine engine = provider.create(1);
                        Scene scene = new Scene(Type.F64, 10, 6, sequence);
                        Scene moved = scene.widened();
                        Block u = Reference.random(Type.F64, 10, 6, 7);
                        Block dq = Block.allocate(Type.F64, 10, 6);
                        Block dk = Block.allocate(Type.F64, 10, 6);
                        Block dv = Block.allocate(Type.F64, 10, 6)) {
                    double[] tangent = scene.run(engine, causal);
                    double[] difference = new double[tangent.length];
                    for (int step : new int[] {-2, -1, 1, 2}) {
                        for (int i = 0; i < 3; i++) {
                            moved.x[i].copyFrom(scene.x[i]);
                            engine.axpy(step * h, scene.x[3 + i], moved.x[i]);
                        }
                        engine.layers().attention(moved.x[0], moved.x[1], moved.x[2], sequence, HEADS, causal, moved.out, moved.lse);
                        double factor = (Math.abs(step) == 1 ? 8.0 : -1.0) * Integer.signum(step) / (12 * h);
                        for (int i = 0; i < difference.length; i++) {
                            difference[i] += factor * moved.out.get(i / 6, i % 6);
                        }
                    }
                    for (int i = 0; i < tangent.length; i++) {
                        assertThat(tangent[i]).isCloseTo(difference[i], Offset.offset(1e-8 * (1 + Math.abs(difference[i]))));
                    }
                    engine.layers().attentionVjp(
                            scene.x[0], scene.x[1], scene.x[2], sequence, HEADS, causal, scene.lse, u, dq, dk, dv);
                    assertThat(dot(u, scene.out))
                            .isCloseTo(dot(dq, scene.x[3]) + dot(dk, scene.x[4]) + dot(dv, scene.x[5]), Offset.offset(1e-12));
                }
            }
        }
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

    @ParameterizedTest
    @EnumSource(Type.class)
    void aSequenceHasTheSameBitsAloneInABatchAndForAnyThreads(Type type) {
        int cols = HEADS * 40;
        try (Scene scene = new Scene(type, 300, cols, 100);
                Scene second = new Scene(scene, 100, 100)) {
            double[] all = Reference.forAnyThreads(engine -> new double[][] {scene.run(engine, true)})[0];
            double[] alone = Reference.forAnyThreads(engine -> new double[][] {second.run(engine, true)})[0];
            assertThat(alone).isEqualTo(java.util.Arrays.copyOfRange(all, 100 * cols, 200 * cols));
        }
    }

    /** Not even if what it does not see is so large that later queries are computed in f64. */
    @Test
    void whatACausalTokenDoesNotSeeCannotTouchIt() {
        int sequence = 45;
        int cols = HEADS * 20;
        for (EngineProvider provider : Reference.available()) {
            for (int last = 1; last < sequence; last++) {
                try (Engine engine = provider.create(1);
                        Scene scene = new Scene(Type.F32, sequence, cols, sequence)) {
                    double[] clean = scene.run(engine, true);
                    for (double value : new double[] {3e38, Double.NaN, Double.POSITIVE_INFINITY}) {
                        for (int i : new int[] {1, 2, 4, 5}) {
                            for (int c = 0; c < cols; c++) {
                                scene.x[i].set(last, c, value);
                            }
                        }
                        double[] dirty = scene.run(engine, true);
                        assertThat(java.util.Arrays.copyOf(dirty, last * cols)).as("%s: %s in token %d", provider.name(), value, last)
                                .isEqualTo(java.util.Arrays.copyOf(clean, last * cols));
                    }
                    assertThat(scene.out.get(last, 0)).isNaN();
                }
            }
        }
    }

    /** Sums that leave f32, although the result does not. */
    @Test
    void tangentsBeyondItsType() {
        // q, k, v, dq, dk, dv, with q k about 1.
        double[][] scales = {{1e-20, 1e20, 1e-30, 1e15, 1e-5, 1e-3}, {1e10, 1e-10, 1e30, 1e-30, 1e-50, 1e-25},
                {1e20, 1e-20, 1e-15, 1e20, 1e20, 1e-10}};
        try (Engine exact = Engines.named("scalar", 1)) {
            for (EngineProvider provider : Reference.available()) {
                for (double[] scale : scales) {
                    for (boolean causal : new boolean[] {false, true}) {
                        try (Engine engine = provider.create(1);
                                Scene scene = new Scene(Type.F32, 34, HEADS * 6, 17)) {
                            for (int i = 0; i < 6; i++) {
                                scene.scale(i, scale[i]);
                            }
                            try (Scene wide = scene.widened()) {
                                double[] actual = scene.run(engine, causal);
                                double[] expected = wide.run(exact, causal);
                                double largest = java.util.Arrays.stream(expected).map(Math::abs).max().orElse(0);
                                assertThat(largest).isLessThan(Float.MAX_VALUE);
                                for (int i = 0; i < expected.length; i++) {
                                    assertThat(actual[i]).as("%s, %s: %d", provider.name(), scale[0], i)
                                            .isCloseTo(expected[i], Offset.offset(largest * 1e-4 + 0x1p-149));
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    @Test
    void allocatesNothing() {
        for (Type type : Type.values()) {
            try (Engine engine = Engines.named("simd", 1);
                    Scene s = new Scene(type, 140, 64, 70)) {
                s.run(engine, true);
                Reference.assertAllocatesNothing(() -> engine.layers().attentionJvp(
                        s.x[0], s.x[1], s.x[2], 70, HEADS, true, s.lse, s.x[3], s.x[4], s.x[5], s.out));
            }
        }
    }

    @Test
    void mismatchesAreNamed() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block q = Block.allocate(Type.F32, 6, 4);
                    Block wide = Block.allocate(Type.F32, 6, 5);
                    Block out = Block.allocate(Type.F32, 6, 4)) {
                double[] lse = new double[12];
                assertThatThrownBy(() -> engine.layers().attentionJvp(q, q, q, 3, 2, true, lse, q, wide, q, out))
                        .hasMessage("attentionJvp: dk is 6×5 f32, expected 6×4 f32");
                assertThatThrownBy(() -> engine.layers().attentionJvp(q, q, q, 3, 2, true, lse, q, q, out, out))
                        .hasMessage("attentionJvp: out overlaps dv, expected blocks that share no memory");
            }
        }
    }
}
