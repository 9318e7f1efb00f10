package dev.zstar.kernels.simd.images;

import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.simd.lanes.F32Square;
import dev.zstar.kernels.simd.products.F32Panels;
import dev.zstar.kernels.simd.products.Panels;
import jdk.incubator.vector.FloatVector;

/** The weights of a pass in panels, like those of a product in {@link Panels}: tap by tap, with the inputs of each. */
final class F32ConvolutionPanels {
    private static final int L = FloatVector.SPECIES_PREFERRED.length();
    private static final long B = F32.byteSize();

    private F32ConvolutionPanels() {}

    private static int vectors(int outputs) {
        return (outputs + L - 1) / L;
    }

    static int count(int outputs) {
        return Panels.count(vectors(outputs));
    }

    /** The first output of a panel. */
    static int column(int outputs, int panel) {
        return Panels.first(vectors(outputs), panel) * L;
    }

    /** Vectors of a panel. */
    static int width(int outputs, int panel) {
        return Panels.width(vectors(outputs), panel);
    }

    static Block allocate(ConvolutionPass pass) {
        int widest = Math.min(Panels.VECTORS, vectors(pass.outputs())) * L;
        return Block.allocate(dev.zstar.kernels.Type.F32, count(pass.outputs()), Math.multiplyExact(widest, pass.depth()));
    }

    /**
     * Packs a pass.
     *
     * @param transposed whether the pass reads what the convolution writes
     */
    static void pack(Block w, Convolution c, ConvolutionPass pass, boolean transposed, Block packed) {
        for (int panel = 0; panel < count(pass.outputs()); panel++) {
            int column = column(pass.outputs(), panel);
            int width = width(pass.outputs(), panel) * L;
            int real = Math.min(width, pass.outputs() - column);
            long to = packed.address() + panel * packed.strideBytes();
            for (int ty = 0; ty < pass.rows().taps(); ty++) {
                for (int tx = 0; tx < pass.cols().taps(); tx++) {
                    int ky = pass.rows().first() + ty * pass.rows().next();
                    int kx = pass.cols().first() + tx * pass.cols().next();
                    long tap = w.address() + (long) (ky * c.kernel() + kx) * c.inChannels() * B;
                    if (transposed) {
                        F32Panels.copy(tap + column * B, w.strideBytes(), real, width, pass.inputs(), to);
                    } else {
                        F32Square.transpose(tap + column * w.strideBytes(), w.strideBytes(), real, width, pass.inputs(), to, width * B);
                    }
                    to += (long) pass.inputs() * width * B;
                }
            }
        }
    }

    /** The weights that were packed for a forward pass. */
    static void unpack(Block packed, ConvolutionPass pass, Block w) {
        for (int panel = 0; panel < count(pass.outputs()); panel++) {
            int column = column(pass.outputs(), panel);
            int width = width(pass.outputs(), panel) * L;
            int real = Math.min(width, pass.outputs() - column);
            F32Square.transpose(packed.address() + panel * packed.strideBytes(), width * B, pass.depth(), vectors(pass.depth()) * L, real,
                    w.address() + column * w.strideBytes(), w.strideBytes());
        }
    }
}
