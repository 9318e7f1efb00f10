package dev.zstar.kernels.simd.products;

import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.simd.tuning.Tuning;
import jdk.incubator.vector.FloatVector;

/**
 * {@link F32Product} for weights whose panels are for tall tiles. Each output is the same chain of multiply-adds, so it has the same bits.
 */
final class F32TallProduct {
    private static final int L = FloatVector.SPECIES_PREFERRED.length();

    private F32TallProduct() {}

    static void apply(Panels w, Block z, Block out, Epilogue epilogue, int fromPanel, int toPanel, int fromRow, int toRow) {
        int inputs = w.inputs;
        int sweep = Tuning.tallSweep(inputs);
        int block = Tuning.tallBatch(toRow - fromRow, sweep * F32.byteSize(), Panels.TALL_VECTORS * L);
        float[] t = F32Epilogue.tile();
        F32TallRows rows = F32TallRows.of();
        for (int row0 = fromRow; row0 < toRow; row0 += block) {
            int row1 = Math.min(row0 + block, toRow);
            for (int k0 = 0; k0 < inputs; k0 += sweep) {
                int k = Math.min(sweep, inputs - k0);
                rows.interleave(z.address() + row0 * z.strideBytes() + k0 * F32.byteSize(), z.strideBytes(), row1 - row0, k);
                for (int panel = fromPanel; panel < toPanel; panel++) {
                    panel(w, rows, out, epilogue, panel, row0, row1, k0, k, t);
                }
            }
        }
    }

    /** All rows of a block and one panel, for {@code k} inputs from {@code k0} on. */
    private static void panel(
            Panels w, F32TallRows rows, Block out, Epilogue epilogue, int panel, int row0, int row1, int k0, int k, float[] t) {
        int vectors = w.width(panel);
        int column = w.column(panel);
        long from = w.address(panel) + k0 * w.step(vectors);
        for (int row = row0; row < row1; ) {
            int tile = Tuning.tallRows(row1 - row);
            int real = Math.min(tile, row1 - row);
            float[] begun = F32Product.start(w, epilogue, k0 == 0, out, row, real, column, vectors, t);
            rows.multiply(from, vectors, row - row0, tile, real, begun, t);
            F32Product.end(w, epilogue, k0 + k == w.inputs, out, row, real, column, vectors, t);
            row += tile;
        }
    }
}
