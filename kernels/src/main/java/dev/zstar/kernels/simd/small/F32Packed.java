package dev.zstar.kernels.simd.small;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Moves a few vectors of systems between a batch and packed memory. In the batch neighbouring elements of a matrix lie a row of the
 * batch apart, each on another page. In packed memory they are adjacent.
 */
final class F32Packed {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    static final int L = S.length();
    static final long BYTES = S.vectorByteSize();

    /** The largest number that is not normal. */
    private static final float SUBNORMAL = Math.nextDown(Float.MIN_NORMAL);

    private F32Packed() {}

    /**
     * Copies {@code m × n} elements, {@code step} bytes apart in the batch, of {@code count} adjacent vectors; only the first i + 1 of
     * row i if {@code lower}. Element (i, j) of vector v goes to {@code to + i · row + j · element + v · vector}.
     */
    static void in(long from, long step, int m, int n, boolean lower, int vectors, long to, long row, long element, long vector) {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < (lower ? i + 1 : n); j++) {
                long a = from + (i * n + j) * step;
                long b = to + i * row + j * element;
                for (int v = 0; v < vectors; v++) {
                    FloatVector.fromMemorySegment(S, ALL, a + v * BYTES, ORDER).intoMemorySegment(ALL, b + v * vector, ORDER);
                }
            }
        }
    }

    /** Copies {@code lanes} systems back. */
    static void out(long from, long row, long element, long vector, long to, long step, int m, int n, boolean lower, int lanes) {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < (lower ? i + 1 : n); j++) {
                long a = from + i * row + j * element;
                long b = to + (i * n + j) * step;
                int at = 0;
                for (; at <= lanes - L; at += L) {
                    FloatVector.fromMemorySegment(S, ALL, a, ORDER).intoMemorySegment(ALL, b, ORDER);
                    a += vector;
                    b += BYTES;
                }
                if (at < lanes) {
                    FloatVector.fromMemorySegment(S, ALL, a, ORDER).intoMemorySegment(ALL, b, ORDER, S.indexInRange(at, lanes));
                }
            }
        }
    }

    /** {@code t = (t - Σ_{k < count} l_k x_k) / d}: a step of forward or backward substitution. */
    static void substitute(long l, long ls, long x, long xs, int count, long d, long t) {
        FloatVector sum = FloatVector.fromMemorySegment(S, ALL, t, ORDER);
        for (int k = 0; k < count; k++) {
            FloatVector lk = FloatVector.fromMemorySegment(S, ALL, l + k * ls, ORDER).neg();
            sum = lk.fma(FloatVector.fromMemorySegment(S, ALL, x + k * xs, ORDER), sum);
        }
        sum.div(FloatVector.fromMemorySegment(S, ALL, d, ORDER)).intoMemorySegment(ALL, t, ORDER);
    }

    /** The same for four adjacent vectors of systems: four chains of multiply-adds hide each other's latency. */
    static void substitute4(long l, long ls, long x, long xs, int count, long d, long t) {
        FloatVector s0 = FloatVector.fromMemorySegment(S, ALL, t, ORDER);
        FloatVector s1 = FloatVector.fromMemorySegment(S, ALL, t + BYTES, ORDER);
        FloatVector s2 = FloatVector.fromMemorySegment(S, ALL, t + 2 * BYTES, ORDER);
        FloatVector s3 = FloatVector.fromMemorySegment(S, ALL, t + 3 * BYTES, ORDER);
        for (int k = 0; k < count; k++) {
            long lk = l + k * ls;
            long xk = x + k * xs;
            FloatVector l0 = FloatVector.fromMemorySegment(S, ALL, lk, ORDER).neg();
            s0 = l0.fma(FloatVector.fromMemorySegment(S, ALL, xk, ORDER), s0);
            FloatVector l1 = FloatVector.fromMemorySegment(S, ALL, lk + BYTES, ORDER).neg();
            s1 = l1.fma(FloatVector.fromMemorySegment(S, ALL, xk + BYTES, ORDER), s1);
            FloatVector l2 = FloatVector.fromMemorySegment(S, ALL, lk + 2 * BYTES, ORDER).neg();
            s2 = l2.fma(FloatVector.fromMemorySegment(S, ALL, xk + 2 * BYTES, ORDER), s2);
            FloatVector l3 = FloatVector.fromMemorySegment(S, ALL, lk + 3 * BYTES, ORDER).neg();
            s3 = l3.fma(FloatVector.fromMemorySegment(S, ALL, xk + 3 * BYTES, ORDER), s3);
        }
        s0.div(FloatVector.fromMemorySegment(S, ALL, d, ORDER)).intoMemorySegment(ALL, t, ORDER);
        s1.div(FloatVector.fromMemorySegment(S, ALL, d + BYTES, ORDER)).intoMemorySegment(ALL, t + BYTES, ORDER);
        s2.div(FloatVector.fromMemorySegment(S, ALL, d + 2 * BYTES, ORDER)).intoMemorySegment(ALL, t + 2 * BYTES, ORDER);
        s3.div(FloatVector.fromMemorySegment(S, ALL, d + 3 * BYTES, ORDER)).intoMemorySegment(ALL, t + 3 * BYTES, ORDER);
    }

    /** A bit for every lane in which some of {@code n} elements, {@code step} bytes apart, is below {@code low} or above {@code high}. */
    static long outside(float low, float high, long from, long step, int n) {
        FloatVector least = FloatVector.fromMemorySegment(S, ALL, from, ORDER);
        FloatVector largest = least;
        for (int i = 1; i < n; i++) {
            FloatVector x = FloatVector.fromMemorySegment(S, ALL, from + i * step, ORDER);
            least = least.min(x);
            largest = largest.max(x);
        }
        return least.compare(VectorOperators.LT, low).or(largest.compare(VectorOperators.GT, high)).toLong();
    }

    /**
     * Sets all {@code n} elements x to NaN in every lane in which one of {@code n} diagonal elements, {@code ds} bytes apart, is not a
     * normal number, or an x is not finite; returns a bit for each such lane.
     */
    static long refuse(long d, long ds, int n, long x, long xs) {
        FloatVector least = FloatVector.fromMemorySegment(S, ALL, d, ORDER).abs();
        FloatVector largest = least;
        for (int i = 1; i < n; i++) {
            // Both pass NaN on.
            FloatVector di = FloatVector.fromMemorySegment(S, ALL, d + i * ds, ORDER).abs();
            least = least.min(di);
            largest = largest.max(di);
        }
        for (int i = 0; i < n; i++) {
            largest = largest.max(FloatVector.fromMemorySegment(S, ALL, x + i * xs, ORDER).abs());
        }
        VectorMask<Float> finite = largest.compare(VectorOperators.LT, Float.POSITIVE_INFINITY);
        VectorMask<Float> singular = least.compare(VectorOperators.GT, SUBNORMAL).and(finite).not();
        for (int i = 0; i < n; i++) {
            FloatVector xi = FloatVector.fromMemorySegment(S, ALL, x + i * xs, ORDER);
            xi.blend(Float.NaN, singular).intoMemorySegment(ALL, x + i * xs, ORDER);
        }
        return singular.toLong();
    }
}
