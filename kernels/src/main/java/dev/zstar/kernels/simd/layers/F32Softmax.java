package dev.zstar.kernels.simd.layers;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.simd.activations.F32Exp;
import dev.zstar.kernels.simd.lanes.Lanes;
import dev.zstar.kernels.simd.vectors.F32Rows;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Softmax of single rows, given by their addresses. */
final class F32Softmax {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();
    private static final VectorSpecies<Double> D = Lanes.D;
    private static final int W = Lanes.COUNT;

    private static final CallLocal<F32Softmax> OWN = new CallLocal<>(F32Softmax::new);

    /** A row of exponentials, padded to pairs of vectors. */
    private float[] row = new float[0];

    private F32Softmax() {}

    /** {@code out = softmax x}; the row may be its own output. */
    static void apply(long x, long out, int n) {
        if (n == 0) {
            return;
        }
        F32Softmax own = OWN.get();
        int padded = (n + 2 * L - 1) / (2 * L) * (2 * L);
        if (own.row.length < padded) {
            own.row = new float[padded];
        }
        float[] t = own.row;
        load(x, n, t, padded);
        shift(t, padded, max(t, padded));
        F32Exp.apply(t, 0, padded);
        double sum = sum(t, padded);
        store(t, (float) (1 / sum), out, n);
    }

    /** Copies the row and pads it with {@code -∞}, which adds nothing to a sum of exponentials. */
    private static void load(long x, int n, float[] t, int padded) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).intoArray(t, i);
        }
        for (; i < n; i++) {
            t[i] = ALL.get(F32, x + i * B);
        }
        for (; i < padded; i++) {
            t[i] = Float.NEGATIVE_INFINITY;
        }
    }

    /** The largest element. NaN is ignored here; its exponential is NaN. */
    private static float max(float[] t, int padded) {
        FloatVector m0 = FloatVector.fromArray(S, t, 0);
        FloatVector m1 = FloatVector.fromArray(S, t, L);
        for (int i = 2 * L; i < padded; i += 2 * L) {
            FloatVector t0 = FloatVector.fromArray(S, t, i);
            FloatVector t1 = FloatVector.fromArray(S, t, i + L);
            m0 = m0.blend(t0, t0.compare(VectorOperators.GT, m0));
            m1 = m1.blend(t1, t1.compare(VectorOperators.GT, m1));
        }
        return m0.max(m1).reduceLanes(VectorOperators.MAX);
    }

    private static void shift(float[] t, int padded, float by) {
        for (int i = 0; i < padded; i += L) {
            FloatVector.fromArray(S, t, i).sub(by).intoArray(t, i);
        }
    }

    private static double sum(float[] t, int padded) {
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        for (int i = 0; i < padded; i += 2 * W) {
            s0 = s0.add(FloatVector.fromArray(S, t, i).convertShape(VectorOperators.F2D, D, 0));
            s1 = s1.add(FloatVector.fromArray(S, t, i).convertShape(VectorOperators.F2D, D, 1));
        }
        double[] room = Lanes.room();
        s0.add(s1).intoArray(room, 0);
        return Lanes.sum(room);
    }

    private static void store(float[] t, float scale, long out, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector.fromArray(S, t, i).mul(scale).intoMemorySegment(ALL, out + i * B, ORDER);
        }
        if (i < n) {
            FloatVector.fromArray(S, t, i).mul(scale).intoMemorySegment(ALL, out + i * B, ORDER, S.indexInRange(i, n));
        }
    }

    /**
     * {@code dx = y ⊙ (dy - ⟨y, dy⟩)}; {@code dx} may be {@code dy}. Computed with halves, because the difference may exceed the
     * largest number.
     */
    static void vjp(long y, long dy, long dx, int n) {
        float mean = (float) (0.5 * F32Rows.dot(y, dy, n, Lanes.room()));
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector d = FloatVector.fromMemorySegment(S, ALL, dy + i * B, ORDER).mul(0.5f).sub(mean);
            FloatVector yi = FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER);
            d.mul(yi.add(yi)).intoMemorySegment(ALL, dx + i * B, ORDER);
        }
        if (i < n) {
            FloatVector d = FloatVector.fromMemorySegment(S, ALL, dy + i * B, ORDER).mul(0.5f).sub(mean);
            FloatVector yi = FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER);
            d.mul(yi.add(yi)).intoMemorySegment(ALL, dx + i * B, ORDER, S.indexInRange(i, n));
        }
    }
}
