package dev.zstar.kernels.simd.layers;

import dev.zstar.kernels.simd.activations.F32Exp;
import dev.zstar.kernels.simd.lanes.F32Transpose;

/** The gradients of {@link F32Attention}. Probabilities are computed again from the stored sums, one block of queries at a time. */
final class F32AttentionVjp {
    private static final int QUERIES = F32AttentionScratch.QUERIES;
    private static final int ROWS = F32AttentionTile.ROWS;

    private F32AttentionVjp() {}

    /** Operands as in {@link F32Attention#forward}; returns whether all sums were in range. */
    static boolean backward(
            long q, long k, long v, long dOut, long dq, long dk, long dv, long stride, int sequence, int d, boolean causal, double[] lse,
            int at, int heads) {
        F32AttentionScratch x = F32AttentionScratch.of(sequence, d, true);
        int width = x.width;
        int tokens = F32Attention.tiles(sequence);
        float scale = (float) (1 / Math.sqrt(d));
        F32AttentionScratch.load(k, stride, sequence, d, x.k, tokens, width);
        F32AttentionScratch.load(v, stride, sequence, d, x.v, tokens, width);
        java.util.Arrays.fill(x.dk, 0, tokens * width, 0);
        java.util.Arrays.fill(x.dv, 0, tokens * width, 0);
        float largestQ = 0;
        float largestOut = 0;
        for (int i0 = 0; i0 < sequence; i0 += QUERIES) {
            int queries = Math.min(QUERIES, sequence - i0);
            int columns = F32AttentionScratch.columns(queries);
            int seen = causal ? i0 + queries : sequence;
            F32AttentionScratch.load(q + i0 * stride, stride, queries, d, x.q, columns, width);
            F32AttentionScratch.load(dOut + i0 * stride, stride, queries, d, x.dOut, columns, width);
            largestQ = Math.max(largestQ, F32AttentionRange.largest(x.q, columns * width));
            largestOut = Math.max(largestOut, F32AttentionRange.largest(x.dOut, columns * width));
            F32Transpose.apply(x.q, columns, width, x.qt, x.squares);
            F32Transpose.apply(x.dOut, columns, width, x.dOutT, x.squares);
            F32Attention.outer(x.k, x.qt, x.s, seen, d, width, i0, queries, columns, causal);
            F32Attention.outer(x.v, x.dOutT, x.ds, seen, d, width, i0, queries, columns, causal);
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
                F32Attention.weigh(x.ds, from, Math.min(from + F32Attention.KEYS, seen), x.k, width, x.o, i0, queries, columns, causal);
            }
            F32AttentionScratch.store(x.o, queries, width, dq + i0 * stride, stride, d);
            gather(x.ds, x.q, x.dk, seen, width, i0, queries, columns, causal);
            gather(x.s, x.dOut, x.dv, seen, width, i0, queries, columns, causal);
        }
        F32AttentionScratch.store(x.dk, sequence, width, dk, stride, d);
        F32AttentionScratch.store(x.dv, sequence, width, dv, stride, d);
        float largestK = F32AttentionRange.largest(x.k, tokens * width);
        float largestV = F32AttentionRange.largest(x.v, tokens * width);
        return F32AttentionRange.backward(largestQ, largestK, largestV, largestOut, d, sequence);
    }

    /**
     * {@code o_j += Σ_i p[j, i] y_i} for {@code j < seen}, over the queries that see key j. Four keys share a tile from the query on that
     * sees the last of them; the few queries before it are added one by one.
     */
    private static void gather(float[] p, float[] y, float[] o, int seen, int width, int i0, int queries, int columns, boolean causal) {
        for (int j = 0; j < seen; j += ROWS) {
            int shared = causal ? Math.min(queries, Math.max(0, j + ROWS - 1 - i0)) : 0;
            for (int r = 0; r < ROWS && j + r < seen; r++) {
                for (int i = Math.max(0, j + r - i0); i < shared; i++) {
                    F32AttentionTile.add(p[(j + r) * columns + i], y, i * width, o, (j + r) * width, width);
                }
            }
            F32AttentionTile.multiply(p, j * columns + shared, columns, 1, y, shared * width, width, o, j * width, width, width,
                    queries - shared);
        }
    }
}
