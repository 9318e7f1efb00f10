package dev.zstar.kernels.simd.vectors;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.MASK;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.Type;
import dev.zstar.kernels.simd.lanes.Lanes;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Operations on single rows, given by their addresses. Elementwise work runs in f32; sums are widened and accumulated in f64. Tails are
 * scalar. Addresses are masked once: see {@link dev.zstar.kernels.simd.lanes.NativeMemory#MASK}.
 *
 * <p>Loads and stores are written out. Helpers that take or return a vector would read better, but a call allocates unless the JIT inlines
 * it. No vectors of half the length are loaded: once a process had used float vectors of two lengths, the tiles of products stayed in code
 * that boxes every vector, in five runs of six (none of six without). To widen a half, a whole vector is loaded from the start of the
 * half, and its lower half is converted. Converting the upper half of one load takes an additional permutation and blend, and sums of
 * squares took 1.3 times as long (Zen 4). Therefore up to half a vector beyond the row is read and not used; the memory of blocks is long
 * enough.
 */
public final class F32Rows {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();
    private static final VectorSpecies<Double> D = Lanes.D;
    private static final int W = Lanes.COUNT;
    private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED; // twin: private static final VectorSpecies<Long> I = jdk.incubator.vector.LongVector.SPECIES_PREFERRED;

    private F32Rows() {}

    // ---- elementwise

    /** {@code y = a x} for any {@code a}: see {@link Type#holds}. */
    public static void scaleBy(double a, long x, long y, int n) {
        if (Type.F32.holds(a)) {
            scale((float) a, x, y, n);
        } else {
            scaleWide(a, x, y, y, n);
        }
    }

    /** {@code y = a x} and {@code copy = y} for any {@code a}. */
    public static void scaleBy(double a, long x, long y, long copy, int n) {
        if (Type.F32.holds(a)) {
            scale((float) a, x, y, copy, n);
        } else {
            scaleWide(a, x, y, copy, n);
        }
    }

    /** {@code y = a x}. */
    public static void scale(float a, long x, long y, int n) {
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

    /** {@code y = a x} and {@code copy = y}; {@code copy} may be {@code x}. */
    public static void scale(float a, long x, long y, long copy, int n) {
        x &= MASK;
        y &= MASK;
        copy &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector scaled = FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).mul(a);
            scaled.intoMemorySegment(ALL, y + i * B, ORDER);
            scaled.intoMemorySegment(ALL, copy + i * B, ORDER);
        }
        for (; i < n; i++) {
            float scaled = ALL.get(F32, x + i * B) * a;
            ALL.set(F32, y + i * B, scaled);
            ALL.set(F32, copy + i * B, scaled);
        }
    }

    /** {@code y = a x + b y}. */
    public static void axpby(float a, long x, float b, long y, int n) {
        x &= MASK;
        y &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector yi = FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER).mul(b);
            FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).fma(FloatVector.broadcast(S, a), yi)
                    .intoMemorySegment(ALL, y + i * B, ORDER);
        }
        for (; i < n; i++) {
            ALL.set(F32, y + i * B, Math.fma(ALL.get(F32, x + i * B), a, ALL.get(F32, y + i * B) * b));
        }
    }

    /** {@code y = a x} and {@code copy = y}, for a coefficient that {@link Type#F32} does not hold: in f64, rounded once. */
    static void scaleWide(double a, long x, long y, long copy, int n) {
        for (int i = 0; i < n; i++) {
            float scaled = (float) (a * ALL.get(F32, x + i * B));
            ALL.set(F32, y + i * B, scaled);
            ALL.set(F32, copy + i * B, scaled);
        }
    }

    /** {@code y = a x + b y}, if {@link Type#F32} does not hold one of the coefficients. */
    public static void axpbyWide(double a, long x, double b, long y, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, y + i * B, (float) (a * ALL.get(F32, x + i * B) + b * ALL.get(F32, y + i * B)));
        }
    }

    /** {@code out = x ⊙ y}. */
    public static void multiply(long x, long y, long out, int n) {
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

    /** {@code out += x ⊙ y}. */
    public static void multiplyAdd(long x, long y, long out, int n) {
        x &= MASK;
        y &= MASK;
        out &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector sum = FloatVector.fromMemorySegment(S, ALL, out + i * B, ORDER);
            FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).fma(FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER), sum)
                    .intoMemorySegment(ALL, out + i * B, ORDER);
        }
        for (; i < n; i++) {
            ALL.set(F32, out + i * B, Math.fma(ALL.get(F32, x + i * B), ALL.get(F32, y + i * B), ALL.get(F32, out + i * B)));
        }
    }

    public static void fill(float value, long out, int n) {
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
     * {@code Σ x y}. The tail is scalar, because the JIT does not keep masked vectors in registers here. There is a single loop, because
     * accumulators that went from one loop of vectors to another were boxed.
     */
    public static double dot(long x, long y, int n, double[] room) {
        x &= MASK;
        y &= MASK;
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var x0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var x1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            s0 = x0.fma((DoubleVector) FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0), s0);
            s1 = x1.fma(
                    (DoubleVector) FloatVector.fromMemorySegment(S, ALL, y + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0),
                    s1);
        }
        s0.add(s1).intoArray(room, 0);
        return Lanes.sum(room) + dotTail(x, y, i, n);
    }

    static double dotTail(long x, long y, int i, int n) {
        double sum = 0;
        for (; i < n; i++) {
            sum = Math.fma((double) ALL.get(F32, x + i * B), (double) ALL.get(F32, y + i * B), sum);
        }
        return sum;
    }

    /** {@code out[at] = Σ (y - z)²} and {@code out[at + 1] = Σ y²}. */
    public static void norms(long y, long z, int n, double[] room, double[] out, int at) {
        y &= MASK;
        z &= MASK;
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        DoubleVector q0 = DoubleVector.zero(D);
        DoubleVector q1 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var y0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var y1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, y + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var z0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, z + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var z1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, z + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
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
    public static double asum(long x, int n, double[] room) {
        x &= MASK;
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var x0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var x1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
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

    /**
     * The first index of the largest {@code |x|}, where NaN counts as the largest; -1 for no elements. Without the sign bit, bits have
     * the order of magnitudes.
     */
    public static int iamax(long x, int n) {
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
}
