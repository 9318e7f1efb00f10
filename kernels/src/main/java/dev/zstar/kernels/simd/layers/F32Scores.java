package dev.zstar.kernels.simd.layers;

import dev.zstar.kernels.simd.lanes.Lanes;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Passes over scores of a block of queries, {@code s[j, i]} for key j and query i. Queries are lanes: each has its maximum, its sum and
 * its shift in one lane, and nothing is summed across a vector. A block has {@code columns} queries, a multiple of 2 L.
 */
final class F32Scores {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final VectorSpecies<Double> D = Lanes.D;
    private static final int W = Lanes.COUNT;

    private F32Scores() {}

    /** Sets the scores of the keys after each query to {@code value}; query 0 has the position of key {@code first}. */
    static void mask(float[] s, int columns, int first, int seen, float value) {
        for (int j = first + 1; j < seen; j++) {
            java.util.Arrays.fill(s, j * columns, j * columns + Math.min(j - first, columns), value);
        }
    }

    /** {@code shift[i] = scale · max_j s[j, i]}. NaN is ignored here; its exponential is NaN. */
    static void max(float[] s, int columns, int seen, float scale, float[] shift) {
        for (int i = 0; i < columns; i += 2 * L) {
            FloatVector m0 = FloatVector.broadcast(S, Float.NEGATIVE_INFINITY);
            FloatVector m1 = m0;
            for (int j = 0; j < seen; j++) {
                FloatVector s0 = FloatVector.fromArray(S, s, j * columns + i);
                FloatVector s1 = FloatVector.fromArray(S, s, j * columns + i + L);
                m0 = m0.blend(s0, s0.compare(VectorOperators.GT, m0));
                m1 = m1.blend(s1, s1.compare(VectorOperators.GT, m1));
            }
            m0.mul(scale).intoArray(shift, i);
            m1.mul(scale).intoArray(shift, i + L);
        }
    }

    /** {@code s[j, i] = scale · s[j, i] - shift[i]} for {@code from ≤ j < to}. */
    static void shift(float[] s, int columns, int from, int to, float scale, float[] shift) {
        FloatVector a = FloatVector.broadcast(S, scale);
        for (int j = from; j < to; j++) {
            for (int i = 0; i < columns; i += L) {
                int at = j * columns + i;
                FloatVector.fromArray(S, s, at).fma(a, FloatVector.fromArray(S, shift, i).neg()).intoArray(s, at);
            }
        }
    }

    /** A shift in two parts; an infinite one is the first alone. */
    static void split(double value, float[] shift, float[] rest, int i) {
        shift[i] = (float) value;
        rest[i] = Double.isInfinite((double) shift[i]) ? 0 : (float) (value - shift[i]);
    }

    /**
     * {@code s[j, i] = scale · s[j, i] - shift[i] - rest[i]} for {@code j < seen}: in two parts, a shift keeps digits whose loss would give
     * all probabilities of a query another size.
     */
    static void shift(float[] s, int columns, int seen, float scale, float[] shift, float[] rest) {
        FloatVector a = FloatVector.broadcast(S, scale);
        for (int j = 0; j < seen; j++) {
            for (int i = 0; i < columns; i += L) {
                int at = j * columns + i;
                FloatVector.fromArray(S, s, at).fma(a, FloatVector.fromArray(S, shift, i).neg()).sub(FloatVector.fromArray(S, rest, i))
                        .intoArray(s, at);
            }
        }
    }

    /** {@code sums[i] += Σ_j s[j, i]} for {@code from ≤ j < to}. */
    static void sum(float[] s, int columns, int from, int to, double[] sums) {
        for (int i = 0; i < columns; i += 2 * W) {
            DoubleVector s0 = DoubleVector.fromArray(D, sums, i);
            DoubleVector s1 = DoubleVector.fromArray(D, sums, i + W);
            for (int j = from; j < to; j++) {
                int at = j * columns + i;
                s0 = s0.add(FloatVector.fromArray(S, s, at).convertShape(VectorOperators.F2D, D, 0));
                s1 = s1.add(FloatVector.fromArray(S, s, at).convertShape(VectorOperators.F2D, D, 1));
            }
            s0.intoArray(sums, i);
            s1.intoArray(sums, i + W);
        }
    }

    /** {@code sums[i] = Σ_j p[j, i] d[j, i]} for {@code j < seen}. */
    static void dot(float[] p, float[] d, int columns, int seen, double[] sums) {
        for (int i = 0; i < columns; i += 2 * W) {
            DoubleVector s0 = DoubleVector.zero(D);
            DoubleVector s1 = DoubleVector.zero(D);
            for (int j = 0; j < seen; j++) {
                int at = j * columns + i;
                var p0 = FloatVector.fromArray(S, p, at).convertShape(VectorOperators.F2D, D, 0);
                var p1 = FloatVector.fromArray(S, p, at).convertShape(VectorOperators.F2D, D, 1);
                var d0 = FloatVector.fromArray(S, d, at).convertShape(VectorOperators.F2D, D, 0);
                var d1 = FloatVector.fromArray(S, d, at).convertShape(VectorOperators.F2D, D, 1);
                s0 = ((DoubleVector) p0).fma((DoubleVector) d0, s0);
                s1 = ((DoubleVector) p1).fma((DoubleVector) d1, s1);
            }
            s0.intoArray(sums, i);
            s1.intoArray(sums, i + W);
        }
    }

    /** {@code d[j, i] = scale · p[j, i] · (d[j, i] - mean[i])}. */
    static void slope(float[] p, float[] d, int columns, int seen, float scale, float[] mean) {
        for (int j = 0; j < seen; j++) {
            for (int i = 0; i < columns; i += L) {
                int at = j * columns + i;
                FloatVector factor = FloatVector.fromArray(S, p, at).mul(scale);
                FloatVector.fromArray(S, d, at).sub(FloatVector.fromArray(S, mean, i)).mul(factor).intoArray(d, at);
            }
        }
    }
}
