package dev.zstar.kernels.simd.activations;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The sigmoid {@code σ(y) = 1 / (1 + exp(-y))} and the functions based on it, on a heap array: {@code length} elements from {@code from}
 * on, rounded up to whole vectors, with memory for as many from {@code work} on. They are passes over memory in the first-level cache,
 * because {@link F32Exp} works on arrays and a vector must not cross a call.
 *
 * <p>All start from {@code e = exp(-|y|) ≤ 1}, whose error is at most 1.7 u. {@code σ = p / d} and {@code 1 - σ = q / d} with
 * {@code d = 1 + e} and {@code (p, q) = (1, e)}, or {@code (e, 1)} if {@code y < 0}, lose nothing in either tail. If e is below the
 * smallest normal number, it is 0, and so are the products with it.
 */
final class F32Sigmoid {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    /** A factor of e need not grow beyond this: e is 0 long before. It is finite, because {@code 0 · ∞} is not 0. */
    private static final float FAR = 512f; // twin: private static final double FAR = 4096;

    private F32Sigmoid() {}

    /** {@code work = exp(-|t|)}. */
    private static void exp(float[] t, int from, int length, int work) {
        for (int i = 0; i < length; i += L) {
            FloatVector.fromArray(S, t, from + i).abs().neg().intoArray(t, work + i);
        }
        F32Exp.apply(t, work, length);
    }

    /** {@code t = σ(t)}, within 3.7 u: 1.7 from e, 1 from d and 1 from the quotient. */
    static void sigmoid(float[] t, int from, int length, int work) {
        exp(t, from, length, work);
        sigmoid(t, from, from, length, work);
    }

    private static void sigmoid(float[] t, int from, int to, int length, int work) {
        for (int i = 0; i < length; i += L) {
            FloatVector e = FloatVector.fromArray(S, t, work + i);
            FloatVector p = FloatVector.broadcast(S, 1f).blend(e, FloatVector.fromArray(S, t, from + i).compare(VectorOperators.LT, 0));
            p.div(e.add(1f)).intoArray(t, to + i);
        }
    }

    /** {@code t = σ'(t) = e / d²}, within 5.7 u: 1.7 from e, twice 1 from d, 1 from its square and 1 from the quotient. */
    static void sigmoidSlope(float[] t, int from, int length, int work) {
        exp(t, from, length, work);
        bell(t, from, length, work);
    }

    /** {@code t[to …] = e / d²}. */
    private static void bell(float[] t, int to, int length, int work) {
        for (int i = 0; i < length; i += L) {
            FloatVector e = FloatVector.fromArray(S, t, work + i);
            FloatVector d = e.add(1f);
            e.div(d.mul(d)).intoArray(t, to + i);
        }
    }

    /** {@code t[slope …] = σ'(t)} and {@code t = σ(t)}. */
    static void sigmoidAndSlope(float[] t, int from, int slope, int length, int work) {
        exp(t, from, length, work);
        bell(t, slope, length, work);
        sigmoid(t, from, from, length, work);
    }

    /**
     * {@code t = log(1 + exp t) = max(t, 0) + log(1 + e)}, within 6.2 u: 1.7 from e, 2.2 from s, 1.3 from the series and 1 from the sum.
     * {@code log(1 + e) = 2 artanh s}, {@code s = e / (2 + e) ≤ 1/3}, by its Taylor series, whose remainder is below 0.3 u.
     */
    static void softplus(float[] t, int from, int length, int work) {
        exp(t, from, length, work);
        log(t, from, length, work);
    }

    /** {@code t[slope …] = σ(t)} and {@code t = log(1 + exp t)}. */
    static void softplusAndSlope(float[] t, int from, int slope, int length, int work) {
        exp(t, from, length, work);
        sigmoid(t, from, slope, length, work);
        log(t, from, length, work);
    }

    private static void log(float[] t, int from, int length, int work) {
        for (int i = 0; i < length; i += L) {
            FloatVector e = FloatVector.fromArray(S, t, work + i);
            FloatVector s = e.div(e.add(2f));
            FloatVector z = s.mul(s);
            FloatVector q = FloatVector.broadcast(S, 1f / 13); // twin: DoubleVector q = DoubleVector.broadcast(S, 1d / 31);
            // twin: q = q.fma(z, DoubleVector.broadcast(S, 1d / 29)).fma(z, DoubleVector.broadcast(S, 1d / 27)).fma(z, DoubleVector.broadcast(S, 1d / 25));
            // twin: q = q.fma(z, DoubleVector.broadcast(S, 1d / 23)).fma(z, DoubleVector.broadcast(S, 1d / 21)).fma(z, DoubleVector.broadcast(S, 1d / 19));
            // twin: q = q.fma(z, DoubleVector.broadcast(S, 1d / 17)).fma(z, DoubleVector.broadcast(S, 1d / 15)).fma(z, DoubleVector.broadcast(S, 1d / 13));
            q = q.fma(z, FloatVector.broadcast(S, 1f / 11)).fma(z, FloatVector.broadcast(S, 1f / 9))
                    .fma(z, FloatVector.broadcast(S, 1f / 7));
            q = q.fma(z, FloatVector.broadcast(S, 1f / 5)).fma(z, FloatVector.broadcast(S, 1f / 3));
            FloatVector s2 = s.add(s);
            FloatVector log = s2.mul(z).fma(q, s2);
            FloatVector.fromArray(S, t, from + i).max(0f).add(log).intoArray(t, from + i);
        }
    }

    /** {@code t = t σ(t)}: see {@link #gate}. */
    static void silu(float[] t, int from, int length, int work) {
        exp(t, from, length, work);
        gate(t, from, length, work);
    }

    /** {@code t[slope …]} is the derivative of {@link #silu}, and t its value. */
    static void siluAndSlope(float[] t, int from, int slope, int length, int work) {
        exp(t, from, length, work);
        gateSlope(t, from, slope, length, work);
        gate(t, from, length, work);
    }

    /** The derivative of {@link #silu}: see {@link #gateSlope}. */
    static void siluSlope(float[] t, int from, int length, int work) {
        exp(t, from, length, work);
        gateSlope(t, from, from, length, work);
    }

    /** {@code t = t p / d} with e in {@code work}: one rounding more than σ, within 4.7 u. */
    static void gate(float[] t, int from, int length, int work) {
        for (int i = 0; i < length; i += L) {
            FloatVector x = FloatVector.fromArray(S, t, from + i);
            FloatVector e = FloatVector.fromArray(S, t, work + i);
            FloatVector p = FloatVector.broadcast(S, 1f).blend(e, x.compare(VectorOperators.LT, 0));
            x.max(-FAR).mul(p).div(e.add(1f)).intoArray(t, from + i);
        }
    }

    /**
     * {@code t[to …] = σ (1 + t (1 - σ)) = p (d + t q) / d²} with e in {@code work}. It has a zero, so that the error is relative to
     * {@code σ (1 + |t| (1 - σ))}: within 7.7 u, 1.7 from e, 2 from d and 1 each from the sum, both products and the quotient.
     */
    static void gateSlope(float[] t, int from, int to, int length, int work) {
        for (int i = 0; i < length; i += L) {
            FloatVector x = FloatVector.fromArray(S, t, from + i).max(-FAR).min(FAR);
            FloatVector e = FloatVector.fromArray(S, t, work + i);
            FloatVector one = FloatVector.broadcast(S, 1f);
            var negative = x.compare(VectorOperators.LT, 0);
            FloatVector p = one.blend(e, negative);
            FloatVector q = e.blend(1f, negative);
            FloatVector d = e.add(1f);
            x.fma(q, d).mul(p).div(d.mul(d)).intoArray(t, to + i);
        }
    }
}
