package dev.zstar;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseParameters;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome;
import java.util.List;
import java.util.concurrent.Executor;

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
public final class Equilibrium implements AutoCloseable {
    private final Engine engine;
    private final Stopping stopping;
    private final GradientMode mode;
    private final ForwardMethod method;
    private final boolean lenient;
    private DenseParameters parameters;
    private final DenseParameters gradients;
    private DenseLayer layer;
    private List<GradientRow> gradientRows = List.of();
    private int step;
    private boolean closed;

    private Equilibrium(Builder builder) {
        engine = builder.pool == null ? Engines.best(builder.threads) : Engines.best(builder.threads, builder.pool);
        stopping = builder.stopping;
        mode = builder.mode;
        method = builder.method;
        lenient = builder.lenient;
        parameters = builder.parameters;
        gradients = DenseLayer.zeros(parameters);
        try {
            DenseLayer.requireMethod(mode, method, engine, parameters.n(), stopping);
        } catch (Throwable e) {
            engine.close();
            throw e;
        }
    }

    /** Describes a layer of one dense cell. The arrays of the parameters are kept, not copied. */
    public static Builder of(DenseParameters parameters) {
        return new Builder(Arguments.present("equilibrium", "the record of parameters", parameters));
    }

    /** Options of a layer. If two settings contradict each other, the later call wins. */
    public static final class Builder {
        private final DenseParameters parameters;
        private Stopping stopping = Stopping.relative(1e-5);
        private GradientMode mode = GradientMode.DEFAULT;
        private ForwardMethod method = ForwardMethod.ANDERSON;
        private int threads = 1;
        private Executor pool;
        private boolean lenient;

        private Builder(DenseParameters parameters) {
            this.parameters = parameters;
        }

        /**
         * The relative tolerance of each row: the row is solved when {@code ‖f(z) - z‖ ≤ tolerance · ‖f(z)‖}. The default is 10⁻⁵. Keeps
         * all other rules, such as the budgets and an absolute tolerance. After {@link Stopping#fixed} the number of evaluations becomes a
         * budget.
         *
         * @param tolerance at least 0 and below 1; in f32, rounding leaves about 10⁻⁷ to 10⁻⁶
         */
        public Builder tolerance(double tolerance) {
            return stopping(FixedPoint.withTolerance("equilibrium", stopping, tolerance));
        }

        /** These stopping rules of the forward solve instead of all earlier ones, the tolerance and the budget included. */
        public Builder stopping(Stopping stopping) {
            this.stopping = Arguments.present("equilibrium", "the stopping rule", stopping);
            return this;
        }

        /** The method of the forward solve; the default is {@link ForwardMethod#ANDERSON}. */
        public Builder method(ForwardMethod method) {
            this.method = Arguments.present("equilibrium", "the method", method);
            return this;
        }

        /**
         * How gradients are computed; the default is {@link GradientMode#DEFAULT}. {@link GradientMode.BroydenInverse} needs
         * {@link ForwardMethod#BROYDEN}, or another method that plans a {@link Broyden}. For a {@linkplain GradientMode#then schedule} of
         * modes call {@link Equilibrium#step} in each training step.
         */
        public Builder gradients(GradientMode mode) {
            this.mode = Arguments.present("equilibrium", "the gradient mode", mode);
            return this;
        }

        /** The number of threads to compute with, the caller's included; the default is one. */
        public Builder threads(int threads) {
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
        public Builder threads(int threads, Executor pool) {
            threads(threads);
            this.pool = Arguments.present("equilibrium", "the pool", pool);
            return this;
        }

        /**
         * Makes the layer return rows that were not solved instead of throwing. {@link Equilibrium#forward} then returns the best iterate
         * of such a row, and {@link Equilibrium#rows} says which rows these are. {@link Equilibrium#backward} then skips rows without a
         * gradient, and {@link Equilibrium#gradientRows} says which rows these are.
         */
        public Builder lenient() {
            lenient = true;
            return this;
        }

        /**
         * Builds the layer, on the engine of {@link Engines#best}. The caller closes the layer.
         *
         * @throws IllegalArgumentException if the gradient mode needs another method
         */
        public Equilibrium build() {
            return new Equilibrium(this);
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
        DenseLayer.requireMatrix("forward", "x", x, parameters.inputs());
        gradientRows = List.of();
        if (layer == null || layer.batch() < x.length) {
            closeLayer();
            layer = new DenseLayer(engine, parameters, x.length, stopping, mode, method);
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
        DenseLayer.requireMatrix("backward", "dz", dz, parameters.n());
        if (dz.length != layer.rows()) {
            throw new IllegalArgumentException("backward: the number of rows of dz is " + dz.length + ", expected " + layer.rows()
                    + ", that of x in the last forward");
        }
        DenseLayer.requireShapes("backward", "the gradient of ", gradients);
        GradientOutcome outcome = layer.backward(dz);
        gradientRows = DenseLayer.gradientRows(outcome);
        if (!lenient) {
            DenseLayer.requireSolved(outcome);
        }
        return layer.addGradients(gradients);
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
    public DenseParameters parameters() {
        return parameters;
    }

    /**
     * Gradients with respect to the parameters, summed over all {@link #backward} since the last {@link #clearGradients}. Always the same
     * arrays, not copies.
     */
    public DenseParameters gradients() {
        return gradients;
    }

    /** Sets the elements of the arrays of {@link #gradients} to zero, in place. */
    public void clearGradients() {
        DenseLayer.clear(gradients);
    }

    /**
     * Takes new parameters, or the same arrays with new values. Call {@link #forward} again before the next {@link #backward}. Unlike the
     * first plan, an update does not look for NaN or infinity.
     *
     * @param parameters of the same shapes and with the same activation
     */
    public void update(DenseParameters parameters) {
        requireOpen("update");
        Arguments.present("update", "the record of parameters", parameters);
        if (parameters.n() != this.parameters.n() || parameters.inputs() != this.parameters.inputs()
                || parameters.activation() != this.parameters.activation()) {
            throw new IllegalArgumentException("update: the parameters are of a " + describe(parameters) + ", expected a "
                    + describe(this.parameters));
        }
        DenseLayer.requireShapes("update", "", parameters);
        this.parameters = parameters;
        gradientRows = List.of();
        if (layer != null) {
            layer.update(parameters);
        }
    }

    private static String describe(DenseParameters p) {
        return p.activation() + " cell of " + p.n() + " elements and " + p.inputs() + " inputs";
    }

    /** Such as {@code TANH cell of 8 elements and 2 inputs, to a relative tolerance of 1.0E-5, on the simd engine with 1 thread}. */
    @Override
    public String toString() {
        return describe(parameters) + (stopping.relative() > 0 ? ", to a relative tolerance of " + stopping.relative() : "") + ", on the "
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
            engine.close();
        }
    }
}
