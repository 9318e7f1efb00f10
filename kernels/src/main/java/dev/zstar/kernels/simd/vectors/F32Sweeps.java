package dev.zstar.kernels.simd.vectors;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.MASK;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.Type;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * One row against a basis of vectors, in one pass over what is shared: additions, projections, and the sweep of an Anderson step. As in
 * {@link F32Rows} vectors are given by their addresses, sums are f64, tails scalar, and loads and stores written out.
 */
public final class F32Sweeps {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();

    private F32Sweeps() {}

    /**
     * {@code w += Σ_j c[at + j] v_j}; vectors with a coefficient of 0 stay unread.
     *
     * @param sums memory for n elements; used if {@link Type#F32} does not hold some coefficient, so that the whole sum is f64
     */
    public static void combine(long v, long step, int count, double[] c, int at, double[] sums, long w, int n) {
        if (!holds(c, at, count)) {
            combineWide(v, step, count, 1, c, at, sums, w, n);
            return;
        }
        int j = 0;
        while (j < count) {
            int run = run(c, at + j, count - j);
            if (run >= 8) {
                axpy8((float) c[at + j], (float) c[at + j + 1], (float) c[at + j + 2], (float) c[at + j + 3], (float) c[at + j + 4],
                        (float) c[at + j + 5], (float) c[at + j + 6], (float) c[at + j + 7], v + j * step, step, w, n);
                j += 8;
            } else if (run >= 4) {
                axpy4((float) c[at + j], (float) c[at + j + 1], (float) c[at + j + 2], (float) c[at + j + 3], v + j * step, step, w, n);
                j += 4;
            } else if (run >= 2) {
                axpy2((float) c[at + j], (float) c[at + j + 1], v + j * step, step, w, n);
                j += 2;
            } else {
                if (run == 1) {
                    F32Rows.axpby((float) c[at + j], v + j * step, 1f, w, n);
                }
                j++;
            }
        }
    }

    private static boolean holds(double[] c, int at, int count) {
        for (int j = at; j < at + count; j++) {
            if (!Type.F32.holds(c[j])) {
                return false;
            }
        }
        return true;
    }

    /** {@code w += sign · Σ_j c[at + j] v_j}, summed in f64 and rounded once. */
    private static void combineWide(long v, long step, int count, int sign, double[] c, int at, double[] sums, long w, int n) {
        F32Mix.widen(w, 1, false, sums, n);
        for (int j = 0; j < count; j++) {
            if (c[at + j] != 0) {
                F32Mix.widen(v + j * step, sign * c[at + j], true, sums, n);
            }
        }
        F32Mix.narrow(sums, w, n);
    }

    /** The number of consecutive coefficients that are not 0, at most eight. */
    private static int run(double[] c, int at, int left) {
        int run = 0;
        while (run < Math.min(left, 8) && c[at + run] != 0) {
            run++;
        }
        return run;
    }

    /**
     * {@code h[at + j] = ⟨v_j, w⟩}, then {@code w -= Σ_j h[at + j] v_j}. The vectors read last are subtracted first, while the first-level
     * cache has them: 20 of n = 512 take 40 KB.
     */
    public static void project(long v, long step, int count, long w, int n, double[] room, double[] h, int at, double[] sums) {
        F32Dots.multiDot(v, step, count, w, n, room, h, at);
        if (!holds(h, at, count)) {
            combineWide(v, step, count, -1, h, at, sums, w, n);
            return;
        }
        int j = count;
        if ((count & 1) != 0) {
            j--;
            F32Rows.axpby((float) -h[at + j], v + j * step, 1f, w, n);
        }
        if ((count & 2) != 0) {
            j -= 2;
            axpy2((float) -h[at + j], (float) -h[at + j + 1], v + j * step, step, w, n);
        }
        if ((count & 4) != 0) {
            j -= 4;
            axpy4((float) -h[at + j], (float) -h[at + j + 1], (float) -h[at + j + 2], (float) -h[at + j + 3], v + j * step, step, w, n);
        }
        while (j > 0) {
            j -= 8;
            axpy8((float) -h[at + j], (float) -h[at + j + 1], (float) -h[at + j + 2], (float) -h[at + j + 3], (float) -h[at + j + 4],
                    (float) -h[at + j + 5], (float) -h[at + j + 6], (float) -h[at + j + 7], v + j * step, step, w, n);
        }
    }

    private static void axpy2(float c0, float c1, long v, long step, long w, int n) {
        w &= MASK;
        v &= MASK;
        long v1 = (v + step) & MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector sum = FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER);
            sum = FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).fma(FloatVector.broadcast(S, c0), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).fma(FloatVector.broadcast(S, c1), sum);
            sum.intoMemorySegment(ALL, w + i * B, ORDER);
        }
        for (; i < n; i++) {
            float sum = Math.fma(ALL.get(F32, v + i * B), c0, ALL.get(F32, w + i * B));
            sum = Math.fma(ALL.get(F32, v1 + i * B), c1, sum);
            ALL.set(F32, w + i * B, sum);
        }
    }

    private static void axpy4(float c0, float c1, float c2, float c3, long v, long step, long w, int n) {
        w &= MASK;
        v &= MASK;
        long v1 = (v + step) & MASK;
        long v2 = (v + 2 * step) & MASK;
        long v3 = (v + 3 * step) & MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector sum = FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER);
            sum = FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).fma(FloatVector.broadcast(S, c0), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).fma(FloatVector.broadcast(S, c1), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).fma(FloatVector.broadcast(S, c2), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).fma(FloatVector.broadcast(S, c3), sum);
            sum.intoMemorySegment(ALL, w + i * B, ORDER);
        }
        for (; i < n; i++) {
            float sum = Math.fma(ALL.get(F32, v + i * B), c0, ALL.get(F32, w + i * B));
            sum = Math.fma(ALL.get(F32, v1 + i * B), c1, sum);
            sum = Math.fma(ALL.get(F32, v2 + i * B), c2, sum);
            sum = Math.fma(ALL.get(F32, v3 + i * B), c3, sum);
            ALL.set(F32, w + i * B, sum);
        }
    }

    private static void axpy8(
            float c0, float c1, float c2, float c3, float c4, float c5, float c6, float c7, long v, long step, long w, int n) {
        w &= MASK;
        v &= MASK;
        long v1 = (v + step) & MASK;
        long v2 = (v + 2 * step) & MASK;
        long v3 = (v + 3 * step) & MASK;
        long v4 = (v + 4 * step) & MASK;
        long v5 = (v + 5 * step) & MASK;
        long v6 = (v + 6 * step) & MASK;
        long v7 = (v + 7 * step) & MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector sum = FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER);
            sum = FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).fma(FloatVector.broadcast(S, c0), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).fma(FloatVector.broadcast(S, c1), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).fma(FloatVector.broadcast(S, c2), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).fma(FloatVector.broadcast(S, c3), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v4 + i * B, ORDER).fma(FloatVector.broadcast(S, c4), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v5 + i * B, ORDER).fma(FloatVector.broadcast(S, c5), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v6 + i * B, ORDER).fma(FloatVector.broadcast(S, c6), sum);
            sum = FloatVector.fromMemorySegment(S, ALL, v7 + i * B, ORDER).fma(FloatVector.broadcast(S, c7), sum);
            sum.intoMemorySegment(ALL, w + i * B, ORDER);
        }
        for (; i < n; i++) {
            float sum = Math.fma(ALL.get(F32, v + i * B), c0, ALL.get(F32, w + i * B));
            sum = Math.fma(ALL.get(F32, v1 + i * B), c1, sum);
            sum = Math.fma(ALL.get(F32, v2 + i * B), c2, sum);
            sum = Math.fma(ALL.get(F32, v3 + i * B), c3, sum);
            sum = Math.fma(ALL.get(F32, v4 + i * B), c4, sum);
            sum = Math.fma(ALL.get(F32, v5 + i * B), c5, sum);
            sum = Math.fma(ALL.get(F32, v6 + i * B), c6, sum);
            sum = Math.fma(ALL.get(F32, v7 + i * B), c7, sum);
            ALL.set(F32, w + i * B, sum);
        }
    }

    /** {@code r = g - z} and {@code copy = g}. */
    public static void residual(long z, long g, long r, long copy, int n) {
        z &= MASK;
        g &= MASK;
        r &= MASK;
        copy &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector value = FloatVector.fromMemorySegment(S, ALL, g + i * B, ORDER);
            value.sub(FloatVector.fromMemorySegment(S, ALL, z + i * B, ORDER)).intoMemorySegment(ALL, r + i * B, ORDER);
            value.intoMemorySegment(ALL, copy + i * B, ORDER);
        }
        for (; i < n; i++) {
            float value = ALL.get(F32, g + i * B);
            ALL.set(F32, r + i * B, value - ALL.get(F32, z + i * B));
            ALL.set(F32, copy + i * B, value);
        }
    }
}
