package dev.zstar.solvers;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
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
public final class DenseCell implements TwiceDifferentiableMap<DenseCell.Gradients>, AutoCloseable {
    /**
     * Where gradients are added; null where one is not wanted.
     *
     * @param w {@code n × n}
     * @param u {@code n × inputs}
     * @param b {@code 1 × n}
     * @param x {@code batch × inputs}, row by row of the batch
     */
    public record Gradients(Block w, Block u, Block b, Block x) {}

    private final Engine engine;
    private final Activation activation;
    private final Type type;
    private final int n;
    private final int inputs;
    private final long weightBytes;
    private final Weights w;
    private final Weights u;
    /** W in narrower formats; an array, since {@link #update} allocates nothing. */
    private final Rounded[] copies;
    private final Block bias;
    private final Block injected;
    private final Block slope;
    private final Block scratch;
    private final Block ones;
    /** {@code batch × inputs}. */
    private final Block back;
    private final Rows all;
    private final Epilogue biased;
    /** The rows of a call to {@link #apply} or {@link #secondGradients}, and those last linearised: copies, since an epilogue refers to its rows, and a new one is an object. */
    private final Rows active;
    private final Rows linear;
    private final Epilogue epilogue;
    /** For each number of rows, once it has come up. */
    private final Epilogue[] sloped;
    /** Where the slopes of each row of the batch are; -1 if it was not linearised. */
    private final int[] place;
    private final Epilogue sums;
    /** {@code φ''} and what it is multiplied by, {@code batch × n}; null until it is first wanted. */
    private Block curvature;

    /**
     * Packs the parameters for batches of up to {@code batch} rows.
     *
     * @param w {@code n × n}
     * @param u {@code n × inputs}
     * @param bias {@code 1 × n}
     * @param also narrower formats in which W is kept as well, for {@link #in}
     * @throws IllegalArgumentException if a shape or a format does not fit, or an element is NaN or infinite; the message says which
     */
    public DenseCell(Engine engine, Activation activation, Block w, Block u, Block bias, int batch, Format... also) {
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
        weightBytes = this.w.bytes();
        this.u = engine.pack(u);
        this.bias = engine.allocate(type, 1, n);
        this.bias.copyFrom(bias);
        injected = engine.allocate(type, batch, n).withHeads();
        slope = engine.allocate(type, batch, n).withHeads();
        scratch = engine.allocate(type, batch, n).withHeads();
        ones = engine.allocate(type, batch, 1).withHeads();
        ones.fill(1);
        back = engine.allocate(type, batch, inputs).withHeads();
        biased = Epilogue.of(this.bias, Activation.IDENTITY);
        all = new Rows(batch);
        active = new Rows(batch);
        linear = new Rows(batch);
        epilogue = Epilogue.injected(injected, active, activation);
        sloped = new Epilogue[batch + 1];
        place = new int[batch];
        Arrays.fill(place, -1);
        sums = Epilogue.injected(injected, active, Activation.IDENTITY);
        copies = Arrays.stream(also).distinct().filter(format -> format != Format.FULL)
                .map(format -> new Rounded(engine.pack(w, format))).toArray(Rounded[]::new);
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
        for (Rounded copy : copies) {
            copy.w.update(w);
        }
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

    /** Bytes that this cell holds, W in every format; a transposed copy of W joins at the first {@link #vjp}, one of U at the first gradient of x, and a block of {@code batch × n} at the first {@link #secondGradients}. */
    public long bytes() {
        return w.bytes() + Arrays.stream(copies).mapToLong(copy -> copy.w.bytes()).sum() + u.bytes() + bias.bytes()
                + injected.bytes() + slope.bytes() + scratch.bytes() + ones.bytes() + back.bytes()
                + (curvature == null ? 0 : curvature.bytes());
    }

    /**
     * This cell with W rounded to a format, the cheap map of {@link MixedPrecision}. Bias and what is injected are shared, {@link #update} rounds
     * anew, and it closes with the cell. Not for two threads at once with the cell.
     *
     * @throws IllegalArgumentException if the constructor was not told of the format
     */
    public FixedPointMap in(Format format) {
        if (format == Format.FULL) {
            return this;
        }
        for (Rounded copy : copies) {
            if (copy.w.format() == format) {
                return copy;
            }
        }
        throw new IllegalArgumentException("in: this cell does not keep W in " + format + "; expected a format that its constructor was given");
    }

    /** The bytes of W in a format that the cell keeps: what one evaluation reads of it, whatever the batch. */
    public long weightBytes(Format format) {
        return in(format) instanceof Rounded copy ? copy.bytes : weightBytes;
    }

    /** Fixes the input of the solves that follow: {@code x} is {@code batch × inputs}. */
    @Override
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
     * With {@code d = φ' ⊙ v} adds {@code ∂W = dᵀ z}, {@code ∂U = dᵀ x}, {@code ∂b = Σ d} and {@code ∂x = d U}. Allocates nothing after its first
     * call.
     */
    @Override
    public void gradients(Block v, Block z, Block x, Rows rows, Gradients sum) {
        int batch = v.rows();
        Block d = scratch.head(batch);
        engine.multiply(slopes("gradients", rows), v, d);
        add(d, z, x, rows, sum);
    }

    /**
     * With the sums {@code s = W z + U x + b} it is {@code ⟨c, Jᵀ u⟩ = ⟨φ'(s) ⊙ u, W c⟩}. W stands there itself, {@code ∂W += (φ' ⊙ u)ᵀ c}, and all
     * gradients come through {@code ∂s = φ''(s) ⊙ u ⊙ (W c)} as they do in {@link #gradients}, with {@code ∂z = ∂s W}. Two products with W and one with
     * its transpose; s was not kept. Allocates nothing after its first call.
     */
    @Override
    public void secondGradients(Block c, Block u, Block z, Block x, Rows rows, Gradients sum, Block dz) {
        int count = rows.count();
        copy("secondGradients", rows, active);
        // Before anything is added: a sum with a part of a gradient in it is of no use.
        c.requireShape("secondGradients", "c", type, count, n);
        u.requireShape("secondGradients", "u", type, count, n);
        z.requireShape("secondGradients", "z", type, count, n);
        if (sum.u != null) {
            x.requireShape("secondGradients", "x", type, count, inputs);
        }
        if (dz != null) {
            dz.requireShape("secondGradients", "the gradient of z", type, Math.max(count, dz.rows()), n);
        }
        Block d = scratch.head(count);
        engine.multiply(slopes("secondGradients", rows), u, d);
        if (sum.w != null) {
            engine.addOuter(d, c, sum.w);
        }
        Block t = curvature().head(count);
        engine.apply(w, z, t, sums);
        engine.secondDerivative(activation, t, t);
        engine.multiply(t, u, t);
        engine.apply(w, c, d, Epilogue.NONE);
        engine.multiply(t, d, t);
        add(t, z, x, rows, sum);
        if (dz != null) {
            w.prepareTransposed();
            engine.applyTransposed(w, t, d);
            engine.axpy(1, d, dz.head(count));
        }
    }

    @Override
    public void secondGradients(Block c, Block u, Block z, Block x, Gradients sum, Block dz) {
        all.reset(c.rows());
        secondGradients(c, u, z, x, all, sum, dz);
    }

    private Block curvature() {
        if (curvature == null) {
            curvature = engine.allocate(type, injected.rows(), n);
        }
        return curvature;
    }

    /** What a loss whose gradient of the sums {@code W z + U x + b} is d passes on. */
    private void add(Block d, Block z, Block x, Rows rows, Gradients sum) {
        int batch = d.rows();
        if (sum.w != null) {
            engine.addOuter(d, z, sum.w);
        }
        if (sum.u != null) {
            engine.addOuter(d, x, sum.u);
        }
        if (sum.b != null) {
            engine.addOuter(ones.head(batch), d, sum.b);
        }
        if (sum.x != null) {
            Block dx = back.head(batch);
            engine.applyTransposed(u, d, dx);
            boolean inPlace = true;
            for (int p = 0; p < batch; p++) {
                inPlace &= rows.index(p) == p;
            }
            if (inPlace) {
                engine.axpy(1, dx, sum.x.head(batch));
            } else {
                scatter(dx, rows, sum.x);
            }
        }
    }

    private static void scatter(Block dx, Rows rows, Block sum) {
        for (int p = 0; p < rows.count(); p++) {
            for (int i = 0; i < dx.cols(); i++) {
                sum.set(rows.index(p), i, sum.get(rows.index(p), i) + dx.get(p, i));
            }
        }
    }

    @Override
    public void gradients(Block v, Block z, Block x, Gradients sum) {
        all.reset(v.rows());
        gradients(v, z, x, all, sum);
    }

    /** The cell with other weights. Its own epilogue, since the solvers of the two have rows of their own. */
    private final class Rounded implements FixedPointMap {
        private final Weights w;
        private final long bytes;
        private Rows known;
        private Epilogue epilogue;

        Rounded(Weights w) {
            this.w = w;
            bytes = w.bytes();
        }

        @Override
        public void apply(Block z, Block out, Rows rows) {
            if (known != rows) {
                known = rows;
                epilogue = Epilogue.injected(injected, rows, activation);
            }
            engine.apply(w, z, out, epilogue);
        }
    }

    @Override
    public void close() {
        w.close();
        for (Rounded copy : copies) {
            copy.w.close();
        }
        u.close();
        bias.close();
        injected.close();
        slope.close();
        scratch.close();
        ones.close();
        back.close();
        if (curvature != null) {
            curvature.close();
        }
    }
}
