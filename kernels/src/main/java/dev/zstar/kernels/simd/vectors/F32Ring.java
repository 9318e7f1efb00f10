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
 * Products of the newest vector of a ring with the others. Addresses, tails and halves are as in {@link F32Rows}.
 *
 * <p>One and two vectors have loops of their own: with n = 64 these take 15 and 10 ns of 57 less than the loop for four (Intel 6/167). Most
 * sweeps of rows that take plain steps are of this kind.
 */
public final class F32Ring {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final long B = F32.byteSize();
    private static final VectorSpecies<Double> D = Lanes.D;
    private static final int W = Lanes.COUNT;

    private F32Ring() {}

    /**
     * {@code h[at + j] = ⟨v_j, v_slot⟩} for the newest {@code count} vectors of a ring of {@code capacity}, the last of which is in
     * {@code slot}, and {@code h[at + capacity] = ‖g‖²}. Each is summed in the same order for any count.
     */
    public static void dots(long v, long step, int capacity, int slot, int count, long g, int n, double[] room, double[] h, int at) {
        long w = v + slot * step;
        int a = before(slot, capacity);
        int b = before(a, capacity);
        int c = before(b, capacity);
        if (count == 1) {
            squares(g, w, n, room);
        } else if (count == 2) {
            newest(g, w, v + a * step, n, room);
        } else {
            newest(g, w, v + a * step, v + b * step, count > 3 ? v + c * step : w, n, room);
        }
        h[at + capacity] = F32Dots.sum(g, g, room, 4, n);
        h[at + slot] = F32Dots.sum(w, w, room, 0, n);
        if (count > 1) {
            h[at + a] = F32Dots.sum(w, v + a * step, room, 1, n);
        }
        if (count > 2) {
            h[at + b] = F32Dots.sum(w, v + b * step, room, 2, n);
        }
        if (count > 3) {
            h[at + c] = F32Dots.sum(w, v + c * step, room, 3, n);
        }
        int j = before(c, capacity);
        for (int left = count - 4; left > 0; left -= 4) {
            int j1 = before(j, capacity);
            int j2 = before(j1, capacity);
            int j3 = before(j2, capacity);
            if (left == 1) {
                F32Dots.dots1(w, v + j * step, n, room, h, at + j);
                return;
            }
            if (left == 2) {
                F32Dots.other2(w, v + j * step, v + j1 * step, n, room);
                h[at + j] = F32Dots.sum(w, v + j * step, room, 0, n);
                h[at + j1] = F32Dots.sum(w, v + j1 * step, room, 1, n);
                return;
            }
            F32Dots.other4(w, v + j * step, v + j1 * step, v + j2 * step, left > 3 ? v + j3 * step : w, n, room);
            h[at + j] = F32Dots.sum(w, v + j * step, room, 0, n);
            h[at + j1] = F32Dots.sum(w, v + j1 * step, room, 1, n);
            h[at + j2] = F32Dots.sum(w, v + j2 * step, room, 2, n);
            if (left > 3) {
                h[at + j3] = F32Dots.sum(w, v + j3 * step, room, 3, n);
            }
            j = before(j3, capacity);
        }
    }

    private static int before(int slot, int capacity) {
        return slot == 0 ? capacity - 1 : slot - 1;
    }

    /** The lanes of {@code ⟨w, w⟩} and of {@code ⟨g, g⟩}. */
    private static void squares(long g, long w, int n, double[] room) {
        g &= MASK;
        w &= MASK;
        DoubleVector s = DoubleVector.zero(D);
        DoubleVector q = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - W; i += W) {
            var x = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var y = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, g + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            s = x.fma(x, s);
            q = y.fma(y, q);
        }
        s.intoArray(room, 0);
        q.intoArray(room, 4 * W);
    }

    /** The same and the lanes of {@code ⟨w, v0⟩}. */
    private static void newest(long g, long w, long v0, int n, double[] room) {
        g &= MASK;
        w &= MASK;
        v0 &= MASK;
        DoubleVector s = DoubleVector.zero(D);
        DoubleVector q = DoubleVector.zero(D);
        DoubleVector s0 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - W; i += W) {
            var x = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var y = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, g + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            s = x.fma(x, s);
            q = y.fma(y, q);
            s0 = x.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v0 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s0);
        }
        s.intoArray(room, 0);
        q.intoArray(room, 4 * W);
        s0.intoArray(room, W);
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
}
