package dev.zstar.kernels.spi;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;

/**
 * Weights for engines that do not pack: a copy of the matrix, row by row. A {@link Format} other than {@code FULL} rounds the elements but
 * saves no memory. An engine packs with the constructor and reads with {@link #of}.
 */
public final class PlainWeights implements Weights {
    private final String engine;
    private final Format format;
    private final Block matrix;

    /**
     * A copy of {@code w}, rounded to {@code format}.
     *
     * @param engine the name of the engine that the weights belong to
     */
    public PlainWeights(String engine, Block w, Format format) {
        ProductShapes.pack(w, format);
        this.engine = engine;
        this.format = format;
        try (Allocation allocation = new Allocation()) {
            matrix = allocation.add(Block.allocate(w.type(), w.rows(), w.cols()));
            copy(w);
            allocation.keep();
        }
    }

    private void copy(Block w) {
        if (format == Format.FULL) {
            matrix.copyFrom(w);
            return;
        }
        for (int i = 0; i < w.rows(); i++) {
            float scale = format == Format.INT8 ? Format.scale(w, i) : 1;
            for (int k = 0; k < w.cols(); k++) {
                matrix.set(i, k, format.rounded(w, i, k, scale));
            }
        }
    }

    /**
     * The matrix of weights that the engine of this name packed.
     *
     * @throws IllegalArgumentException if another engine packed them
     */
    public static Block of(Weights w, String engine) {
        if (w instanceof PlainWeights own && own.engine.equals(engine)) {
            own.requireOpen();
            return own.matrix;
        }
        throw ProductShapes.foreign(w, engine);
    }

    @Override
    public String engine() {
        return engine;
    }

    @Override
    public Format format() {
        return format;
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
        Operands.require("update", "w", w, type(), rows(), cols());
        requireOpen();
        copy(w);
    }

    private void requireOpen() {
        if (matrix.closed()) {
            throw ProductShapes.closed(this);
        }
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
