package dev.zstar.kernels.simd.activations;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Both forms of the Gaussian error linear unit (Hendrycks and Gimpel 2016), as passes over a heap array: {@code length} elements, whole
 * vectors, from {@code from} on, with room for twice as many from {@code work} on.
 *
 * <p>The exponential of a large number y turns a relative error of y into one |y| times as large. Therefore both exponents, {@code x²/2}
 * and {@code √(8/π) (x + 0.044715 x³)}, are computed in two parts, {@code y + y'}, and {@code exp(-y - y') = exp(-y) (1 - y')}: {@code y'²}
 * is below {@code (90 u)²}, f32, or {@code (750 u)²}.
 */
final class F32Gelu {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    /** From here on {@code exp(-x²/2)} is 0, and so is {@code exp(-2u)}. It is finite, because {@code 0 · ∞} is not 0. */
    private static final float FAR = 14f; // twin: private static final double FAR = 39;

    /** {@code 1 / √(2π)}. */
    private static final float DENSITY = 0.3989423f; // twin: private static final double DENSITY = 0x1.9884533d43651p-2;

    /** {@code √(8/π)}, in two parts. */
    private static final float LINEAR = 0x1.988454p0f; // twin: private static final double LINEAR = 0x1.9884533d43651p0;

    private static final float LINEAR_LOW = -0x1.857936p-25f; // twin: private static final double LINEAR_LOW = -0x1.cbc0d30ebfd15p-54;
    /** {@code 0.044715 √(8/π)}, in two parts. */
    private static final float CUBIC = 0x1.2444f2p-4f; // twin: private static final double CUBIC = 0x1.2444f2a4d8b4bp-4;

    private static final float CUBIC_LOW = 0x1.49b16ap-29f; // twin: private static final double CUBIC_LOW = -0x1.6c843a29d1c70p-61;

    private F32Gelu() {}

    // ---- x Φ(x)

    /**
     * {@code t = t Φ(t)}: x times the tail, or x minus that. The product with E comes first, because the tail may be subnormal although the
     * result is not.
     */
    static void apply(float[] t, int from, int length, int work) {
        tail(t, from, length, work);
        value(t, from, length, work);
    }

    private static void value(float[] t, int from, int length, int work) {
        for (int i = 0; i < length; i += L) {
            FloatVector x = FloatVector.fromArray(S, t, from + i);
            FloatVector e = FloatVector.fromArray(S, t, work + i);
            FloatVector y = x.max(-FAR).min(FAR).mul(e).mul(FloatVector.fromArray(S, t, work + length + i));
            x.sub(y).blend(y, x.compare(VectorOperators.LE, 0)).intoArray(t, from + i);
        }
    }

    /** {@code t = Φ(t) + t φ(t)}: with the tail as {@code E g}, {@code E (g - |x| / √(2π))} or 1 minus that. */
    static void slope(float[] t, int from, int length, int work) {
        tail(t, from, length, work);
        slope(t, from, from, length, work);
    }

    /** {@code t[slope …]} is what {@link #slope} computes, and t what {@link #apply} computes. */
    static void applyAndSlope(float[] t, int from, int slope, int length, int work) {
        tail(t, from, length, work);
        slope(t, from, slope, length, work);
        value(t, from, length, work);
    }

    private static void slope(float[] t, int from, int to, int length, int work) {
        for (int i = 0; i < length; i += L) {
            FloatVector x = FloatVector.fromArray(S, t, from + i);
            FloatVector g = x.abs().min(FAR).fma(FloatVector.broadcast(S, -DENSITY), FloatVector.fromArray(S, t, work + length + i));
            FloatVector r = FloatVector.fromArray(S, t, work + i).mul(g);
            FloatVector.broadcast(S, 1f).sub(r).blend(r, x.compare(VectorOperators.LT, 0)).intoArray(t, to + i);
        }
    }

    /**
     * {@code work = E = exp(-x²/2)} and, after it, {@code g = exp(a²) erfc(a) / 2} for {@code a = |x| / √2}, so that their product is
     * {@code Φ(-|x|)}. {@code (|x| + 4) g} is a polynomial in {@code w = (|x| - 4) / (|x| + 4)}: the Chebyshev expansion of Shepherd and
     * Laframboise (1981) with another factor and for {@code |x| ≤ FAR} only, cut off where the rest is 0.24 u (f64: 0.34 u), in powers of
     * w.
     */
    private static void tail(float[] t, int from, int length, int work) {
        for (int i = 0; i < length; i += L) {
            FloatVector a = FloatVector.fromArray(S, t, from + i).abs().min(FAR);
            a.mul(a).mul(-0.5f).intoArray(t, work + i);
            FloatVector v = FloatVector.broadcast(S, 1f).div(a.add(4f));
            FloatVector w = a.add(a).fma(v, FloatVector.broadcast(S, -1f));
            FloatVector p = FloatVector.broadcast(S, -0.00011813544f); // twin: DoubleVector p = DoubleVector.broadcast(S, -9.6615755481553e-10);
            p = p.fma(w, FloatVector.broadcast(S, 0.00020554374f)).fma(w, FloatVector.broadcast(S, 0.001573495f)).fma(w, FloatVector.broadcast(S, -0.003528608f)); // twin: p = p.fma(w, DoubleVector.broadcast(S, 7.731895808625608e-11)).fma(w, DoubleVector.broadcast(S, 1.3938808852558355e-08));
            p = p.fma(w, FloatVector.broadcast(S, -0.0075304327f)).fma(w, FloatVector.broadcast(S, 0.060407117f)).fma(w, FloatVector.broadcast(S, -0.18652245f)); // twin: p = p.fma(w, DoubleVector.broadcast(S, 1.4569488564608778e-08)).fma(w, DoubleVector.broadcast(S, -7.642482978378022e-08));
            p = p.fma(w, FloatVector.broadcast(S, 0.38713667f)).fma(w, FloatVector.broadcast(S, -0.6078966f)).fma(w, FloatVector.broadcast(S, 0.75528514f)); // twin: p = p.fma(w, DoubleVector.broadcast(S, -1.5426167593457165e-07)).fma(w, DoubleVector.broadcast(S, 2.63742514249532e-07));
            // twin: p = p.fma(w, DoubleVector.broadcast(S, 1.0198152807723923e-06)).fma(w, DoubleVector.broadcast(S, -6.251785640512302e-07));
            // twin: p = p.fma(w, DoubleVector.broadcast(S, -5.918905080396581e-06)).fma(w, DoubleVector.broadcast(S, 7.150276513545111e-07));
            // twin: p = p.fma(w, DoubleVector.broadcast(S, 3.5144187813104215e-05)).fma(w, DoubleVector.broadcast(S, -1.907873095933309e-06));
            // twin: p = p.fma(w, DoubleVector.broadcast(S, -0.0002310948203047214)).fma(w, DoubleVector.broadcast(S, 0.00013334425522449717));
            // twin: p = p.fma(w, DoubleVector.broadcast(S, 0.0016308184422239424)).fma(w, DoubleVector.broadcast(S, -0.0034796923623715906));
            // twin: p = p.fma(w, DoubleVector.broadcast(S, -0.0075401889656226675)).fma(w, DoubleVector.broadcast(S, 0.0603965748907066));
            // twin: p = p.fma(w, DoubleVector.broadcast(S, -0.18652185795969298)).fma(w, DoubleVector.broadcast(S, 0.3871374007422187));
            // twin: p = p.fma(w, DoubleVector.broadcast(S, -0.6078966419718917)).fma(w, DoubleVector.broadcast(S, 0.7552851304157515));
            p.mul(v).intoArray(t, work + length + i);
        }
        F32Exp.apply(t, work, length);
        for (int i = 0; i < length; i += L) {
            FloatVector a = FloatVector.fromArray(S, t, from + i).abs().min(FAR);
            FloatVector e = FloatVector.fromArray(S, t, work + i);
            FloatVector low = a.fma(a, a.mul(a).neg());
            e.fma(low.mul(-0.5f), e).intoArray(t, work + i);
        }
    }

    // ---- x σ(2u), which is x (1 + tanh u) / 2

    /** {@code t = t σ(2u)}, {@code u = √(2/π) (t + 0.044715 t³)}. */
    static void applyTanh(float[] t, int from, int length, int work) {
        exp(t, from, length, work);
        F32Sigmoid.gate(t, from, length, work);
    }

    /** {@code t = σ(2u) + t σ'(2u) 2u'}. */
    static void slopeTanh(float[] t, int from, int length, int work) {
        exp(t, from, length, work);
        tanhSlope(t, from, from, length, work);
    }

    /** {@code t[slope …]} is what {@link #slopeTanh} computes, and t what {@link #applyTanh} computes. */
    static void applyTanhAndSlope(float[] t, int from, int slope, int length, int work) {
        exp(t, from, length, work);
        tanhSlope(t, from, slope, length, work);
        F32Sigmoid.gate(t, from, length, work);
    }

    private static void tanhSlope(float[] t, int from, int to, int length, int work) {
        for (int i = 0; i < length; i += L) {
            FloatVector x = FloatVector.fromArray(S, t, from + i).max(-FAR).min(FAR);
            FloatVector slope = x.mul(x).fma(FloatVector.broadcast(S, 3 * CUBIC), FloatVector.broadcast(S, LINEAR));
            x.mul(slope).intoArray(t, to + i);
        }
        F32Sigmoid.gateSlope(t, to, to, length, work);
    }

    /** {@code work = exp(-|2u|)}; the low part of the exponent goes through the room after it. */
    private static void exp(float[] t, int from, int length, int work) {
        for (int i = 0; i < length; i += L) {
            FloatVector a = FloatVector.fromArray(S, t, from + i).abs().min(FAR);
            FloatVector square = a.mul(a);
            FloatVector squareLow = a.fma(a, square.neg());
            FloatVector cubic = square.mul(CUBIC);
            FloatVector cubicLow = square.fma(FloatVector.broadcast(S, CUBIC), cubic.neg());
            cubicLow = squareLow.fma(FloatVector.broadcast(S, CUBIC), square.fma(FloatVector.broadcast(S, CUBIC_LOW), cubicLow));
            // The sum with its rounding error, whichever of the two is larger (Knuth's TwoSum).
            FloatVector sum = cubic.add(LINEAR);
            FloatVector back = sum.sub(LINEAR);
            FloatVector sumLow = cubic.sub(back).add(FloatVector.broadcast(S, LINEAR).sub(sum.sub(back)));
            FloatVector low = sumLow.add(cubicLow.add(LINEAR_LOW));
            FloatVector y = a.mul(sum);
            y.neg().intoArray(t, work + i);
            a.fma(low, a.fma(sum, y.neg())).neg().intoArray(t, work + length + i);
        }
        F32Exp.apply(t, work, length);
        for (int i = 0; i < length; i += L) {
            FloatVector e = FloatVector.fromArray(S, t, work + i);
            e.fma(FloatVector.fromArray(S, t, work + length + i), e).intoArray(t, work + i);
        }
    }
}
