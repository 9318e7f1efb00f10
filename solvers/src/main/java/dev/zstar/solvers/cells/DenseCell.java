package dev.zstar.solvers.cells;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.RowData;
import dev.zstar.solvers.TwiceDifferentiableMap;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.MixedPrecision;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Memory;
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
    private final Memory memory;
    private final Weights w;
    private final Weights u;
    /** W in narrower formats; an array, since {@link #update} allocates nothing. */
    private final Rounded[] copies;
    private final Block bias;
    /** {@code U x + b}. Epilogues refer to its rows, those of the present call. */
    private final RowData input;
    private final Block slope;
    private final Block scratch;
    private final Block ones;
    /** {@code batch × inputs}. */
    private final Block back;
    private final Rows all;
    private final Epilogue biased;
    private final Epilogue epilogue;
    private final Epilogue sums;
    /** For each number of rows, once it has come up. */
    private final Epilogue[] sloped;
    /** Where the slopes of each row of the batch are; -1 if it has none for the present parameters and input. */
    private final int[] place;
    private long version;
    private long linearisations;
    /** {@code φ''} and what it is multiplied by, {@code batch × n}; null until it is first wanted. */
    private Block curvature;

    /**
     * Packs the parameters for batches of up to {@code batch} rows.
     *
     * @param w {@code n × n}
     * @param u {@code n × inputs}
     * @param bias {@code 1 × n}
     * @param also narrower formats in which W is kept as well, for {@link #in}
     * @throws IllegalArgumentException if something is null, a shape or a format does not fit, or an element is NaN or infinite; the
     *     message says which
     */
    public DenseCell(Engine engine, Activation activation, Block w, Block u, Block bias, int batch, Format... also) {
        this.engine = Arguments.present("cell", "the engine", engine);
        this.activation = Arguments.present("cell", "the activation", activation);
        type = Arguments.present("cell", "W", w).type();
        n = w.rows();
        inputs = Arguments.present("cell", "U", u).cols();
        requireShapes("cell", w, u, bias);
        Arguments.atLeast("cell", "n", n, 1);
        Arguments.atLeast("cell", "the batch", batch, 1);
        Arguments.finite("cell", "W", w);
        Arguments.finite("cell", "U", u);
        Arguments.finite("cell", "b", bias);
        for (Format format : Arguments.present("cell", "the list of formats", also)) {
            Arguments.present("cell", "a format", format);
        }
        memory = new Memory(engine);
        try {
            this.w = memory.pack(w);
            weightBytes = this.w.bytes();
            this.u = memory.pack(u);
            this.bias = memory.block(type, 1, n);
            this.bias.copyFrom(bias);
            input = memory.add(new RowData(engine, type, batch, n, "input for the present parameters",
                    "inject(x) with a row for it, or inject(row, x), after the constructor and after each update"), RowData::close,
                    RowData::bytes);
            slope = memory.block(type, batch, n);
            scratch = memory.block(type, batch, n);
            ones = memory.block(type, batch, 1);
            ones.fill(1);
            back = memory.block(type, batch, inputs);
            copies = Arrays.stream(also).distinct().filter(format -> format != Format.FULL)
                    .map(format -> new Rounded(memory.pack(w, format))).toArray(Rounded[]::new);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
        all = new Rows(batch);
        biased = Epilogue.of(this.bias, Activation.IDENTITY);
        epilogue = Epilogue.injected(input.block(), input.rows(), activation);
        sums = Epilogue.injected(input.block(), input.rows(), Activation.IDENTITY);
        sloped = new Epilogue[batch + 1];
        place = new int[batch];
        Arrays.fill(place, -1);
    }

    /** {@code tanh(W z + U x + b)} in arrays, the way in to an equilibrium layer of one call. */
    public static DenseParameters tanh(float[][] w, float[][] u, float[] b) {
        return new DenseParameters(Activation.TANH, w, u, b);
    }

    /** {@code max(0, W z + U x + b)} in arrays, the way in to an equilibrium layer of one call. */
    public static DenseParameters relu(float[][] w, float[][] u, float[] b) {
        return new DenseParameters(Activation.RELU, w, u, b);
    }

    private void requireShapes(String operation, Block w, Block u, Block bias) {
        Arguments.present(operation, "W", w).requireShape(operation, "W", type, n, n);
        Arguments.present(operation, "U", u).requireShape(operation, "U", type, n, inputs);
        Arguments.present(operation, "b", bias).requireShape(operation, "b", type, 1, n);
    }

    /**
     * Takes new parameters, of the same shapes, for which the input is to be injected again; allocates nothing and does not look for NaN.
     */
    public void update(Block w, Block u, Block bias) {
        requireShapes("update", w, u, bias);
        input.clear();
        change();
        this.w.update(w);
        for (Rounded copy : copies) {
            copy.w.update(w);
        }
        this.u.update(u);
        this.bias.copyFrom(bias);
    }

    /** Slopes are of the parameters and the input with which they were made. */
    private void change() {
        version++;
        Arrays.fill(place, -1);
    }

    /** Elements of the state. */
    public int n() {
        return n;
    }

    /** The element type. */
    public Type type() {
        return type;
    }

    /**
     * Bytes that this cell holds, W in every format; a transposed copy of W joins at the first {@link #vjp}, one of U at the first gradient
     * of x, and a block of {@code batch × n} at the first {@link #secondGradients}.
     */
    public long bytes() {
        return memory.bytes();
    }

    /**
     * This cell with W rounded to a format, the cheap map of {@link MixedPrecision}. Bias and what is injected are shared, {@link #update}
     * rounds again, and it closes with the cell. Not for two threads at once with the cell.
     *
     * @throws IllegalArgumentException if the constructor was not given the format
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

    /** The first of the narrower formats that the constructor was given; null without one. */
    @Override
    public FixedPointMap approximation() {
        return copies.length == 0 ? null : copies[0];
    }

    @Override
    public long version() {
        return version;
    }

    @Override
    public long linearisation() {
        return version + linearisations;
    }

    /**
     * Fixes the input of the solves that follow, until the next {@link #update}.
     *
     * @param x {@code rows × inputs}, for the first rows of the batch; the others have no input after it
     */
    @Override
    public void inject(Block x) {
        if (x.rows() > input.batch()) {
            throw new IllegalArgumentException("inject: x has " + x.rows() + " rows, expected at most the cell's " + input.batch());
        }
        x.requireShape("inject", "x", type, x.rows(), inputs);
        change();
        engine.apply(u, x, input.open(x.rows()), biased);
        input.fill(x.rows());
    }

    /**
     * Fixes the input of one row of the batch, for a {@linkplain FixedPointSolver#stream stream}.
     *
     * @param row of the cell's batch
     * @param x {@code 1 × inputs}
     */
    public void inject(int row, Block x) {
        x.requireShape("inject", "x", type, 1, inputs);
        Block constant = input.openRow(row);
        version++;
        place[row] = -1;
        engine.apply(u, x, constant, biased);
        input.fillRow(row);
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        input.select("apply", rows);
        engine.apply(w, z, out, epilogue);
    }

    @Override
    public void linearise(Block z, Rows rows) {
        input.select("linearise", rows);
        int count = rows.count();
        if (sloped[count] == null) {
            sloped[count] = epilogue.with(slope.head(count));
        }
        linearisations++;
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
            if (b < 0 || b >= place.length) {
                throw new IllegalArgumentException(operation + ": row " + b + " of the batch, expected 0 to " + (place.length - 1));
            }
            if (place[b] < 0) {
                throw new IllegalStateException(operation + ": row " + b + " of the batch has no point of linearisation; expected "
                        + "linearise(z, rows) with it, after the last update and inject");
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
     * With {@code d = φ' ⊙ v} adds {@code ∂W = dᵀ z}, {@code ∂U = dᵀ x}, {@code ∂b = Σ d} and {@code ∂x = d U}. Allocates nothing after its
     * first call.
     */
    @Override
    public void gradients(Block v, Block z, Block x, Rows rows, Gradients sum) {
        CellArguments.check("gradients", "v", v, z, x, rows, sum, type, n, inputs);
        Block d = scratch.head(v.rows());
        engine.multiply(slopes("gradients", rows), v, d);
        add(d, z, x, rows, sum);
    }

    /**
     * With the sums {@code s = W z + U x + b} it is {@code ⟨c, Jᵀ u⟩ = ⟨φ'(s) ⊙ u, W c⟩}. W stands there itself, {@code ∂W += (φ' ⊙ u)ᵀ c},
     * and all gradients come through {@code ∂s = φ''(s) ⊙ u ⊙ (W c)} as they do in {@link #gradients}, with {@code ∂z = ∂s W}. Two products
     * with W and one with its transpose; s was not kept. Allocates nothing after its first call.
     */
    @Override
    public void secondGradients(Block c, Block u, Block z, Block x, Rows rows, Gradients sum, Block dz) {
        int count = rows.count();
        input.select("secondGradients", rows);
        CellArguments.check("secondGradients", "c", c, z, x, rows, sum, type, n, inputs);
        u.requireShape("secondGradients", "u", type, count, n);
        if (dz != null) {
            dz.requireShape("secondGradients", "the gradient of z", type, Math.max(count, dz.rows()), n);
            CellArguments.requireOwn("secondGradients", "the gradient of z", dz, "c", c, z, x);
            Arguments.disjoint("secondGradients", "the gradient of z", dz, "u", u);
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
            curvature = memory.block(type, input.batch(), n);
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

    /** The cell with other weights. */
    private final class Rounded implements FixedPointMap {
        private final Weights w;
        private final long bytes;

        Rounded(Weights w) {
            this.w = w;
            bytes = w.bytes();
        }

        @Override
        public void apply(Block z, Block out, Rows rows) {
            input.select("apply", rows);
            engine.apply(w, z, out, epilogue);
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}
