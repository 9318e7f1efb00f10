package dev.zstar.kernels.simd.vectors;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.MASK;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.simd.lanes.Lanes;
import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Linear combinations of the vectors of a basis, for one row, summed in f64 and rounded once. As in {@link F32Rows} vectors are given by
 * their addresses, tails are scalar, and loads and stores written out.
 */
public final class F32Mix {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final long B = F32.byteSize();
    private static final VectorSpecies<Double> D = Lanes.D;
    private static final int W = Lanes.COUNT;

    private F32Mix() {}

    /**
     * {@code w = Σ_j c[at + j] v_j}; vectors with a coefficient of 0 stay unread. Sums are f64: coefficients that sum to 1 may each be
     * large, and if they cancel, the rounding errors of f32 products would dominate. With f32 sums Anderson took more evaluations than with
     * exact sums on one problem of seven.
     *
     * @param sums memory for n elements; used if there are more than six vectors, or some coefficients are 0
     */
    public static void mix(long v, long step, int count, double[] c, int at, double[] sums, long w, int n) {
        int used = 0;
        int last = 0;
        for (int j = 0; j < count; j++) {
            if (c[at + j] != 0) {
                used++;
                last = j;
            }
        }
        if (used == 0) {
            F32Rows.fill(0f, w, n);
        } else if (used == 1) {
            F32Rows.scaleBy(c[at + last], v + last * step, w, n);
        } else if (used == 6 && count == 6) {
            mix6(v, step, c, at, w, n);
        } else {
            boolean first = true;
            for (int j = 0; j < count; ) {
                if (j + 4 <= count && c[at + j] != 0 && c[at + j + 1] != 0 && c[at + j + 2] != 0 && c[at + j + 3] != 0) {
                    widen4(v + j * step, step, c, at + j, !first, sums, n);
                    first = false;
                    j += 4;
                } else {
                    if (c[at + j] != 0) {
                        widen(v + j * step, c[at + j], !first, sums, n);
                        first = false;
                    }
                    j++;
                }
            }
            narrow(sums, w, n);
        }
    }

    /** Six vectors in one pass: the usual window. */
    private static void mix6(long v, long step, double[] c, int at, long w, int n) {
        w &= MASK;
        v &= MASK;
        long v1 = (v + step) & MASK;
        long v2 = (v + 2 * step) & MASK;
        long v3 = (v + 3 * step) & MASK;
        long v4 = (v + 4 * step) & MASK;
        long v5 = (v + 5 * step) & MASK;
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .mul(c[at]);
            var s1 =
                    ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                            .mul(c[at]);
            s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at + 1]), s0);
            s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at + 1]), s1);
            s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at + 2]), s0);
            s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v2 + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at + 2]), s1);
            s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at + 3]), s0);
            s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v3 + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at + 3]), s1);
            s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v4 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at + 4]), s0);
            s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v4 + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at + 4]), s1);
            s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v5 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at + 5]), s0);
            s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v5 + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at + 5]), s1);
            // Halves become one vector again: lane by lane they are 0 in one of the two.
            var low = (FloatVector) s0.convertShape(VectorOperators.D2F, S, 0); // twin: s0.intoMemorySegment(ALL, w + i * B, ORDER);
            var high = ((FloatVector) s1.convertShape(VectorOperators.D2F, S, 0)).rearrange(Lanes.HALVES); // twin: s1.intoMemorySegment(ALL, w + (i + W) * B, ORDER);
            low.add(high).intoMemorySegment(ALL, w + i * B, ORDER); // twin: // both halves are vectors
        }
        for (; i < n; i++) {
            double sum = c[at] * ALL.get(F32, v + i * B);
            sum = Math.fma((double) ALL.get(F32, v1 + i * B), c[at + 1], sum);
            sum = Math.fma((double) ALL.get(F32, v2 + i * B), c[at + 2], sum);
            sum = Math.fma((double) ALL.get(F32, v3 + i * B), c[at + 3], sum);
            sum = Math.fma((double) ALL.get(F32, v4 + i * B), c[at + 4], sum);
            sum = Math.fma((double) ALL.get(F32, v5 + i * B), c[at + 5], sum);
            ALL.set(F32, w + i * B, (float) sum);
        }
    }

    /** {@code sums = Σ c_j v_j} of four vectors, added to the present sums if those are kept. */
    private static void widen4(long v, long step, double[] c, int at, boolean keep, double[] sums, int n) {
        v &= MASK;
        long v1 = (v + step) & MASK;
        long v2 = (v + 2 * step) & MASK;
        long v3 = (v + 3 * step) & MASK;
        if (!keep) {
            Arrays.fill(sums, 0, n, 0);
        }
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at]), DoubleVector.fromArray(D, sums, i));
            var s1 =
                    ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                            .fma(DoubleVector.broadcast(D, c[at]), DoubleVector.fromArray(D, sums, i + W));
            s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at + 1]), s0);
            s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at + 1]), s1);
            s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at + 2]), s0);
            s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v2 + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at + 2]), s1);
            s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at + 3]), s0);
            s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v3 + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0))
                    .fma(DoubleVector.broadcast(D, c[at + 3]), s1);
            s0.intoArray(sums, i);
            s1.intoArray(sums, i + W);
        }
        for (; i < n; i++) {
            double sum = Math.fma((double) ALL.get(F32, v + i * B), c[at], sums[i]);
            sum = Math.fma((double) ALL.get(F32, v1 + i * B), c[at + 1], sum);
            sum = Math.fma((double) ALL.get(F32, v2 + i * B), c[at + 2], sum);
            sums[i] = Math.fma((double) ALL.get(F32, v3 + i * B), c[at + 3], sum);
        }
    }

    /** {@code sums = c v}, the same for one vector. */
    static void widen(long v, double c, boolean keep, double[] sums, int n) {
        v &= MASK;
        if (!keep) {
            Arrays.fill(sums, 0, n, 0);
        }
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var x0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var x1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            x0.fma(DoubleVector.broadcast(D, c), DoubleVector.fromArray(D, sums, i)).intoArray(sums, i);
            x1.fma(DoubleVector.broadcast(D, c), DoubleVector.fromArray(D, sums, i + W)).intoArray(sums, i + W);
        }
        for (; i < n; i++) {
            sums[i] = Math.fma((double) ALL.get(F32, v + i * B), c, sums[i]);
        }
    }

    /** {@code w = sums}, rounded. */
    static void narrow(double[] sums, long w, int n) {
        w &= MASK;
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            DoubleVector s0 = DoubleVector.fromArray(D, sums, i);
            DoubleVector s1 = DoubleVector.fromArray(D, sums, i + W);
            // Halves become one vector again: lane by lane they are 0 in one of the two.
            var low = (FloatVector) s0.convertShape(VectorOperators.D2F, S, 0); // twin: s0.intoMemorySegment(ALL, w + i * B, ORDER);
            var high = ((FloatVector) s1.convertShape(VectorOperators.D2F, S, 0)).rearrange(Lanes.HALVES); // twin: s1.intoMemorySegment(ALL, w + (i + W) * B, ORDER);
            low.add(high).intoMemorySegment(ALL, w + i * B, ORDER); // twin: // both halves are vectors
        }
        for (; i < n; i++) {
            ALL.set(F32, w + i * B, (float) sums[i]);
        }
    }
}
