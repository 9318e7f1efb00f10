package dev.zstar.kernels.simd.layers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.scalar.ScalarAttention;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Whether the sums of attention stay in the range of this type: products of the largest magnitudes bound them. If they may not,
 * {@link ScalarAttention} computes in f64. NaN and infinities are ignored, because they are the same in both types.
 */
final class F32AttentionRange {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    /** Sums up to this do not overflow, not even after multiplication by a small factor. */
    private static final double MOST = Float.MAX_VALUE / 8;
    /** Beyond this, the rounding of a score is more than 1: probabilities, which are exponentials of scores, would be of any size. */
    private static final double SCORES = 0x1p24; // twin: private static final double SCORES = 0x1p53;
    /** Products down to this lose no digits that matter. */
    private static final double LEAST = 0x1p-100; // twin: private static final double LEAST = 0x1p-960;

    private F32AttentionRange() {}

    /** The largest finite magnitude of {@code count} elements, whole vectors. */
    static float largest(float[] t, int count) {
        FloatVector m = FloatVector.zero(S);
        for (int i = 0; i < count; i += L) {
            FloatVector x = FloatVector.fromArray(S, t, i).abs();
            m = m.blend(x, x.compare(VectorOperators.GT, m).and(x.compare(VectorOperators.LT, Float.POSITIVE_INFINITY)));
        }
        return m.reduceLanes(VectorOperators.MAX);
    }

    /** Whether scores of {@code d} products and sums of {@code sequence} values are in range. */
    static boolean forward(double q, double k, double v, int d, int sequence) {
        return q * k * d < SCORES && v * sequence < MOST;
    }

    /** Whether those of the gradients are in range too; the gradients of scores are at most {@code 2 d v dOut}. */
    static boolean backward(double q, double k, double v, double dOut, int d, int sequence) {
        double scores = v * dOut * d;
        return forward(q, k, v, d, sequence) && scores < MOST && scores * k < MOST && scores * q * sequence < MOST && dOut * sequence < MOST
                && (scores > LEAST || scores == 0);
    }

    /** Whether those of a tangent are in range too; the tangents of scores are at most {@code (dq k + q dk) d}. */
    static boolean tangent(double q, double k, double v, double dq, double dk, double dv, int d, int sequence) {
        double scores = (dq * k + q * dk) * d;
        return forward(q, k, v, d, sequence) && scores < MOST && scores * v < MOST && dv * sequence < MOST
                && (scores > LEAST || scores == 0);
    }

    /**
     * Computes the queries of one piece of a job that are out of range, one by one. Whether a query is out of range depends only
     * on what it sees.
     */
    static void forward(LayerJob job, int first, int head) {
        int d = job.x.cols() / job.heads;
        double k = 0;
        double v = 0;
        int seen = 0;
        for (int i = 0; i < job.sequence; i++) {
            for (; seen < (job.causal ? i + 1 : job.sequence); seen++) {
                k = Math.max(k, largest(job.k, first + seen, head * d, d));
                v = Math.max(v, largest(job.v, first + seen, head * d, d));
            }
            if (!forward(largest(job.x, first + i, head * d, d), k, v, d, job.sequence)) {
                ScalarAttention.own().forward(job.x, job.k, job.v, first, job.sequence, job.heads, head, job.causal, job.out, job.stats, i);
            }
        }
    }

    /** The same for the tangents. */
    static void tangent(LayerJob job, int first, int head) {
        int d = job.x.cols() / job.heads;
        double k = 0;
        double v = 0;
        double dk = 0;
        double dv = 0;
        int seen = 0;
        for (int i = 0; i < job.sequence; i++) {
            for (; seen < (job.causal ? i + 1 : job.sequence); seen++) {
                k = Math.max(k, largest(job.k, first + seen, head * d, d));
                v = Math.max(v, largest(job.v, first + seen, head * d, d));
                dk = Math.max(dk, largest(job.dk, first + seen, head * d, d));
                dv = Math.max(dv, largest(job.dv, first + seen, head * d, d));
            }
            double q = largest(job.x, first + i, head * d, d);
            if (!tangent(q, k, v, largest(job.dq, first + i, head * d, d), dk, dv, d, job.sequence)) {
                ScalarAttention.own().tangent(job.x, job.k, job.v, first, job.sequence, job.heads, head, job.causal, job.dq, job.dk,
                        job.dv, job.out, i);
            }
        }
    }

    private static double largest(Block x, int row, int col, int d) {
        double largest = 0;
        for (int c = col; c < col + d; c++) {
            double magnitude = Math.abs(x.get(row, c));
            largest = magnitude > largest && magnitude < Double.POSITIVE_INFINITY ? magnitude : largest;
        }
        return largest;
    }
}
