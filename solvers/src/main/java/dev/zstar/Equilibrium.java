package dev.zstar;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.DenseParameters;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome;
import dev.zstar.solvers.implicit.LayerMemory;
import dev.zstar.solvers.parameters.Parameters;
import java.util.List;

/**
 * An equilibrium layer {@code z = f(z, x; θ)} that takes and returns arrays of floats, and owns its memory. With one dense layer,
 * {@code z = φ(W z + U x + b)}, its parameters are arrays:
 *
 * <pre>{@code
 * // w: n × n, u: n × inputs, b: n numbers; x: rows × inputs, dz: rows × n
 * try (var layer = Equilibrium.of(DenseCell.tanh(w, u, b)).build()) {
 *     float[][] z = layer.forward(x);           // one equilibrium for each row of x
 *     float[][] dx = layer.backward(dz);        // ∂L/∂x from ∂L/∂z; ∂L/∂W, ∂L/∂U, ∂L/∂b add up in layer.gradients()
 * }
 * }</pre>
 *
 * <p>Of any other network, described as a {@link Cell}, the parameters are {@link Parameters}:
 *
 * <pre>{@code
 * Cell cell = Cell.of(Type.F32, Shape.vector(64), Shape.vector(8), (net, z, x) ->
 *         net.linear("w", z, 64).plus(net.linear("u", x, 64)).tanh());
 * try (var layer = Equilibrium.of(cell).build()) {
 *     …
 *     Block dw = layer.gradients().get("w.weight");
 * }
 * }</pre>
 *
 * <p>A row of x or z is flat, whatever its shape: that of {@code Shape.tokens(16, 8)} has 128 numbers, token after token.
 *
 * <p>Defaults: the element type of the cell, one thread, {@link ForwardMethod#ANDERSON} from a start at zeros, a relative tolerance of
 * 10⁻⁵ in each row, at most 200 evaluations, and {@link GradientMode#DEFAULT}. Rows are counted from 0.
 *
 * <p>Takes batches of any size. A batch larger than all before replaces the plan, which allocates; smaller batches reuse it. Arrays are
 * copied in and out; {@link EquilibriumLayer} does the same on blocks, and allocates nothing once it is warm. A cell in f64 computes in
 * f64, and its results are rounded to f32 in the arrays. Not thread-safe.
 *
 * @param <P> what holds the parameters
 */
public final class Equilibrium<P> implements AutoCloseable {
    private final Engine engine;
    private final Model<P> model;
    private final ArrayLayer.Options options;
    /** Whether the methods were chosen to fit a number of blocks. */
    private final boolean limited;
    private final boolean lenient;
    private ArrayLayer<?> layer;
    private List<GradientRow> gradientRows = List.of();
    private int step;
    private boolean closed;

    Equilibrium(EquilibriumBuilder<P> builder) {
        options = new ArrayLayer.Options(builder.stopping, builder.methods(), builder.observer);
        limited = builder.blocks > 0;
        lenient = builder.lenient;
        model = builder.model.get();
        Engine started = null;
        try {
            started = builder.pool == null ? Engines.best(builder.threads) : Engines.best(builder.threads, builder.pool);
            ArrayLayer.requireFit(options, started, model.type(), model.n());
        } catch (Throwable e) {
            model.close();
            if (started != null) {
                started.close();
            }
            throw e;
        }
        engine = started;
    }

    /** Describes a layer of one dense cell. The arrays of the parameters are kept, not copied. */
    public static EquilibriumBuilder<DenseParameters> of(DenseParameters parameters) {
        Arguments.present("equilibrium", "the record of parameters", parameters);
        return new EquilibriumBuilder<>(() -> new DenseModel(parameters));
    }

    /** Describes a layer of a cell whose parameters have their first values, from the seed 1. The layer owns them. */
    public static EquilibriumBuilder<Parameters> of(Cell cell) {
        Arguments.present("equilibrium", "the cell", cell);
        return new EquilibriumBuilder<>(() -> new CellModel(cell, cell.parameters(1), true));
    }

    /** Describes a layer of a cell. The parameters stay the caller's; do not close them before the layer. */
    public static EquilibriumBuilder<Parameters> of(Cell cell, Parameters parameters) {
        Arguments.present("equilibrium", "the cell", cell);
        Arguments.present("equilibrium", "the parameters", parameters);
        return new EquilibriumBuilder<>(() -> new CellModel(cell, parameters, false));
    }

    /**
     * How a row of the last {@link #forward} ended.
     *
     * @param status why it ended
     * @param residual the relative residual of the row that was returned, {@code ‖f(z) - z‖ / ‖f(z)‖}
     * @param evaluations the number of evaluations of the cell for this row
     */
    public record Row(Status status, double residual, int evaluations) {}

    /**
     * What the last {@link #backward} did with a row.
     *
     * @param use whether the gradient of the row was added to {@link #gradients}
     * @param forward how the forward solve of the row ended
     * @param backward how its backward solve ended; {@link Status#COMPLETED_FIXED_STEPS} for a mode that solves nothing
     * @param residual as in {@link GradientOutcome#residual}; NaN for a mode that computes none
     */
    public record GradientRow(GradientOutcome.Use use, Status forward, Status backward, double residual) {}

    /**
     * Sets the number of the training step that follows, counted from 0, for a {@linkplain GradientMode#then schedule} of gradient modes.
     * Does nothing for any other mode. If the mode changes, call {@link #forward} again before the next {@link #backward}.
     */
    public void step(int step) {
        requireOpen("step");
        Arguments.atLeast("step", "the number of the step", step, 0);
        this.step = step;
        if (layer != null) {
            layer.step(step);
        }
    }

    /**
     * Finds the equilibrium of each row, starting from zeros. The first call, and each call with a larger batch than all before, allocates.
     *
     * <p>If a row fails and the layer is not lenient, the cell is evaluated up to sixty times more, to find the reasons.
     *
     * @param x {@code rows × inputs} finite numbers
     * @return {@code rows × n}
     * @throws IllegalArgumentException if x has another shape, or holds NaN or infinity
     * @throws NotSolved if a row was not solved, unless the layer is {@linkplain EquilibriumBuilder#lenient lenient}; {@link #rows}
     *     still reports
     */
    public float[][] forward(float[][] x) {
        requireOpen("forward");
        ArrayLayer.requireMatrix("forward", "x", x, model.inputs(), model.inputLayout());
        gradientRows = List.of();
        if (layer == null || layer.batch() < x.length) {
            closeLayer();
            layer = ArrayLayer.of(engine, model, x.length, options);
            layer.step(step);
        }
        float[][] z = layer.forward(x);
        if (!lenient) {
            layer.requireSolved();
        }
        return z;
    }

    /**
     * Pulls a gradient back through the last {@link #forward}. The gradients with respect to the parameters are added to
     * {@link #gradients}. A lenient layer skips a row whose forward or backward solve failed: it adds nothing, and its row of the result is
     * zero (but see {@link GradientOutcome.Use#INCOMPLETE}). May be called more than once after a forward pass, for several losses.
     *
     * @param dz the gradient of the loss with respect to z, {@code rows × n} finite numbers
     * @return the gradient with respect to x, {@code rows × inputs}
     * @throws IllegalArgumentException if dz has another shape, or holds NaN or infinity
     * @throws NotSolved if the forward or the backward solve of a row failed, unless the layer is
     *     {@linkplain EquilibriumBuilder#lenient lenient}. Then nothing is added to {@link #gradients}; {@link #gradientRows} still reports
     */
    public float[][] backward(float[][] dz) {
        requireOpen("backward");
        if (layer == null || layer.rows() == 0) {
            throw new IllegalStateException("backward: there was no forward pass since the layer was built or last updated, "
                    + "expected forward(x) first");
        }
        ArrayLayer.requireMatrix("backward", "dz", dz, model.n(), model.stateLayout());
        if (dz.length != layer.rows()) {
            throw new IllegalArgumentException("backward: the number of rows of dz is " + dz.length + ", expected " + layer.rows()
                    + ", that of x in the last forward");
        }
        model.requireGradients("backward");
        GradientOutcome outcome = layer.backward(dz);
        gradientRows = ArrayLayer.gradientRows(outcome);
        if (!lenient) {
            ArrayLayer.requireSolved(outcome);
        }
        return layer.addGradients();
    }

    /** How each row of the last {@link #forward} ended; empty before it and after {@link #update}. */
    public List<Row> rows() {
        requireOpen("rows");
        return layer == null ? List.of() : layer.ends();
    }

    /** What the last {@link #backward} did with each row; empty if there was none since the last {@link #forward}. */
    public List<GradientRow> gradientRows() {
        requireOpen("gradientRows");
        return gradientRows;
    }

    /**
     * The parameters: the arrays that the layer was last given, not copies. After changing their elements call {@link #update}; until then
     * it is undefined which values count.
     */
    public P parameters() {
        return model.parameters();
    }

    /**
     * Gradients with respect to the parameters, summed over all {@link #backward} since the last {@link #clearGradients}. Always the same
     * arrays, not copies.
     */
    public P gradients() {
        return model.gradients();
    }

    /** Sets the elements of {@link #gradients} to zero, in place. */
    public void clearGradients() {
        model.clearGradients();
    }

    /**
     * Takes new parameters, or the same with new values. Call {@link #forward} again before the next {@link #backward}. Unlike the first
     * plan, an update does not look for NaN or infinity.
     *
     * @param parameters of the same shapes and with the same activation
     */
    public void update(P parameters) {
        requireOpen("update");
        model.update(Arguments.present("update", "the record of parameters", parameters));
        gradientRows = List.of();
        if (layer != null) {
            layer.update();
        }
    }

    /**
     * The bytes that the forward and the backward pass hold now, and the cell. Larger batches take more. The blocks that x, z and dz are
     * copied to are not counted.
     *
     * @throws IllegalStateException before the first {@link #forward}
     */
    public LayerMemory memory() {
        requireOpen("memory");
        if (layer == null) {
            throw new IllegalStateException("memory: there was no forward pass yet, expected forward(x) first");
        }
        return layer.memory();
    }

    /** Such as {@code TANH cell of 8 elements and 2 inputs, to a relative tolerance of 1.0E-5, on the simd engine with 1 thread}. */
    @Override
    public String toString() {
        double tolerance = options.stopping().relative();
        return model + (tolerance > 0 ? ", to a relative tolerance of " + tolerance : "") + (limited ? ", by " + options.methods() : "")
                + ", on the "
                + engine + (closed ? ", closed" : "");
    }

    private void requireOpen(String operation) {
        if (closed) {
            throw new IllegalStateException(operation + ": this layer was used after it was closed");
        }
    }

    private void closeLayer() {
        if (layer != null) {
            layer.close();
            layer = null;
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            closeLayer();
            model.close();
            engine.close();
        }
    }
}
