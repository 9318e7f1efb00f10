package dev.zstar.kernels.simd.lanes;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.CallLocal;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes squares of L × L elements, L the lanes of a vector. Zipping vector i with vector i + L/2 rotates the bits of every element's
 * place (row, column) by one; after log₂ L rounds rows and columns have changed places.
 */
public final class F32Square {
    private static final VectorSpecies<Integer> S = IntVector.SPECIES_PREFERRED; // twin: private static final VectorSpecies<Long> S = jdk.incubator.vector.LongVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    /** The shuffle that zips the lower halves of two vectors. */
    static final IntVector LOW = zip(0); // twin: static final jdk.incubator.vector.LongVector LOW = zip(0);
    /** The same for the upper halves. */
    static final IntVector HIGH = zip(L / 2); // twin: static final jdk.incubator.vector.LongVector HIGH = zip(L / 2);

    /** Two squares, between the rounds. */
    private static final CallLocal<float[]> ROUNDS = new CallLocal<>(() -> new float[2 * L * L]);

    private F32Square() {}

    /** Picks {@code a[from], b[from], a[from + 1], b[from + 1], …} out of a and b. */
    private static IntVector zip(int from) { // twin: private static jdk.incubator.vector.LongVector zip(int from) {
        int[] index = new int[L]; // twin: long[] index = new long[L];
        for (int i = 0; i < L; i++) {
            index[i] = from + i / 2 + i % 2 * L;
        }
        return IntVector.fromArray(S, index, 0); // twin: return jdk.incubator.vector.LongVector.fromArray(S, index, 0);
    }

    /**
     * {@code to[k, i] = from[i, k]} for {@code i < width} (a multiple of L) and {@code k < count}; 0 if {@code i ≥ real}.
     *
     * @param stride bytes from row to row of {@code from}
     * @param toStride the same for {@code to}
     */
    public static void transpose(long from, long stride, int real, int width, int count, long to, long toStride) {
        float[] t = ROUNDS.get();
        for (int i = 0; i < width; i += L) {
            int k = 0;
            if (i + L <= real && L >= 4) {
                for (; k <= count - L; k += L) {
                    square(from + i * stride + k * F32.byteSize(), stride, t, to + k * toStride + i * F32.byteSize(), toStride);
                }
            }
            for (; k < count; k++) {
                for (int r = i; r < i + L; r++) {
                    float value = r < real ? ALL.get(F32, from + r * stride + k * F32.byteSize()) : 0;
                    ALL.set(F32, to + k * toStride + r * F32.byteSize(), value);
                }
            }
        }
    }

    private static void square(long from, long stride, float[] t, long to, long toStride) {
        for (int i = 0; i < L / 2; i++) {
            var a = IntVector.fromMemorySegment(S, ALL, from + i * stride, ORDER); // twin: var a = jdk.incubator.vector.LongVector.fromMemorySegment(S, ALL, from + i * stride, ORDER);
            var b = IntVector.fromMemorySegment(S, ALL, from + (i + L / 2) * stride, ORDER); // twin: var b = jdk.incubator.vector.LongVector.fromMemorySegment(S, ALL, from + (i + L / 2) * stride, ORDER);
            LOW.selectFrom(a, b).reinterpretAsFloats().intoArray(t, 2 * i * L);
            HIGH.selectFrom(a, b).reinterpretAsFloats().intoArray(t, (2 * i + 1) * L);
        }
        int at = 0;
        for (int n = L / 4; n > 1; n /= 2) {
            for (int i = 0; i < L / 2; i++) {
                var a = FloatVector.fromArray(F, t, at + i * L).reinterpretAsInts(); // twin: var a = DoubleVector.fromArray(F, t, at + i * L).reinterpretAsLongs();
                var b = FloatVector.fromArray(F, t, at + (i + L / 2) * L).reinterpretAsInts(); // twin: var b = DoubleVector.fromArray(F, t, at + (i + L / 2) * L).reinterpretAsLongs();
                LOW.selectFrom(a, b).reinterpretAsFloats().intoArray(t, L * L - at + 2 * i * L);
                HIGH.selectFrom(a, b).reinterpretAsFloats().intoArray(t, L * L - at + (2 * i + 1) * L);
            }
            at = L * L - at;
        }
        for (int i = 0; i < L / 2; i++) {
            var a = FloatVector.fromArray(F, t, at + i * L).reinterpretAsInts(); // twin: var a = DoubleVector.fromArray(F, t, at + i * L).reinterpretAsLongs();
            var b = FloatVector.fromArray(F, t, at + (i + L / 2) * L).reinterpretAsInts(); // twin: var b = DoubleVector.fromArray(F, t, at + (i + L / 2) * L).reinterpretAsLongs();
            LOW.selectFrom(a, b).reinterpretAsFloats().intoMemorySegment(ALL, to + i * 2L * toStride, ORDER);
            HIGH.selectFrom(a, b).reinterpretAsFloats().intoMemorySegment(ALL, to + (i * 2L + 1) * toStride, ORDER);
        }
    }
}
