package dev.zstar.kernels.simd.small;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Cholesky factors of as many systems as a vector has lanes, in packed memory: element (i, j) is the vector at
 * {@code a + i · row + j · BYTES}. Left-looking, four columns at a time: the products with the columns to their left are summed in
 * registers, two rows by four columns, in the order of k. Elements above the diagonal are overwritten with meaningless values.
 */
final class F32Cholesky {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final long BYTES = S.vectorByteSize();
    private static final int PANEL = 4;

    private static final float U = 0x1p-24f; // twin: private static final double U = 0x1p-53;
    /** Pivots above this value lose no digits to underflow. */
    private static final float FINE = 0x1p-100f; // twin: private static final double FINE = 0x1p-960;

    private F32Cholesky() {}

    /**
     * Returns a bit for every lane that {@link F32Fallback} must compute: a pivot is within the rounding of what was subtracted from it,
     * or products lose digits.
     *
     * @param reciprocals memory for four vectors
     * @param batch the matrices as they were, elements {@code step} bytes apart
     */
    static long factor(long a, long row, int n, long reciprocals, long batch, long step) {
        float least = 2 * (n + 2) * U;
        long unsure = 0;
        int panel = 0;
        for (; panel <= n - PANEL; panel += PANEL) {
            if (panel > 0) {
                int i = panel;
                for (; i <= n - 2; i += 2) {
                    subtract2(a + i * row, a + panel * row, row, panel);
                }
                if (i < n) {
                    subtract1(a + i * row, a + panel * row, row, panel);
                }
            }
            for (int j = 0; j < PANEL; j++) {
                unsure |= column(a, row, panel, panel + j, panel + PANEL, reciprocals + j * BYTES,
                        batch + (panel + j) * (n + 1L) * step, least);
            }
            below(a + panel * (row + BYTES), row, n - panel, reciprocals);
        }
        // At most three columns of at most three rows.
        for (int j = panel; j < n; j++) {
            unsure |= column(a, row, 0, j, n, reciprocals, batch + j * (n + 1L) * step, least);
        }
        return unsure;
    }

    /** Finishes column {@code j} down to row {@code end}; the columns before {@code from} have been subtracted. */
    private static long column(long a, long row, int from, int j, int end, long reciprocal, long original, float least) {
        long left = a + j * row + from * BYTES;
        subtract(left, left, j - from);
        long diagonal = a + j * (row + BYTES);
        FloatVector pivot = FloatVector.fromMemorySegment(S, ALL, diagonal, ORDER);
        FloatVector limit = FloatVector.fromMemorySegment(S, ALL, original, ORDER).mul(least).max(FINE);
        VectorMask<Float> finite = pivot.compare(VectorOperators.LT, Float.POSITIVE_INFINITY);
        VectorMask<Float> definite = pivot.compare(VectorOperators.GT, limit).and(finite);
        FloatVector root = pivot.sqrt();
        root.intoMemorySegment(ALL, diagonal, ORDER);
        FloatVector.broadcast(S, 1).div(root).intoMemorySegment(ALL, reciprocal, ORDER);
        for (int i = j + 1; i < end; i++) {
            long x = a + i * row + from * BYTES;
            subtract(x, left, j - from);
            long below = x + (j - from) * BYTES;
            FloatVector l = FloatVector.fromMemorySegment(S, ALL, below, ORDER);
            l.mul(FloatVector.fromMemorySegment(S, ALL, reciprocal, ORDER)).intoMemorySegment(ALL, below, ORDER);
        }
        return definite.not().toLong();
    }

    /** Finishes four columns below their diagonal block at {@code d}, in all {@code rows}, counted from the first of the block. */
    private static void below(long d, long row, int rows, long reciprocals) {
        FloatVector r0 = FloatVector.fromMemorySegment(S, ALL, reciprocals, ORDER);
        FloatVector r1 = FloatVector.fromMemorySegment(S, ALL, reciprocals + BYTES, ORDER);
        FloatVector r2 = FloatVector.fromMemorySegment(S, ALL, reciprocals + 2 * BYTES, ORDER);
        FloatVector r3 = FloatVector.fromMemorySegment(S, ALL, reciprocals + 3 * BYTES, ORDER);
        FloatVector l10 = FloatVector.fromMemorySegment(S, ALL, d + row, ORDER).neg();
        FloatVector l20 = FloatVector.fromMemorySegment(S, ALL, d + 2 * row, ORDER).neg();
        FloatVector l21 = FloatVector.fromMemorySegment(S, ALL, d + 2 * row + BYTES, ORDER).neg();
        FloatVector l30 = FloatVector.fromMemorySegment(S, ALL, d + 3 * row, ORDER).neg();
        FloatVector l31 = FloatVector.fromMemorySegment(S, ALL, d + 3 * row + BYTES, ORDER).neg();
        FloatVector l32 = FloatVector.fromMemorySegment(S, ALL, d + 3 * row + 2 * BYTES, ORDER).neg();
        for (int i = PANEL; i < rows; i++) {
            long x = d + i * row;
            FloatVector x0 = FloatVector.fromMemorySegment(S, ALL, x, ORDER).mul(r0);
            FloatVector x1 = x0.fma(l10, FloatVector.fromMemorySegment(S, ALL, x + BYTES, ORDER)).mul(r1);
            FloatVector x2 = x0.fma(l20, FloatVector.fromMemorySegment(S, ALL, x + 2 * BYTES, ORDER));
            FloatVector x3 = x0.fma(l30, FloatVector.fromMemorySegment(S, ALL, x + 3 * BYTES, ORDER));
            x2 = x1.fma(l21, x2).mul(r2);
            x3 = x2.fma(l32, x1.fma(l31, x3)).mul(r3);
            x0.intoMemorySegment(ALL, x, ORDER);
            x1.intoMemorySegment(ALL, x + BYTES, ORDER);
            x2.intoMemorySegment(ALL, x + 2 * BYTES, ORDER);
            x3.intoMemorySegment(ALL, x + 3 * BYTES, ORDER);
        }
    }

    /** {@code x_count -= Σ_{k < count} x_k y_k}. */
    private static void subtract(long x, long y, int count) {
        FloatVector sum = FloatVector.fromMemorySegment(S, ALL, x + count * BYTES, ORDER);
        for (int k = 0; k < count; k++) {
            FloatVector l = FloatVector.fromMemorySegment(S, ALL, x + k * BYTES, ORDER).neg();
            sum = l.fma(FloatVector.fromMemorySegment(S, ALL, y + k * BYTES, ORDER), sum);
        }
        sum.intoMemorySegment(ALL, x + count * BYTES, ORDER);
    }

    /** {@code x[r][count + c] -= Σ_{k < count} x[r][k] y[c][k]} for 2 rows x and 4 rows y; count ≥ 1. */
    private static void subtract2(long x, long y, long row, int count) {
        long t = x + count * BYTES;
        FloatVector s00 = FloatVector.fromMemorySegment(S, ALL, t, ORDER);
        FloatVector s01 = FloatVector.fromMemorySegment(S, ALL, t + BYTES, ORDER);
        FloatVector s02 = FloatVector.fromMemorySegment(S, ALL, t + 2 * BYTES, ORDER);
        FloatVector s03 = FloatVector.fromMemorySegment(S, ALL, t + 3 * BYTES, ORDER);
        FloatVector s10 = FloatVector.fromMemorySegment(S, ALL, t + row, ORDER);
        FloatVector s11 = FloatVector.fromMemorySegment(S, ALL, t + row + BYTES, ORDER);
        FloatVector s12 = FloatVector.fromMemorySegment(S, ALL, t + row + 2 * BYTES, ORDER);
        FloatVector s13 = FloatVector.fromMemorySegment(S, ALL, t + row + 3 * BYTES, ORDER);
        int k = 0;
        do {
            FloatVector x0 = FloatVector.fromMemorySegment(S, ALL, x, ORDER).neg();
            FloatVector x1 = FloatVector.fromMemorySegment(S, ALL, x + row, ORDER).neg();
            FloatVector y0 = FloatVector.fromMemorySegment(S, ALL, y, ORDER);
            s00 = x0.fma(y0, s00);
            s10 = x1.fma(y0, s10);
            FloatVector y1 = FloatVector.fromMemorySegment(S, ALL, y + row, ORDER);
            s01 = x0.fma(y1, s01);
            s11 = x1.fma(y1, s11);
            FloatVector y2 = FloatVector.fromMemorySegment(S, ALL, y + 2 * row, ORDER);
            s02 = x0.fma(y2, s02);
            s12 = x1.fma(y2, s12);
            FloatVector y3 = FloatVector.fromMemorySegment(S, ALL, y + 3 * row, ORDER);
            s03 = x0.fma(y3, s03);
            s13 = x1.fma(y3, s13);
            x += BYTES;
            y += BYTES;
        } while (++k < count);
        s00.intoMemorySegment(ALL, t, ORDER);
        s01.intoMemorySegment(ALL, t + BYTES, ORDER);
        s02.intoMemorySegment(ALL, t + 2 * BYTES, ORDER);
        s03.intoMemorySegment(ALL, t + 3 * BYTES, ORDER);
        s10.intoMemorySegment(ALL, t + row, ORDER);
        s11.intoMemorySegment(ALL, t + row + BYTES, ORDER);
        s12.intoMemorySegment(ALL, t + row + 2 * BYTES, ORDER);
        s13.intoMemorySegment(ALL, t + row + 3 * BYTES, ORDER);
    }

    /** The same for one row x. */
    private static void subtract1(long x, long y, long row, int count) {
        long t = x + count * BYTES;
        FloatVector s0 = FloatVector.fromMemorySegment(S, ALL, t, ORDER);
        FloatVector s1 = FloatVector.fromMemorySegment(S, ALL, t + BYTES, ORDER);
        FloatVector s2 = FloatVector.fromMemorySegment(S, ALL, t + 2 * BYTES, ORDER);
        FloatVector s3 = FloatVector.fromMemorySegment(S, ALL, t + 3 * BYTES, ORDER);
        int k = 0;
        do {
            FloatVector x0 = FloatVector.fromMemorySegment(S, ALL, x, ORDER).neg();
            s0 = x0.fma(FloatVector.fromMemorySegment(S, ALL, y, ORDER), s0);
            s1 = x0.fma(FloatVector.fromMemorySegment(S, ALL, y + row, ORDER), s1);
            s2 = x0.fma(FloatVector.fromMemorySegment(S, ALL, y + 2 * row, ORDER), s2);
            s3 = x0.fma(FloatVector.fromMemorySegment(S, ALL, y + 3 * row, ORDER), s3);
            x += BYTES;
            y += BYTES;
        } while (++k < count);
        s0.intoMemorySegment(ALL, t, ORDER);
        s1.intoMemorySegment(ALL, t + BYTES, ORDER);
        s2.intoMemorySegment(ALL, t + 2 * BYTES, ORDER);
        s3.intoMemorySegment(ALL, t + 3 * BYTES, ORDER);
    }
}
