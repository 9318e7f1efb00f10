package dev.zstar.kernels.simd.layers;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.MASK;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.Rotary;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rotary positions of one row, given by addresses: {@code out = x ⊙ cosines ± x' ⊙ sines}, with the elements of each pair exchanged in
 * {@code x'}. Both elements of a pair are read before either is written, so a row may be its own output.
 */
final class F32Rotary {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();
    /** Exchanges neighbours. */
    private static final VectorShuffle<Float> NEIGHBOURS = VectorShuffle.fromOp(S, lane -> lane ^ 1);

    private F32Rotary() {}

    /** A row of {@code heads} of {@code d} elements; cosines and sines are those of its position. */
    static void rotate(Rotary.Pairing pairing, long x, long cosines, long sines, boolean inverse, long out, int heads, int d) {
        float sign = inverse ? -1 : 1;
        for (int h = 0; h < heads; h++) {
            long at = (long) h * d * B;
            switch (pairing) {
                case HALVES -> halves(x + at, cosines, sines, sign, out + at, d / 2);
                case NEIGHBOURS -> neighbours(x + at, cosines, sines, sign, out + at, d);
            }
        }
    }

    /** The first half has the sines {@code -s}, the second {@code s}, and the cosines are the same. */
    private static void halves(long x, long cosines, long sines, float sign, long out, int half) {
        x &= MASK;
        cosines &= MASK;
        sines &= MASK;
        out &= MASK;
        long x1 = (x + half * B) & MASK;
        long out1 = (out + half * B) & MASK;
        int i = 0;
        for (; i <= half - L; i += L) {
            FloatVector a = FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER);
            FloatVector b = FloatVector.fromMemorySegment(S, ALL, x1 + i * B, ORDER);
            FloatVector c = FloatVector.fromMemorySegment(S, ALL, cosines + i * B, ORDER);
            FloatVector s = FloatVector.fromMemorySegment(S, ALL, sines + i * B, ORDER).mul(sign);
            b.fma(s, a.mul(c)).intoMemorySegment(ALL, out + i * B, ORDER);
            a.fma(s.neg(), b.mul(c)).intoMemorySegment(ALL, out1 + i * B, ORDER);
        }
        for (; i < half; i++) {
            float a = ALL.get(F32, x + i * B);
            float b = ALL.get(F32, x1 + i * B);
            float c = ALL.get(F32, cosines + i * B);
            float s = ALL.get(F32, sines + i * B) * sign;
            ALL.set(F32, out + i * B, Math.fma(b, s, a * c));
            ALL.set(F32, out1 + i * B, Math.fma(a, -s, b * c));
        }
    }

    private static void neighbours(long x, long cosines, long sines, float sign, long out, int d) {
        x &= MASK;
        cosines &= MASK;
        sines &= MASK;
        out &= MASK;
        int i = 0;
        for (; i <= d - L; i += L) {
            FloatVector a = FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER);
            FloatVector c = FloatVector.fromMemorySegment(S, ALL, cosines + i * B, ORDER);
            FloatVector s = FloatVector.fromMemorySegment(S, ALL, sines + i * B, ORDER).mul(sign);
            a.rearrange(NEIGHBOURS).fma(s, a.mul(c)).intoMemorySegment(ALL, out + i * B, ORDER);
        }
        for (; i < d; i += 2) {
            float a = ALL.get(F32, x + i * B);
            float b = ALL.get(F32, x + (i + 1) * B);
            float c = ALL.get(F32, cosines + i * B);
            float s = ALL.get(F32, sines + i * B) * sign;
            ALL.set(F32, out + i * B, Math.fma(b, s, a * c));
            ALL.set(F32, out + (i + 1) * B, Math.fma(a, -s, b * c));
        }
    }
}
