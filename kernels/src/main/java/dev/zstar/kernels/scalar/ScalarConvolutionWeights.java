package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.ConvolutionWeights;
import dev.zstar.kernels.Type;

/** A plain copy. */
final class ScalarConvolutionWeights implements ConvolutionWeights {
    private final Convolution convolution;
    private final Block matrix;

    ScalarConvolutionWeights(Convolution convolution, Block w) {
        this.convolution = convolution;
        matrix = Block.allocate(w.type(), w.rows(), w.cols());
        matrix.copyFrom(w);
    }

    /** The matrix of weights that this engine made. */
    static Block matrix(ConvolutionWeights w) {
        if (w instanceof ScalarConvolutionWeights own) {
            own.matrix.requireOpen();
            return own.matrix;
        }
        throw new IllegalArgumentException("weights of " + w.getClass().getSimpleName() + " in the scalar engine; pack them with it");
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
        w.requireShape("update", "w", type(), matrix.rows(), matrix.cols());
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
