package dev.zstar.kernels.simd;

import dev.zstar.kernels.Format;

/** How large the pieces of work are. */
final class Tuning {
    /** Inputs of one sweep along k, a multiple of 2: a panel's part (48 · 2048 · 4 B = 384 KiB) stays in a second-level cache of 1 MiB. */
    static final int INPUTS = Integer.getInteger("zstar.tile.inputs", 2048) / 2 * 2;
    /** Bytes of the batch, a block of rows, that stay in the second-level cache while all panels pass them. */
    private static final int BATCH = Integer.getInteger("zstar.tile.batch", 512 * 1024);

    /** Rows of a full tile: 8×3 accumulators, 3 weights and a broadcast fit 32 registers; 256-bit x86 has 16, for 4×3. Pairs of bf16 take 4. */
    private static final int ROWS = Lanes.BITS == 256 ? 4 : 8;

    private Tuning() {}

    /**
     * Rows of the tile at a place from which so many rows are left, 1, 2, 4 or 8. Three count as four and seven as eight: an idle row costs
     * less than another tile.
     */
    static int rows(int left, Format format) {
        return Math.min(format == Format.BF16 ? Math.min(ROWS, 4) : ROWS, left == 3 || left == 7 ? left + 1 : Integer.highestOneBit(left));
    }

    /** Rows of a block of a batch with so many inputs: a multiple of the tallest tile. */
    static int batchRows(int inputs, int bytes) {
        return Math.max(8, BATCH / bytes / Math.max(1, inputs) / 8 * 8);
    }
}
