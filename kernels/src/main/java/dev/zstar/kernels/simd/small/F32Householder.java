package dev.zstar.kernels.simd.small;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * QR factors of as many systems as a vector has lanes, in packed memory: element (i, j) is the vector at
 * {@code a + i · row + j · BYTES}. A reflection is applied to four columns at a time, which share what is read of its vector.
 */
final class F32Householder {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final long BYTES = S.vectorByteSize();

    private static final float U = 0x1p-24f; // twin: private static final double U = 0x1p-53;
    /** Between these lengths the squares of a column's elements are accurate. */
    private static final float SHORT = 0x1p-30f; // twin: private static final double SHORT = 0x1p-400;

    private static final float LONG = 0x1p55f; // twin: private static final double LONG = 0x1p480;

    private F32Householder() {}

    /**
     * R and the vectors of the reflections take the place of {@code a}, {@code m × n}; {@code tau} receives n vectors. Returns a bit for
     * every lane that {@link F32Fallback} must compute: the rest of some column is so short that its squares lose digits, or so much
     * shorter than the part above it that it may be rounding error.
     */
    static long factor(long a, long row, int m, int n, long tau) {
        long unsure = 0;
        // Reflections subtract at most twice the length of a column, and twice that is above every bound for rounding errors.
        float least = 4 * (m + 10) * U * 4 * (m + 10) * U;
        for (int k = 0; k < n; k++) {
            long v = a + k * row + k * BYTES;
            unsure |= reflection(v, row, k, m - k, least, tau + k * BYTES);
            int j = k + 1;
            for (; j <= n - 4; j += 4) {
                reflect4(v, row, m - k, tau + k * BYTES, a + k * row + j * BYTES);
            }
            for (; j < n; j++) {
                reflect(v, row, m - k, tau + k * BYTES, a + k * row + j * BYTES, row);
            }
        }
        return unsure;
    }

    /** From a column of {@code count} elements below {@code above}: its R element on top, the rest of v below, and τ separately. */
    private static long reflection(long v, long row, int above, int count, float least, long tau) {
        FloatVector higher = FloatVector.zero(S);
        for (int i = 1; i <= above; i++) {
            FloatVector r = FloatVector.fromMemorySegment(S, ALL, v - i * row, ORDER);
            higher = r.fma(r, higher);
        }
        FloatVector squares = FloatVector.zero(S);
        for (int i = 1; i < count; i++) {
            FloatVector x = FloatVector.fromMemorySegment(S, ALL, v + i * row, ORDER);
            squares = x.fma(x, squares);
        }
        VectorMask<Float> flat = squares.compare(VectorOperators.EQ, 0);
        FloatVector α = FloatVector.fromMemorySegment(S, ALL, v, ORDER);
        squares = α.fma(α, squares);
        FloatVector norm = squares.sqrt();
        long sure = norm.compare(VectorOperators.GT, SHORT).and(norm.compare(VectorOperators.LT, LONG))
                .and(squares.compare(VectorOperators.GT, higher.mul(least))).toLong();
        // The sign opposite to that of α, so that α - β does not cancel.
        FloatVector β = norm.neg().blend(norm, α.compare(VectorOperators.LT, 0));
        β.sub(α).div(β).blend(0, flat).intoMemorySegment(ALL, tau, ORDER);
        FloatVector scale = FloatVector.broadcast(S, 1).div(α.sub(β)).blend(0, flat);
        β.blend(α, flat).intoMemorySegment(ALL, v, ORDER);
        for (int i = 1; i < count; i++) {
            FloatVector x = FloatVector.fromMemorySegment(S, ALL, v + i * row, ORDER);
            x.mul(scale).intoMemorySegment(ALL, v + i * row, ORDER);
        }
        return ~sure;
    }

    /** {@code x -= τ v (vᵀ x)} for one column x, with elements {@code step} bytes apart. */
    static void reflect(long v, long row, int count, long tau, long x, long step) {
        FloatVector top = FloatVector.fromMemorySegment(S, ALL, x, ORDER);
        FloatVector w = top;
        for (int i = 1; i < count; i++) {
            FloatVector vi = FloatVector.fromMemorySegment(S, ALL, v + i * row, ORDER);
            w = vi.fma(FloatVector.fromMemorySegment(S, ALL, x + i * step, ORDER), w);
        }
        w = w.mul(FloatVector.fromMemorySegment(S, ALL, tau, ORDER));
        top.sub(w).intoMemorySegment(ALL, x, ORDER);
        w = w.neg();
        for (int i = 1; i < count; i++) {
            FloatVector xi = FloatVector.fromMemorySegment(S, ALL, x + i * step, ORDER);
            xi = w.fma(FloatVector.fromMemorySegment(S, ALL, v + i * row, ORDER), xi);
            xi.intoMemorySegment(ALL, x + i * step, ORDER);
        }
    }

    /** The same for four columns side by side, in the matrix of v. */
    private static void reflect4(long v, long row, int count, long tau, long x) {
        FloatVector w0 = FloatVector.fromMemorySegment(S, ALL, x, ORDER);
        FloatVector w1 = FloatVector.fromMemorySegment(S, ALL, x + BYTES, ORDER);
        FloatVector w2 = FloatVector.fromMemorySegment(S, ALL, x + 2 * BYTES, ORDER);
        FloatVector w3 = FloatVector.fromMemorySegment(S, ALL, x + 3 * BYTES, ORDER);
        for (int i = 1; i < count; i++) {
            FloatVector vi = FloatVector.fromMemorySegment(S, ALL, v + i * row, ORDER);
            long xi = x + i * row;
            w0 = vi.fma(FloatVector.fromMemorySegment(S, ALL, xi, ORDER), w0);
            w1 = vi.fma(FloatVector.fromMemorySegment(S, ALL, xi + BYTES, ORDER), w1);
            w2 = vi.fma(FloatVector.fromMemorySegment(S, ALL, xi + 2 * BYTES, ORDER), w2);
            w3 = vi.fma(FloatVector.fromMemorySegment(S, ALL, xi + 3 * BYTES, ORDER), w3);
        }
        FloatVector τ = FloatVector.fromMemorySegment(S, ALL, tau, ORDER);
        w0 = w0.mul(τ);
        w1 = w1.mul(τ);
        w2 = w2.mul(τ);
        w3 = w3.mul(τ);
        FloatVector.fromMemorySegment(S, ALL, x, ORDER).sub(w0).intoMemorySegment(ALL, x, ORDER);
        FloatVector.fromMemorySegment(S, ALL, x + BYTES, ORDER).sub(w1).intoMemorySegment(ALL, x + BYTES, ORDER);
        FloatVector.fromMemorySegment(S, ALL, x + 2 * BYTES, ORDER).sub(w2).intoMemorySegment(ALL, x + 2 * BYTES, ORDER);
        FloatVector.fromMemorySegment(S, ALL, x + 3 * BYTES, ORDER).sub(w3).intoMemorySegment(ALL, x + 3 * BYTES, ORDER);
        for (int i = 1; i < count; i++) {
            FloatVector vi = FloatVector.fromMemorySegment(S, ALL, v + i * row, ORDER).neg();
            long xi = x + i * row;
            FloatVector x0 = FloatVector.fromMemorySegment(S, ALL, xi, ORDER);
            FloatVector x1 = FloatVector.fromMemorySegment(S, ALL, xi + BYTES, ORDER);
            FloatVector x2 = FloatVector.fromMemorySegment(S, ALL, xi + 2 * BYTES, ORDER);
            FloatVector x3 = FloatVector.fromMemorySegment(S, ALL, xi + 3 * BYTES, ORDER);
            vi.fma(w0, x0).intoMemorySegment(ALL, xi, ORDER);
            vi.fma(w1, x1).intoMemorySegment(ALL, xi + BYTES, ORDER);
            vi.fma(w2, x2).intoMemorySegment(ALL, xi + 2 * BYTES, ORDER);
            vi.fma(w3, x3).intoMemorySegment(ALL, xi + 3 * BYTES, ORDER);
        }
    }
}
