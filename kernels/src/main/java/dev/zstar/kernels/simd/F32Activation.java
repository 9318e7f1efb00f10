package dev.zstar.kernels.simd;

import dev.zstar.kernels.Activation;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Activations and their derivatives on a heap array, in place: {@code length} elements, rounded up to whole vectors. */
final class F32Activation {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    private F32Activation() {}

    /** {@code t = φ(t)}. */
    static void apply(Activation activation, float[] t, int length) {
        switch (activation) {
            case IDENTITY -> {}
            case RELU -> {
                for (int i = 0; i < length; i += L) {
                    FloatVector.fromArray(S, t, i).max(0f).intoArray(t, i);
                }
            }
            case TANH -> F32Tanh.apply(t, 0, length);
        }
    }

    /** {@code t = φ'(t)}. */
    static void derivative(Activation activation, float[] t, int from, int length) {
        switch (activation) {
            case IDENTITY -> java.util.Arrays.fill(t, from, from + length, 1);
            case RELU -> {
                for (int i = from; i < from + length; i += L) {
                    FloatVector x = FloatVector.fromArray(S, t, i);
                    x.blend(0f, x.compare(VectorOperators.LE, 0)).blend(1f, x.compare(VectorOperators.GT, 0)).intoArray(t, i);
                }
            }
            case TANH -> {
                F32Tanh.apply(t, from, length);
                for (int i = from; i < from + length; i += L) {
                    FloatVector y = FloatVector.fromArray(S, t, i);
                    FloatVector.broadcast(S, 1f).sub(y.mul(y)).intoArray(t, i);
                }
            }
        }
    }
}
