package dev.zstar.kernels.simd;

import static dev.zstar.kernels.simd.Memory.ALL;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Format;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/** Moves f32 weights into {@link Panels} of bf16 or of integers. */
final class NarrowPanels {
    private static final int L = FloatVector.SPECIES_PREFERRED.length();

    private NarrowPanels() {}

    /** Packs {@code w}, or its transpose; for integers the scales of the rows of {@code w} come first. */
    static void pack(Block w, Panels to) {
        if (to.scales != null && !to.transposed) {
            for (int i = 0; i < to.outputs; i++) {
                to.scales.set(0, i, Format.scale(w, i));
            }
        }
        for (int panel = 0; panel < to.count; panel++) {
            int width = to.width(panel) * L;
            int column = to.column(panel);
            long at = to.address(panel);
            for (int k = 0; k < to.inputs; k++) {
                for (int i = column; i < column + width; i++) {
                    boolean real = i < to.outputs;
                    float value = real ? (float) (to.transposed ? w.get(k, i) : w.get(i, k)) : 0;
                    if (to.format == Format.BF16) {
                        ALL.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Format.toBf16(value));
                        at += Short.BYTES;
                    } else {
                        float scale = real ? (float) to.scales.get(0, to.transposed ? k : i) : 0;
                        ALL.set(ValueLayout.JAVA_BYTE, at++, Format.toInt8(value, scale));
                    }
                }
            }
        }
    }

    /** {@code to[k, i] = from[i, k]} for elements of so many bytes, 0 where {@code i ≥ real}. */
    static void transpose(long from, int stride, int real, int width, int count, long to, int bytes) {
        for (int k = 0; k < count; k++) {
            for (int i = 0; i < width * bytes; i++) {
                long a = from + ((long) (i / bytes) * stride + k) * bytes + i % bytes;
                ALL.set(ValueLayout.JAVA_BYTE, to + (long) k * width * bytes + i, i / bytes < real ? ALL.get(ValueLayout.JAVA_BYTE, a) : 0);
            }
        }
    }
}
