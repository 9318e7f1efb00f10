package dev.zstar.kernels.simd.vectors;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.MASK;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.simd.lanes.Lanes;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows in which the elements of one channel share a factor: element i has that of channel {@code i mod C}. Few channels are repeated until
 * they fill whole vectors, so that three of them take no scalar tail at every pixel.
 */
public final class F32Columns {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();
    private static final VectorSpecies<Double> D = Lanes.D;
    private static final int W = Lanes.COUNT;
    /** Channels of a piece of a gradient: 1 KiB of each row. */
    private static final int PIECE = 256;
    /** From this many channels on, the tail of each position is short enough. */
    private static final int MANY = 4 * L;

    private static final CallLocal<F32Columns> OWN = new CallLocal<>(F32Columns::new);

    private float[] factors = new float[0];
    private double[] sums = new double[0];
    /** Elements after which the factors start again. */
    private int period;

    private F32Columns() {}

    private static F32Columns of(int channels, int n) {
        F32Columns own = OWN.get();
        own.period = channels < MANY ? Math.min(n, channels * L) : channels;
        return own;
    }

    // ---- products

    /** The factors of {@code channels} channels for rows of {@code n > 0} elements, until the next call of this thread. */
    public static F32Columns repeated(long gain, int channels, int n) {
        F32Columns own = of(channels, n);
        if (own.factors.length < own.period) {
            own.factors = new float[own.period];
        }
        for (int i = 0; i < own.period; i++) {
            own.factors[i] = ALL.get(F32, gain + i % channels * B);
        }
        return own;
    }

    /** {@code out = x ⊙ gain} for one row. */
    public void multiply(long x, long out, int n) {
        for (int at = 0; at < n; at += period) {
            multiply(x + at * B, factors, out + at * B, Math.min(period, n - at));
        }
    }

    private static void multiply(long x, float[] factors, long out, int n) {
        x &= MASK;
        out &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).mul(FloatVector.fromArray(S, factors, i))
                    .intoMemorySegment(ALL, out + i * B, ORDER);
        }
        for (; i < n; i++) {
            ALL.set(F32, out + i * B, ALL.get(F32, x + i * B) * factors[i]);
        }
    }

    // ---- sums

    /** The pieces of a gradient: ranges of channels. */
    public static int pieces(int channels) {
        return (channels + PIECE - 1) / PIECE;
    }

    /** {@code dGain[c] += Σ x dy} over all elements of channel c, for pieces {@code from ≤ piece < to} of the channels. */
    public static void addGradient(long x, long dy, long stride, int rows, int n, long dGain, int channels, int from, int to) {
        int first = from * PIECE;
        int last = Math.min(to * PIECE, channels);
        F32Columns own = of(channels, n);
        // Repeated channels are one piece.
        int width = own.period == channels ? last - first : own.period;
        if (own.sums.length < width) {
            own.sums = new double[width];
        }
        java.util.Arrays.fill(own.sums, 0, width, 0);
        for (int p = 0; p < rows; p++) {
            for (int at = first; at < n; at += own.period) {
                addProductsTo(own.sums, x + p * stride + at * B, dy + p * stride + at * B, Math.min(width, n - at));
            }
        }
        for (int c = first; c < last; c++) {
            double sum = 0;
            for (int i = c - first; i < width; i += channels) {
                sum += own.sums[i];
            }
            ALL.set(F32, dGain + c * B, (float) (ALL.get(F32, dGain + c * B) + sum));
        }
    }

    private static void addProductsTo(double[] sums, long x, long y, int n) {
        x &= MASK;
        y &= MASK;
        int i = 0;
        for (; i <= n - 2 * W; i += 2 * W) {
            var x0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var x1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, x + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var y0 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, y + i * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            var y1 = (DoubleVector) FloatVector.fromMemorySegment(S, ALL, y + i * B + W * B, ORDER).convertShape(VectorOperators.F2D, D, 0);
            x0.fma(y0, DoubleVector.fromArray(D, sums, i)).intoArray(sums, i);
            x1.fma(y1, DoubleVector.fromArray(D, sums, i + W)).intoArray(sums, i + W);
        }
        for (; i < n; i++) {
            sums[i] = Math.fma((double) ALL.get(F32, x + i * B), (double) ALL.get(F32, y + i * B), sums[i]);
        }
    }
}
