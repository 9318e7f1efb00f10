package dev.zstar.kernels.simd.vectors;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.MASK;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Affine combinations of the vectors of a basis, for one row: {@code w = u + Σ c_j (v_j - u)}, which is {@code Σ c_j v_j} with coefficients
 * that sum to 1. The sum of differences is formed in the type of the elements, and rounded to the size of w only once, when u is added.
 *
 * <p>Its error is below {@code (count + 2) ε Σ |c_j| ‖v_j - u‖ + ε ‖w‖}. The v_j were rounded to {@code ε ‖v‖}, and this noise enters
 * the sum as {@code Σ |c_j| ε ‖v‖}. So sums in a wider type gain nothing, and they take four times as many instructions: two
 * conversions and two multiply-adds for each vector of f32.
 */
public final class F32Around {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();
    /** The product of a larger coefficient and a difference may overflow, though the sum does not. */
    private static final double LARGEST = 1e15;

    private F32Around() {}

    /**
     * {@code w = v_slot + Σ_j c[at + j] (v_j - v_slot)}; vectors with a coefficient of 0 stay unread.
     *
     * @param count the number of vectors, {@code step} bytes apart
     */
    public static void mix(long v, long step, int count, int slot, double[] c, int at, long w, int n) {
        long u = v + slot * step;
        int left = 0;
        double largest = 0;
        for (int j = 0; j < count; j++) {
            if (j != slot && c[at + j] != 0) {
                left++;
                largest = Math.max(largest, Math.abs(c[at + j]));
            }
        }
        if (!(largest < LARGEST)) {
            wide(v, step, count, slot, c, at, w, n);
            return;
        }
        if (left == 0) {
            F32Rows.scaleBy(1, u, w, n);
            return;
        }
        int j0 = next(c, at, -1, slot);
        int j1 = left > 1 ? next(c, at, j0, slot) : j0;
        int j2 = left > 2 ? next(c, at, j1, slot) : j0;
        if (left <= 3) {
            around3(u, v + j0 * step, v + j1 * step, v + j2 * step, (float) c[at + j0], left > 1 ? (float) c[at + j1] : 0f,
                    left > 2 ? (float) c[at + j2] : 0f, w, n);
            return;
        }
        boolean first = true;
        while (true) {
            int j3 = left > 3 ? next(c, at, j2, slot) : j0;
            int j4 = left > 4 ? next(c, at, j3, slot) : j0;
            float c0 = (float) c[at + j0];
            float c1 = left > 1 ? (float) c[at + j1] : 0f;
            float c2 = left > 2 ? (float) c[at + j2] : 0f;
            float c3 = left > 3 ? (float) c[at + j3] : 0f;
            float c4 = left > 4 ? (float) c[at + j4] : 0f;
            if (left <= 5) {
                if (first) {
                    around5(u, v + j0 * step, v + j1 * step, v + j2 * step, v + j3 * step, v + j4 * step, c0, c1, c2, c3, c4, w, n);
                } else {
                    end5(u, v + j0 * step, v + j1 * step, v + j2 * step, v + j3 * step, v + j4 * step, c0, c1, c2, c3, c4, w, n);
                }
                return;
            }
            if (first) {
                start5(u, v + j0 * step, v + j1 * step, v + j2 * step, v + j3 * step, v + j4 * step, c0, c1, c2, c3, c4, w, n);
            } else {
                add5(u, v + j0 * step, v + j1 * step, v + j2 * step, v + j3 * step, v + j4 * step, c0, c1, c2, c3, c4, w, n);
            }
            first = false;
            left -= 5;
            j0 = next(c, at, j4, slot);
            j1 = left > 1 ? next(c, at, j0, slot) : j0;
            j2 = left > 2 ? next(c, at, j1, slot) : j0;
        }
    }

    /** The next vector after j, other than that of the slot, whose coefficient is not 0; there is one. */
    private static int next(double[] c, int at, int j, int slot) {
        int next = j + 1;
        while (next == slot || c[at + next] == 0) {
            next++;
        }
        return next;
    }

    /** {@code w = u + Σ c_j (v_j - u)} of three vectors. Those that are not wanted repeat another one, with a coefficient of 0. */
    private static void around3(long u, long v0, long v1, long v2, float c0, float c1, float c2, long w, int n) {
        u &= MASK;
        v0 &= MASK;
        v1 &= MASK;
        v2 &= MASK;
        w &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector center = FloatVector.fromMemorySegment(S, ALL, u + i * B, ORDER);
            FloatVector sum = FloatVector.fromMemorySegment(S, ALL, v0 + i * B, ORDER).sub(center).mul(c0);
            sum = FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c1), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c2), sum);
            sum.add(center).intoMemorySegment(ALL, w + i * B, ORDER);
        }
        for (; i < n; i++) {
            float center = ALL.get(F32, u + i * B);
            float sum = (ALL.get(F32, v0 + i * B) - center) * c0;
            sum = Math.fma(ALL.get(F32, v1 + i * B) - center, c1, sum);
            sum = Math.fma(ALL.get(F32, v2 + i * B) - center, c2, sum);
            ALL.set(F32, w + i * B, sum + center);
        }
    }

    /** The same of five vectors. */
    private static void around5(
            long u, long v0, long v1, long v2, long v3, long v4, float c0, float c1, float c2, float c3, float c4, long w, int n) {
        u &= MASK;
        v0 &= MASK;
        v1 &= MASK;
        v2 &= MASK;
        v3 &= MASK;
        v4 &= MASK;
        w &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector center = FloatVector.fromMemorySegment(S, ALL, u + i * B, ORDER);
            FloatVector sum = FloatVector.fromMemorySegment(S, ALL, v0 + i * B, ORDER).sub(center).mul(c0);
            sum = FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c1), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c2), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c3), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v4 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c4), sum);
            sum.add(center).intoMemorySegment(ALL, w + i * B, ORDER);
        }
        for (; i < n; i++) {
            float center = ALL.get(F32, u + i * B);
            float sum = (ALL.get(F32, v0 + i * B) - center) * c0;
            sum = Math.fma(ALL.get(F32, v1 + i * B) - center, c1, sum);
            sum = Math.fma(ALL.get(F32, v2 + i * B) - center, c2, sum);
            sum = Math.fma(ALL.get(F32, v3 + i * B) - center, c3, sum);
            sum = Math.fma(ALL.get(F32, v4 + i * B) - center, c4, sum);
            ALL.set(F32, w + i * B, sum + center);
        }
    }

    /** {@code w = Σ c_j (v_j - u)} of five vectors. */
    private static void start5(
            long u, long v0, long v1, long v2, long v3, long v4, float c0, float c1, float c2, float c3, float c4, long w, int n) {
        u &= MASK;
        v0 &= MASK;
        v1 &= MASK;
        v2 &= MASK;
        v3 &= MASK;
        v4 &= MASK;
        w &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector center = FloatVector.fromMemorySegment(S, ALL, u + i * B, ORDER);
            FloatVector sum = FloatVector.fromMemorySegment(S, ALL, v0 + i * B, ORDER).sub(center).mul(c0);
            sum = FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c1), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c2), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c3), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v4 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c4), sum);
            sum.intoMemorySegment(ALL, w + i * B, ORDER);
        }
        for (; i < n; i++) {
            float center = ALL.get(F32, u + i * B);
            float sum = (ALL.get(F32, v0 + i * B) - center) * c0;
            sum = Math.fma(ALL.get(F32, v1 + i * B) - center, c1, sum);
            sum = Math.fma(ALL.get(F32, v2 + i * B) - center, c2, sum);
            sum = Math.fma(ALL.get(F32, v3 + i * B) - center, c3, sum);
            sum = Math.fma(ALL.get(F32, v4 + i * B) - center, c4, sum);
            ALL.set(F32, w + i * B, sum);
        }
    }

    /** {@code w += Σ c_j (v_j - u)} of five vectors. */
    private static void add5(
            long u, long v0, long v1, long v2, long v3, long v4, float c0, float c1, float c2, float c3, float c4, long w, int n) {
        u &= MASK;
        v0 &= MASK;
        v1 &= MASK;
        v2 &= MASK;
        v3 &= MASK;
        v4 &= MASK;
        w &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector center = FloatVector.fromMemorySegment(S, ALL, u + i * B, ORDER);
            FloatVector sum = FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER);
            sum = FloatVector.fromMemorySegment(S, ALL, v0 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c0), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c1), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c2), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c3), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v4 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c4), sum);
            sum.intoMemorySegment(ALL, w + i * B, ORDER);
        }
        for (; i < n; i++) {
            float center = ALL.get(F32, u + i * B);
            float sum = ALL.get(F32, w + i * B);
            sum = Math.fma(ALL.get(F32, v0 + i * B) - center, c0, sum);
            sum = Math.fma(ALL.get(F32, v1 + i * B) - center, c1, sum);
            sum = Math.fma(ALL.get(F32, v2 + i * B) - center, c2, sum);
            sum = Math.fma(ALL.get(F32, v3 + i * B) - center, c3, sum);
            sum = Math.fma(ALL.get(F32, v4 + i * B) - center, c4, sum);
            ALL.set(F32, w + i * B, sum);
        }
    }

    /** {@code w += u + Σ c_j (v_j - u)} of five vectors. */
    private static void end5(
            long u, long v0, long v1, long v2, long v3, long v4, float c0, float c1, float c2, float c3, float c4, long w, int n) {
        u &= MASK;
        v0 &= MASK;
        v1 &= MASK;
        v2 &= MASK;
        v3 &= MASK;
        v4 &= MASK;
        w &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector center = FloatVector.fromMemorySegment(S, ALL, u + i * B, ORDER);
            FloatVector sum = FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER);
            sum = FloatVector.fromMemorySegment(S, ALL, v0 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c0), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c1), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c2), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c3), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v4 + i * B, ORDER).sub(center).fma(FloatVector.broadcast(S, c4), sum);
            sum.add(center).intoMemorySegment(ALL, w + i * B, ORDER);
        }
        for (; i < n; i++) {
            float center = ALL.get(F32, u + i * B);
            float sum = ALL.get(F32, w + i * B);
            sum = Math.fma(ALL.get(F32, v0 + i * B) - center, c0, sum);
            sum = Math.fma(ALL.get(F32, v1 + i * B) - center, c1, sum);
            sum = Math.fma(ALL.get(F32, v2 + i * B) - center, c2, sum);
            sum = Math.fma(ALL.get(F32, v3 + i * B) - center, c3, sum);
            sum = Math.fma(ALL.get(F32, v4 + i * B) - center, c4, sum);
            ALL.set(F32, w + i * B, sum + center);
        }
    }

    /** The same in f64, element by element: no step of a solve has such coefficients. */
    private static void wide(long v, long step, int count, int slot, double[] c, int at, long w, int n) {
        for (int i = 0; i < n; i++) {
            double center = ALL.get(F32, (v + slot * step + i * B) & MASK);
            double sum = 0;
            for (int j = 0; j < count; j++) {
                if (j != slot && c[at + j] != 0) {
                    sum = Math.fma((double) ALL.get(F32, (v + j * step + i * B) & MASK) - center, c[at + j], sum);
                }
            }
            ALL.set(F32, (w + i * B) & MASK, (float) (sum + center));
        }
    }
}
