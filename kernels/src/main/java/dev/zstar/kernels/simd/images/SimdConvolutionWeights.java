package dev.zstar.kernels.simd.images;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallScope;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.ConvolutionWeights;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.spi.ImageShapes;

/** The panels of each pass of the convolution, and after the first transposed call also those of its transpose. */
final class SimdConvolutionWeights implements ConvolutionWeights {
    private final Convolution convolution;
    private final Type type;
    private final ConvolutionPass[] forward;
    private final Block[] panels;
    private final ConvolutionPass[] transposed;
    private volatile Block[] transposedPanels;

    SimdConvolutionWeights(Convolution convolution, Block w) {
        this.convolution = convolution;
        type = w.type();
        forward = ConvolutionPass.forward(convolution);
        transposed = ConvolutionPass.transposed(convolution);
        try (Allocation allocation = new Allocation()) {
            panels = allocate(forward, allocation);
            update(w);
            allocation.keep();
        }
    }

    private Block[] allocate(ConvolutionPass[] passes, Allocation allocation) {
        Block[] blocks = new Block[passes.length];
        for (int i = 0; i < passes.length; i++) {
            ConvolutionPass pass = passes[i];
            blocks[i] = allocation.add(type == Type.F32 ? F32ConvolutionPanels.allocate(pass) : F64ConvolutionPanels.allocate(pass));
        }
        return blocks;
    }

    @Override
    public synchronized void update(Block w) {
        try (var _ = CallScope.enter()) {
            Operands.require("update", "w", w, type, convolution.outChannels(), convolution.inputs());
            requireOpen();
            pack(w, forward, false, panels);
            if (transposedPanels != null) {
                pack(w, transposed, true, transposedPanels);
            }
        }
    }

    private void requireOpen() {
        if (panels[0].closed()) {
            throw ImageShapes.closed(convolution);
        }
    }

    private void pack(Block w, ConvolutionPass[] passes, boolean flipped, Block[] to) {
        for (int i = 0; i < passes.length; i++) {
            if (type == Type.F32) {
                F32ConvolutionPanels.pack(w, convolution, passes[i], flipped, to[i]);
            } else {
                F64ConvolutionPanels.pack(w, convolution, passes[i], flipped, to[i]);
            }
        }
    }

    @Override
    public synchronized void prepareTransposed() {
        try (var _ = CallScope.enter(); Allocation allocation = new Allocation()) {
            requireOpen();
            if (transposedPanels == null) {
                Block[] copy = allocate(transposed, allocation);
                try (Block w = Block.allocate(type, convolution.outChannels(), convolution.inputs())) {
                    if (type == Type.F32) {
                        F32ConvolutionPanels.unpack(panels[0], forward[0], w);
                    } else {
                        F64ConvolutionPanels.unpack(panels[0], forward[0], w);
                    }
                    pack(w, transposed, true, copy);
                }
                transposedPanels = copy;
                allocation.keep();
            }
        }
    }

    ConvolutionPass[] passes(boolean backward) {
        return backward ? transposed : forward;
    }

    /** The panels of each pass. */
    Block[] panels(boolean backward) {
        requireOpen();
        if (!backward) {
            return panels;
        }
        if (transposedPanels == null) {
            prepareTransposed();
        }
        return transposedPanels;
    }

    @Override
    public Convolution convolution() {
        return convolution;
    }

    @Override
    public Type type() {
        return type;
    }

    @Override
    public long bytes() {
        return bytes(panels) + (transposedPanels == null ? 0 : bytes(transposedPanels));
    }

    private static long bytes(Block[] blocks) {
        long bytes = 0;
        for (Block block : blocks) {
            bytes += block.bytes();
        }
        return bytes;
    }

    @Override
    public synchronized void close() {
        close(panels);
        if (transposedPanels != null) {
            close(transposedPanels);
        }
    }

    private static void close(Block[] blocks) {
        for (Block block : blocks) {
            block.close();
        }
    }
}
