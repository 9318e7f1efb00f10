package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.ConvolutionWeights;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.spi.ImageShapes;

/** Weights of a convolution as a plain copy of the matrix. */
final class ScalarConvolutionWeights implements ConvolutionWeights {
    private final Convolution convolution;
    private final Block matrix;

    ScalarConvolutionWeights(Convolution convolution, Block w) {
        this.convolution = convolution;
        try (Allocation allocation = new Allocation()) {
            matrix = allocation.add(Block.allocate(w.type(), w.rows(), w.cols()));
            matrix.copyFrom(w);
            allocation.keep();
        }
    }

    /** The matrix of weights that this engine packed. */
    static Block matrix(ConvolutionWeights w) {
        if (w instanceof ScalarConvolutionWeights own) {
            own.requireOpen();
            return own.matrix;
        }
        throw ImageShapes.foreign(w, ScalarEngine.NAME);
    }

    private void requireOpen() {
        if (matrix.closed()) {
            throw ImageShapes.closed(convolution);
        }
    }

    @Override
    public Convolution convolution() {
        return convolution;
    }

    @Override
    public Type type() {
        return matrix.type();
    }

    @Override
    public void update(Block w) {
        Operands.require("update", "w", w, type(), matrix.rows(), matrix.cols());
        requireOpen();
        matrix.copyFrom(w);
    }

    @Override
    public void prepareTransposed() {}

    @Override
    public long bytes() {
        return matrix.bytes();
    }

    @Override
    public void close() {
        matrix.close();
    }
}
