package dev.zstar.kernels.simd.layers;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.MASK;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.simd.activations.F32Activation;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Gated units of single rows, given by their addresses. A row passes through the first-level cache in pieces: the activation and its
 * slope are computed there from one exponential, and one loop reads the other operands and writes the results.
 */
final class F32Gate {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();
    /** Elements of a piece. */
    private static final int PIECE = 32 * L;
    /** From here on activations may write. */
    private static final int WORK = 2 * PIECE;

    /** Values, then slopes, then memory for activations. */
    private static final CallLocal<float[]> TILE = new CallLocal<>(() -> new float[WORK + 2 * PIECE]);

    private F32Gate() {}

    /** Copies whole vectors, the last of them with up to its length of padding. Returns the number of elements copied. */
    private static int load(long from, int real, float[] t) {
        from &= MASK;
        int i = 0;
        for (; i < real; i += L) {
            FloatVector.fromMemorySegment(S, ALL, from + i * B, ORDER).intoArray(t, i);
        }
        return i;
    }

    /** {@code out = φ(g) ⊙ u}. */
    static void apply(Activation activation, long g, long u, long out, int n) {
        float[] t = TILE.get();
        for (int col = 0; col < n; col += PIECE) {
            int real = Math.min(PIECE, n - col);
            long at = col * B;
            F32Activation.apply(activation, t, 0, load(g + at, real, t), WORK);
            multiply(t, u + at, out + at, real);
        }
    }

    private static void multiply(float[] t, long u, long out, int n) {
        u &= MASK;
        out &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector.fromArray(S, t, i).mul(FloatVector.fromMemorySegment(S, ALL, u + i * B, ORDER))
                    .intoMemorySegment(ALL, out + i * B, ORDER);
        }
        for (; i < n; i++) {
            ALL.set(F32, out + i * B, t[i] * ALL.get(F32, u + i * B));
        }
    }

    /** {@code dg = φ'(g) ⊙ u ⊙ dy} and {@code du = φ(g) ⊙ dy}. */
    static void vjp(Activation activation, long g, long u, long dy, long dg, long du, int n) {
        float[] t = TILE.get();
        for (int col = 0; col < n; col += PIECE) {
            int real = Math.min(PIECE, n - col);
            long at = col * B;
            F32Activation.applyAndSlope(activation, t, 0, PIECE, load(g + at, real, t), WORK);
            gradients(t, u + at, dy + at, dg + at, du + at, real);
        }
    }

    private static void gradients(float[] t, long u, long dy, long dg, long du, int n) {
        u &= MASK;
        dy &= MASK;
        dg &= MASK;
        du &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector d = FloatVector.fromMemorySegment(S, ALL, dy + i * B, ORDER);
            FloatVector slope = FloatVector.fromArray(S, t, PIECE + i).mul(FloatVector.fromMemorySegment(S, ALL, u + i * B, ORDER));
            slope.mul(d).intoMemorySegment(ALL, dg + i * B, ORDER);
            FloatVector.fromArray(S, t, i).mul(d).intoMemorySegment(ALL, du + i * B, ORDER);
        }
        for (; i < n; i++) {
            float d = ALL.get(F32, dy + i * B);
            float slope = t[PIECE + i] * ALL.get(F32, u + i * B);
            ALL.set(F32, dg + i * B, slope * d);
            ALL.set(F32, du + i * B, t[i] * d);
        }
    }

    /** {@code out = φ'(g) ⊙ u ⊙ dg + φ(g) ⊙ du}. */
    static void jvp(Activation activation, long g, long u, long dg, long du, long out, int n) {
        float[] t = TILE.get();
        for (int col = 0; col < n; col += PIECE) {
            int real = Math.min(PIECE, n - col);
            long at = col * B;
            F32Activation.applyAndSlope(activation, t, 0, PIECE, load(g + at, real, t), WORK);
            tangent(t, u + at, dg + at, du + at, out + at, real);
        }
    }

    private static void tangent(float[] t, long u, long dg, long du, long out, int n) {
        u &= MASK;
        dg &= MASK;
        du &= MASK;
        out &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector slope = FloatVector.fromArray(S, t, PIECE + i).mul(FloatVector.fromMemorySegment(S, ALL, u + i * B, ORDER));
            FloatVector first = slope.mul(FloatVector.fromMemorySegment(S, ALL, dg + i * B, ORDER));
            FloatVector.fromArray(S, t, i).fma(FloatVector.fromMemorySegment(S, ALL, du + i * B, ORDER), first)
                    .intoMemorySegment(ALL, out + i * B, ORDER);
        }
        for (; i < n; i++) {
            float first = t[PIECE + i] * ALL.get(F32, u + i * B) * ALL.get(F32, dg + i * B);
            ALL.set(F32, out + i * B, Math.fma(t[i], ALL.get(F32, du + i * B), first));
        }
    }
}
