package dev.zstar.solvers.stability;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.solvers.DenseCell;
import dev.zstar.solvers.DifferentiableMap;

/**
 * The Peaceman-Rachford splitting of {@code z = φ(W z + U x + b)} (Winston and Kolter 2020, section 3.3), as a map that any solver iterates, with φ ReLU or the identity. With
 * the resolvent {@code V = (I + α (I - W))⁻¹} its steps are {@code u ← 2 h - r}, {@code h = V (r + α (U x + b))}, {@code r = 2 φ(u) - u}. In terms of {@code R = 2 V - I} they are
 * {@code u ← R r + c} with the constant {@code c = 2 α V (U x + b)}: one fused product, like a step of the cell. The state u is not the equilibrium; that is {@code z = φ(u)}, see
 * {@link #equilibrium}.
 *
 * <p>If {@code I - W} is strongly monotone with m ({@link MonotoneWeights}) and {@code L = ‖I - W‖₂}, the map contracts for every {@code α > 0}: {@code u ↦ r} does not expand, and
 * {@code ‖R‖² ≤ 1 - 4 α m / (1 + α L)²}, since R takes {@code y + α (I - W) y} to {@code y - α (I - W) y}. That is least for {@code α = 1 / L}, namely {@code 1 - m / L}, where
 * forward-backward has at best {@code 1 - m² / L²}. In turn every update of W costs an inverse, in f64: {@code 8/3 n³} operations in the calling thread.
 *
 * <p>For gradients, linearise a {@link DenseCell} or a {@link ForwardBackward} of the same weights at z: the equilibrium is theirs, and their backward solve applies. The
 * derivatives of this map are for Newton's method.
 *
 * <p>Holds R and U packed, {@code Block.bytes(type, n, n) + Block.bytes(type, 1, n) + 3 Block.bytes(type, batch, n)}, and {@code 8 n (n + min(n, 256))} bytes on the heap.
 */
public final class PeacemanRachford implements DifferentiableMap, AutoCloseable {
    private final Engine engine;
    private final Activation activation;
    private final Type type;
    private final int n;
    private final int inputs;
    private final double α;
    private final Inverse inverse;
    private final Block matrix;
    private final Weights r;
    private final Weights u;
    private final Block bias;
    private final Epilogue biased;
    /** c. */
    private final Block injected;
    private final Block scratch;
    /** {@code 2 φ' - 1}, by row of the batch. */
    private final Block slope;
    /** The rows of a call to {@link #apply}: a copy, since an epilogue refers to its rows, and a new one is an object. */
    private final Rows active;
    private final Epilogue epilogue;

    /**
     * For batches of up to {@code batch} rows.
     *
     * @param w {@code n × n}
     * @param u {@code n × inputs}
     * @param bias {@code 1 × n}
     * @param step α, above 0
     * @throws IllegalArgumentException if the activation is neither ReLU nor the identity, a shape does not fit, or {@code I + α (I - W)} is singular or not finite
     */
    public PeacemanRachford(Engine engine, Activation activation, Block w, Block u, Block bias, double step, int batch) {
        Splitting.require("Peaceman-Rachford", activation, step);
        this.engine = engine;
        this.activation = activation;
        α = step;
        type = w.type();
        n = w.rows();
        inputs = u.cols();
        require("Peaceman-Rachford", w, u, bias);
        inverse = new Inverse(n);
        matrix = engine.allocate(type, n, n);
        try {
            reflect("Peaceman-Rachford", w);
        } catch (IllegalArgumentException singular) {
            matrix.close();
            throw singular;
        }
        r = engine.pack(matrix);
        this.u = engine.pack(u);
        this.bias = engine.allocate(type, 1, n);
        this.bias.copyFrom(bias);
        biased = Epilogue.of(this.bias, Activation.IDENTITY);
        injected = engine.allocate(type, batch, n).withHeads();
        scratch = engine.allocate(type, batch, n).withHeads();
        slope = engine.allocate(type, batch, n);
        active = new Rows(batch);
        epilogue = Epilogue.injected(injected, active, Activation.IDENTITY);
    }

    private void require(String operation, Block w, Block u, Block bias) {
        w.requireShape(operation, "W", type, n, n);
        u.requireShape(operation, "U", type, n, inputs);
        bias.requireShape(operation, "b", type, 1, n);
    }

    /** {@code R = 2 (I + α (I - W))⁻¹ - I}. */
    private void reflect(String operation, Block w) {
        for (int i = 0; i < n; i++) {
            double[] row = inverse.row(i);
            for (int j = 0; j < n; j++) {
                row[j] = (i == j ? 1 + α : 0) - α * w.get(i, j);
            }
        }
        int column = inverse.factor();
        if (column >= 0) {
            throw new IllegalArgumentException(operation + ": I + α (I - W) with α = " + α + " has no finite pivot in column " + (column + 1)
                    + "; expected W finite, and I - W monotone as MonotoneWeights makes it");
        }
        for (int from = 0; from < n; from += inverse.width()) {
            int count = Math.min(inverse.width(), n - from);
            inverse.columns(from, count);
            for (int i = 0; i < n; i++) {
                double[] row = inverse.result(i);
                for (int j = 0; j < count; j++) {
                    matrix.set(i, from + j, 2 * row[j] - (i == from + j ? 1 : 0));
                }
            }
        }
    }

    /**
     * Takes new parameters, of the same shapes, and forms the inverse; what was injected is to be injected again. Allocates nothing.
     *
     * @throws IllegalArgumentException if {@code I + α (I - W)} is singular or not finite; the old parameters stay
     */
    public void update(Block w, Block u, Block bias) {
        require("update", w, u, bias);
        reflect("update", w);
        r.update(matrix);
        this.u.update(u);
        this.bias.copyFrom(bias);
    }

    /** α. */
    public double step() {
        return α;
    }

    /** Fixes the input of the solves that follow: {@code x} is {@code batch × inputs}. */
    public void inject(Block x) {
        if (x.rows() > injected.rows()) {
            throw new IllegalArgumentException("inject: x has " + x.rows() + " rows, expected at most the splitting's " + injected.rows());
        }
        inject(x, scratch.head(x.rows()), injected.head(x.rows()));
    }

    /** Fixes the input of one row of the batch, {@code 1 × inputs}, for a stream. */
    public void inject(int row, Block x) {
        inject(x, scratch.head(1), injected.part(row, injected.rows()));
    }

    /** {@code c = α (R + I) q}, since {@code 2 V = R + I}. */
    private void inject(Block x, Block q, Block c) {
        engine.apply(u, x, q, biased);
        engine.apply(r, q, c, Epilogue.NONE);
        engine.axpby(α, q, α, c);
    }

    @Override
    public void apply(Block u, Block out, Rows rows) {
        if (rows.count() > active.capacity()) {
            throw new IllegalArgumentException("apply: " + rows.count() + " rows, expected at most the splitting's " + active.capacity());
        }
        active.reset(rows.count());
        for (int p = 0; p < rows.count(); p++) {
            active.place(p, place("apply", rows, p));
        }
        Block reflected = scratch.head(rows.count());
        engine.activate(activation, u, reflected);
        engine.axpby(-1, u, 2, reflected);
        engine.apply(r, reflected, out, epilogue);
    }

    private int place(String operation, Rows rows, int p) {
        int b = rows.index(p);
        if (b < 0 || b >= active.capacity()) {
            throw new IllegalArgumentException(operation + ": row " + b + " of the batch, expected 0 to " + (active.capacity() - 1));
        }
        return b;
    }

    /** The equilibrium {@code z = φ(u)} of the cell, from the fixed point; of one shape, and z may be u. */
    public void equilibrium(Block u, Block z) {
        engine.activate(activation, u, z);
    }

    @Override
    public void linearise(Block u, Rows rows) {
        Block slopes = scratch.head(rows.count());
        engine.derivative(activation, u, slopes);
        for (int p = 0; p < rows.count(); p++) {
            int b = place("linearise", rows, p);
            for (int i = 0; i < n; i++) {
                slope.set(b, i, 2 * slopes.get(p, i) - 1);
            }
        }
    }

    /** {@code (2 φ' - 1) ⊙ (Rᵀ v)}. */
    @Override
    public void vjp(Block v, Block out, Rows rows) {
        r.prepareTransposed();
        engine.applyTransposed(r, v, out);
        engine.multiply(out, slopes("vjp", rows), out);
    }

    /** {@code R ((2 φ' - 1) ⊙ v)}. */
    @Override
    public void jvp(Block v, Block out, Rows rows) {
        Block d = slopes("jvp", rows);
        engine.multiply(d, v, d);
        engine.apply(r, d, out, Epilogue.NONE);
    }

    /** Those of the rows, in their order, in {@code scratch}. */
    private Block slopes(String operation, Rows rows) {
        Block gathered = scratch.head(rows.count());
        for (int p = 0; p < rows.count(); p++) {
            gathered.copyRow(slope, place(operation, rows, p), p);
        }
        return gathered;
    }

    /** Bytes that this holds, on the heap too; a transposed copy of R joins at the first {@link #vjp}. */
    public long bytes() {
        return r.bytes() + u.bytes() + matrix.bytes() + bias.bytes() + injected.bytes() + scratch.bytes() + slope.bytes() + inverse.bytes();
    }

    @Override
    public void close() {
        r.close();
        u.close();
        matrix.close();
        bias.close();
        injected.close();
        scratch.close();
        slope.close();
    }
}
