package dev.zstar;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.DenseParameters;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome;
import dev.zstar.solvers.parameters.Parameters;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * An equilibrium layer {@code z = φ(W z + U x + b)} that takes and returns arrays of floats, and owns its memory:
 *
 * <pre>{@code
 * // w: n × n, u: n × inputs, b: n numbers; x: rows × inputs, dz: rows × n
 * try (var layer = Equilibrium.of(DenseCell.tanh(w, u, b)).build()) {
 *     float[][] z = layer.forward(x);           // one equilibrium for each row of x
 *     float[][] dx = layer.backward(dz);        // ∂L/∂x from ∂L/∂z; ∂L/∂W, ∂L/∂U, ∂L/∂b add up in layer.gradients()
 * }
 * }</pre>
 *
 * <p>Defaults: f32, one thread, {@link ForwardMethod#ANDERSON} from a start at zeros, a relative tolerance of 10⁻⁵ in each row, at most 200
 * evaluations, and {@link GradientMode#DEFAULT}. Rows are counted from 0.
 *
 * <p>Takes batches of any size. A batch larger than all before replaces the plan, which allocates; smaller batches reuse it. Arrays are
 * copied in and out; {@link EquilibriumLayer} does the same on blocks, and allocates nothing once it is warm. Not thread-safe.
 */
public final class Equilibrium<P> implements AutoCloseable {
    private final Engine engine;
    private final Model<P> model;
    private final ArrayLayer.Options options;
    private final boolean lenient;
    private ArrayLayer<?> layer;
    private List<GradientRow> gradientRows = List.of();
    private int step;
    private boolean closed;

    private Equilibrium(Builder<P> builder) {
        options = new ArrayLayer.Options(builder.stopping, builder.mode, builder.method);
        lenient = builder.lenient;
        model = builder.model.get();
        Engine started = null;
        try {
            started = builder.pool == null ? Engines.best(builder.threads) : Engines.best(builder.threads, builder.pool);
            ArrayLayer.requireMethod(options, started, model.type(), model.n());
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
    public static Builder<DenseParameters> of(DenseParameters parameters) {
        Arguments.present("equilibrium", "the record of parameters", parameters);
        return new Builder<>(() -> new DenseModel(parameters));
    }

    /** Describes a layer of a cell whose parameters have their first values, from the seed 1. The layer owns them. */
    public static Builder<Parameters> of(Cell cell) {
        Arguments.present("equilibrium", "the cell", cell);
        return new Builder<>(() -> new CellModel(cell, cell.parameters(1), true));
    }

    /** Describes a layer of a cell. The parameters stay the caller's; do not close them before the layer. */
    public static Builder<Parameters> of(Cell cell, Parameters parameters) {
        Arguments.present("equilibrium", "the cell", cell);
        Arguments.present("equilibrium", "the parameters", parameters);
        return new Builder<>(() -> new CellModel(cell, parameters, false));
    }

    /**
     * Options of a layer. If two settings contradict each other, the later call wins.
     *
     * @param <P> what holds the parameters
     */
    public static final class Builder<P> {
        private final Supplier<Model<P>> model;
        private Stopping stopping = Stopping.relative(1e-5);
        private GradientMode mode = GradientMode.DEFAULT;
        private ForwardMethod method = ForwardMethod.ANDERSON;
        private int threads = 1;
        private Executor pool;
        private boolean lenient;

        private Builder(Supplier<Model<P>> model) {
            this.model = model;
        }

        /**
         * The relative tolerance of each row: the row is solved when {@code ‖f(z) - z‖ ≤ tolerance · ‖f(z)‖}. The default is 10⁻⁵. Keeps
         * all other rules, such as the budgets and an absolute tolerance. After {@link Stopping#fixed} the number of evaluations becomes a
         * budget.
         *
         * @param tolerance at least 0 and below 1; in f32, rounding leaves about 10⁻⁷ to 10⁻⁶
         */
        public Builder<P> tolerance(double tolerance) {
            return stopping(FixedPoint.withTolerance("equilibrium", stopping, tolerance));
        }

        /** These stopping rules of the forward solve instead of all earlier ones, the tolerance and the budget included. */
        public Builder<P> stopping(Stopping stopping) {
            this.stopping = Arguments.present("equilibrium", "the stopping rule", stopping);
            return this;
        }

        /** The method of the forward solve; the default is {@link ForwardMethod#ANDERSON}. */
        public Builder<P> method(ForwardMethod method) {
            this.method = Arguments.present("equilibrium", "the method", method);
            return this;
        }

        /**
         * How gradients are computed; the default is {@link GradientMode#DEFAULT}. {@link GradientMode.BroydenInverse} needs
         * {@link ForwardMethod#BROYDEN}, or another method that plans a {@link Broyden}. For a {@linkplain GradientMode#then schedule} of
         * modes call {@link Equilibrium#step} in each training step.
         */
        public Builder<P> gradients(GradientMode mode) {
            this.mode = Arguments.present("equilibrium", "the gradient mode", mode);
            return this;
        }

        /** The number of threads to compute with, the caller's included; the default is one. */
        public Builder<P> threads(int threads) {
            Arguments.atLeast("equilibrium", "the number of threads", threads, 1);
            this.threads = threads;
            pool = null;
            return this;
        }

        /**
         * The same, with threads borrowed from a pool; the layer then starts none. See {@link Engines#best(int, Executor)}.
         *
         * @param pool lends up to {@code threads - 1} threads at a time, and stays the caller's
         */
        public Builder<P> threads(int threads, Executor pool) {
            threads(threads);
            this.pool = Arguments.present("equilibrium", "the pool", pool);
            return this;
        }

        /**
         * Makes the layer return rows that were not solved instead of throwing. {@link Equilibrium#forward} then returns the best iterate
         * of such a row, and {@link Equilibrium#rows} says which rows these are. {@link Equilibrium#backward} then skips rows without a
         * gradient, and {@link Equilibrium#gradientRows} says which rows these are.
         */
        public Builder<P> lenient() {
            lenient = true;
            return this;
        }

        /**
         * Builds the layer, on the engine of {@link Engines#best}. The caller closes the layer.
         *
         * @throws IllegalArgumentException if the gradient mode needs another method
         */
        public Equilibrium<P> build() {
            return new Equilibrium<>(this);
        }
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
     * @throws NotSolved if a row was not solved, unless the layer is {@linkplain Builder#lenient lenient}; {@link #rows} still reports
     */
    public float[][] forward(float[][] x) {
        requireOpen("forward");
        ArrayLayer.requireMatrix("forward", "x", x, model.inputs());
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
     * @throws NotSolved if the forward or the backward solve of a row failed, unless the layer is {@linkplain Builder#lenient lenient}.
     *     Then nothing is added to {@link #gradients}; {@link #gradientRows} still reports
     */
    public float[][] backward(float[][] dz) {
        requireOpen("backward");
        if (layer == null || layer.rows() == 0) {
            throw new IllegalStateException("backward: there was no forward pass since the layer was built or last updated, "
                    + "expected forward(x) first");
        }
        ArrayLayer.requireMatrix("backward", "dz", dz, model.n());
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

    /** Such as {@code TANH cell of 8 elements and 2 inputs, to a relative tolerance of 1.0E-5, on the simd engine with 1 thread}. */
    @Override
    public String toString() {
        return model + (options.stopping().relative() > 0 ? ", to a relative tolerance of " + options.stopping().relative() : "") + ", on the "
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
