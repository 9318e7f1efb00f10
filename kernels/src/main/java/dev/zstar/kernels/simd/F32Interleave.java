package dev.zstar.kernels.simd;

import static dev.zstar.kernels.simd.Memory.ALL;
import static dev.zstar.kernels.simd.Memory.F32;
import static dev.zstar.kernels.simd.Memory.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Copies what a tile broadcasts to the heap, in the order in which it does: for each k the values of its 1, 2, 4 or 8 rows side by side.
 * Rows of a batch are zipped pairwise, in 24 permutations for 8 vectors of 8 rows; about 0.1 ns an element. Columns already lie so.
 */
final class F32Interleave {
    private static final VectorSpecies<Integer> S = IntVector.SPECIES_PREFERRED; // twin: private static final VectorSpecies<Long> S = jdk.incubator.vector.LongVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final IntVector LOW = zip(0); // twin: private static final jdk.incubator.vector.LongVector LOW = zip(0);
    private static final IntVector HIGH = zip(L / 2); // twin: private static final jdk.incubator.vector.LongVector HIGH = zip(L / 2);
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;

    private F32Interleave() {}

    /** Picks {@code a[from], b[from], a[from + 1], b[from + 1], …} out of a and b. */
    private static IntVector zip(int from) { // twin: private static jdk.incubator.vector.LongVector zip(int from) {
        int[] index = new int[L]; // twin: long[] index = new long[L];
        for (int i = 0; i < L; i++) {
            index[i] = from + i / 2 + i % 2 * L;
        }
        return IntVector.fromArray(S, index, 0); // twin: return jdk.incubator.vector.LongVector.fromArray(S, index, 0);
    }

    /**
     * {@code to[at + i · rows + r] = from[r, i]} for {@code i < k}.
     *
     * @param rows 1, 2, 4 or 8
     * @param real the rows there are; the last of them stands in for those that are missing
     * @param stride bytes from row to row
     */
    static void rows(int rows, int real, long from, long stride, float[] to, int at, int k) {
        int last = real - 1;
        int i = switch (rows) {
            case 1 -> one(from, to, at, k);
            case 2 -> two(from, from + Math.min(1, last) * stride, to, at, k);
            case 4 -> four(from, from + Math.min(1, last) * stride, from + Math.min(2, last) * stride, from + Math.min(3, last) * stride,
                    to, at, k);
            default -> eight(from, stride, last, to, at, k);
        };
        for (; i < k; i++) {
            for (int r = 0; r < rows; r++) {
                to[at + i * rows + r] = ALL.get(F32, from + Math.min(r, last) * stride + i * F32.byteSize());
            }
        }
    }

    private static int one(long from, float[] to, int at, int k) {
        int i = 0;
        for (; i <= k - L; i += L) {
            FloatVector.fromMemorySegment(F, ALL, from + i * F32.byteSize(), ORDER).intoArray(to, at + i);
        }
        return i;
    }

    private static int two(long a, long b, float[] to, int at, int k) {
        int i = 0;
        for (; i <= k - L; i += L) {
            var r0 = IntVector.fromMemorySegment(S, ALL, a + i * F32.byteSize(), ORDER); // twin: var r0 = jdk.incubator.vector.LongVector.fromMemorySegment(S, ALL, a + i * F32.byteSize(), ORDER);
            var r1 = IntVector.fromMemorySegment(S, ALL, b + i * F32.byteSize(), ORDER); // twin: var r1 = jdk.incubator.vector.LongVector.fromMemorySegment(S, ALL, b + i * F32.byteSize(), ORDER);
            LOW.selectFrom(r0, r1).reinterpretAsFloats().intoArray(to, at + 2 * i);
            HIGH.selectFrom(r0, r1).reinterpretAsFloats().intoArray(to, at + 2 * i + L);
        }
        return i;
    }

    private static int four(long a, long b, long c, long d, float[] to, int at, int k) {
        int i = 0;
        for (; i <= k - L; i += L) {
            var r0 = IntVector.fromMemorySegment(S, ALL, a + i * F32.byteSize(), ORDER); // twin: var r0 = jdk.incubator.vector.LongVector.fromMemorySegment(S, ALL, a + i * F32.byteSize(), ORDER);
            var r1 = IntVector.fromMemorySegment(S, ALL, b + i * F32.byteSize(), ORDER); // twin: var r1 = jdk.incubator.vector.LongVector.fromMemorySegment(S, ALL, b + i * F32.byteSize(), ORDER);
            var r2 = IntVector.fromMemorySegment(S, ALL, c + i * F32.byteSize(), ORDER); // twin: var r2 = jdk.incubator.vector.LongVector.fromMemorySegment(S, ALL, c + i * F32.byteSize(), ORDER);
            var r3 = IntVector.fromMemorySegment(S, ALL, d + i * F32.byteSize(), ORDER); // twin: var r3 = jdk.incubator.vector.LongVector.fromMemorySegment(S, ALL, d + i * F32.byteSize(), ORDER);
            var l0 = LOW.selectFrom(r0, r2);
            var l1 = LOW.selectFrom(r1, r3);
            var h0 = HIGH.selectFrom(r0, r2);
            var h1 = HIGH.selectFrom(r1, r3);
            LOW.selectFrom(l0, l1).reinterpretAsFloats().intoArray(to, at + 4 * i);
            HIGH.selectFrom(l0, l1).reinterpretAsFloats().intoArray(to, at + 4 * i + L);
            LOW.selectFrom(h0, h1).reinterpretAsFloats().intoArray(to, at + 4 * i + 2 * L);
            HIGH.selectFrom(h0, h1).reinterpretAsFloats().intoArray(to, at + 4 * i + 3 * L);
        }
        return i;
    }

    private static int eight(long from, long stride, int last, float[] to, int at, int k) {
        int i = 0;
        for (; i <= k - L; i += L) {
            vectors(from + i * F32.byteSize(), stride, last, to, at + i * 8);
        }
        return i;
    }

    private static void vectors(long from, long stride, int last, float[] to, int at) {
        var r0 = IntVector.fromMemorySegment(S, ALL, from, ORDER); // twin: var r0 = jdk.incubator.vector.LongVector.fromMemorySegment(S, ALL, from, ORDER);
        var r1 = IntVector.fromMemorySegment(S, ALL, from + Math.min(1, last) * stride, ORDER); // twin: var r1 = jdk.incubator.vector.LongVector.fromMemorySegment(S, ALL, from + Math.min(1, last) * stride, ORDER);
        var r2 = IntVector.fromMemorySegment(S, ALL, from + Math.min(2, last) * stride, ORDER); // twin: var r2 = jdk.incubator.vector.LongVector.fromMemorySegment(S, ALL, from + Math.min(2, last) * stride, ORDER);
        var r3 = IntVector.fromMemorySegment(S, ALL, from + Math.min(3, last) * stride, ORDER); // twin: var r3 = jdk.incubator.vector.LongVector.fromMemorySegment(S, ALL, from + Math.min(3, last) * stride, ORDER);
        var r4 = IntVector.fromMemorySegment(S, ALL, from + Math.min(4, last) * stride, ORDER); // twin: var r4 = jdk.incubator.vector.LongVector.fromMemorySegment(S, ALL, from + Math.min(4, last) * stride, ORDER);
        var r5 = IntVector.fromMemorySegment(S, ALL, from + Math.min(5, last) * stride, ORDER); // twin: var r5 = jdk.incubator.vector.LongVector.fromMemorySegment(S, ALL, from + Math.min(5, last) * stride, ORDER);
        var r6 = IntVector.fromMemorySegment(S, ALL, from + Math.min(6, last) * stride, ORDER); // twin: var r6 = jdk.incubator.vector.LongVector.fromMemorySegment(S, ALL, from + Math.min(6, last) * stride, ORDER);
        var r7 = IntVector.fromMemorySegment(S, ALL, from + Math.min(7, last) * stride, ORDER); // twin: var r7 = jdk.incubator.vector.LongVector.fromMemorySegment(S, ALL, from + Math.min(7, last) * stride, ORDER);
        var l0 = LOW.selectFrom(r0, r4);
        var l1 = LOW.selectFrom(r1, r5);
        var l2 = LOW.selectFrom(r2, r6);
        var l3 = LOW.selectFrom(r3, r7);
        var h0 = HIGH.selectFrom(r0, r4);
        var h1 = HIGH.selectFrom(r1, r5);
        var h2 = HIGH.selectFrom(r2, r6);
        var h3 = HIGH.selectFrom(r3, r7);
        var ll0 = LOW.selectFrom(l0, l2);
        var ll1 = LOW.selectFrom(l1, l3);
        var lh0 = HIGH.selectFrom(l0, l2);
        var lh1 = HIGH.selectFrom(l1, l3);
        var hl0 = LOW.selectFrom(h0, h2);
        var hl1 = LOW.selectFrom(h1, h3);
        var hh0 = HIGH.selectFrom(h0, h2);
        var hh1 = HIGH.selectFrom(h1, h3);
        LOW.selectFrom(ll0, ll1).reinterpretAsFloats().intoArray(to, at);
        HIGH.selectFrom(ll0, ll1).reinterpretAsFloats().intoArray(to, at + L);
        LOW.selectFrom(lh0, lh1).reinterpretAsFloats().intoArray(to, at + 2 * L);
        HIGH.selectFrom(lh0, lh1).reinterpretAsFloats().intoArray(to, at + 3 * L);
        LOW.selectFrom(hl0, hl1).reinterpretAsFloats().intoArray(to, at + 4 * L);
        HIGH.selectFrom(hl0, hl1).reinterpretAsFloats().intoArray(to, at + 5 * L);
        LOW.selectFrom(hh0, hh1).reinterpretAsFloats().intoArray(to, at + 6 * L);
        HIGH.selectFrom(hh0, hh1).reinterpretAsFloats().intoArray(to, at + 7 * L);
    }

    /** {@code to[at + i · rows + r] = from[i, r]}: columns of a matrix with rows {@code stride} bytes apart; missing ones are 0. */
    static void columns(int rows, int real, long from, long stride, float[] to, int at, int k) {
        for (int i = 0; i < k; i++) {
            for (int r = 0; r < rows; r++) {
                to[at + i * rows + r] = r < real ? ALL.get(F32, from + i * stride + r * F32.byteSize()) : 0;
            }
        }
    }
}
