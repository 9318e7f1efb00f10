package dev.zstar.kernels.simd.activations;

import dev.zstar.kernels.Activation;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Activations and their derivatives on a heap array, in place: {@code length} elements, whole vectors, from {@code from} on. From
 * {@code work} on the array has memory for twice as many.
 */
public final class F32Activation {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final float LEAK = (float) Activation.LEAK; // twin: private static final double LEAK = Activation.LEAK;

    private F32Activation() {}

    /** {@code t = φ(t)}. */
    public static void apply(Activation activation, float[] t, int from, int length, int work) {
        switch (activation) {
            case IDENTITY -> {}
            case RELU -> {
                for (int i = from; i < from + length; i += L) {
                    FloatVector.fromArray(S, t, i).max(0f).intoArray(t, i);
                }
            }
            case LEAKY_RELU -> {
                for (int i = from; i < from + length; i += L) {
                    FloatVector x = FloatVector.fromArray(S, t, i);
                    x.max(x.mul(LEAK)).intoArray(t, i);
                }
            }
            case TANH -> F32Tanh.apply(t, from, length);
            case SIGMOID -> F32Sigmoid.sigmoid(t, from, length, work);
            case SOFTPLUS -> F32Sigmoid.softplus(t, from, length, work);
            case GELU_TANH -> F32Gelu.applyTanh(t, from, length, work);
            case GELU -> F32Gelu.apply(t, from, length, work);
            case SILU -> F32Sigmoid.silu(t, from, length, work);
        }
    }

    /** {@code t = φ'(t)}. */
    public static void derivative(Activation activation, float[] t, int from, int length, int work) {
        switch (activation) {
            case IDENTITY -> java.util.Arrays.fill(t, from, from + length, 1);
            case RELU -> steps(t, from, length, 0);
            case LEAKY_RELU -> steps(t, from, length, LEAK);
            case TANH -> {
                F32Tanh.apply(t, from, length);
                tanhSlope(t, from, from, length);
            }
            case SIGMOID -> F32Sigmoid.sigmoidSlope(t, from, length, work);
            case SOFTPLUS -> F32Sigmoid.sigmoid(t, from, length, work);
            case GELU_TANH -> F32Gelu.slopeTanh(t, from, length, work);
            case GELU -> F32Gelu.slope(t, from, length, work);
            case SILU -> F32Sigmoid.siluSlope(t, from, length, work);
        }
    }

    /** {@code t[slope …] = φ'(t)} and {@code t = φ(t)}, of one exponential. The bits are those of the methods for one of the two. */
    public static void applyAndSlope(Activation activation, float[] t, int from, int slope, int length, int work) {
        switch (activation) {
            case IDENTITY, RELU, LEAKY_RELU -> {
                System.arraycopy(t, from, t, slope, length);
                derivative(activation, t, slope, length, work);
                apply(activation, t, from, length, work);
            }
            case TANH -> {
                F32Tanh.apply(t, from, length);
                tanhSlope(t, from, slope, length);
            }
            case SIGMOID -> F32Sigmoid.sigmoidAndSlope(t, from, slope, length, work);
            case SOFTPLUS -> F32Sigmoid.softplusAndSlope(t, from, slope, length, work);
            case GELU_TANH -> F32Gelu.applyTanhAndSlope(t, from, slope, length, work);
            case GELU -> F32Gelu.applyAndSlope(t, from, slope, length, work);
            case SILU -> F32Sigmoid.siluAndSlope(t, from, slope, length, work);
        }
    }

    /** {@code t[to …] = 1 - y²} for {@code y = tanh x} in t. */
    private static void tanhSlope(float[] t, int from, int to, int length) {
        for (int i = 0; i < length; i += L) {
            FloatVector y = FloatVector.fromArray(S, t, from + i);
            FloatVector.broadcast(S, 1f).sub(y.mul(y)).intoArray(t, to + i);
        }
    }

    /** 1 above 0, {@code below} elsewhere, and NaN for NaN. */
    private static void steps(float[] t, int from, int length, float below) {
        for (int i = from; i < from + length; i += L) {
            FloatVector x = FloatVector.fromArray(S, t, i);
            x.blend(below, x.compare(VectorOperators.LE, 0)).blend(1f, x.compare(VectorOperators.GT, 0)).intoArray(t, i);
        }
    }
}
