package dev.zstar.kernels.simd;

import static dev.zstar.kernels.simd.Memory.ALL;
import static dev.zstar.kernels.simd.Memory.F32;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Convolution;
import jdk.incubator.vector.FloatVector;

/**
 * The weights of a pass, laid out as register tiles read them: for each panel of up to three vectors of outputs and each input
 * in turn, the panel's weights side by side. The vectors are shared out evenly, so that 64 outputs of f32 are two panels of two
 * 512-bit vectors, not one of three and one of one: the latter runs at the speed of its broadcasts.
 */
final class F32ConvolutionPanels {
    private static final int L = FloatVector.SPECIES_PREFERRED.length();
    private static final int VECTORS = 3;

    private F32ConvolutionPanels() {}

    private static int total(int outputs) {
        return (outputs + L - 1) / L;
    }

    static int count(int outputs) {
        return (total(outputs) + VECTORS - 1) / VECTORS;
    }

    /** The vector at which a panel starts. */
    static int first(int outputs, int panel) {
        return panel * total(outputs) / count(outputs);
    }

    static Block allocate(ConvolutionPass pass) {
        int widest = (total(pass.outputs()) + count(pass.outputs()) - 1) / count(pass.outputs()) * L;
        return Block.allocate(dev.zstar.kernels.Type.F32, count(pass.outputs()), Math.multiplyExact(widest, pass.depth()));
    }

    /**
     * Packs a pass.
     *
     * @param transposed whether the pass reads what the convolution writes
     */
    static void pack(Block w, Convolution c, ConvolutionPass pass, boolean transposed, Block packed) {
        long output = transposed ? F32.byteSize() : w.strideBytes();
        long input = transposed ? w.strideBytes() : F32.byteSize();
        for (int panel = 0; panel < count(pass.outputs()); panel++) {
            int from = first(pass.outputs(), panel) * L;
            int width = first(pass.outputs(), panel + 1) * L - from;
            int real = Math.min(width, pass.outputs() - from);
            long to = packed.address() + panel * packed.strideBytes();
            for (int ty = 0; ty < pass.rows().taps(); ty++) {
                for (int tx = 0; tx < pass.cols().taps(); tx++) {
                    int ky = pass.rows().first() + ty * pass.rows().next();
                    int kx = pass.cols().first() + tx * pass.cols().next();
                    long tap = w.address() + (long) (ky * c.kernel() + kx) * c.inChannels() * F32.byteSize() + from * output;
                    for (int i = 0; i < pass.inputs(); i++) {
                        for (int o = 0; o < width; o++) {
                            ALL.set(F32, to, o < real ? ALL.get(F32, tap + o * output + i * input) : 0);
                            to += F32.byteSize();
                        }
                    }
                }
            }
        }
    }

    /** The weights that were packed for a forward pass. */
    static void unpack(Block packed, ConvolutionPass pass, Block w) {
        for (int panel = 0; panel < count(pass.outputs()); panel++) {
            int from = first(pass.outputs(), panel) * L;
            int width = first(pass.outputs(), panel + 1) * L - from;
            long address = packed.address() + panel * packed.strideBytes();
            for (int o = 0; o < Math.min(width, pass.outputs() - from); o++) {
                long to = w.address() + (from + o) * w.strideBytes();
                for (int k = 0; k < pass.depth(); k++) {
                    ALL.set(F32, to + k * F32.byteSize(), ALL.get(F32, address + ((long) k * width + o) * F32.byteSize()));
                }
            }
        }
    }
}
