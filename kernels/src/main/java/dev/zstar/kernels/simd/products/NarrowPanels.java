package dev.zstar.kernels.simd.products;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;

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
            for (int k = 0; k < to.steps(to.inputs) * to.share; k++) {
                for (int i = 0; i < width; i++) {
                    boolean real = column + i < to.outputs && k < to.inputs;
                    float value = real ? (float) (to.transposed ? w.get(k, column + i) : w.get(column + i, k)) : 0;
                    long at = to.address(panel) + to.offset(width, i, k);
                    if (to.scales != null) {
                        float scale = real ? (float) to.scales.get(0, to.transposed ? k : column + i) : 0;
                        value = Format.toInt8(value, scale);
                    }
                    if (to.format == Format.BF16) {
                        ALL.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Format.toBf16(value));
                    } else {
                        ALL.set(ValueLayout.JAVA_BYTE, at, (byte) value);
                    }
                }
            }
        }
    }

    /** Packs the transpose of the weights in {@code from}, bit for bit. */
    static void transpose(Panels from, Panels to) {
        for (int panel = 0; panel < to.count; panel++) {
            int width = to.width(panel) * L;
            for (int i = 0; i < Math.min(width, to.outputs - to.column(panel)); i++) {
                int input = to.column(panel) + i;
                for (int source = 0; source < from.count; source++) {
                    int sourceWidth = from.width(source) * L;
                    for (int j = 0; j < Math.min(sourceWidth, from.outputs - from.column(source)); j++) {
                        long a = from.address(source) + from.offset(sourceWidth, j, input);
                        long b = to.address(panel) + to.offset(width, i, from.column(source) + j);
                        if (from.format == Format.BF16) {
                            ALL.set(ValueLayout.JAVA_SHORT_UNALIGNED, b, ALL.get(ValueLayout.JAVA_SHORT_UNALIGNED, a));
                        } else {
                            ALL.set(ValueLayout.JAVA_BYTE, b, ALL.get(ValueLayout.JAVA_BYTE, a));
                        }
                    }
                }
            }
        }
    }
}
