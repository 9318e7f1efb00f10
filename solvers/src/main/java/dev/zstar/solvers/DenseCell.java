package dev.zstar.solvers;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import java.util.Arrays;

/**
 * The classic equilibrium cell {@code f(z) = φ(W z + U x + b)} (Bai, Kolter and Koltun 2019, with one dense layer), and everything
 * that implicit differentiation needs of it. {@code U x + b} does not depend on z: {@link #inject} computes it once for a solve.
 *
 * <p>Not for two threads at once. A batch of fewer rows than the cell's is fine everywhere.
 */
public final class DenseCell implements DifferentiableMap, AutoCloseable {
    private final Engine engine;
    private final Activation activation;
    private final Type type;
    private final int n;
    private final int inputs;
    private final Weights w;
    private final Weights u;
    private final Block bias;
    private final Block injected;
    private final Block slope;
    private final Block scratch;
    private final Block ones;
    private final Rows all;
    private final Epilogue biased;
    /** The rows of a call to {@link #apply}, and those last linearised: copies, since an epilogue refers to its rows, and a new one is an object. */
    private final Rows active;
    private final Rows linear;
    private final Epilogue epilogue;
    /** For each number of rows, once it has come up. */
    private final Epilogue[] sloped;
    /** Where the slopes of each row of the batch are; -1 if it was not linearised. */
    private final int[] place;

    /**
     * Packs the parameters for batches of up to {@code batch} rows.
     *
     * @param w {@code n × n}
     * @param u {@code n × inputs}
     * @param bias {@code 1 × n}
     * @throws IllegalArgumentException if a shape does not fit, or an element is NaN or infinite; the message says which
     */
    public DenseCell(Engine engine, Activation activation, Block w, Block u, Block bias, int batch) {
        this.engine = engine;
        this.activation = activation;
        type = w.type();
        n = w.rows();
        inputs = u.cols();
        w.requireShape("cell", "W", type, n, n);
        u.requireShape("cell", "U", type, n, inputs);
        bias.requireShape("cell", "b", type, 1, n);
        requireFinite("W", w);
        requireFinite("U", u);
        requireFinite("b", bias);
        this.w = engine.pack(w);
        this.u = engine.pack(u);
        this.bias = engine.allocate(type, 1, n);
        this.bias.copyFrom(bias);
        injected = engine.allocate(type, batch, n);
        slope = engine.allocate(type, batch, n);
        scratch = engine.allocate(type, batch, n);
        ones = engine.allocate(type, batch, 1);
        ones.fill(1);
        biased = Epilogue.of(this.bias, Activation.IDENTITY);
        all = new Rows(batch);
        active = new Rows(batch);
        linear = new Rows(batch);
        epilogue = Epilogue.injected(injected, active, activation);
        sloped = new Epilogue[batch + 1];
        place = new int[batch];
        Arrays.fill(place, -1);
        for (int rows = 0; rows < batch; rows++) {
            injected.head(rows);
            slope.head(rows);
            scratch.head(rows);
            ones.head(rows);
        }
    }

    private static void requireFinite(String name, Block block) {
        for (int i = 0; i < block.rows(); i++) {
            for (int j = 0; j < block.cols(); j++) {
                if (!Double.isFinite(block.get(i, j))) {
                    throw new IllegalArgumentException("cell: " + name + " holds " + block.get(i, j) + " in row " + (i + 1) + ", column "
                            + (j + 1) + "; every element must be finite");
                }
            }
        }
    }

    /** Takes new parameters, of the same shapes; allocates nothing and does not look for NaN. */
    public void update(Block w, Block u, Block bias) {
        this.w.update(w);
        this.u.update(u);
        this.bias.copyFrom(bias);
    }

    /** Elements of the state. */
    public int n() {
        return n;
    }

    /** The element type. */
    public Type type() {
        return type;
    }

    /** Bytes that this cell holds; a transposed copy of W joins at the first {@link #vjp}. */
    public long bytes() {
        return w.bytes() + u.bytes() + bias.bytes() + injected.bytes() + slope.bytes() + scratch.bytes() + ones.bytes();
    }

    /** Fixes the input of the solves that follow: {@code x} is {@code batch × inputs}. */
    public void inject(Block x) {
        if (x.rows() > injected.rows()) {
            throw new IllegalArgumentException("inject: x has " + x.rows() + " rows, expected at most the cell's " + injected.rows());
        }
        engine.apply(u, x, injected.head(x.rows()), biased);
    }

    /**
     * Fixes the input of one row of the batch, for a {@linkplain FixedPointSolver#stream stream}.
     *
     * @param row of the cell's batch
     * @param x {@code 1 × inputs}
     */
    public void inject(int row, Block x) {
        engine.apply(u, x, injected.part(row, injected.rows()), biased);
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        copy("apply", rows, active);
        engine.apply(w, z, out, epilogue);
    }

    /** Takes over which rows of the batch a call is for. */
    private void copy(String operation, Rows from, Rows to) {
        if (from.count() > to.capacity()) {
            throw new IllegalArgumentException(operation + ": " + from.count() + " rows, expected at most the cell's " + to.capacity());
        }
        to.reset(from.count());
        for (int p = 0; p < from.count(); p++) {
            int b = from.index(p);
            if (b < 0 || b >= to.capacity()) {
                throw new IllegalArgumentException(operation + ": row " + b + " of the batch, expected 0 to " + (to.capacity() - 1));
            }
            to.place(p, b);
        }
    }

    @Override
    public void linearise(Block z, Rows rows) {
        copy("linearise", rows, linear);
        int count = rows.count();
        if (sloped[count] == null) {
            sloped[count] = Epilogue.injected(injected, linear, activation).with(slope.head(count));
        }
        Arrays.fill(place, -1);
        engine.apply(w, z, scratch.head(count), sloped[count]);
        for (int p = 0; p < count; p++) {
            place[rows.index(p)] = p;
        }
    }

    /** The same for a batch whose rows are all there, each at its own position: what a backward solve starts with. */
    public void linearise(Block z) {
        all.reset(z.rows());
        linearise(z, all);
    }

    @Override
    public void vjp(Block u, Block out, Rows rows) {
        w.prepareTransposed();
        Block s = scratch.head(u.rows());
        engine.multiply(slopes("vjp", rows), u, s);
        engine.applyTransposed(w, s, out);
    }

    @Override
    public void jvp(Block v, Block out, Rows rows) {
        engine.apply(w, v, out, Epilogue.NONE);
        engine.multiply(slopes("jvp", rows), out, out);
    }

    /** φ' of these rows: where it lies, if that is in this order, else gathered in {@code scratch}. */
    private Block slopes(String operation, Rows rows) {
        int count = rows.count();
        boolean inPlace = true;
        for (int p = 0; p < count; p++) {
            int b = rows.index(p);
            if (b < 0 || b >= place.length || place[b] < 0) {
                throw new IllegalArgumentException(operation + ": row " + b + " of the batch was not linearised");
            }
            inPlace &= place[b] == p;
        }
        if (inPlace) {
            return slope.head(count);
        }
        Block gathered = scratch.head(count);
        for (int p = 0; p < count; p++) {
            gathered.copyRow(slope, place[rows.index(p)], p);
        }
        return gathered;
    }

    /**
     * Adds the gradients of a loss whose adjoint state is {@code v}: with {@code d = φ' ⊙ v}, {@code ∂W += dᵀ z}, {@code ∂U += dᵀ x},
     * {@code ∂b += Σ d}, and {@code ∂x = d U} (overwritten; null if not wanted). Allocates nothing after its first call.
     *
     * @param v the solution of {@code (I - Jᵀ) v = ∂L/∂z}, {@code batch × n}
     * @param z the fixed point given to {@link #linearise}
     * @param x the input given to {@link #inject}
     */
    public void gradients(Block v, Block z, Block x, Block dw, Block du, Block db, Block dx) {
        int batch = v.rows();
        all.reset(batch);
        Block d = scratch.head(batch);
        engine.multiply(slopes("gradients", all), v, d);
        engine.addOuter(d, z, dw);
        engine.addOuter(d, x, du);
        engine.addOuter(ones.head(batch), d, db);
        if (dx != null) {
            engine.applyTransposed(u, d, dx);
        }
    }

    @Override
    public void close() {
        w.close();
        u.close();
        bias.close();
        injected.close();
        slope.close();
        scratch.close();
        ones.close();
    }
}
