package dev.zstar.kernels.simd.activations;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The hyperbolic tangent of a vector. The vector API has one, but compiled code calls a native library for it and interpreted code calls
 * {@link Math#tanh}. The two differ in the last bit, so a result would depend on when the JIT compiles the caller. This one uses only
 * operations with the same result everywhere.
 *
 * <p>{@code tanh x = x p(x²) / q(x²)}. Among polynomials of their degree with {@code p(0) = q(0) = 1}, these have the least largest
 * relative error where tanh is below 1: 0.4 u (f64: 0.7 u), found by Lawson's iteration. All coefficients are positive, so their sums
 * cancel nothing. With the roundings, the error of an f32 is at most 5.4 u. Tests hold the result to within 7 u of {@link Math#tanh}.
 * Beyond the limit the quotient stays and x grows, and what is above 1 becomes 1.
 */
final class F32Tanh {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;

    /** The square of the number from which on tanh rounds to 1. */
    private static final float LIMIT = 9.0109f * 9.0109f; // twin: private static final double LIMIT = 19.07 * 19.07;

    private F32Tanh() {}

    /**
     * {@code t = tanh t}, {@code length} elements from {@code from} on, rounded up to whole vectors. It is one loop without calls of our
     * own methods: once a method has been compiled into much code, the JIT no longer inlines it, and a vector that crosses a call becomes
     * an object. Comparisons and blends are two instructions, and {@code min}, which orders zeros and keeps NaN, is six.
     */
    static void apply(float[] t, int from, int length) {
        for (int i = from; i < from + length; i += S.length()) {
            FloatVector x = FloatVector.fromArray(S, t, i);
            FloatVector square = x.mul(x);
            FloatVector y = square.blend(LIMIT, square.compare(VectorOperators.GT, LIMIT));
            FloatVector p = FloatVector.broadcast(S, 0x1.cc693p-27f); // twin: DoubleVector p = DoubleVector.broadcast(S, 2.50628732909671659e-23);
            // twin: p = p.fma(y, DoubleVector.broadcast(S, 7.4247587811750392e-19)).fma(y, DoubleVector.broadcast(S, 3.0670636245494515321e-15));
            // twin: p = p.fma(y, DoubleVector.broadcast(S, 4.174308773219199155e-12)).fma(y, DoubleVector.broadcast(S, 2.4418371960151459309e-9));
            // twin: p = p.fma(y, DoubleVector.broadcast(S, 6.8327683760660615502e-7));
            p = p.fma(y, FloatVector.broadcast(S, 0x1.5a6588p-16f)); // twin: p = p.fma(y, DoubleVector.broadcast(S, 0.000093619598501153002034));
            p = p.fma(y, FloatVector.broadcast(S, 0x1.ca817ep-9f)); // twin: p = p.fma(y, DoubleVector.broadcast(S, 0.0059751568553568168638));
            p = p.fma(y, FloatVector.broadcast(S, 0x1.1216cp-3f)); // twin: p = p.fma(y, DoubleVector.broadcast(S, 0.15180833165321677602));
            p = p.fma(y, FloatVector.broadcast(S, 1f));
            FloatVector q = FloatVector.broadcast(S, 0x1.a292b8p-21f); // twin: DoubleVector q = DoubleVector.broadcast(S, 6.2338935347157006297e-21);
            // twin: q = q.fma(y, DoubleVector.broadcast(S, 5.6388782299847308144e-17)).fma(y, DoubleVector.broadcast(S, 1.2716120226460041183e-13));
            // twin: q = q.fma(y, DoubleVector.broadcast(S, 1.1118869976189877284e-10)).fma(y, DoubleVector.broadcast(S, 4.4651591002216005595e-8));
            // twin: q = q.fma(y, DoubleVector.broadcast(S, 8.7558089773975360528e-6));
            q = q.fma(y, FloatVector.broadcast(S, 0x1.58f0bcp-12f)); // twin: q = q.fma(y, DoubleVector.broadcast(S, 0.00082822218550538723969));
            q = q.fma(y, FloatVector.broadcast(S, 0x1.a82174p-6f)); // twin: q = q.fma(y, DoubleVector.broadcast(S, 0.034355711850874774329));
            q = q.fma(y, FloatVector.broadcast(S, 0x1.de60aep-2f)); // twin: q = q.fma(y, DoubleVector.broadcast(S, 0.48514166498654953532));
            q = q.fma(y, FloatVector.broadcast(S, 1f));
            FloatVector tanh = x.mul(p).div(q);
            tanh = tanh.blend(1f, tanh.compare(VectorOperators.GT, 1f));
            tanh.blend(-1f, tanh.compare(VectorOperators.LT, -1f)).intoArray(t, i);
        }
    }
}
