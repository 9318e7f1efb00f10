package dev.zstar.kernels.simd.layers;

import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;

import dev.zstar.kernels.simd.activations.F32Exp;
import dev.zstar.kernels.simd.lanes.F32Transpose;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Attention of one head of one sequence, a block of queries at a time. Scores are transposed, so that queries are lanes. Softmax then
 * needs no sum across a vector, and its result has the layout that the second product reads. All scores of a block are kept (512 keys:
 * 128 KiB), so each query has one maximum, and nothing is rescaled.
 */
final class F32Attention {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final int QUERIES = F32AttentionScratch.QUERIES;
    private static final int ROWS = F32AttentionTile.ROWS;
    /**
     * Keys that are weighed at once (64 f32, 32 f64): their probabilities, 16 KiB or 8, and values, d = 64: 16 KiB, stay in a first-level
     * cache.
     */
    static final int KEYS = 256 / (int) F32.byteSize();

    private F32Attention() {}

    /**
     * Addresses are those of the head's first column of the sequence's first token, with rows {@code stride} bytes apart.
     *
     * @param lse receives the value of query i at {@code at + i · heads}
     * @return whether all sums were in range; if not, {@link F32AttentionRange} knows which queries must be computed again
     */
    static boolean forward(
            long q, long k, long v, long out, long stride, int sequence, int d, boolean causal, double[] lse, int at, int heads) {
        F32AttentionScratch x = F32AttentionScratch.of(sequence, d, false);
        int width = x.width;
        float scale = (float) (1 / Math.sqrt(d));
        F32AttentionScratch.load(k, stride, sequence, d, x.k, tiles(sequence), width);
        F32AttentionScratch.load(v, stride, sequence, d, x.v, tiles(sequence), width);
        float largest = 0;
        for (int i0 = 0; i0 < sequence; i0 += QUERIES) {
            int queries = Math.min(QUERIES, sequence - i0);
            int columns = F32AttentionScratch.columns(queries);
            int seen = causal ? i0 + queries : sequence;
            F32AttentionScratch.load(q + i0 * stride, stride, queries, d, x.q, columns, width);
            largest = Math.max(largest, F32AttentionRange.largest(x.q, columns * width));
            F32Transpose.apply(x.q, columns, width, x.qt, x.squares);
            outer(x.k, x.qt, x.s, seen, d, width, i0, queries, columns, causal);
            if (causal) {
                F32Scores.mask(x.s, columns, i0, seen, Float.NEGATIVE_INFINITY);
            }
            F32Scores.max(x.s, columns, seen, scale, x.shift);
            java.util.Arrays.fill(x.sums, 0);
            java.util.Arrays.fill(x.o, 0, columns * width, 0);
            for (int from = 0; from < seen; from += KEYS) {
                int to = Math.min(from + KEYS, seen);
                F32Scores.shift(x.s, columns, from, to, scale, x.shift);
                F32Exp.apply(x.s, from * columns, (to - from) * columns);
                F32Scores.sum(x.s, columns, from, to, x.sums);
                weigh(x.s, from, to, x.v, width, x.o, i0, queries, columns, causal);
            }
            for (int i = 0; i < queries; i++) {
                lse[at + (i0 + i) * heads] = x.shift[i] + StrictMath.log(x.sums[i]);
                divide(x.o, i * width, width, (float) x.sums[i]);
            }
            F32AttentionScratch.store(x.o, queries, width, out + i0 * stride, stride, d);
        }
        int tokens = tiles(sequence) * width;
        float largestK = F32AttentionRange.largest(x.k, tokens);
        float largestV = F32AttentionRange.largest(x.v, tokens);
        return F32AttentionRange.forward(largest, largestK, largestV, d, sequence);
    }

    static int tiles(int rows) {
        return (rows + ROWS - 1) / ROWS * ROWS;
    }

    /** {@code s[j, i] = ⟨x_j, y_i⟩} for {@code j < seen}; 0 in vectors in which no query exists or sees key j. */
    static void outer(float[] x, float[] yt, float[] s, int seen, int d, int width, int i0, int queries, int columns, boolean causal) {
        java.util.Arrays.fill(s, 0, tiles(seen) * columns, 0);
        addOuter(x, yt, s, seen, d, width, i0, queries, columns, causal);
    }

    /** The same, added to s. */
    static void addOuter(float[] x, float[] yt, float[] s, int seen, int d, int width, int i0, int queries, int columns, boolean causal) {
        int used = (queries + L - 1) / L * L;
        for (int j = 0; j < seen; j += ROWS) {
            int skip = causal && j > i0 ? (j - i0) / L * L : 0;
            F32AttentionTile.multiply(x, j * width, width, 1, yt, skip, columns, s, j * columns + skip, columns, used - skip, d);
        }
    }

    /**
     * {@code o_i += Σ_j p[j, i] x_j} for {@code from ≤ j < to}. A causal query does not read later keys: four queries share a tile up to
     * the key of the first of them, and the last few keys of the others are added one by one.
     */
    static void weigh(float[] p, int from, int to, float[] x, int width, float[] o, int i0, int queries, int columns, boolean causal) {
        for (int i = 0; i < queries; i += ROWS) {
            int shared = causal ? Math.min(to, i0 + i + 1) : to;
            F32AttentionTile.multiply(p, from * columns + i, 1, columns, x, from * width, width, o, i * width, width, width, shared - from);
            for (int r = 1; r < ROWS; r++) {
                for (int j = Math.max(from, shared); j < to && j <= i0 + i + r; j++) {
                    F32AttentionTile.add(p[j * columns + i + r], x, j * width, o, (i + r) * width, width);
                }
            }
        }
    }

    private static void divide(float[] o, int at, int width, float by) {
        for (int c = at; c < at + width; c += L) {
            FloatVector.fromArray(S, o, c).div(by).intoArray(o, c);
        }
    }
}
