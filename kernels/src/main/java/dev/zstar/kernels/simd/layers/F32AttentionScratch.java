package dev.zstar.kernels.simd.layers;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.simd.lanes.F32Transpose;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Scratch memory for one sequence and one head, while a thread works on a block of queries. Columns are padded with zeros to whole
 * vectors, rows to whole tiles. Grows to the longest sequence and stays.
 */
final class F32AttentionScratch {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final CallLocal<F32AttentionScratch> OWN = new CallLocal<>(F32AttentionScratch::new);

    /** The most queries of a block: the vectors of the widest tile. */
    static final int QUERIES = 4 * L;

    /** Columns of a head, padded. */
    int width;
    /** Keys and values: a row for each token. */
    float[] k = new float[0];
    float[] v = new float[0];
    /** Queries, outputs (or gradients of queries), and gradients of outputs or tangents of queries: a row for each query. */
    float[] q = new float[0];
    float[] o = new float[0];
    float[] dOut = new float[0];
    /** Transposes of {@code q} and {@code dOut}. */
    float[] qt = new float[0];
    float[] dOutT = new float[0];
    /** Scores, then probabilities, and their gradients or tangents: a row for each key, a column for each query. */
    float[] s = new float[0];
    float[] ds = new float[0];
    /** Gradients or tangents of keys and values. */
    float[] dk = new float[0];
    float[] dv = new float[0];
    /** For each query the number that is subtracted from its scores, and a sum over its keys. */
    final float[] shift = new float[QUERIES];
    /** What rounding leaves of each shift. */
    final float[] rest = new float[QUERIES];
    final double[] sums = new double[QUERIES];
    /** Two squares for {@link F32Transpose}. */
    final float[] squares = new float[2 * L * L];

    private F32AttentionScratch() {}

    /** The scratch memory of this thread's call scope, for {@code sequence} tokens of {@code d} columns. */
    static F32AttentionScratch of(int sequence, int d, boolean derivatives) {
        F32AttentionScratch own = OWN.get();
        own.width = (d + L - 1) / L * L;
        int tokens = (sequence + F32AttentionTile.ROWS - 1) / F32AttentionTile.ROWS * F32AttentionTile.ROWS;
        int perToken = Math.multiplyExact(tokens, own.width);
        int perQuery = QUERIES * own.width;
        int scores = Math.multiplyExact(tokens, QUERIES);
        own.k = grown(own.k, perToken);
        own.v = grown(own.v, perToken);
        own.q = grown(own.q, perQuery);
        own.o = grown(own.o, perQuery);
        own.qt = grown(own.qt, perQuery);
        own.s = grown(own.s, scores);
        if (derivatives) {
            own.dOut = grown(own.dOut, perQuery);
            own.dOutT = grown(own.dOutT, perQuery);
            own.ds = grown(own.ds, scores);
            own.dk = grown(own.dk, perToken);
            own.dv = grown(own.dv, perToken);
        }
        return own;
    }

    /** Columns of the scores of a block of this many queries: pairs of vectors, because passes over scores take two at once. */
    static int columns(int queries) {
        return (queries + 2 * L - 1) / (2 * L) * (2 * L);
    }

    private static float[] grown(float[] array, int length) {
        return array.length < length ? new float[length] : array;
    }

    /** Copies {@code count} rows of {@code d} columns, {@code stride} bytes apart; zero beyond them, up to {@code rows × width}. */
    static void load(long from, long stride, int count, int d, float[] to, int rows, int width) {
        for (int r = 0; r < count; r++) {
            long row = from + r * stride;
            int at = r * width;
            int c = 0;
            for (; c <= d - L; c += L) {
                FloatVector.fromMemorySegment(S, ALL, row + c * F32.byteSize(), ORDER).intoArray(to, at + c);
            }
            for (; c < d; c++) {
                to[at + c] = ALL.get(F32, row + c * F32.byteSize());
            }
            for (; c < width; c++) {
                to[at + c] = 0;
            }
        }
        java.util.Arrays.fill(to, count * width, rows * width, 0);
    }

    /** Copies {@code count} rows of {@code d} columns to memory. */
    static void store(float[] from, int count, int width, long to, long stride, int d) {
        for (int r = 0; r < count; r++) {
            long row = to + r * stride;
            int at = r * width;
            int c = 0;
            for (; c <= d - L; c += L) {
                FloatVector.fromArray(S, from, at + c).intoMemorySegment(ALL, row + c * F32.byteSize(), ORDER);
            }
            for (; c < d; c++) {
                ALL.set(F32, row + c * F32.byteSize(), from[at + c]);
            }
        }
    }
}
