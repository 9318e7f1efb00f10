package dev.zstar.kernels.simd.activations;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The hyperbolic tangent of a vector. The vector API has one, but compiled code calls a native library for it and interpreted code calls
 * {@link Math#tanh}. The two differ in the last bit, so a result would depend on when the JIT compiles the caller. This one uses only
 * operations with the same result everywhere, and costs about 0.25 ns an element (512-bit vectors, in a product's epilogue).
 *
 * <p>{@code tanh |x| = e / (e + 2)} with {@code e = exp(2|x|) - 1 = 2ᵏ p(r) + (2ᵏ - 1)}, {@code 2|x| = k ln 2 + r},
 * {@code p(r) = exp r - 1} by its Taylor series, whose remainder is below u/4 for {@code |r| ≤ ln 2 / 2}. Tests hold it to within 7 u of
 * {@link Math#tanh}.
 */
final class F32Tanh {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;

    /** From here on tanh rounds to 1. */
    private static final float LIMIT = 10f; // twin: private static final double LIMIT = 20;

    private static final float LOG2_E = 0x1.715476p0f; // twin: private static final double LOG2_E = 0x1.71547652b82fep0;
    /** ln 2 in two parts, the first short enough for exact products with k. */
    private static final float LN2_HIGH = 0x1.62e4p-1f; // twin: private static final double LN2_HIGH = 0x1.62e42fefa38p-1;

    private static final float LN2_LOW = 0x1.7f7d1cp-20f; // twin: private static final double LN2_LOW = 0x1.ef35793c7673p-45;
    /** Adding it leaves {@code k + bias} in the lowest bits; shifted to the exponent they are 2ᵏ. */
    private static final float MAGIC = 0x1.8p23f + 127; // twin: private static final double MAGIC = 0x1.8p52 + 1023;

    private static final int SHIFT = 23; // twin: private static final int SHIFT = 52;
    private static final int SIGN = Integer.MIN_VALUE; // twin: private static final long SIGN = Long.MIN_VALUE;

    private F32Tanh() {}

    /**
     * {@code t = tanh t}, {@code length} elements from {@code from} on, rounded up to whole vectors. It is one loop without calls of our
     * own methods: once a method has been compiled into much code, the JIT no longer inlines it, and a vector that crosses a call becomes
     * an object.
     */
    static void apply(float[] t, int from, int length) {
        for (int i = from; i < from + length; i += S.length()) {
            FloatVector x = FloatVector.fromArray(S, t, i);
            FloatVector y = x.abs().min(LIMIT).mul(2f);
            FloatVector shifted = y.fma(FloatVector.broadcast(S, LOG2_E), FloatVector.broadcast(S, MAGIC));
            FloatVector k = shifted.sub(MAGIC);
            FloatVector r = k.fma(FloatVector.broadcast(S, -LN2_LOW), k.fma(FloatVector.broadcast(S, -LN2_HIGH), y));
            IntVector exponent = shifted.reinterpretAsInts(); // twin: jdk.incubator.vector.LongVector exponent = shifted.reinterpretAsLongs();
            FloatVector power = exponent.lanewise(VectorOperators.LSHL, SHIFT).reinterpretAsFloats();
            FloatVector p = FloatVector.broadcast(S, 1f / 5040); // twin: DoubleVector p = DoubleVector.broadcast(S, 1d / 6227020800L);
            // twin: p = p.fma(r, DoubleVector.broadcast(S, 1d / 479001600)).fma(r, DoubleVector.broadcast(S, 1d / 39916800));
            // twin: p = p.fma(r, DoubleVector.broadcast(S, 1d / 3628800)).fma(r, DoubleVector.broadcast(S, 1d / 362880));
            // twin: p = p.fma(r, DoubleVector.broadcast(S, 1d / 40320)).fma(r, DoubleVector.broadcast(S, 1d / 5040));
            p = p.fma(r, FloatVector.broadcast(S, 1f / 720)).fma(r, FloatVector.broadcast(S, 1f / 120));
            p = p.fma(r, FloatVector.broadcast(S, 1f / 24)).fma(r, FloatVector.broadcast(S, 1f / 6));
            FloatVector series = r.mul(r).fma(p.fma(r, FloatVector.broadcast(S, 0.5f)), r);
            FloatVector e = power.fma(series, power.sub(1f));
            FloatVector tanh = e.div(e.add(2f));
            IntVector sign = x.reinterpretAsInts().and(SIGN); // twin: jdk.incubator.vector.LongVector sign = x.reinterpretAsLongs().and(SIGN);
            FloatVector signed = tanh.reinterpretAsInts().or(sign).reinterpretAsFloats(); // twin: DoubleVector signed = tanh.reinterpretAsLongs().or(sign).reinterpretAsDoubles();
            signed.intoArray(t, i);
        }
    }
}
