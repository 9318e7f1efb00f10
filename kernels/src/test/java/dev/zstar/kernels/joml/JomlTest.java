package dev.zstar.kernels.joml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Failures;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.Type;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.joml.Matrix3f;
import org.joml.Matrix4d;
import org.joml.Matrix4f;
import org.joml.Vector3f;
import org.joml.Vector4d;
import org.joml.Vector4f;
import org.junit.jupiter.api.Test;

/** Batches filled from JOML's objects give what JOML's own methods give, up to the rounding of both. */
class JomlTest {
    private static final int COUNT = 50;
    private static final Matrix4f[] M = matrices(1);
    private static final Vector4f[] V = vectors(2);

    private static float[] random(Random random, int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static Matrix4f[] matrices(long seed) {
        Random random = new Random(seed);
        return Stream.generate(() -> new Matrix4f().set(random(random, 16))).limit(COUNT).toArray(Matrix4f[]::new);
    }

    private static Vector4f[] vectors(long seed) {
        Random random = new Random(seed);
        return Stream.generate(() -> new Vector4f(random(random, 4))).limit(COUNT).toArray(Vector4f[]::new);
    }

    private static Vector4f[] zeros() {
        return Stream.generate(Vector4f::new).limit(COUNT).toArray(Vector4f[]::new);
    }

    /** {@code |m| |v|}, the sizes of the terms of a product. */
    private static Vector4d sizes(Matrix4f m, Vector4f v) {
        double[] abs = Arrays.stream(new Matrix4d(m).get(new double[16])).map(Math::abs).toArray();
        return new Matrix4d().set(abs).transform(new Vector4d(v).absolute());
    }

    private interface Operation {
        void run(SmallMatrices small, Block m, Block v, Block out);
    }

    /** What an engine computes from a batch of matrices, or one for all, and a batch of vectors. */
    private static Vector4f[] run(Engine engine, Matrix4f[] m, Vector4f[] v, Operation operation) {
        try (Block ms = Block.allocate(Type.F32, 16, m.length);
                Block vs = Block.allocate(Type.F32, 4, v.length);
                Block out = Block.allocate(Type.F32, 4, v.length)) {
            F32Joml.put(m, ms, 0);
            F32Joml.put(v, vs, 0);
            operation.run(engine.small(), ms, vs, out);
            Vector4f[] results = zeros();
            F32Joml.get(out, 0, results);
            return results;
        }
    }

    @Test
    void transformIsJomlsTransform() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1)) {
                Vector4f[] each = run(engine, M, V, SmallMatrices::transform);
                Vector4f[] one = run(engine, new Matrix4f[] {M[7]}, V, SmallMatrices::transform);
                for (int s = 0; s < COUNT; s++) {
                    assertClose(each[s], M[s].transform(V[s], new Vector4f()), sizes(M[s], V[s]));
                    assertClose(one[s], M[7].transform(V[s], new Vector4f()), sizes(M[7], V[s]));
                }
            }
        }
    }

    /** Each of the two is within γ_4 of the exact product. */
    private static void assertClose(Vector4f actual, Vector4f expected, Vector4d sizes) {
        for (int i = 0; i < 4; i++) {
            assertThat((double) Math.abs(actual.get(i) - expected.get(i)))
                    .isLessThanOrEqualTo(2 * Reference.gamma(4, Type.F32) * sizes.get(i));
        }
    }

    @Test
    void multiplyIsJomlsMul() {
        Matrix4f[] a = matrices(3);
        Matrix4f[] b = matrices(4);
        Matrix4f[] results = matrices(5);
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block as = Block.allocate(Type.F32, 16, COUNT);
                    Block bs = Block.allocate(Type.F32, 16, COUNT);
                    Block out = Block.allocate(Type.F32, 16, COUNT)) {
                F32Joml.put(a, as, 0);
                F32Joml.put(b, bs, 0);
                engine.small().multiply(as, bs, out);
                F32Joml.get(out, 0, results);
                for (int s = 0; s < COUNT; s++) {
                    Matrix4f expected = a[s].mul(b[s], new Matrix4f());
                    for (int c = 0; c < 4; c++) {
                        Vector4f column = b[s].getColumn(c, new Vector4f());
                        assertClose(results[s].getColumn(c, new Vector4f()), expected.getColumn(c, new Vector4f()), sizes(a[s], column));
                    }
                }
            }
        }
    }

    /**
     * Against JOML's inverse in f64, whose error is far below: {@code ‖x - x̂‖ ≤ ‖A⁻¹‖ ‖ΔA‖ ‖x̂‖} with the bound of
     * {@link SmallMatrices#solve}, {@code ‖ΔA‖ ≤ γ_12 · 4 · 4 · 8 max |A|} in the Frobenius norm.
     */
    @Test
    void solveIsJomlsInvertAndTransform() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1)) {
                Failures singular = new Failures(COUNT);
                Vector4f[] results = run(engine, M, V, (small, m, v, out) -> small.solve(m, v, out, singular));
                assertThat(singular.count()).isZero();
                for (int s = 0; s < COUNT; s++) {
                    Matrix4d inverse = new Matrix4d(M[s]).invert();
                    Vector4d expected = inverse.transform(new Vector4d(V[s]));
                    double norm = Math.sqrt(Arrays.stream(inverse.get(new double[16])).map(x -> x * x).sum());
                    double largest = Arrays.stream(new Matrix4d(M[s]).get(new double[16])).map(Math::abs).max().orElseThrow();
                    double bound = norm * Reference.gamma(12, Type.F32) * 4 * 4 * 8 * largest * results[s].length();
                    assertThat(new Vector4d(results[s]).distance(expected)).isLessThanOrEqualTo(bound);
                }
            }
        }
    }

    @Test
    void everyObjectComesBackAsItWasAndLiesRowByRow() {
        try (Block m4 = Block.allocate(Type.F32, 16, 9);
                Block m3 = Block.allocate(Type.F64, 9, 9);
                Block v4 = Block.allocate(Type.F64, 4, 9);
                Block v3 = Block.allocate(Type.F32, 3, 9)) {
            Matrix4f a = new Matrix4f().set(random(new Random(1), 16));
            Matrix3f b = new Matrix3f().set(random(new Random(2), 9));
            Vector4f c = new Vector4f(random(new Random(3), 4));
            Vector3f d = new Vector3f(random(new Random(4), 3));
            F32Joml.put(a, m4, 5);
            F32Joml.put(b, m3, 5);
            F32Joml.put(c, v4, 5);
            F32Joml.put(d, v3, 5);
            assertThat(m4.get(1, 5)).as("row 0, column 1").isEqualTo(a.m10());
            assertThat(F32Joml.get(m4, 5, new Matrix4f())).isEqualTo(a);
            assertThat(F32Joml.get(m3, 5, new Matrix3f())).isEqualTo(b);
            assertThat(F32Joml.get(v4, 5, new Vector4f())).isEqualTo(c);
            assertThat(F32Joml.get(v3, 5, new Vector3f())).isEqualTo(d);
            assertThat(F64Joml.get(m4, 5, new Matrix4d())).isEqualTo(new Matrix4d(a));
            assertThat(F32Joml.get(m4, 4, new Matrix4f())).as("its neighbour").isEqualTo(new Matrix4f().zero());
            assertThatThrownBy(() -> F32Joml.put(d, v4, 0)).hasMessage("the batch is 4×9 f64, expected 3 rows for Vector3f");
            assertThatThrownBy(() -> F32Joml.put(a, m4, 9)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> F32Joml.put(new Vector4f[] {c, c}, v4, 8))
                    .hasMessage("systems 8 to 9 of a batch of 4×9 f64, expected at least 0 and below 9");
        }
    }
}
