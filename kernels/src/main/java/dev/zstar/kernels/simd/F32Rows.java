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
 * last partial vector is loaded whole, since rows are padded, and masked before it is stored.
 *
 * <p>Loads and stores are written out. Behind helpers that take or return a vector they would read better, but where the JIT does not
 * inline such a helper, as it sometimes does not, every call allocates.
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

    private static DoubleVector wide(long a) {
        var half = FloatVector.fromMemorySegment(HALF, ALL, a, ORDER);
        return (DoubleVector) half.convertShape(VectorOperators.F2D, D, 0); // twin: return half;
    }

    // ---- elementwise

    /** {@code y = a x}. */
    static void scale(float a, long x, long y, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).mul(a).intoMemorySegment(ALL, y + i * B, ORDER);
        }
        if (i < n) {
            FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).mul(a).intoMemorySegment(ALL, y + i * B, ORDER, S.indexInRange(i, n));
        }
    }

    /** {@code y = a x + b y}. */
    static void axpby(float a, long x, float b, long y, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector xi = FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER);
            FloatVector yi = FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER);
            FloatVector sum = xi.fma(FloatVector.broadcast(S, a), yi.mul(b));
            if (i <= n - L) {
                sum.intoMemorySegment(ALL, y + i * B, ORDER);
            } else {
                sum.intoMemorySegment(ALL, y + i * B, ORDER, S.indexInRange(i, n));
            }
        }
    }

    /** {@code out = x ⊙ y}. */
    static void multiply(long x, long y, long out, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector xi = FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER);
            FloatVector product = xi.mul(FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER));
            if (i <= n - L) {
                product.intoMemorySegment(ALL, out + i * B, ORDER);
            } else {
                product.intoMemorySegment(ALL, out + i * B, ORDER, S.indexInRange(i, n));
            }
        }
    }

    static void fill(float value, long out, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector.broadcast(S, value).intoMemorySegment(ALL, out + i * B, ORDER, S.indexInRange(i, n));
        }
    }

    // ---- sums

    /** {@code Σ x y}. The tail is scalar: masked vectors here are more than the JIT keeps in registers. */
    static double dot(long x, long y, int n) {
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            DoubleVector x0 = wide(x + i * B);
            DoubleVector x1 = wide(x + (i + W) * B);
            s0 = x0.fma(wide(y + i * B), s0);
            s1 = x1.fma(wide(y + (i + W) * B), s1);
        }
        return Lanes.sum(s0.add(s1)) + dotTail(x, y, i, n);
    }

    private static double dotTail(long x, long y, int i, int n) {
        double sum = 0;
        for (; i < n; i++) {
            sum = Math.fma((double) ALL.get(F32, x + i * B), (double) ALL.get(F32, y + i * B), sum);
        }
        return sum;
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
        double sum = Lanes.sum(s0.add(s1));
        for (; i < n; i++) {
            double d = (double) ALL.get(F32, x + i * B) - (double) ALL.get(F32, y + i * B);
            sum = Math.fma(d, d, sum);
        }
        return sum;
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
        h[at] = Lanes.sum(s0);
        h[at + 1] = Lanes.sum(s1);
        h[at + 2] = Lanes.sum(s2);
        h[at + 3] = Lanes.sum(s3);
        for (int j = 0; j < 4; j++) {
            h[at + j] += dotTail(w, v + j * step, i, n);
        }
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
        for (int i = 0; i < n; i += L) {
            FloatVector sum = FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER);
            sum = FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).fma(FloatVector.broadcast(S, c0), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v + step + i * B, ORDER).fma(FloatVector.broadcast(S, c1), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v + 2 * step + i * B, ORDER).fma(FloatVector.broadcast(S, c2), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v + 3 * step + i * B, ORDER).fma(FloatVector.broadcast(S, c3), sum);
            if (i <= n - L) {
                sum.intoMemorySegment(ALL, w + i * B, ORDER);
            } else {
                sum.intoMemorySegment(ALL, w + i * B, ORDER, S.indexInRange(i, n));
            }
        }
    }

    private static void mix4(float c0, float c1, float c2, float c3, long v, long step, long w, int n) {
        for (int i = 0; i < n; i += L) {
            FloatVector sum = FloatVector.zero(S);
            sum = FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).fma(FloatVector.broadcast(S, c0), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v + step + i * B, ORDER).fma(FloatVector.broadcast(S, c1), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v + 2 * step + i * B, ORDER).fma(FloatVector.broadcast(S, c2), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v + 3 * step + i * B, ORDER).fma(FloatVector.broadcast(S, c3), sum);
            if (i <= n - L) {
                sum.intoMemorySegment(ALL, w + i * B, ORDER);
            } else {
                sum.intoMemorySegment(ALL, w + i * B, ORDER, S.indexInRange(i, n));
            }
        }
    }

    /** {@code r = g - z} and {@code copy = g} in one pass. */
    static void residual(long z, long g, long r, long copy, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector value = FloatVector.fromMemorySegment(S, ALL, g + i * B, ORDER);
            value.sub(FloatVector.fromMemorySegment(S, ALL, z + i * B, ORDER)).intoMemorySegment(ALL, r + i * B, ORDER);
            value.intoMemorySegment(ALL, copy + i * B, ORDER);
        }
        if (i < n) {
            VectorMask<Float> mask = S.indexInRange(i, n);
            FloatVector value = FloatVector.fromMemorySegment(S, ALL, g + i * B, ORDER);
            value.sub(FloatVector.fromMemorySegment(S, ALL, z + i * B, ORDER)).intoMemorySegment(ALL, r + i * B, ORDER, mask);
            value.intoMemorySegment(ALL, copy + i * B, ORDER, mask);
        }
    }
}
