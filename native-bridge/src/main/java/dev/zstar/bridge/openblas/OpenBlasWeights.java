package dev.zstar.bridge.openblas;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;

/** A plain copy: the library lays its operands out anew in every call, and reads a transpose from the same copy. */
final class OpenBlasWeights implements Weights {
    private final Block matrix;

    OpenBlasWeights(Block w) {
        matrix = Block.allocate(w.type(), w.rows(), w.cols());
        matrix.copyFrom(w);
    }

    /** The matrix of weights that this engine made. */
    static Block matrix(Weights w) {
        if (w instanceof OpenBlasWeights own) {
            own.matrix.requireOpen();
            return own.matrix;
        }
        throw new IllegalArgumentException("weights of " + w.getClass().getSimpleName() + " in the openblas engine; pack them with it");
    }

    @Override
    public int rows() {
        return matrix.rows();
    }

    @Override
    public int cols() {
        return matrix.cols();
    }

    @Override
    public Type type() {
        return matrix.type();
    }

    @Override
    public void update(Block w) {
        w.requireShape("update", "w", type(), rows(), cols());
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
