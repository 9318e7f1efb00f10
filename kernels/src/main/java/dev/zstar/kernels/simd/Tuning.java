package dev.zstar.kernels.simd;

/** How large the pieces of work are. */
final class Tuning {
    /** Inputs of one sweep along k: a panel's part (48 · 2048 · 4 B = 384 KiB) stays in a second-level cache of 1 MiB. */
    static final int INPUTS = Integer.getInteger("zstar.tile.inputs", 2048);
    /** Bytes of the batch, a block of rows, that stay in the second-level cache while all panels pass them. */
    private static final int BATCH = Integer.getInteger("zstar.tile.batch", 512 * 1024);

    private Tuning() {}

    /** Rows of a block of a batch with so many inputs: a multiple of the tallest tile. */
    static int batchRows(int inputs, int bytes) {
        return Math.max(8, BATCH / bytes / Math.max(1, inputs) / 8 * 8);
    }
}
