package dev.zstar.kernels.simd.layers;

import dev.zstar.kernels.simd.activations.F32Exp;
import dev.zstar.kernels.simd.lanes.F32Transpose;

/**
 * The derivative of {@link F32Attention} in one direction. Probabilities are computed again from the stored sums, as for the gradients, and
 * a query needs only what it sees, so nothing is summed over blocks of queries.
 */
final class F32AttentionJvp {
    private static final int QUERIES = F32AttentionScratch.QUERIES;

    private F32AttentionJvp() {}

    /**
     * Operands as in {@link F32Attention#forward}.
     *
     * @return whether all sums were in range; if not, {@link F32AttentionRange} knows which queries must be computed again
     */
    static boolean tangent(
            long q, long k, long v, long dq, long dk, long dv, long out, long stride, int sequence, int d, boolean causal, double[] lse,
            int at, int heads) {
        F32AttentionScratch x = F32AttentionScratch.of(sequence, d, true);
        int width = x.width;
        int tokens = F32Attention.tiles(sequence);
        float scale = (float) (1 / Math.sqrt(d));
        F32AttentionScratch.load(k, stride, sequence, d, x.k, tokens, width);
        F32AttentionScratch.load(v, stride, sequence, d, x.v, tokens, width);
        F32AttentionScratch.load(dk, stride, sequence, d, x.dk, tokens, width);
        F32AttentionScratch.load(dv, stride, sequence, d, x.dv, tokens, width);
        float largestQ = 0;
        float largestDq = 0;
        for (int i0 = 0; i0 < sequence; i0 += QUERIES) {
            int queries = Math.min(QUERIES, sequence - i0);
            int columns = F32AttentionScratch.columns(queries);
            int seen = causal ? i0 + queries : sequence;
            F32AttentionScratch.load(q + i0 * stride, stride, queries, d, x.q, columns, width);
            F32AttentionScratch.load(dq + i0 * stride, stride, queries, d, x.dOut, columns, width);
            largestQ = Math.max(largestQ, F32AttentionRange.largest(x.q, columns * width));
            largestDq = Math.max(largestDq, F32AttentionRange.largest(x.dOut, columns * width));
            F32Transpose.apply(x.q, columns, width, x.qt, x.squares);
            F32Transpose.apply(x.dOut, columns, width, x.dOutT, x.squares);
            F32Attention.outer(x.k, x.qt, x.s, seen, d, width, i0, queries, columns, causal);
            F32Attention.outer(x.k, x.dOutT, x.ds, seen, d, width, i0, queries, columns, causal);
            F32Attention.addOuter(x.dk, x.qt, x.ds, seen, d, width, i0, queries, columns, causal);
            if (causal) {
                F32Scores.mask(x.s, columns, i0, seen, Float.NEGATIVE_INFINITY);
                F32Scores.mask(x.ds, columns, i0, seen, 0);
            }
            for (int i = 0; i < columns; i++) {
                F32Scores.split(i < queries ? lse[at + (i0 + i) * heads] : 0, x.shift, x.rest, i);
            }
            F32Scores.shift(x.s, columns, seen, scale, x.shift, x.rest);
            F32Exp.apply(x.s, 0, seen * columns);
            F32Scores.dot(x.s, x.ds, columns, seen, x.sums);
            for (int i = 0; i < columns; i++) {
                x.shift[i] = (float) x.sums[i];
            }
            F32Scores.slope(x.s, x.ds, columns, seen, scale, x.shift);
            java.util.Arrays.fill(x.o, 0, columns * width, 0);
            for (int from = 0; from < seen; from += F32Attention.KEYS) {
                int to = Math.min(from + F32Attention.KEYS, seen);
                F32Attention.weigh(x.ds, from, to, x.v, width, x.o, i0, queries, columns, causal);
                F32Attention.weigh(x.s, from, to, x.dv, width, x.o, i0, queries, columns, causal);
            }
            F32AttentionScratch.store(x.o, queries, width, out + i0 * stride, stride, d);
        }
        return F32AttentionRange.tangent(largestQ, F32AttentionRange.largest(x.k, tokens * width),
                F32AttentionRange.largest(x.v, tokens * width), largestDq, F32AttentionRange.largest(x.dk, tokens * width),
                F32AttentionRange.largest(x.dv, tokens * width), d, sequence);
    }
}
