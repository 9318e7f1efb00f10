package dev.zstar.kernels.simd.layers;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.simd.lanes.Lanes;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Normalisation of n contiguous elements: a row, or a group of it. Mean and squares are two passes in f64. The mean is subtracted as two
 * f32, so that the error of {@code x - μ} is at most 2 u of itself and u² of μ, however large the mean. Tails are scalar, because a
 * group's last vector may reach beyond the row's padding.
 */
final class F32Norm {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();
    private static final VectorSpecies<Double> D = Lanes.D;
    private static final int W = Lanes.COUNT;

    private F32Norm() {}

    /** {@code Σ x}. */
    static double sum(long x, int n) {
        double[] room = Lanes.room();
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            s0 = s0.add(FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0));
            s1 = s1.add(FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1));
        }
        s0.add(s1).intoArray(room, 0);
        double sum = Lanes.sum(room);
        for (; i < n; i++) {
            sum += ALL.get(F32, x + i * B);
        }
        return sum;
    }

    /** {@code Σ (x - mean)²}. */
    static double squares(long x, double mean, int n) {
        double[] room = Lanes.room();
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var x0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var x1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            DoubleVector d0 = x0.sub(mean);
            DoubleVector d1 = x1.sub(mean);
            s0 = d0.fma(d0, s0);
            s1 = d1.fma(d1, s1);
        }
        s0.add(s1).intoArray(room, 0);
        double sum = Lanes.sum(room);
        for (; i < n; i++) {
            double d = ALL.get(F32, x + i * B) - mean;
            sum = Math.fma(d, d, sum);
        }
        return sum;
    }

    /** {@code out = gain ⊙ (x - mean) · r + bias}; a bias of 0 means no bias. */
    static void apply(long x, double mean, double r, long gain, long bias, long out, int n) {
        float high = (float) mean;
        float low = (float) (mean - high);
        float scale = (float) r;
        int i = bias == 0 ? scaled(x, high, low, scale, gain, out, n) : shifted(x, high, low, scale, gain, bias, out, n);
        for (; i < n; i++) {
            float y = (ALL.get(F32, x + i * B) - high - low) * scale;
            float g = ALL.get(F32, gain + i * B);
            ALL.set(F32, out + i * B, bias == 0 ? y * g : Math.fma(y, g, ALL.get(F32, bias + i * B)));
        }
    }

    private static int scaled(long x, float high, float low, float scale, long gain, long out, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector y = FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).sub(high).sub(low).mul(scale);
            y.mul(FloatVector.fromMemorySegment(S, ALL, gain + i * B, ORDER)).intoMemorySegment(ALL, out + i * B, ORDER);
        }
        return i;
    }

    private static int shifted(long x, float high, float low, float scale, long gain, long bias, long out, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector y = FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).sub(high).sub(low).mul(scale);
            y.fma(FloatVector.fromMemorySegment(S, ALL, gain + i * B, ORDER), FloatVector.fromMemorySegment(S, ALL, bias + i * B, ORDER))
                    .intoMemorySegment(ALL, out + i * B, ORDER);
        }
        return i;
    }

    /** {@code Σ gain ⊙ dy ⊙ (x - mean)}. */
    static double slope(long x, double mean, long gain, long dy, int n) {
        double[] room = Lanes.room();
        DoubleVector s0 = DoubleVector.zero(D);
        DoubleVector s1 = DoubleVector.zero(D);
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var x0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var x1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            var g0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, gain + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var g1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, gain + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            var d0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, dy + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var d1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, dy + i * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            s0 = x0.sub(mean).fma(g0.mul(d0), s0);
            s1 = x1.sub(mean).fma(g1.mul(d1), s1);
        }
        s0.add(s1).intoArray(room, 0);
        double sum = Lanes.sum(room);
        for (; i < n; i++) {
            double g = (double) ALL.get(F32, gain + i * B) * ALL.get(F32, dy + i * B);
            sum = Math.fma(ALL.get(F32, x + i * B) - mean, g, sum);
        }
        return sum;
    }

    /** {@code dx = r · gain ⊙ dy + (x - mean) · slope + shift}. */
    static void vjp(long x, double mean, double r, double slope, double shift, long gain, long dy, long dx, int n) {
        float high = (float) mean;
        float low = (float) (mean - high);
        float a = (float) slope;
        float b = (float) shift;
        float scale = (float) r;
        FloatVector va = FloatVector.broadcast(S, a);
        FloatVector vb = FloatVector.broadcast(S, b);
        FloatVector vs = FloatVector.broadcast(S, scale);
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector d = FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).sub(high).sub(low).fma(va, vb);
            FloatVector g = FloatVector.fromMemorySegment(S, ALL, gain + i * B, ORDER);
            g.mul(FloatVector.fromMemorySegment(S, ALL, dy + i * B, ORDER)).fma(vs, d).intoMemorySegment(ALL, dx + i * B, ORDER);
        }
        for (; i < n; i++) {
            float d = Math.fma(ALL.get(F32, x + i * B) - high - low, a, b);
            float g = ALL.get(F32, gain + i * B) * ALL.get(F32, dy + i * B);
            ALL.set(F32, dx + i * B, Math.fma(g, scale, d));
        }
    }
}
