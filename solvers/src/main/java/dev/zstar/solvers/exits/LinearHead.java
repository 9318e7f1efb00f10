package dev.zstar.solvers.exits;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;

/**
 * A head of one product: the logits are {@code W z + b}. It keeps a copy of the parameters, so make a new head after they have changed.
 * The head of {@code dev.zstar.solvers.training.heads} is for training. Not thread-safe.
 */
public final class LinearHead implements Head, AutoCloseable {
    private final Engine engine;
    private final Type type;
    private final int batch;
    private final OwnedMemory memory;
    private final Weights weights;
    private final Epilogue epilogue;

    /**
     * Packs a copy of the parameters.
     *
     * @param w {@code outputs × n}
     * @param bias {@code 1 × outputs}, or null
     * @param batch the most rows of a batch
     */
    public LinearHead(Engine engine, Block w, Block bias, int batch) {
        this(engine, w, bias, batch, Format.FULL);
    }

    /** Packs a copy of the parameters, W rounded to a format. */
    public LinearHead(Engine engine, Block w, Block bias, int batch, Format format) {
        this.engine = Arguments.present("head", "the engine", engine);
        Arguments.present("head", "W", w).requireOpen("head", "W");
        Arguments.present("head", "the format", format);
        Arguments.atLeast("head", "the batch", batch, 1);
        if (w.rows() < 1 || w.cols() < 1) {
            throw new IllegalArgumentException("head: W is " + w.shape() + ", expected at least one row and one column");
        }
        if (bias != null) {
            bias.requireShape("head", "the bias", w.type(), 1, w.rows());
        }
        type = w.type();
        this.batch = batch;
        memory = new OwnedMemory(engine);
        try {
            weights = memory.pack(w, format);
            Block copy = bias == null ? null : memory.block(type, 1, w.rows());
            if (copy != null) {
                copy.copyFrom(bias);
            }
            epilogue = copy == null ? Epilogue.NONE : Epilogue.of(copy, Activation.IDENTITY);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
    }

    @Override
    public Engine engine() {
        return engine;
    }

    @Override
    public Type type() {
        return type;
    }

    @Override
    public int batch() {
        return batch;
    }

    @Override
    public int n() {
        return weights.cols();
    }

    @Override
    public int outputs() {
        return weights.rows();
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        engine.apply(weights, z, out, epilogue);
    }

    /** The bytes that this head holds. */
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
