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
    private static void dots1(long v, long w, int n, double[] room, double[] h, int at) {
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

    /**
     * {@code h[at + j] = ⟨v_j, v_slot⟩} for the newest {@code count} vectors of a ring of {@code capacity}, the last of which is in
     * {@code slot}, and {@code h[at + capacity] = ‖g‖²}. Each is summed in the same order for any count.
     */
    public static void ring(long v, long step, int capacity, int slot, int count, long g, int n, double[] room, double[] h, int at) {
        long w = v + slot * step;
        int a = before(slot, capacity);
        int b = before(a, capacity);
        int c = before(b, capacity);
        newest(g, w, count > 1 ? v + a * step : w, count > 2 ? v + b * step : w, count > 3 ? v + c * step : w, n, room);
        h[at + capacity] = sum(g, g, room, 4, n);
        h[at + slot] = sum(w, w, room, 0, n);
        if (count > 1) {
            h[at + a] = sum(w, v + a * step, room, 1, n);
        }
        if (count > 2) {
            h[at + b] = sum(w, v + b * step, room, 2, n);
        }
        if (count > 3) {
            h[at + c] = sum(w, v + c * step, room, 3, n);
        }
        int j = before(c, capacity);
        for (int left = count - 4; left > 0; left -= 4) {
            int j1 = before(j, capacity);
            int j2 = before(j1, capacity);
            int j3 = before(j2, capacity);
            if (left == 1) {
                dots1(w, v + j * step, n, room, h, at + j);
                return;
            }
            if (left == 2) {
                other2(w, v + j * step, v + j1 * step, n, room);
                h[at + j] = sum(w, v + j * step, room, 0, n);
                h[at + j1] = sum(w, v + j1 * step, room, 1, n);
                return;
            }
            other4(w, v + j * step, v + j1 * step, v + j2 * step, left > 3 ? v + j3 * step : w, n, room);
            h[at + j] = sum(w, v + j * step, room, 0, n);
            h[at + j1] = sum(w, v + j1 * step, room, 1, n);
            h[at + j2] = sum(w, v + j2 * step, room, 2, n);
            if (left > 3) {
                h[at + j3] = sum(w, v + j3 * step, room, 3, n);
            }
            j = before(j3, capacity);
        }
    }

    private static int before(int slot, int capacity) {
        return slot == 0 ? capacity - 1 : slot - 1;
    }

    /** {@code ⟨w, v⟩}, whose lanes are vector number {@code k} of the room: their sum, and the elements that fill no vector. */
    private static double sum(long w, long v, double[] room, int k, int n) {
        return Lanes.sum(room, k * W) + F32Rows.dotTail(w & MASK, v & MASK, n / W * W, n);
    }

    /** The lanes of {@code ⟨w, w⟩}, of {@code ⟨w, v_j⟩} for three vectors, and of {@code ⟨g, g⟩}. */
    private static void newest(long g, long w, long v0, long v1, long v2, int n, double[] room) {
        g &= MASK;
        w &= MASK;
        v0 &= MASK;
        v1 &= MASK;
        v2 &= MASK;
        DoubleVector s = DoubleVector.zero(D);
        DoubleVector q = DoubleVector.zero(D);
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        DoubleVector s2 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - W; i += W) {
            var x = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var y = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, g + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            s = x.fma(x, s);
            q = y.fma(y, q);
            s0 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v0 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s0);
            s1 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s1);
            s2 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s2);
        }
        s.intoArray(room, 0);
        q.intoArray(room, 4 * W);
        s0.intoArray(room, W);
        s1.intoArray(room, 2 * W);
        s2.intoArray(room, 3 * W);
    }

    /** The lanes of {@code ⟨w, v_j⟩} for two vectors. */
    private static void other2(long w, long v0, long v1, int n, double[] room) {
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
    private static void other4(long w, long v0, long v1, long v2, long v3, int n, double[] room) {
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
