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
 * Passes over n channels of one position, with a number for each channel in an array. Normalisation of channel-last groups and the
 * gradients of gain and bias use them. Channels are lanes, so sums over positions need no sum across a vector. Tails are scalar, because
 * the last vector of a position may reach beyond the row's padding.
 */
final class F32Channels {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();
    private static final VectorSpecies<Double> D = Lanes.D;
    private static final int W = Lanes.COUNT;

    private F32Channels() {}

    /** {@code sums += x}. */
    static void addTo(double[] sums, long x, int n) {
        int c = 0;
        for (; c <= n - 2 * W; c += 2 * W) {
            var x0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + c * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var x1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + c * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            DoubleVector.fromArray(D, sums, c).add(x0).intoArray(sums, c);
            DoubleVector.fromArray(D, sums, c + W).add(x1).intoArray(sums, c + W);
        }
        for (; c < n; c++) {
            sums[c] += ALL.get(F32, x + c * B);
        }
    }

    /** {@code sums += (x - mean)²}. */
    static void addSquaresTo(double[] sums, long x, double[] mean, int n) {
        int c = 0;
        for (; c <= n - 2 * W; c += 2 * W) {
            var x0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + c * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var x1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + c * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            DoubleVector d0 = x0.sub(DoubleVector.fromArray(D, mean, c));
            DoubleVector d1 = x1.sub(DoubleVector.fromArray(D, mean, c + W));
            d0.fma(d0, DoubleVector.fromArray(D, sums, c)).intoArray(sums, c);
            d1.fma(d1, DoubleVector.fromArray(D, sums, c + W)).intoArray(sums, c + W);
        }
        for (; c < n; c++) {
            double d = ALL.get(F32, x + c * B) - mean[c];
            sums[c] = Math.fma(d, d, sums[c]);
        }
    }

    /** {@code gain += dy ⊙ (x - mean) ⊙ r} and {@code bias += dy}. */
    static void addGradientsTo(double[] gain, double[] bias, long x, double[] mean, double[] r, long dy, int n) {
        int c = 0;
        for (; c <= n - 2 * W; c += 2 * W) {
            var x0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + c * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var x1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + c * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            var d0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, dy + c * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var d1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, dy + c * B, ORDER).convertShape(VectorOperators.F2D, D, 1);
            x0.sub(DoubleVector.fromArray(D, mean, c)).mul(DoubleVector.fromArray(D, r, c))
                    .fma(d0, DoubleVector.fromArray(D, gain, c)).intoArray(gain, c);
            x1.sub(DoubleVector.fromArray(D, mean, c + W)).mul(DoubleVector.fromArray(D, r, c + W))
                    .fma(d1, DoubleVector.fromArray(D, gain, c + W)).intoArray(gain, c + W);
            d0.add(DoubleVector.fromArray(D, bias, c)).intoArray(bias, c);
            d1.add(DoubleVector.fromArray(D, bias, c + W)).intoArray(bias, c + W);
        }
        for (; c < n; c++) {
            double d = ALL.get(F32, dy + c * B);
            gain[c] = Math.fma((ALL.get(F32, x + c * B) - mean[c]) * r[c], d, gain[c]);
            bias[c] += d;
        }
    }

    /** {@code out = (x - high - low) ⊙ scale + shift}. */
    static void scale(long x, float[] high, float[] low, float[] scale, float[] shift, long out, int n) {
        int c = 0;
        for (; c <= n - L; c += L) {
            FloatVector d = FloatVector.fromMemorySegment(S, ALL, x + c * B, ORDER);
            d = d.sub(FloatVector.fromArray(S, high, c)).sub(FloatVector.fromArray(S, low, c));
            d.fma(FloatVector.fromArray(S, scale, c), FloatVector.fromArray(S, shift, c)).intoMemorySegment(ALL, out + c * B, ORDER);
        }
        for (; c < n; c++) {
            ALL.set(F32, out + c * B, Math.fma(ALL.get(F32, x + c * B) - high[c] - low[c], scale[c], shift[c]));
        }
    }

    /** {@code out += y ⊙ scale}. */
    static void addScaled(long y, float[] scale, long out, int n) {
        int c = 0;
        for (; c <= n - L; c += L) {
            FloatVector sum = FloatVector.fromMemorySegment(S, ALL, out + c * B, ORDER);
            FloatVector.fromMemorySegment(S, ALL, y + c * B, ORDER).fma(FloatVector.fromArray(S, scale, c), sum)
                    .intoMemorySegment(ALL, out + c * B, ORDER);
        }
        for (; c < n; c++) {
            ALL.set(F32, out + c * B, Math.fma(ALL.get(F32, y + c * B), scale[c], ALL.get(F32, out + c * B)));
        }
    }
}
