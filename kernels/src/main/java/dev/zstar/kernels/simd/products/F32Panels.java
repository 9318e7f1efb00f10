package dev.zstar.kernels.simd.products;

import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.simd.lanes.F32Square;
import dev.zstar.kernels.simd.vectors.F32Rows;

/** Moves weights into {@link Panels}. */
public final class F32Panels {
    private static final int L = jdk.incubator.vector.FloatVector.SPECIES_PREFERRED.length();
    private static final long B = F32.byteSize();

    private F32Panels() {}

    /** Packs {@code w}, or its transpose. */
    static void pack(Block w, Panels to) {
        if (to.format != Format.FULL) {
            NarrowPanels.pack(w, to);
            return;
        }
        for (int panel = 0; panel < to.count; panel++) {
            int width = to.width(panel) * L;
            int column = to.column(panel);
            int real = Math.min(width, to.outputs - column);
            if (to.transposed) {
                copy(w.address() + column * B, w.strideBytes(), real, width, to.inputs, to.address(panel));
            } else {
                F32Square.transpose(w.address() + column * w.strideBytes(), w.strideBytes(), real, width, to.inputs, to.address(panel),
                        width * B);
            }
        }
    }

    /** {@code to[k, i] = from[k, i]} for {@code i < real}, 0 up to {@code width}. */
    public static void copy(long from, long stride, int real, int width, int count, long to) {
        for (int k = 0; k < count; k++) {
            F32Rows.scale(1f, from + k * stride, to + (long) k * width * B, real);
            if (real < width) {
                F32Rows.fill(0f, to + ((long) k * width + real) * B, width - real);
            }
        }
    }

    /** Packs the transpose of the weights in {@code from}, bit for bit. */
    static void transpose(Panels from, Panels to) {
        if (from.format != Format.FULL) {
            NarrowPanels.transpose(from, to);
            return;
        }
        for (int panel = 0; panel < to.count; panel++) {
            int width = to.width(panel) * L;
            int column = to.column(panel);
            int real = Math.min(width, to.outputs - column);
            for (int source = 0; source < from.count; source++) {
                int sourceWidth = from.width(source) * L;
                int first = from.column(source);
                int count = Math.min(sourceWidth, to.inputs - first);
                F32Square.transpose(from.address(source) + (long) column * sourceWidth * B, sourceWidth * B, real, width, count,
                        to.address(panel) + (long) first * width * B, width * B);
            }
        }
    }
}
