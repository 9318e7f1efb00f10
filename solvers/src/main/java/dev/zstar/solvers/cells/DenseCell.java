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
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.TwiceDifferentiableMap;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import java.util.Arrays;

/**
 * The classic equilibrium cell {@code f(z) = φ(W z + U x + b)} (Bai, Kolter and Koltun 2019, with one dense layer), with everything that
 * implicit differentiation needs. {@code U x + b} does not depend on z: {@link #inject} computes it once for a solve.
 *
 * <p>Every call takes any number of rows up to {@link #batch}. Rows are counted from 0. Not thread-safe.
 */
public final class DenseCell implements TwiceDifferentiableMap<DenseCell.Gradients>, Shaped, AutoCloseable {
    /**
     * The blocks to which gradients are added. They share no memory.
     *
     * @param w {@code n × n}, or null if not wanted
     * @param u {@code n × inputs}, or null if not wanted
     * @param b {@code 1 × n}, or null if not wanted
     * @param x {@code batch × inputs}, ordered by row of the batch, or null if not wanted
     */
    public record Gradients(Block w, Block u, Block b, Block x) {}

    private final Engine engine;
    private final Activation activation;
    private final Type type;
    private final int n;
    private final int inputs;
    private final OwnedMemory memory;
    private final DenseWeights weights;
    private final FixedPointMap[] narrow;
    /** {@code U x + b}. The epilogues refer to it, and to its rows, which are those of the present call. */
    private final RowData input;
    private final Slopes slopes;
    private final DenseGradients gradients;
    private final Block scratch;
    private final Rows all;
    private final Epilogue biased;
    /** Adds the input; with the activation, and without. */
    private final Epilogue activated;
    private final Epilogue summed;
    private long version;
    private long linearisations;
    /** {@code φ''} and its products, {@code batch × n}; null until the first second gradients. */
    private Block curvature;

    /**
     * Packs copies of the parameters, for batches of up to {@code batch} rows. The blocks may change or be closed afterwards;
     * {@link #update} takes new values.
     *
     * @param w {@code n × n}
     * @param u {@code n × inputs}
     * @param bias {@code 1 × n}
     * @param also narrower formats in which the cell keeps W in addition to the full one, for {@link #in}
     * @throws NullPointerException if an argument is null; the message says which
     * @throws IllegalArgumentException if a shape does not fit, or an element is NaN or infinite; the message says which
     */
    public DenseCell(Engine engine, Activation activation, Block w, Block u, Block bias, int batch, Format... also) {
        this.engine = Arguments.present("cell", "the engine", engine);
        this.activation = Arguments.present("cell", "the activation", activation);
        DenseWeights.check(w, u, bias, batch, also);
        type = w.type();
        n = w.rows();
        inputs = u.cols();
        memory = new OwnedMemory(engine);
        try {
            weights = new DenseWeights(memory, w, u, bias, also);
            input = memory.add(new RowData(engine, type, batch, n, "input",
                    "inject(x) with a row for it, or inject(row, x), and again after each update"), RowData::close,
                    RowData::bytes);
            slopes = new Slopes(memory, type, batch, n);
            scratch = memory.block(type, batch, n);
            gradients = new DenseGradients(engine, memory, weights.u, type, batch, n, inputs);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
        all = new Rows(batch);
        biased = Epilogue.of(weights.bias, Activation.IDENTITY);
        activated = Epilogue.injected(input.block(), input.rows(), activation);
        summed = Epilogue.injected(input.block(), input.rows(), Activation.IDENTITY);
        narrow = Arrays.stream(weights.narrow).map(packed -> (FixedPointMap) (z, out, rows) -> evaluate(packed, z, out, rows))
                .toArray(FixedPointMap[]::new);
    }

    /**
     * The parameters of a cell {@code tanh(W z + U x + b)}, in arrays, for {@link dev.zstar.Equilibrium#of}: W is {@code n × n}, U is
     * {@code n × inputs}. The arrays are not copied. For another activation use the constructor of {@link DenseParameters}.
     */
    public static DenseParameters tanh(float[][] w, float[][] u, float[] b) {
        return new DenseParameters(Activation.TANH, w, u, b);
    }

    /** The parameters of a cell {@code max(0, W z + U x + b)}, in all else like {@link #tanh}. */
    public static DenseParameters relu(float[][] w, float[][] u, float[] b) {
        return new DenseParameters(Activation.RELU, w, u, b);
    }

    /**
     * Takes new parameters of the same shapes. Every row loses its input and its point of linearisation: call {@link #inject} again.
     * Allocates nothing. Unlike the constructor it does not look for NaN: with it, rows end with {@code NONFINITE_FUNCTION}.
     */
    public void update(Block w, Block u, Block bias) {
        weights.checkUpdate(w, u, bias);
        input.clear();
        change();
        weights.update(w, u, bias);
    }

    /** Slopes belong to the parameters and the input that they were computed with. */
    private void change() {
        version++;
        slopes.clear();
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
        return input.batch();
    }

    @Override
    public int n() {
        return n;
    }

    /**
     * Bytes that this cell holds, with W in every format. The first {@link #vjp} adds a transposed copy of W, the first gradient of x one
     * of U, and the first {@link #secondGradients} a block of {@code batch × n}.
     */
    public long bytes() {
        return memory.bytes();
    }

    /**
     * This cell with W rounded to a format: the cheap map of mixed precision. For {@link Format#FULL} it is the cell itself. It shares b
     * and the injected input, follows {@link #update}, and closes with the cell. Not thread-safe together with the cell.
     *
     * @throws IllegalArgumentException if the constructor was not given the format
     */
    public FixedPointMap in(Format format) {
        int index = weights.indexOf("in", format);
        return index < 0 ? this : narrow[index];
    }

    /** The size of W in a format that the cell keeps: the bytes of W that one evaluation reads, for any batch. */
    public long weightBytes(Format format) {
        return weights.bytes(format);
    }

    /** The cell with W in the first narrower format that the constructor was given; null if it was given none. */
    @Override
    public FixedPointMap approximation() {
        return narrow.length == 0 ? null : narrow[0];
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
     * Sets the input of the following solves, until the next {@link #update}. Row p of x belongs to row p of the batch.
     *
     * @param x {@code rows × inputs}, with at most {@link #batch} rows; read, not kept. The remaining rows of the batch then have no input
     */
    @Override
    public void inject(Block x) {
        if (Arguments.present("inject", "x", x).rows() > input.batch()) {
            throw new IllegalArgumentException("inject: the number of rows of x is " + x.rows() + ", expected at most " + input.batch());
        }
        x.requireShape("inject", "x", type, x.rows(), inputs);
        change();
        engine.apply(weights.u, x, input.open(x.rows()), biased);
        input.fill(x.rows());
    }

    /** Sets the input of one row of the batch, for a stream. Reads x, {@code 1 × inputs}, and does not keep it. */
    public void inject(int row, Block x) {
        Arguments.present("inject", "x", x).requireShape("inject", "x", type, 1, inputs);
        Block constant = input.openRow(row);
        version++;
        slopes.clear(row);
        engine.apply(weights.u, x, constant, biased);
        input.fillRow(row);
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        evaluate(weights.w, z, out, rows);
    }

    private void evaluate(Weights w, Block z, Block out, Rows rows) {
        input.select("apply", rows);
        engine.apply(w, z, out, activated);
    }

    @Override
    public void linearise(Block z, Rows rows) {
        Arguments.present("linearise", "z", z);
        input.select("linearise", rows);
        int count = rows.count();
        Epilogue epilogue = slopes.writer(activated, count);
        linearisations++;
        slopes.clear();
        engine.apply(weights.w, z, scratch.head(count), epilogue);
        slopes.written(rows);
    }

    /** The same for the first {@code z.rows()} rows of the batch, each at its own position, as in a backward solve. */
    public void linearise(Block z) {
        all.reset(Arguments.present("linearise", "z", z).rows());
        linearise(z, all);
    }

    @Override
    public void vjp(Block u, Block out, Rows rows) {
        weights.w.prepareTransposed();
        Block s = scratch.head(Arguments.present("vjp", "u", u).rows());
        engine.multiply(slopes.gather("vjp", rows, scratch), u, s);
        engine.applyTransposed(weights.w, s, Arguments.present("vjp", "out", out));
    }

    @Override
    public void jvp(Block v, Block out, Rows rows) {
        engine.apply(weights.w, Arguments.present("jvp", "v", v), Arguments.present("jvp", "out", out), Epilogue.NONE);
        engine.multiply(slopes.gather("jvp", rows, scratch), out, out);
    }

    /**
     * With {@code d = φ' ⊙ v} adds {@code ∂L/∂W = dᵀ z}, {@code ∂L/∂U = dᵀ x}, {@code ∂L/∂b = Σ d} and {@code ∂L/∂x = d U}. Allocates
     * nothing after its first call.
     */
    @Override
    public void gradients(Block v, Block z, Block x, Rows rows, Gradients sum) {
        gradients.check("gradients", "v", v, z, x, rows, sum);
        Block d = scratch.head(v.rows());
        engine.multiply(slopes.gather("gradients", rows, scratch), v, d);
        gradients.add(d, z, x, rows, sum);
    }

    @Override
    public void gradients(Block v, Block z, Block x, Gradients sum) {
        all.reset(Arguments.present("gradients", "v", v).rows());
        gradients(v, z, x, all, sum);
    }

    /**
     * With the sums {@code s = W z + U x + b}, the product is {@code P = ⟨c, Jᵀ u⟩ = ⟨φ'(s) ⊙ u, W c⟩}. Its gradients are
     *
     * <pre>{@code ∂P/∂W = (φ' ⊙ u)ᵀ c + (∂P/∂s)ᵀ z,   ∂P/∂s = φ''(s) ⊙ u ⊙ (W c),   ∂P/∂z = ∂P/∂s W,}</pre>
     *
     * and those of U, b and x follow from ∂P/∂s as in {@link #gradients} from d. Takes two products with W and one with its transpose; s is
     * computed again. Allocates nothing after its first call.
     */
    @Override
    public void secondGradients(Block c, Block u, Block z, Block x, Rows rows, Gradients sum, Block dz) {
        input.select("secondGradients", rows);
        int count = rows.count();
        gradients.check("secondGradients", "c", c, z, x, rows, sum);
        Arguments.present("secondGradients", "u", u).requireShape("secondGradients", "u", type, count, n);
        if (dz != null) {
            dz.requireShape("secondGradients", "the gradient of z", type, Math.max(count, dz.rows()), n);
            DenseGradients.checkApart("secondGradients", "the gradient of z", dz, "c", c, z, x);
            Arguments.disjoint("secondGradients", "the gradient of z", dz, "u", u);
        }
        Block d = scratch.head(count);
        engine.multiply(slopes.gather("secondGradients", rows, scratch), u, d);
        if (sum.w != null) {
            engine.addOuter(d, c, sum.w);
        }
        Block t = curvature().head(count);
        engine.apply(weights.w, z, t, summed);
        engine.secondDerivative(activation, t, t);
        engine.multiply(t, u, t);
        engine.apply(weights.w, c, d, Epilogue.NONE);
        engine.multiply(t, d, t);
        gradients.add(t, z, x, rows, sum);
        if (dz != null) {
            weights.w.prepareTransposed();
            engine.applyTransposed(weights.w, t, d);
            engine.axpy(1, d, dz.head(count));
        }
    }

    @Override
    public void secondGradients(Block c, Block u, Block z, Block x, Gradients sum, Block dz) {
        all.reset(Arguments.present("secondGradients", "c", c).rows());
        secondGradients(c, u, z, x, all, sum, dz);
    }

    private Block curvature() {
        if (curvature == null) {
            curvature = memory.block(type, input.batch(), n);
        }
        return curvature;
    }

    @Override
    public void close() {
        memory.close();
    }
}
