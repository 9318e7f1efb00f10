package dev.zstar.kernels.simd;

import static dev.zstar.kernels.simd.Memory.F32;

import dev.zstar.kernels.Block;
import jdk.incubator.vector.FloatVector;

/** How a batch is cut into tiles of rows, and its copy on the heap, where the JIT checks the bounds of a tile's reads before its loop. */
final class F32Batch {
    /** Rows of a full tile: 8×3 accumulators, 3 weights and a broadcast fit 32 registers; 256-bit x86 has 16, for 4×3. */
    static final int ROWS = FloatVector.SPECIES_PREFERRED.vectorBitSize() == 256 ? 4 : 8;

    private static final ThreadLocal<float[][]> COPY = ThreadLocal.withInitial(() -> new float[1][0]);

    private F32Batch() {}

    /** Rows of the tile at a place from which so many rows are left. Three count as four and seven as eight: an idle row costs less than another tile. */
    static int rows(int left) {
        return Math.min(ROWS, left == 3 || left == 7 ? left + 1 : Integer.highestOneBit(left));
    }

    private static float[] room(int length) {
        float[][] holder = COPY.get();
        if (holder[0].length < length) {
            holder[0] = new float[length];
        }
        return holder[0];
    }

    /** Columns {@code k0 … k0 + k - 1} of rows {@code from … to - 1}; the tile that starts at a row begins at {@code (row - from) · k}. */
    static float[] copyRows(Block z, int from, int to, int k0, int k) {
        float[] copy = room((to - from + 1) * k);
        for (int row = from; row < to; ) {
            int rows = rows(to - row);
            F32Interleave.rows(rows, Math.min(rows, to - row), z.address() + row * z.strideBytes() + k0 * F32.byteSize(), z.strideBytes(), copy,
                    (row - from) * k, k);
            row += rows;
        }
        return copy;
    }

    /** The same for the transpose of {@code z}: columns {@code from … to - 1} of its rows {@code k0 … k0 + k - 1}. */
    static float[] copyColumns(Block z, int from, int to, int k0, int k) {
        float[] copy = room((to - from + 1) * k);
        for (int row = from; row < to; ) {
            int rows = rows(to - row);
            F32Interleave.columns(rows, Math.min(rows, to - row), z.address() + k0 * z.strideBytes() + row * F32.byteSize(), z.strideBytes(), copy,
                    (row - from) * k, k);
            row += rows;
        }
        return copy;
    }
}
