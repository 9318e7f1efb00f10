package dev.zstar;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseParameters;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import java.util.List;

/**
 * An equilibrium layer {@code z = φ(W z + U x + b)} in arrays of floats, which owns its memory:
 *
 * <pre>{@code
 * try (var layer = Equilibrium.of(DenseCell.tanh(w, u, b)).tolerance(1e-6).build()) {
 *     float[][] z = layer.forward(x);           // one equilibrium for each row of x
 *     float[][] dx = layer.backward(dz);        // ∂L/∂x from ∂L/∂z; ∂L/∂W, ∂L/∂U, ∂L/∂b add up in layer.gradients()
 * }
 * }</pre>
 *
 * <p>Takes batches of any size. It copies in and out; {@link EquilibriumLayer} does the same on blocks, and allocates nothing. Not for two
 * threads at once.
 */
public final class Equilibrium implements AutoCloseable {
    private final Engine engine;
    private final Stopping stopping;
    private final GradientMode mode;
    private final boolean lenient;
    private DenseParameters parameters;
    private DenseParameters gradients;
    private DenseLayer layer;
    private boolean closed;

    private Equilibrium(Builder builder) {
        engine = Engines.best(builder.threads);
        stopping = builder.stopping;
        mode = builder.mode;
        lenient = builder.lenient;
        parameters = builder.parameters;
        gradients = zeros(parameters);
    }

    /** Describes a layer of one dense cell. */
    public static Builder of(DenseParameters parameters) {
        return new Builder(Arguments.present("equilibrium", "the cell", parameters));
    }

    /** How a layer solves. */
    public static final class Builder {
        private final DenseParameters parameters;
        private Stopping stopping = Stopping.relative(1e-5);
        private GradientMode mode = GradientMode.DEFAULT;
        private int threads = 1;
        private boolean lenient;

        private Builder(DenseParameters parameters) {
            this.parameters = parameters;
        }

        /** Solves until {@code ‖f(z) - z‖ ≤ tolerance · ‖f(z)‖} in each row; 10⁻⁵ otherwise. */
        public Builder tolerance(double tolerance) {
            return stopping(Stopping.relative(tolerance).within(stopping.maxEvaluations()));
        }

        /** Another stopping rule of the forward solve. */
        public Builder stopping(Stopping stopping) {
            this.stopping = Arguments.present("equilibrium", "the stopping rule", stopping);
            return this;
        }

        /** How gradients are computed; {@link GradientMode#DEFAULT} otherwise. */
        public Builder gradients(GradientMode mode) {
            this.mode = Arguments.present("equilibrium", "the gradient mode", mode);
            return this;
        }

        /** Threads to compute with; one otherwise. */
        public Builder threads(int threads) {
            Arguments.atLeast("equilibrium", "the number of threads", threads, 1);
            this.threads = threads;
            return this;
        }

        /** Returns rows that were not solved, instead of throwing: {@link Equilibrium#rows} says which. */
        public Builder lenient() {
            lenient = true;
            return this;
        }

        /** Builds the layer, on the best engine that this machine has. */
        public Equilibrium build() {
            return new Equilibrium(this);
        }
    }

    /**
     * How a row of the last {@link #forward} ended.
     *
     * @param status why it ended
     * @param residual {@code ‖f(z) - z‖ / ‖f(z)‖} at what was returned
     * @param evaluations of the cell for this row
     */
    public record Row(Status status, double residual, int evaluations) {}

    /**
     * Solves each row from zeros.
     *
     * @param x {@code rows × inputs}
     * @return {@code rows × n}
     * @throws NotSolved if a row was not solved, unless the layer is {@linkplain Builder#lenient lenient}
     */
    public float[][] forward(float[][] x) {
        requireOpen();
        requireShape("forward", "x", x, parameters.inputs());
        if (layer == null || layer.batch() < x.length) {
            closeLayer();
            layer = new DenseLayer(engine, parameters, x.length, stopping, mode);
        }
        float[][] z = layer.forward(x);
        if (!lenient) {
            layer.requireSolved();
        }
        return z;
    }

    /**
     * Pulls a gradient back through the last {@link #forward}. The gradients with respect to the parameters are added to
     * {@link #gradients}. A row that was not solved adds nothing, and gets zeros.
     *
     * @param dz the gradient of the loss with respect to z, {@code rows × n}
     * @return the gradient with respect to x, {@code rows × inputs}
     */
    public float[][] backward(float[][] dz) {
        requireOpen();
        if (layer == null || layer.rows() == 0) {
            throw new IllegalStateException("backward: no forward pass came before; expected forward(x) first, after each update");
        }
        requireShape("backward", "dz", dz, parameters.n());
        if (dz.length != layer.rows()) {
            throw new IllegalArgumentException("backward: dz has " + dz.length + " rows, expected " + layer.rows()
                    + ", as the last forward");
        }
        return layer.backward(dz, gradients);
    }

    /** How each row of the last {@link #forward} ended. */
    public List<Row> rows() {
        requireOpen();
        return layer == null ? List.of() : layer.ends();
    }

    /** The parameters: the arrays that the layer was given last. */
    public DenseParameters parameters() {
        return parameters;
    }

    /** Gradients with respect to the parameters, summed over all {@link #backward} since {@link #clearGradients}. The layer's arrays. */
    public DenseParameters gradients() {
        return gradients;
    }

    /** Sets the gradients to zero. */
    public void clearGradients() {
        gradients = zeros(parameters);
    }

    /**
     * Takes new parameters, or the same arrays with new values.
     *
     * @param parameters of the same shapes and with the same activation
     */
    public void update(DenseParameters parameters) {
        requireOpen();
        Arguments.present("update", "the parameters", parameters);
        if (parameters.n() != this.parameters.n() || parameters.inputs() != this.parameters.inputs()
                || parameters.activation() != this.parameters.activation()) {
            throw new IllegalArgumentException("update: a " + describe(parameters) + ", expected a " + describe(this.parameters));
        }
        this.parameters = parameters;
        if (layer != null) {
            layer.update(parameters);
        }
    }

    private static String describe(DenseParameters p) {
        return p.activation() + " cell of " + p.n() + " elements and " + p.inputs() + " inputs";
    }

    private static DenseParameters zeros(DenseParameters p) {
        return new DenseParameters(p.activation(), new float[p.n()][p.n()], new float[p.n()][p.inputs()], new float[p.n()]);
    }

    private static void requireShape(String operation, String name, float[][] matrix, int cols) {
        Arguments.atLeast(operation, "rows of " + name, Arguments.present(operation, name, matrix).length, 1);
        for (int i = 0; i < matrix.length; i++) {
            if (Arguments.present(operation, "row " + i + " of " + name, matrix[i]).length != cols) {
                throw new IllegalArgumentException(
                        operation + ": row " + i + " of " + name + " has " + matrix[i].length + " numbers, expected " + cols);
            }
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("this layer was used after it was closed");
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
