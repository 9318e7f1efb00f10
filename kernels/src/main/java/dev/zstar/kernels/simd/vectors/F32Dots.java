package dev.zstar.kernels.simd.vectors;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.MASK;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.simd.lanes.Lanes;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products of one row with the vectors of a basis, which share the loads of the row. Addresses, tails and halves are as in
 * {@link F32Rows}.
 *
 * <p>Eight at a time, from the first-level cache, these run at 52 GB/s; six at a time with both halves of one load ran at 35 (Zen 4). A
 * copy of the row that is widened once was slower: arrays on the heap start 16 bytes after a cache line, so every load of it touched two
 * lines.
 */
public final class F32Dots {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final long B = F32.byteSize();
    private static final VectorSpecies<Double> D = Lanes.D;
    private static final int W = Lanes.COUNT;

    private F32Dots() {}

    /**
     * {@code h[at + j] = ⟨v_j, w⟩} for {@code j < count}, vectors {@code step} bytes apart. Each is summed in the same order for any
     * count, because rows with fewer vectors are swept as far as the others of their batch.
     *
     * @param room {@link Lanes#room}, fetched once per call instead of once per row, which saves 3 ns
     */
    public static void multiDot(long v, long step, int count, long w, int n, double[] room, double[] h, int at) {
        int j = 0;
        for (; j <= count - 8; j += 8) {
            dots8(v + j * step, step, w, n, room, h, at + j);
        }
        if (j <= count - 6) {
            dots6(v + j * step, step, w, n, room, h, at + j);
            j += 6;
        } else if (j <= count - 4) {
            dots4(v + j * step, step, w, n, room, h, at + j);
            j += 4;
        }
        if (j <= count - 2) {
            dots2(v + j * step, step, w, n, room, h, at + j);
            j += 2;
        }
        if (j < count) {
            dots1(v + j * step, w, n, room, h, at + j);
        }
    }

    /** The last of an odd number of vectors. {@link F32Rows#dot} has two sums, and therefore another order. */
    static void dots1(long v, long w, int n, double[] room, double[] h, int at) {
        w &= MASK;
        v &= MASK;
        DoubleVector s0 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - W; i += W) {
            var x = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            s0 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s0);
        }
        s0.intoArray(room, 0);
        h[at] = Lanes.sum(room) + F32Rows.dotTail(w, v, i, n);
    }

    private static void dots2(long v, long step, long w, int n, double[] room, double[] h, int at) {
        other2(w, v, v + step, n, room);
        for (int j = 0; j < 2; j++) {
            h[at + j] = sum(w, v + j * step, room, j, n);
        }
    }

    private static void dots4(long v, long step, long w, int n, double[] room, double[] h, int at) {
        other4(w, v, v + step, v + 2 * step, v + 3 * step, n, room);
        for (int j = 0; j < 4; j++) {
            h[at + j] = sum(w, v + j * step, room, j, n);
        }
    }

    private static void dots6(long v, long step, long w, int n, double[] room, double[] h, int at) {
        w &= MASK;
        v &= MASK;
        long v1 = (v + step) & MASK;
        long v2 = (v + 2 * step) & MASK;
        long v3 = (v + 3 * step) & MASK;
        long v4 = (v + 4 * step) & MASK;
        long v5 = (v + 5 * step) & MASK;
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        DoubleVector s2 = DoubleVector.zero(D);
        DoubleVector s3 = DoubleVector.zero(D);
        DoubleVector s4 = DoubleVector.zero(D);
        DoubleVector s5 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - W; i += W) {
            var x = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            s0 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s0);
            s1 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s1);
            s2 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s2);
            s3 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s3);
            s4 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v4 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s4);
            s5 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v5 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s5);
        }
        s0.intoArray(room, 0);
        s1.intoArray(room, W);
        s2.intoArray(room, 2 * W);
        s3.intoArray(room, 3 * W);
        s4.intoArray(room, 4 * W);
        s5.intoArray(room, 5 * W);
        for (int j = 0; j < 6; j++) {
            h[at + j] = Lanes.sum(room, j * W) + F32Rows.dotTail(w, v + j * step, i, n);
        }
    }

    private static void dots8(long v, long step, long w, int n, double[] room, double[] h, int at) {
        w &= MASK;
        v &= MASK;
        long v1 = (v + step) & MASK;
        long v2 = (v + 2 * step) & MASK;
        long v3 = (v + 3 * step) & MASK;
        long v4 = (v + 4 * step) & MASK;
        long v5 = (v + 5 * step) & MASK;
        long v6 = (v + 6 * step) & MASK;
        long v7 = (v + 7 * step) & MASK;
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        DoubleVector s2 = DoubleVector.zero(D);
        DoubleVector s3 = DoubleVector.zero(D);
        DoubleVector s4 = DoubleVector.zero(D);
        DoubleVector s5 = DoubleVector.zero(D);
        DoubleVector s6 = DoubleVector.zero(D);
        DoubleVector s7 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - W; i += W) {
            var x = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            s0 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s0);
            s1 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s1);
            s2 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s2);
            s3 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s3);
            s4 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v4 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s4);
            s5 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v5 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s5);
            s6 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v6 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s6);
            s7 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v7 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s7);
        }
        s0.intoArray(room, 0);
        s1.intoArray(room, W);
        s2.intoArray(room, 2 * W);
        s3.intoArray(room, 3 * W);
        s4.intoArray(room, 4 * W);
        s5.intoArray(room, 5 * W);
        s6.intoArray(room, 6 * W);
        s7.intoArray(room, 7 * W);
        for (int j = 0; j < 8; j++) {
            h[at + j] = Lanes.sum(room, j * W) + F32Rows.dotTail(w, v + j * step, i, n);
        }
    }

    /** {@code ⟨w, v⟩}, whose lanes are vector number {@code k} of the room: their sum, and the elements that fill no vector. */
    static double sum(long w, long v, double[] room, int k, int n) {
        return Lanes.sum(room, k * W) + F32Rows.dotTail(w & MASK, v & MASK, n / W * W, n);
    }

    /** The lanes of {@code ⟨w, v_j⟩} for two vectors. */
    static void other2(long w, long v0, long v1, int n, double[] room) {
        w &= MASK;
        v0 &= MASK;
        v1 &= MASK;
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - W; i += W) {
            var x = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            s0 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v0 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s0);
            s1 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s1);
        }
        s0.intoArray(room, 0);
        s1.intoArray(room, W);
    }

    /** The lanes of {@code ⟨w, v_j⟩} for four vectors. */
    static void other4(long w, long v0, long v1, long v2, long v3, int n, double[] room) {
        w &= MASK;
        v0 &= MASK;
        v1 &= MASK;
        v2 &= MASK;
        v3 &= MASK;
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        DoubleVector s2 = DoubleVector.zero(D);
        DoubleVector s3 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - W; i += W) {
            var x = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            s0 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v0 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s0);
            s1 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s1);
            s2 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s2);
            s3 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s3);
        }
        s0.intoArray(room, 0);
        s1.intoArray(room, W);
        s2.intoArray(room, 2 * W);
        s3.intoArray(room, 3 * W);
    }
}
