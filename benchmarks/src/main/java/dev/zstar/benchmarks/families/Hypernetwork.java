package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.training.heads.LinearHead;
import dev.zstar.solvers.training.heads.MeanSquaredError;
import dev.zstar.solvers.training.optimisers.Adam;
import java.util.List;

/**
 * A network that generates the weights of equilibrium models (Ha, Dai and Le 2016). Each sample has a context k, and its own cell:
 *
 * <pre>
 *   h = tanh(H k + h₀)                       or h = k without a hidden layer
 *   M = G h + g = [W U u]                    the generated weights
 *   z* = tanh(s W z* + U x + u),   y = the first elements of z*
 * </pre>
 *
 * <p>with a factor s that makes every cell contract: {@code s = c / √(1 + ‖M‖_F²)}. Training goes back through both stages: implicit
 * differentiation gives ∂L/∂M of each sample, and backpropagation takes it through the generator.
 *
 * <p>Samples pass in chunks. The generated weights of one chunk and their gradients are all that is ever in memory, whatever the number of
 * samples: {@link Options#generatedBytes}. Not thread-safe.
 */
public final class Hypernetwork implements AutoCloseable {
    private static final String GENERATOR = "generator";
    private static final String HIDDEN = "hidden";

    private final Engine engine;
    private final Options options;
    private final Allocation owned = new Allocation();
    private final Parameters parameters;
    private final Parameters gradients;
    private final LinearHead generator;
    /** Null without a hidden layer. */
    private final LinearHead hidden;
    private final GeneratedCell cell;
    private final FixedPointSolver solver;
    private final EquilibriumLayer<Block> layer;
    private final MeanSquaredError loss;
    private final Adam adam;
    /** ∂L/∂M of a chunk. */
    private final Block generated;
    /** The rows of a chunk. */
    private final Block k;
    private final Block x;
    private final Block t;
    private final Block h;
    private final Block dh;
    private final Block slope;
    private final Block z;
    private final Block dz;
    private final Block y;
    private long failures;

    /**
     * The sizes of both networks, and how the equilibrium is solved and differentiated.
     *
     * @param type the element type
     * @param context elements of a context
     * @param hidden elements of the hidden layer of the generator; 0 for a linear generator
     * @param n elements of the state
     * @param inputs elements of x; {@code n + inputs + 1} numbers must fill whole cache lines of 64 bytes
     * @param outputs elements of y, at most n
     * @param c the bound of {@code ‖s W‖₂}, above 0 and at most 1
     * @param chunk samples whose weights are in memory at the same time
     * @param stopping the rule of the forward solve
     * @param mode how the equilibrium is differentiated
     */
    public record Options(Type type, int context, int hidden, int n, int inputs, int outputs, double c, int chunk, Stopping stopping,
            GradientMode mode) {
        /** Checks the sizes. */
        public Options {
            least("elements of a context", context, 1);
            least("elements of the hidden layer", hidden, 0);
            least("inputs", inputs, 1);
            least("outputs", outputs, 1);
            least("elements of the state", n, outputs);
            least("samples in a chunk", chunk, 1);
            if (!(c > 0 && c <= 1)) {
                throw new IllegalArgumentException("hypernetwork: c is " + c + ", expected above 0 and at most 1");
            }
            if ((n + inputs + 1) * type.bytes() % 64 != 0) {
                throw new IllegalArgumentException("hypernetwork: n + inputs + 1 is " + (n + inputs + 1) + ", expected a multiple of "
                        + 64 / type.bytes() + ", so that the rows of a generated matrix fill whole cache lines");
            }
        }

        private static void least(String what, int value, int least) {
            if (value < least) {
                throw new IllegalArgumentException("hypernetwork: the number of " + what + " is " + value + ", expected at least " + least);
            }
        }

        /** A linear generator, c = 0.9, and solves to 10⁻⁵. */
        public static Options linear(Type type, int context, int n, int inputs, int outputs, int chunk) {
            return new Options(type, context, 0, n, inputs, outputs, 0.9, chunk, Stopping.relative(1e-5), GradientMode.DEFAULT);
        }

        /** The weights of one cell: {@code n (n + inputs + 1)}. */
        public int generated() {
            return n * (n + inputs + 1);
        }

        /** The bytes of the generated weights of a chunk and of their gradients. */
        public long generatedBytes() {
            return 2 * Block.bytes(type, chunk, generated());
        }

        /** The parameters of the generator, which are all that is trained. */
        public List<Parameter> descriptions() {
            return hidden == 0 ? LinearHead.descriptions(GENERATOR, generated(), context)
                    : Parameter.join(LinearHead.descriptions(HIDDEN, hidden, context),
                            LinearHead.descriptions(GENERATOR, generated(), hidden));
        }
    }

    /** A model with random parameters. */
    public Hypernetwork(Engine engine, Options options, long seed) {
        this.engine = engine;
        this.options = options;
        Type type = options.type();
        int chunk = options.chunk();
        int width = options.hidden() == 0 ? options.context() : options.hidden();
        try {
            parameters = owned.add(Parameters.initial(type, options.descriptions(), seed));
            gradients = owned.add(parameters.zerosLike());
            generator = owned.add(new LinearHead(engine, GENERATOR, parameters, chunk));
            hidden = options.hidden() == 0 ? null : owned.add(new LinearHead(engine, HIDDEN, parameters, chunk));
            cell = owned.add(new GeneratedCell(engine, type, chunk, options.n(), options.inputs(), options.c()));
            solver = owned.add(FixedPointSolver.plan(engine, type, chunk, options.n(), options.stopping()));
            layer = owned.add(EquilibriumLayer.plan(cell, solver, options.mode()));
            adam = owned.add(Adam.plan(engine, parameters));
            generated = owned.add(engine.allocate(type, chunk, options.generated()));
            k = owned.add(engine.allocate(type, chunk, options.context()));
            x = owned.add(engine.allocate(type, chunk, options.inputs()));
            t = owned.add(engine.allocate(type, chunk, options.outputs()));
            h = owned.add(engine.allocate(type, chunk, width));
            dh = owned.add(engine.allocate(type, chunk, width));
            slope = owned.add(engine.allocate(type, chunk, width));
            z = owned.add(engine.allocate(type, chunk, options.n()));
            dz = owned.add(engine.allocate(type, chunk, options.n()));
            y = owned.add(engine.allocate(type, chunk, options.outputs()));
        } catch (Throwable e) {
            owned.close();
            throw e;
        }
        loss = new MeanSquaredError(engine, chunk);
    }

    /** The mean squared error of some samples; a row of each block is one sample. */
    public double loss(Block contexts, Block inputs, Block targets) {
        return run(contexts, inputs, targets, false);
    }

    /** The same, and its gradients in {@link #gradients()}. Samples without an equilibrium add nothing to them. */
    public double differentiate(Block contexts, Block inputs, Block targets) {
        gradients.clear();
        return run(contexts, inputs, targets, true);
    }

    /** A step of Adam. Returns the mean squared error before the step. */
    public double train(Block contexts, Block inputs, Block targets, double rate) {
        double error = differentiate(contexts, inputs, targets);
        adam.step(parameters, gradients, rate);
        return error;
    }

    private double run(Block contexts, Block inputs, Block targets, boolean back) {
        int rows = contexts.rows();
        contexts.requireShape("hypernetwork", "the block of contexts", options.type(), rows, options.context());
        inputs.requireShape("hypernetwork", "the block of inputs", options.type(), rows, options.inputs());
        targets.requireShape("hypernetwork", "the block of targets", options.type(), rows, options.outputs());
        double sum = 0;
        for (int from = 0; from < rows; from += options.chunk()) {
            int count = Math.min(options.chunk(), rows - from);
            for (int p = 0; p < count; p++) {
                k.copyRow(contexts, from + p, p);
                x.copyRow(inputs, from + p, p);
                t.copyRow(targets, from + p, p);
            }
            sum += chunk(count, (double) count / rows, back);
        }
        return sum;
    }

    /** The loss of a chunk, which is {@code share} of all samples. */
    private double chunk(int count, double share, boolean back) {
        Block input = input(count);
        generator.apply(input, cell.weights(count));
        Block states = z.head(count);
        states.fill(0);
        Outcome solved = layer.forward(x.head(count), states);
        y.head(count).copyColumns(states, 0, 0, options.outputs());
        double error = loss.apply(y.head(count), t.head(count), y.head(count));
        if (back) {
            engine.scale(share, y.head(count));
            dz.head(count).fill(0);
            dz.head(count).copyColumns(y.head(count), 0, 0, options.outputs());
            Block dM = generated.head(count);
            dM.fill(0);
            for (int p = 0; p < count; p++) {
                failures += solved.status(p).isSuccess() ? 0 : 1;
            }
            layer.backward(dz.head(count), generated);
            generator.gradients(dM, input, gradients);
            backwardThroughHidden(dM);
        }
        return share * error;
    }

    /** h of a chunk. */
    private Block input(int count) {
        if (hidden == null) {
            return k.head(count);
        }
        Block input = h.head(count);
        hidden.apply(k.head(count), input);
        engine.derivative(Activation.TANH, input, slope.head(count));
        engine.activate(Activation.TANH, input, input);
        return input;
    }

    private void backwardThroughHidden(Block dM) {
        if (hidden != null) {
            Block back = dh.head(dM.rows());
            generator.vjp(dM, back);
            engine.multiply(back, slope.head(dM.rows()), back);
            hidden.gradients(back, k.head(dM.rows()), gradients);
        }
    }

    /** The parameters of the generator; a view. */
    public Parameters parameters() {
        return parameters;
    }

    /** The gradients of the last {@link #differentiate}; a view. */
    public Parameters gradients() {
        return gradients;
    }

    /** Samples of training without an equilibrium so far. */
    public long failures() {
        return failures;
    }

    /** Bytes of everything but parameters, gradients and the state of the optimiser; does not depend on the number of samples. */
    public long bytes() {
        long chunks = k.bytes() + x.bytes() + t.bytes() + h.bytes() + dh.bytes() + slope.bytes() + z.bytes() + dz.bytes() + y.bytes();
        return cell.bytes() + generated.bytes() + solver.bytes() + layer.bytes() + generator.bytes()
                + (hidden == null ? 0 : hidden.bytes()) + chunks;
    }

    @Override
    public void close() {
        owned.close();
    }
}
