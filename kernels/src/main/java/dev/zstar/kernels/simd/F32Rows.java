package dev.zstar.kernels.simd;

import static dev.zstar.kernels.simd.Memory.ALL;
import static dev.zstar.kernels.simd.Memory.F32;
import static dev.zstar.kernels.simd.Memory.ORDER;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Operations on single rows, given by their addresses. Elementwise work runs in f32; sums are widened and accumulated in f64. The
 * last partial vector is loaded whole, since rows are padded, and masked before it is stored or summed.
 */
final class F32Rows {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();
    private static final VectorSpecies<Double> D = Lanes.D;
    private static final int W = Lanes.COUNT;
    /** As many f32 as there are f64 in a vector. */
    private static final VectorSpecies<Float> HALF =
            VectorSpecies.of(float.class, VectorShape.forBitSize(D.length() * Float.SIZE));

    private F32Rows() {}

    private static FloatVector load(long a) {
        return FloatVector.fromMemorySegment(S, ALL, a, ORDER);
    }

    private static void store(FloatVector v, long a) {
        v.intoMemorySegment(ALL, a, ORDER);
    }

    private static void store(FloatVector v, long a, VectorMask<Float> mask) {
        v.intoMemorySegment(ALL, a, ORDER, mask);
    }

    private static DoubleVector wide(long a) {
        var half = FloatVector.fromMemorySegment(HALF, ALL, a, ORDER);
        return (DoubleVector) half.convertShape(VectorOperators.F2D, D, 0); // twin: return half;
    }

    private static DoubleVector wide(long a, VectorMask<Double> mask) {
        return DoubleVector.zero(D).blend(wide(a), mask);
    }

    // ---- elementwise

    /** {@code y = a x}. */
    static void scale(float a, long x, long y, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            store(load(x + i * B).mul(a), y + i * B);
        }
        if (i < n) {
            store(load(x + i * B).mul(a), y + i * B, S.indexInRange(i, n));
        }
    }

    /** {@code y = a x + b y}. */
    static void axpby(float a, long x, float b, long y, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            store(load(x + i * B).fma(FloatVector.broadcast(S, a), load(y + i * B).mul(b)), y + i * B);
        }
        if (i < n) {
            store(load(x + i * B).fma(FloatVector.broadcast(S, a), load(y + i * B).mul(b)), y + i * B, S.indexInRange(i, n));
        }
    }

    /** {@code out = x ⊙ y}. */
    static void multiply(long x, long y, long out, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            store(load(x + i * B).mul(load(y + i * B)), out + i * B);
        }
        if (i < n) {
            store(load(x + i * B).mul(load(y + i * B)), out + i * B, S.indexInRange(i, n));
        }
    }

    /** {@code out = 1 - y²}. */
    static void tanhDerivative(long y, long out, int n) {
        FloatVector one = FloatVector.broadcast(S, 1);
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector v = load(y + i * B);
            store(one.sub(v.mul(v)), out + i * B);
        }
        if (i < n) {
            FloatVector v = load(y + i * B);
            store(one.sub(v.mul(v)), out + i * B, S.indexInRange(i, n));
        }
    }

    /** {@code out = 1} where {@code y > 0}, 0 where {@code y ≤ 0}, NaN where {@code y} is. */
    static void reluDerivative(long y, long out, int n) {
        FloatVector zero = FloatVector.zero(S);
        FloatVector one = FloatVector.broadcast(S, 1);
        for (int i = 0; i < n; i += L) {
            FloatVector v = load(y + i * B);
            FloatVector derivative = v.blend(zero, v.compare(VectorOperators.LE, 0)).blend(one, v.compare(VectorOperators.GT, 0));
            store(derivative, out + i * B, S.indexInRange(i, n));
        }
    }

    static void fill(float value, long out, int n) {
        for (int i = 0; i < n; i += L) {
            store(FloatVector.broadcast(S, value), out + i * B, S.indexInRange(i, n));
        }
    }

    // ---- sums

    /** {@code Σ x y}, in four chains. */
    static double dot(long x, long y, int n) {
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        DoubleVector s2 = DoubleVector.zero(D);
        DoubleVector s3 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - 4 * W; i += 4 * W) {
            s0 = wide(x + i * B).fma(wide(y + i * B), s0);
            s1 = wide(x + (i + W) * B).fma(wide(y + (i + W) * B), s1);
            s2 = wide(x + (i + 2 * W) * B).fma(wide(y + (i + 2 * W) * B), s2);
            s3 = wide(x + (i + 3 * W) * B).fma(wide(y + (i + 3 * W) * B), s3);
        }
        for (; i < n; i += W) {
            VectorMask<Double> mask = D.indexInRange(i, n);
            s0 = wide(x + i * B, mask).fma(wide(y + i * B, mask), s0);
        }
        return Lanes.sum(s0.add(s1).add(s2.add(s3)));
    }

    /** {@code Σ (x - y)²}. */
    static double distance(long x, long y, int n) {
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            DoubleVector d0 = wide(x + i * B).sub(wide(y + i * B));
            DoubleVector d1 = wide(x + (i + W) * B).sub(wide(y + (i + W) * B));
            s0 = d0.fma(d0, s0);
            s1 = d1.fma(d1, s1);
        }
        for (; i < n; i += W) {
            VectorMask<Double> mask = D.indexInRange(i, n);
            DoubleVector d = wide(x + i * B, mask).sub(wide(y + i * B, mask));
            s0 = d.fma(d, s0);
        }
        return Lanes.sum(s0.add(s1));
    }

    // ---- sweeps

    /** {@code h[at + j] = ⟨v_j, w⟩} for {@code j < count}, vectors {@code step} bytes apart. */
    static void multiDot(long v, long step, int count, long w, int n, double[] h, int at) {
        int j = 0;
        for (; j <= count - 4; j += 4) {
            dots4(v + j * step, step, w, n, h, at + j);
        }
        for (; j < count; j++) {
            h[at + j] = dot(v + j * step, w, n);
        }
    }

    /** Four vectors share what is read of {@code w}. */
    private static void dots4(long v, long step, long w, int n, double[] h, int at) {
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        DoubleVector s2 = DoubleVector.zero(D);
        DoubleVector s3 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - W; i += W) {
            DoubleVector x = wide(w + i * B);
            s0 = x.fma(wide(v + i * B), s0);
            s1 = x.fma(wide(v + step + i * B), s1);
            s2 = x.fma(wide(v + 2 * step + i * B), s2);
            s3 = x.fma(wide(v + 3 * step + i * B), s3);
        }
        if (i < n) {
            VectorMask<Double> mask = D.indexInRange(i, n);
            DoubleVector x = wide(w + i * B, mask);
            s0 = x.fma(wide(v + i * B, mask), s0);
            s1 = x.fma(wide(v + step + i * B, mask), s1);
            s2 = x.fma(wide(v + 2 * step + i * B, mask), s2);
            s3 = x.fma(wide(v + 3 * step + i * B, mask), s3);
        }
        h[at] = Lanes.sum(s0);
        h[at + 1] = Lanes.sum(s1);
        h[at + 2] = Lanes.sum(s2);
        h[at + 3] = Lanes.sum(s3);
    }

    /** {@code w += Σ_j c[at + j] v_j}, or {@code w = Σ_j …} unless {@code add}; vectors with a coefficient of 0 stay unread. */
    static void combine(long v, long step, int count, double[] c, int at, boolean add, long w, int n) {
        int j = 0;
        for (; j <= count - 4 && c[at + j] != 0 && c[at + j + 1] != 0 && c[at + j + 2] != 0 && c[at + j + 3] != 0; j += 4) {
            float c0 = (float) c[at + j];
            float c1 = (float) c[at + j + 1];
            float c2 = (float) c[at + j + 2];
            float c3 = (float) c[at + j + 3];
            if (add) {
                axpy4(c0, c1, c2, c3, v + j * step, step, w, n);
            } else {
                mix4(c0, c1, c2, c3, v + j * step, step, w, n);
            }
            add = true;
        }
        for (; j < count; j++) {
            if (c[at + j] != 0) {
                if (add) {
                    axpby((float) c[at + j], v + j * step, 1f, w, n);
                } else {
                    scale((float) c[at + j], v + j * step, w, n);
                }
                add = true;
            }
        }
        if (!add) {
            fill(0f, w, n);
        }
    }

    private static void axpy4(float c0, float c1, float c2, float c3, long v, long step, long w, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            store(sum4(c0, c1, c2, c3, v + i * B, step, load(w + i * B)), w + i * B);
        }
        if (i < n) {
            store(sum4(c0, c1, c2, c3, v + i * B, step, load(w + i * B)), w + i * B, S.indexInRange(i, n));
        }
    }

    private static void mix4(float c0, float c1, float c2, float c3, long v, long step, long w, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            store(sum4(c0, c1, c2, c3, v + i * B, step, FloatVector.zero(S)), w + i * B);
        }
        if (i < n) {
            store(sum4(c0, c1, c2, c3, v + i * B, step, FloatVector.zero(S)), w + i * B, S.indexInRange(i, n));
        }
    }

    private static FloatVector sum4(float c0, float c1, float c2, float c3, long v, long step, FloatVector sum) {
        sum = load(v).fma(FloatVector.broadcast(S, c0), sum);
        sum = load(v + step).fma(FloatVector.broadcast(S, c1), sum);
        sum = load(v + 2 * step).fma(FloatVector.broadcast(S, c2), sum);
        return load(v + 3 * step).fma(FloatVector.broadcast(S, c3), sum);
    }

    /** {@code r = g - z} and {@code copy = g} in one pass. */
    static void residual(long z, long g, long r, long copy, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector value = load(g + i * B);
            store(value.sub(load(z + i * B)), r + i * B);
            store(value, copy + i * B);
        }
        if (i < n) {
            VectorMask<Float> mask = S.indexInRange(i, n);
            FloatVector value = load(g + i * B);
            store(value.sub(load(z + i * B)), r + i * B, mask);
            store(value, copy + i * B, mask);
        }
    }
}
