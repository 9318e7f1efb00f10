package dev.zstar.kernels.simd.lanes;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes on the heap, in squares of one vector's length L. Zipping vector i with vector i + L/2 rotates the bits of each element's
 * place (row, column) to the left by one; after log₂ L rounds row and column have changed places.
 */
public final class F32Transpose {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    private F32Transpose() {}

    /**
     * {@code to[c, r] = x[r, c]}.
     *
     * @param x {@code rows × cols}, both multiples of L
     * @param to {@code cols × rows}
     * @param t memory for two squares of L × L
     */
    public static void apply(float[] x, int rows, int cols, float[] to, float[] t) {
        for (int r = 0; r < rows; r += L) {
            for (int c = 0; c < cols; c += L) {
                int n = L / 2;
                if (n == 1) {
                    round(x, r * cols + c, cols, to, c * rows + r, rows);
                    continue;
                }
                int at = 0;
                round(x, r * cols + c, cols, t, at, L);
                for (n /= 2; n > 1; n /= 2) {
                    round(t, at, L, t, L * L - at, L);
                    at = L * L - at;
                }
                round(t, at, L, to, c * rows + r, rows);
            }
        }
    }

    /** Zips the L vectors that lie {@code step} apart with each other. */
    private static void round(float[] x, int from, int step, float[] y, int to, int toStep) {
        for (int i = 0; i < L / 2; i++) {
            var a = FloatVector.fromArray(S, x, from + i * step).reinterpretAsInts(); // twin: var a = DoubleVector.fromArray(S, x, from + i * step).reinterpretAsLongs();
            var b = FloatVector.fromArray(S, x, from + (i + L / 2) * step).reinterpretAsInts(); // twin: var b = DoubleVector.fromArray(S, x, from + (i + L / 2) * step).reinterpretAsLongs();
            F32Square.LOW.selectFrom(a, b).reinterpretAsFloats().intoArray(y, to + 2 * i * toStep);
            F32Square.HIGH.selectFrom(a, b).reinterpretAsFloats().intoArray(y, to + (2 * i + 1) * toStep);
        }
    }
}
