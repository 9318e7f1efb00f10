package dev.zstar.kernels.simd;

import static dev.zstar.kernels.simd.Memory.ALL;
import static dev.zstar.kernels.simd.Memory.F32;
import static dev.zstar.kernels.simd.Memory.ORDER;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Softmax of single rows, given by their addresses. */
final class F32Softmax {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();
    private static final VectorSpecies<Double> D = Lanes.D;
    private static final int W = Lanes.COUNT;
    /** As many f32 as there are f64 in a vector. */
    private static final VectorSpecies<Float> HALF = VectorSpecies.of(float.class, VectorShape.forBitSize(D.length() * Float.SIZE));

    /** A row of exponentials, of each thread its own. */
    private static final ThreadLocal<float[][]> ROW = ThreadLocal.withInitial(() -> new float[1][0]);

    private F32Softmax() {}

    /** {@code out = softmax x}; the row may be its own output. */
    static void apply(long x, long out, int n) {
        int padded = (n + 2 * L - 1) / (2 * L) * (2 * L);
        float[][] holder = ROW.get();
        if (holder[0].length < padded) {
            holder[0] = new float[padded];
        }
        float[] t = holder[0];
        load(x, n, t, padded);
        shift(t, padded, max(t, padded));
        F32Exp.apply(t, 0, padded);
        store(t, (float) (1 / sum(t, padded)), out, n);
    }

    /** Copies the row; beyond it goes {@code -∞}, which adds nothing to a sum of exponentials. */
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

    /** The largest; NaN is passed over, as its exponential will show it. */
    private static float max(float[] t, int padded) {
        FloatVector m0 = FloatVector.broadcast(S, Float.NEGATIVE_INFINITY);
        FloatVector m1 = m0;
        for (int i = 0; i < padded; i += 2 * L) {
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
            s0 = s0.add(FloatVector.fromArray(HALF, t, i).convertShape(VectorOperators.F2D, D, 0)); // twin: s0 = s0.add(DoubleVector.fromArray(D, t, i));
            s1 = s1.add(FloatVector.fromArray(HALF, t, i + W).convertShape(VectorOperators.F2D, D, 0)); // twin: s1 = s1.add(DoubleVector.fromArray(D, t, i + W));
        }
        return Lanes.sum(s0.add(s1));
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

    /** {@code dx = y ⊙ (dy - ⟨y, dy⟩)}; {@code dx} may be {@code dy}. */
    static void vjp(long y, long dy, long dx, int n) {
        float mean = (float) F32Rows.dot(y, dy, n);
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector d = FloatVector.fromMemorySegment(S, ALL, dy + i * B, ORDER).sub(mean);
            d.mul(FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER)).intoMemorySegment(ALL, dx + i * B, ORDER);
        }
        if (i < n) {
            FloatVector d = FloatVector.fromMemorySegment(S, ALL, dy + i * B, ORDER).sub(mean);
            d.mul(FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER))
                    .intoMemorySegment(ALL, dx + i * B, ORDER, S.indexInRange(i, n));
        }
    }
}
