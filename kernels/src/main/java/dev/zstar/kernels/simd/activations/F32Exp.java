package dev.zstar.kernels.simd.activations;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The exponential function of a vector. It uses only operations with the same result everywhere: see {@link F32Tanh}.
 *
 * <p>{@code exp x = 2ᵏ exp r}, {@code x = k ln 2 + r}, {@code |r| ≤ ln 2 / 2}, and {@code exp r = 1 + s} with the Taylor series
 * {@code s = r + r² q}. The error, in units of u and relative to {@code exp r ≥ 0.707}, is largest at {@code r = -ln 2 / 2}: 1/4 from the
 * rounding of r, 0.21 from r² q, 0.35 from the rounding of s, 0.71 from that of 1 + s, 0.12 from the remainder of the series: below 1.7 u
 * in all. Scaling is exact, by adding k to the exponent. Results below the smallest normal number are 0.
 */
public final class F32Exp {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;

    /** The largest number whose exponential is finite. */
    private static final float HIGHEST = 0x1.62e42ep6f; // twin: private static final double HIGHEST = 0x1.62e42fefa39efp9;
    /** The smallest number whose exponential is a normal number. */
    private static final float LOWEST = -0x1.5d589ep6f; // twin: private static final double LOWEST = -0x1.6232bdd7abcd2p9;

    private static final float LOG2_E = 0x1.715476p0f; // twin: private static final double LOG2_E = 0x1.71547652b82fep0;
    /** ln 2 in two parts, the first short enough for exact products with k. */
    private static final float LN2_HIGH = 0x1.62e4p-1f; // twin: private static final double LN2_HIGH = 0x1.62e42fefa38p-1;

    private static final float LN2_LOW = 0x1.7f7d1cp-20f; // twin: private static final double LN2_LOW = 0x1.ef35793c7673p-45;
    /** Adding it leaves k in the lowest bits. */
    private static final float MAGIC = 0x1.8p23f; // twin: private static final double MAGIC = 0x1.8p52;

    private static final int SHIFT = 23; // twin: private static final int SHIFT = 52;

    private F32Exp() {}

    /**
     * {@code t = exp t}, {@code length} elements from {@code from} on, rounded up to whole vectors. One loop, as in
     * {@link F32Tanh#apply}.
     */
    public static void apply(float[] t, int from, int length) {
        for (int i = from; i < from + length; i += S.length()) {
            FloatVector x = FloatVector.fromArray(S, t, i);
            FloatVector shifted = x.fma(FloatVector.broadcast(S, LOG2_E), FloatVector.broadcast(S, MAGIC));
            FloatVector k = shifted.sub(MAGIC);
            FloatVector r = k.fma(FloatVector.broadcast(S, -LN2_LOW), k.fma(FloatVector.broadcast(S, -LN2_HIGH), x));
            FloatVector q = FloatVector.broadcast(S, 1f / 5040); // twin: DoubleVector q = DoubleVector.broadcast(S, 1d / 6227020800L);
            // twin: q = q.fma(r, DoubleVector.broadcast(S, 1d / 479001600)).fma(r, DoubleVector.broadcast(S, 1d / 39916800));
            // twin: q = q.fma(r, DoubleVector.broadcast(S, 1d / 3628800)).fma(r, DoubleVector.broadcast(S, 1d / 362880));
            // twin: q = q.fma(r, DoubleVector.broadcast(S, 1d / 40320)).fma(r, DoubleVector.broadcast(S, 1d / 5040));
            q = q.fma(r, FloatVector.broadcast(S, 1f / 720)).fma(r, FloatVector.broadcast(S, 1f / 120));
            q = q.fma(r, FloatVector.broadcast(S, 1f / 24)).fma(r, FloatVector.broadcast(S, 1f / 6)).fma(r, FloatVector.broadcast(S, 0.5f));
            FloatVector p = r.mul(r).fma(q, r).add(1f);
            IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, SHIFT); // twin: jdk.incubator.vector.LongVector exponent = shifted.reinterpretAsLongs().lanewise(VectorOperators.LSHL, SHIFT);
            FloatVector y = p.reinterpretAsInts().add(exponent).reinterpretAsFloats(); // twin: DoubleVector y = p.reinterpretAsLongs().add(exponent).reinterpretAsDoubles();
            // +∞ above, and NaN if x is NaN.
            FloatVector beyond = x.add(Float.POSITIVE_INFINITY);
            y = beyond.blend(y, x.compare(VectorOperators.LE, HIGHEST));
            y.blend(0f, x.compare(VectorOperators.LT, LOWEST)).intoArray(t, i);
        }
    }
}
