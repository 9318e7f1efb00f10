package dev.zstar.kernels.simd.products;

import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;

import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.simd.lanes.Scratch;
import dev.zstar.kernels.simd.tuning.Tuning;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Some rows of the left operand of a product, and some of their inputs, for tall tiles. The rows of such a tile are interleaved. Up to 8
 * rows that are left are read where they lie.
 */
final class F32TallRows {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final CallLocal<F32TallRows> ROWS = new CallLocal<>(F32TallRows::new);

    private final Scratch scratch = new Scratch();
    /** Bytes of an interleaved tile. */
    private long tileBytes;
    private long interleaved;
    /** The rows where they lie. */
    private long from;
    private long stride;
    private int inputs;

    private F32TallRows() {}

    /** The rows of this thread's call scope. */
    static F32TallRows of() {
        return ROWS.get();
    }

    private void begin(long from, long stride, int rows, int inputs) {
        this.from = from;
        this.stride = stride;
        this.inputs = inputs;
        tileBytes = (inputs + L - 1L) / L * L * Tuning.TALL_ROWS * F32.byteSize();
        int tiles = (rows + Tuning.TALL_ROWS - 1) / Tuning.TALL_ROWS;
        interleaved = scratch.address(tiles * tileBytes);
    }

    /** Takes rows that lie {@code stride} bytes apart, each with whole vectors of memory. */
    void interleave(long from, long stride, int rows, int inputs) {
        begin(from, stride, rows, inputs);
        for (int row = 0; row < rows; ) {
            int tile = Tuning.tallRows(rows - row);
            if (isTall(tile)) {
                F32TallTiles.interleave(from + row * stride, stride, tile, Math.min(tile, rows - row), inputs, address(row));
            }
            row += tile;
        }
    }

    private static boolean isTall(int tile) {
        return tile > 8;
    }

    /** The interleaved tile that starts with this row. */
    private long address(int row) {
        return interleaved + row / Tuning.TALL_ROWS * tileBytes;
    }

    /**
     * The product of a tile with a panel.
     *
     * @param row the first row of the tile
     * @param tile rows of the tile, of which {@code real} exist
     */
    void multiply(long w, int vectors, int row, int tile, int real, float[] begun, float[] t) {
        if (isTall(tile)) {
            F32TallTiles.tile(tile, vectors, w, address(row), inputs, begun, t);
        } else {
            F32Tiles.tile(tile, vectors, w, (long) vectors * S.vectorByteSize(), from + row * stride, stride, real - 1, inputs, begun, t);
        }
    }
}
