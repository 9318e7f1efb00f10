package dev.zstar.benchmarks.problems;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.solvers.DifferentiableMap;

/**
 * The dense cell {@code f(z) = φ(W z + U x + b)} without a graph: each method is the one or two calls of the engine that it needs. It shows
 * what {@link dev.zstar.solvers.cells.DenseCell}, which is described as a graph, costs in addition. It checks nothing itself.
 *
 * <p>Derivatives are for the rows of the last {@link #linearise}, in the same order.
 */
public final class HandwrittenDense implements DifferentiableMap, AutoCloseable {
    private final Engine engine;
    private final Weights w;
    private final Block input;
    private final Block slopes;
    private final Block scratch;
    private final Rows rows;
    private final Epilogue activated;

    /**
     * Packs copies of the parameters, and computes {@code U x + b}.
     *
     * @param w {@code n × n}
     * @param u {@code n × inputs}
     * @param b {@code 1 × n}
     * @param x {@code batch × inputs}
     */
    public HandwrittenDense(Engine engine, Activation activation, Block w, Block u, Block b, Block x) {
        this.engine = engine;
        Type type = w.type();
        int n = w.rows();
        int batch = x.rows();
        this.w = engine.pack(w);
        this.w.prepareTransposed();
        input = engine.allocate(type, batch, n);
        slopes = engine.allocate(type, batch, n);
        scratch = engine.allocate(type, batch, n);
        rows = new Rows(batch);
        activated = Epilogue.injected(input, rows, activation);
        try (Weights packed = engine.pack(u)) {
            engine.apply(packed, x, input, Epilogue.of(b, Activation.IDENTITY));
        }
    }

    @Override
    public void apply(Block z, Block out, Rows active) {
        rows.copyFrom(active);
        engine.apply(w, z, out, activated);
    }

    @Override
    public void linearise(Block z, Rows active) {
        rows.copyFrom(active);
        int count = active.count();
        engine.apply(w, z, scratch.head(count), activated.with(slopes.head(count)));
    }

    /** {@code Jᵀ u = Wᵀ (φ' ⊙ u)}. */
    @Override
    public void vjp(Block u, Block out, Rows active) {
        int count = active.count();
        Block s = scratch.head(count);
        engine.multiply(slopes.head(count), u, s);
        engine.applyTransposed(w, s, out);
    }

    /** {@code J v = φ' ⊙ (W v)}. */
    @Override
    public void jvp(Block v, Block out, Rows active) {
        engine.apply(w, v, out, Epilogue.NONE);
        engine.multiply(slopes.head(active.count()), out, out);
    }

    @Override
    public void close() {
        w.close();
        input.close();
        slopes.close();
        scratch.close();
    }
}
