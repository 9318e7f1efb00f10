package dev.zstar.solvers.cells;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.ReplicatedMap;
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.TwiceDifferentiableMap;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;

/**
 * The classic equilibrium cell {@code f(z) = φ(W z + U x + b)} (Bai, Kolter and Koltun 2019, with one dense layer), with parameters in
 * plain blocks. It is the {@link Cell} of {@link #network}.
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

    private final CellMap map;
    private final Parameters parameters;
    private final Rows all;
    private final Block[] sums = new Block[3];

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
        Arguments.present("cell", "the engine", engine);
        Arguments.present("cell", "the activation", activation);
        Type type = Arguments.present("cell", "W", w).type();
        int n = w.rows();
        requireShapes("cell", w, u, bias, type, n, Arguments.present("cell", "U", u).cols());
        Arguments.atLeast("cell", "n", n, 1);
        Arguments.atLeast("cell", "the batch", batch, 1);
        Arguments.finite("cell", "W", w);
        Arguments.finite("cell", "U", u);
        Arguments.finite("cell", "b", bias);
        for (Format format : Arguments.present("cell", "the list of formats", also)) {
            Arguments.present("cell", "a format", format);
        }
        Cell cell = network(type, activation, n, u.cols());
        parameters = cell.zeros();
        try {
            copy(w, u, bias);
            map = cell.plan(engine, batch, parameters, also);
        } catch (Throwable e) {
            parameters.close();
            throw e;
        }
        all = new Rows(batch);
    }

    /** The description of the cell, with the parameters {@code W}, {@code U} and {@code b}. */
    public static Cell network(Type type, Activation activation, int n, int inputs) {
        return Cell.of(type, Shape.vector(n), Shape.vector(inputs),
                (net, z, x) -> net.product(net.weight("W", n, n), z)
                        .plus(net.bias("b", net.product(net.weight("U", n, inputs), x))).activate(activation));
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

    private static void requireShapes(String operation, Block w, Block u, Block bias, Type type, int n, int inputs) {
        Arguments.present(operation, "W", w).requireShape(operation, "W", type, n, n);
        Arguments.present(operation, "U", u).requireShape(operation, "U", type, n, inputs);
        Arguments.present(operation, "b", bias).requireShape(operation, "b", type, 1, n);
    }

    private void copy(Block w, Block u, Block bias) {
        parameters.blocks().get(0).copyFrom(w);
        parameters.blocks().get(1).copyFrom(u);
        parameters.blocks().get(2).copyFrom(bias);
    }

    /**
     * Takes new parameters of the same shapes. Every row loses its input and its point of linearisation: call {@link #inject} again.
     * Allocates nothing. Unlike the constructor it does not look for NaN: with it, rows end with {@code NONFINITE_FUNCTION}.
     */
    public void update(Block w, Block u, Block bias) {
        requireShapes("update", w, u, bias, type(), n(), map.cell().inputs());
        copy(w, u, bias);
        map.update();
    }

    @Override
    public Engine engine() {
        return map.engine();
    }

    @Override
    public Type type() {
        return map.type();
    }

    @Override
    public int batch() {
        return map.batch();
    }

    @Override
    public int n() {
        return map.n();
    }

    /**
     * Bytes that this cell holds, with W in every format. The first {@link #vjp} adds a transposed copy of W, the first gradient of x one
     * of U, and the first {@link #secondGradients} memory for another linearisation.
     */
    @Override
    public long bytes() {
        return map.bytes() + parameters.bytes();
    }

    /**
     * This cell with W rounded to a format: the cheap map of mixed precision. For {@link Format#FULL} it is the cell itself. It shares b
     * and the injected input, follows {@link #update}, and closes with the cell. Not thread-safe together with the cell.
     *
     * @throws IllegalArgumentException if the constructor was not given the format
     */
    public FixedPointMap in(Format format) {
        return format == Format.FULL ? this : map.in(format);
    }

    /** The size of W in a format that the cell keeps: the bytes of W that one evaluation reads, for any batch. */
    public long weightBytes(Format format) {
        return map.weightBytes("W", format);
    }

    @Override
    public ReplicatedMap replicas() {
        return map.replicas();
    }

    @Override
    public LinearOperator adjoint() {
        return map.adjoint();
    }

    /** The cell with W in the first narrower format that the constructor was given; null if it was given none. */
    @Override
    public FixedPointMap approximation() {
        return map.approximation();
    }

    @Override
    public long version() {
        return map.version();
    }

    @Override
    public long linearisation() {
        return map.linearisation();
    }

    /**
     * Sets the input of the following solves, until the next {@link #update}. Row p of x belongs to row p of the batch.
     *
     * @param x {@code rows × inputs}, with at most {@link #batch} rows; read, not kept. The remaining rows of the batch then have no input
     */
    @Override
    public void inject(Block x) {
        map.inject(x);
    }

    /** Sets the input of one row of the batch, for a stream. Reads x, {@code 1 × inputs}, and does not keep it. */
    public void inject(int row, Block x) {
        map.inject(row, x);
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        map.apply(z, out, rows);
    }

    @Override
    public void linearise(Block z, Rows rows) {
        map.linearise(z, rows);
    }

    /** The same for the first {@code z.rows()} rows of the batch, each at its own position, as in a backward solve. */
    public void linearise(Block z) {
        all.reset(Arguments.present("linearise", "z", z).rows());
        map.linearise(z, all);
    }

    @Override
    public void vjp(Block u, Block out, Rows rows) {
        map.vjp(u, out, rows);
    }

    @Override
    public void jvp(Block v, Block out, Rows rows) {
        map.jvp(v, out, rows);
    }

    private Block[] sums(String operation, Gradients sum) {
        Arguments.present(operation, "the record of gradients", sum);
        sums[0] = sum.w;
        sums[1] = sum.u;
        sums[2] = sum.b;
        return sums;
    }

    /**
     * With {@code d = φ' ⊙ v} adds {@code ∂L/∂W = dᵀ z}, {@code ∂L/∂U = dᵀ x}, {@code ∂L/∂b = Σ d} and {@code ∂L/∂x = d U}. Allocates
     * nothing after its first call.
     */
    @Override
    public void gradients(Block v, Block z, Block x, Rows rows, Gradients sum) {
        map.gradients(v, z, x, rows, sums("gradients", sum), sum.x);
    }

    @Override
    public void gradients(Block v, Block z, Block x, Gradients sum) {
        all.reset(Arguments.present("gradients", "v", v).rows());
        gradients(v, z, x, all, sum);
    }

    /** Computed as by {@link CellMap#secondGradients}. */
    @Override
    public void secondGradients(Block c, Block u, Block z, Block x, Rows rows, Gradients sum, Block dz) {
        map.secondGradients(c, u, z, x, rows, sums("secondGradients", sum), sum.x, dz);
    }

    @Override
    public void secondGradients(Block c, Block u, Block z, Block x, Gradients sum, Block dz) {
        all.reset(Arguments.present("secondGradients", "c", c).rows());
        secondGradients(c, u, z, x, all, sum, dz);
    }

    @Override
    public void close() {
        map.close();
        parameters.close();
    }
}
