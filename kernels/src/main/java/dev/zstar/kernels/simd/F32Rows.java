package dev.zstar.kernels.simd;

import static dev.zstar.kernels.simd.Memory.ALL;
import static dev.zstar.kernels.simd.Memory.F32;
import static dev.zstar.kernels.simd.Memory.MASK;
import static dev.zstar.kernels.simd.Memory.ORDER;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Operations on single rows, given by their addresses. Elementwise work runs in f32; sums are widened and accumulated in f64.
 * Tails are scalar. Addresses are masked once, for the reason
 * that {@link Memory#MASK} gives.
 *
 * <p>Loads and stores are written out. Behind helpers that take or return a vector they would read better, but where the JIT does not
 * inline such a helper, as it sometimes does not, every call allocates. Halves of vectors are widened, not vectors of half the length
 * loaded: once a process has used float vectors of two lengths, the tiles of products stayed in code that boxes every vector in five runs of
 * six (none of six without).
 */
final class F32Rows {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();
    private static final VectorSpecies<Double> D = Lanes.D;
    private static final int W = Lanes.COUNT;
    private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED; // twin: private static final VectorSpecies<Long> I = jdk.incubator.vector.LongVector.SPECIES_PREFERRED;

    /** Elements of a piece of a row that is combined and then multiplied again while it is in the first-level cache. */
    private static final int PIECE = 1024;

    private F32Rows() {}

    // ---- elementwise

    /** {@code y = a x}. */
    static void scale(float a, long x, long y, int n) {
        x &= MASK;
        y &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).mul(a).intoMemorySegment(ALL, y + i * B, ORDER);
        }
        for (; i < n; i++) {
            ALL.set(F32, y + i * B, ALL.get(F32, x + i * B) * a);
        }
    }

    /** {@code y = a x + b y}. */
    static void axpby(float a, long x, float b, long y, int n) {
        x &= MASK;
        y &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector yi = FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER).mul(b);
            FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).fma(FloatVector.broadcast(S, a), yi).intoMemorySegment(ALL, y + i * B, ORDER);
        }
        for (; i < n; i++) {
            ALL.set(F32, y + i * B, Math.fma(ALL.get(F32, x + i * B), a, ALL.get(F32, y + i * B) * b));
        }
    }

    /** {@code out = x ⊙ y}. */
    static void multiply(long x, long y, long out, int n) {
        x &= MASK;
        y &= MASK;
        out &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector xi = FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER);
            xi.mul(FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER)).intoMemorySegment(ALL, out + i * B, ORDER);
        }
        for (; i < n; i++) {
            ALL.set(F32, out + i * B, ALL.get(F32, x + i * B) * ALL.get(F32, y + i * B));
        }
    }

    static void fill(float value, long out, int n) {
        out &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector.broadcast(S, value).intoMemorySegment(ALL, out + i * B, ORDER);
        }
        for (; i < n; i++) {
            ALL.set(F32, out + i * B, value);
        }
    }

    // ---- sums

    /**
     * {@code Σ x y}. The tail is scalar, since masked vectors here are more than the JIT keeps in registers; and there is one loop, since
     * accumulators that were carried from one loop of vectors into another were boxed.
     */
    static double dot(long x, long y, int n) {
        double[] room = Lanes.room();
        x &= MASK;
        y &= MASK;
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var x0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var x1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            s0 = x0.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s0);
            s1 = x1.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1), s1);
        }
        s0.add(s1).intoArray(room, 0);
        return Lanes.sum(room) + dotTail(x, y, i, n);
    }

    private static double dotTail(long x, long y, int i, int n) {
        double sum = 0;
        for (; i < n; i++) {
            sum = Math.fma((double) ALL.get(F32, x + i * B), (double) ALL.get(F32, y + i * B), sum);
        }
        return sum;
    }

    /** {@code out[at] = Σ (y - z)²} and {@code out[at + 1] = Σ y²}. */
    static void norms(long y, long z, int n, double[] room, double[] out, int at) {
        y &= MASK;
        z &= MASK;
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        DoubleVector q0 = DoubleVector.zero(D);
        DoubleVector q1 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var y0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var y1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            var z0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, z + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var z1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, z + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            DoubleVector d0 = y0.sub(z0);
            DoubleVector d1 = y1.sub(z1);
            s0 = d0.fma(d0, s0);
            s1 = d1.fma(d1, s1);
            q0 = y0.fma(y0, q0);
            q1 = y1.fma(y1, q1);
        }
        s0.add(s1).intoArray(room, 0);
        q0.add(q1).intoArray(room, W);
        double steps = Lanes.sum(room, 0);
        double squares = Lanes.sum(room, W);
        for (; i < n; i++) {
            double v = ALL.get(F32, y + i * B);
            double d = v - (double) ALL.get(F32, z + i * B);
            steps = Math.fma(d, d, steps);
            squares = Math.fma(v, v, squares);
        }
        out[at] = steps;
        out[at + 1] = squares;
    }

    /** {@code Σ |x|}. */
    static double asum(long x, int n) {
        double[] room = Lanes.room();
        x &= MASK;
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var x0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var x1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            s0 = s0.add(x0.abs());
            s1 = s1.add(x1.abs());
        }
        s0.add(s1).intoArray(room, 0);
        double sum = Lanes.sum(room);
        for (; i < n; i++) {
            sum += Math.abs(ALL.get(F32, x + i * B));
        }
        return sum;
    }

    /** The first index of the largest {@code |x|}, NaN above all; -1 for no elements. Bits without their sign order as the magnitudes do. */
    static int iamax(long x, int n) {
        x &= MASK;
        var best = IntVector.broadcast(I, -1); // twin: var best = jdk.incubator.vector.LongVector.broadcast(I, -1);
        var where = IntVector.zero(I); // twin: var where = jdk.incubator.vector.LongVector.zero(I);
        int i = 0;
        for (; i <= n - L; i += L) {
            var bits = FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).reinterpretAsInts().and(Integer.MAX_VALUE); // twin: var bits = DoubleVector.fromMemorySegment(S, ALL, x + i * B, ORDER).reinterpretAsLongs().and(Long.MAX_VALUE);
            var larger = bits.compare(VectorOperators.GT, best);
            best = best.blend(bits, larger);
            where = where.blend(i, larger);
        }
        int at = -1;
        int most = -1; // twin: long most = -1;
        for (int lane = 0; lane < L && i > 0; lane++) {
            int index = (int) where.lane(lane) + lane;
            if (best.lane(lane) > most || best.lane(lane) == most && index < at) {
                most = best.lane(lane);
                at = index;
            }
        }
        for (; i < n; i++) {
            int bits = Float.floatToRawIntBits(ALL.get(F32, x + i * B)) & Integer.MAX_VALUE; // twin: long bits = Double.doubleToRawLongBits(ALL.get(F64, x + i * B)) & Long.MAX_VALUE;
            if (bits > most) {
                most = bits;
                at = i;
            }
        }
        return at;
    }

    // ---- sweeps

    /**
     * {@code h[at + j] = ⟨v_j, w⟩} for {@code j < count}, vectors {@code step} bytes apart. Each is summed in the same order however many
     * share the pass: rows that have fewer vectors than others of their batch are swept as far as those.
     */
    static void multiDot(long v, long step, int count, long w, int n, double[] h, int at) {
        double[] room = Lanes.room();
        int j = 0;
        for (; j <= count - 6; j += 6) {
            dots6(v + j * step, step, w, n, room, h, at + j);
        }
        for (; j <= count - 4; j += 4) {
            dots4(v + j * step, step, w, n, room, h, at + j);
        }
        for (; j <= count - 2; j += 2) {
            dots2(v + j * step, step, w, n, room, h, at + j);
        }
        for (; j < count; j++) {
            h[at + j] = dots1(v + j * step, w, n, room);
        }
    }

    /** The last of an odd number of vectors. {@link #dot} has two sums, and so another order. */
    private static double dots1(long v, long w, int n, double[] room) {
        w &= MASK;
        v &= MASK;
        DoubleVector s0 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var x0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var x1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            s0 = x0.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s0);
            s0 = x1.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1), s0);
        }
        s0.intoArray(room, 0);
        return Lanes.sum(room) + dotTail(w, v, i, n);
    }

    /** Two vectors share what is read of {@code w}. */
    private static void dots2(long v, long step, long w, int n, double[] room, double[] h, int at) {
        w &= MASK;
        v &= MASK;
        long v1 = (v + step) & MASK;
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var x0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var x1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            s0 = x0.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s0);
            s1 = x0.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s1);
            s0 = x1.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1), s0);
            s1 = x1.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1), s1);
        }
        s0.intoArray(room, 0);
        s1.intoArray(room, W);
        for (int j = 0; j < 2; j++) {
            h[at + j] = Lanes.sum(room, j * W) + dotTail(w, v + j * step, i, n);
        }
    }

    /** Four vectors share what is read of {@code w}. */
    private static void dots4(long v, long step, long w, int n, double[] room, double[] h, int at) {
        w &= MASK;
        v &= MASK;
        long v1 = (v + step) & MASK;
        long v2 = (v + 2 * step) & MASK;
        long v3 = (v + 3 * step) & MASK;
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        DoubleVector s2 = DoubleVector.zero(D);
        DoubleVector s3 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var x0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var x1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            s0 = x0.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s0);
            s1 = x0.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s1);
            s2 = x0.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s2);
            s3 = x0.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s3);
            s0 = x1.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1), s0);
            s1 = x1.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1), s1);
            s2 = x1.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1), s2);
            s3 = x1.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1), s3);
        }
        s0.intoArray(room, 0);
        s1.intoArray(room, W);
        s2.intoArray(room, 2 * W);
        s3.intoArray(room, 3 * W);
        for (int j = 0; j < 4; j++) {
            h[at + j] = Lanes.sum(room, j * W) + dotTail(w, v + j * step, i, n);
        }
    }

    /** Six vectors share what is read of {@code w}. */
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
        for (; i <= n - 2 * W; i += 2 * W) {
            var x0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var x1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, w + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            s0 = x0.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s0);
            s1 = x0.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s1);
            s2 = x0.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s2);
            s3 = x0.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s3);
            s4 = x0.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v4 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s4);
            s5 = x0.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v5 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s5);
            s0 = x1.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1), s0);
            s1 = x1.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1), s1);
            s2 = x1.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1), s2);
            s3 = x1.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1), s3);
            s4 = x1.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v4 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1), s4);
            s5 = x1.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v5 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1), s5);
        }
        s0.intoArray(room, 0);
        s1.intoArray(room, W);
        s2.intoArray(room, 2 * W);
        s3.intoArray(room, 3 * W);
        s4.intoArray(room, 4 * W);
        s5.intoArray(room, 5 * W);
        for (int j = 0; j < 6; j++) {
            h[at + j] = Lanes.sum(room, j * W) + dotTail(w, v + j * step, i, n);
        }
    }

    /**
     * {@code w = Σ_j c[at + j] v_j}; vectors with a coefficient of 0 stay unread. Sums are f64, because coefficients that sum to 1 may each be large, and where they cancel
     * the rounding of f32 products is what a solve sees in the end: Anderson took more evaluations than with exact sums on one problem of seven.
     *
     * @param sums room for n, where there are more than six vectors or some have no part
     */
    static void mix(long v, long step, int count, double[] c, int at, double[] sums, long w, int n) {
        int used = 0;
        int last = 0;
        for (int j = 0; j < count; j++) {
            if (c[at + j] != 0) {
                used++;
                last = j;
            }
        }
        if (used == 0) {
            fill(0f, w, n);
        } else if (used == 1) {
            scale((float) c[at + last], v + last * step, w, n);
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

    /** {@code w += Σ_j c[at + j] v_j}; vectors with a coefficient of 0 stay unread. */
    static void combine(long v, long step, int count, double[] c, int at, long w, int n) {
        int j = 0;
        for (; j <= count - 4 && c[at + j] != 0 && c[at + j + 1] != 0 && c[at + j + 2] != 0 && c[at + j + 3] != 0; j += 4) {
            float c0 = (float) c[at + j];
            float c1 = (float) c[at + j + 1];
            float c2 = (float) c[at + j + 2];
            float c3 = (float) c[at + j + 3];
            axpy4(c0, c1, c2, c3, v + j * step, step, w, n);
        }
        for (; j < count; j++) {
            if (c[at + j] != 0) {
                axpby((float) c[at + j], v + j * step, 1f, w, n);
            }
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
            ALL.set(F32, w + i * B, Math.fma(ALL.get(F32, v3 + i * B), c3, sum));
        }
    }

    /** Six vectors, in one pass: the window that is usual. */
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
            var s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0)).mul(c[at]);
            var s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1)).mul(c[at]);
            s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0)).fma(DoubleVector.broadcast(D, c[at + 1]), s0);
            s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1)).fma(DoubleVector.broadcast(D, c[at + 1]), s1);
            s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0)).fma(DoubleVector.broadcast(D, c[at + 2]), s0);
            s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1)).fma(DoubleVector.broadcast(D, c[at + 2]), s1);
            s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0)).fma(DoubleVector.broadcast(D, c[at + 3]), s0);
            s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1)).fma(DoubleVector.broadcast(D, c[at + 3]), s1);
            s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v4 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0)).fma(DoubleVector.broadcast(D, c[at + 4]), s0);
            s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v4 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1)).fma(DoubleVector.broadcast(D, c[at + 4]), s1);
            s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v5 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0)).fma(DoubleVector.broadcast(D, c[at + 5]), s0);
            s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v5 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1)).fma(DoubleVector.broadcast(D, c[at + 5]), s1);
            // Halves become one vector again: lane by lane they are 0 in one of the two.
            var low = (FloatVector) s0.convertShape(VectorOperators.D2F, S, 0); // twin: s0.intoMemorySegment(ALL, w + i * B, ORDER);
            var high = ((FloatVector) s1.convertShape(VectorOperators.D2F, S, 0)).rearrange(Lanes.HALVES); // twin: s1.intoMemorySegment(ALL, w + (i + L) * B, ORDER);
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

    /** {@code sums = Σ c_j v_j} of four vectors, added to what is there if it is to be kept. */
    private static void widen4(long v, long step, double[] c, int at, boolean keep, double[] sums, int n) {
        v &= MASK;
        long v1 = (v + step) & MASK;
        long v2 = (v + 2 * step) & MASK;
        long v3 = (v + 3 * step) & MASK;
        if (!keep) {
            java.util.Arrays.fill(sums, 0, n, 0);
        }
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0)).fma(DoubleVector.broadcast(D, c[at]), DoubleVector.fromArray(D, sums, i));
            var s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1)).fma(DoubleVector.broadcast(D, c[at]), DoubleVector.fromArray(D, sums, i + W));
            s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0)).fma(DoubleVector.broadcast(D, c[at + 1]), s0);
            s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v1 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1)).fma(DoubleVector.broadcast(D, c[at + 1]), s1);
            s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0)).fma(DoubleVector.broadcast(D, c[at + 2]), s0);
            s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v2 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1)).fma(DoubleVector.broadcast(D, c[at + 2]), s1);
            s0 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0)).fma(DoubleVector.broadcast(D, c[at + 3]), s0);
            s1 = ((DoubleVector) FloatVector.fromMemorySegment(S, ALL, v3 + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1)).fma(DoubleVector.broadcast(D, c[at + 3]), s1);
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

    /** {@code sums = c v}, the same for one. */
    private static void widen(long v, double c, boolean keep, double[] sums, int n) {
        v &= MASK;
        if (!keep) {
            java.util.Arrays.fill(sums, 0, n, 0);
        }
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var x0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var x1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            x0.fma(DoubleVector.broadcast(D, c), DoubleVector.fromArray(D, sums, i)).intoArray(sums, i);
            x1.fma(DoubleVector.broadcast(D, c), DoubleVector.fromArray(D, sums, i + W)).intoArray(sums, i + W);
        }
        for (; i < n; i++) {
            sums[i] = Math.fma((double) ALL.get(F32, v + i * B), c, sums[i]);
        }
    }

    /** {@code w = sums}, rounded. */
    private static void narrow(double[] sums, long w, int n) {
        w &= MASK;
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            DoubleVector s0 = DoubleVector.fromArray(D, sums, i);
            DoubleVector s1 = DoubleVector.fromArray(D, sums, i + W);
            // Halves become one vector again: lane by lane they are 0 in one of the two.
            var low = (FloatVector) s0.convertShape(VectorOperators.D2F, S, 0); // twin: s0.intoMemorySegment(ALL, w + i * B, ORDER);
            var high = ((FloatVector) s1.convertShape(VectorOperators.D2F, S, 0)).rearrange(Lanes.HALVES); // twin: s1.intoMemorySegment(ALL, w + (i + L) * B, ORDER);
            low.add(high).intoMemorySegment(ALL, w + i * B, ORDER); // twin: // both halves are vectors
        }
        for (; i < n; i++) {
            ALL.set(F32, w + i * B, (float) sums[i]);
        }
    }

    /** {@code w += Σ_j c[at + j] v_j}, then {@code h[at + j] = ⟨v_j, w⟩}, in one pass over the vectors; {@code sums} has room for pieces. */
    static void combineAndDot(long v, long step, int count, double[] c, double[] h, int at, double[] sums, int sumsAt, long w, int n) {
        if (n <= PIECE) {
            combine(v, step, count, c, at, w, n);
            multiDot(v, step, count, w, n, h, at);
            return;
        }
        java.util.Arrays.fill(h, at, at + count, 0);
        for (int i = 0; i < n; i += PIECE) {
            int length = Math.min(PIECE, n - i);
            combine(v + i * B, step, count, c, at, w + i * B, length);
            multiDot(v + i * B, step, count, w + i * B, length, sums, sumsAt);
            for (int j = 0; j < count; j++) {
                h[at + j] += sums[sumsAt + j];
            }
        }
    }

    /** {@code r = g - z} and {@code copy = g}; returns {@code ‖g‖²}, all in one pass. */
    static double residual(long z, long g, long r, long copy, int n) {
        z &= MASK;
        g &= MASK;
        r &= MASK;
        copy &= MASK;
        double[] room = Lanes.room();
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            residual(z + i * B, g + i * B, r + i * B, copy + i * B);
            // twin: residual(z + (i + L) * B, g + (i + L) * B, r + (i + L) * B, copy + (i + L) * B);
            var g0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, g + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var g1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, g + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            s0 = g0.fma(g0, s0);
            s1 = g1.fma(g1, s1);
        }
        s0.add(s1).intoArray(room, 0);
        double sum = Lanes.sum(room);
        for (; i < n; i++) {
            float value = ALL.get(F32, g + i * B);
            ALL.set(F32, r + i * B, value - ALL.get(F32, z + i * B));
            ALL.set(F32, copy + i * B, value);
            sum = Math.fma((double) value, (double) value, sum);
        }
        return sum;
    }

    /** One vector of it. */
    private static void residual(long z, long g, long r, long copy) {
        FloatVector value = FloatVector.fromMemorySegment(S, ALL, g & MASK, ORDER);
        value.sub(FloatVector.fromMemorySegment(S, ALL, z & MASK, ORDER)).intoMemorySegment(ALL, r & MASK, ORDER);
        value.intoMemorySegment(ALL, copy & MASK, ORDER);
    }
}
