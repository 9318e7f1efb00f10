package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.parameters.Initialiser;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.training.ForwardBackward;
import dev.zstar.solvers.training.MonotoneWeights;
import dev.zstar.solvers.training.PeacemanRachford;
import java.util.List;

/**
 * A monotone operator equilibrium network (Winston and Kolter 2020):
 *
 * <pre>
 *   z* = relu(W z* + U x + b),   W = (1 - m) I - AᵀA + B - Bᵀ
 * </pre>
 *
 * <p>with the parameters A, B, U and b. For m above 0 there is one equilibrium for every input and for all values of the parameters,
 * however large W becomes. Plain steps may diverge; a splitting converges to it:
 *
 * <ul>
 *   <li>{@link Splitting#PEACEMAN_RACHFORD}, for every step α; each update of W takes the inverse of a matrix,
 *   <li>{@link Splitting#FORWARD_BACKWARD}, for steps below {@code 2 m / ‖I - W‖²}: {@link #largestStep}.
 * </ul>
 *
 * <p>The gradients are implicit: a backward solve with the cell, whatever found the equilibrium, and then the transpose of the
 * parametrisation. Not thread-safe.
 */
public final class MonotoneDeq implements Body {
    private final Options options;
    private final Allocation owned = new Allocation();
    private final MonotoneWeights monotone;
    private final Parameters parameters;
    private final Block w;
    private final Block dw;
    private final Block da;
    private final Block db;
    private final Block z;
    private final Engine engine;
    private final ForwardBackward cell;
    private final FixedPointSolver solver;
    private final EquilibriumLayer<DenseCell.Gradients> layer;
    /** These two are null for forward-backward. */
    private final PeacemanRachford reflection;
    private final FixedPointSolver reflected;
    private Outcome outcome;
    private Parameters sum;
    private DenseCell.Gradients gradients;

    /** How the equilibrium is found. */
    public enum Splitting {
        /** {@code z ← relu((1 - α) z + α (W z + U x + b))}. */
        FORWARD_BACKWARD,
        /** Reflections of the resolvent and of ReLU; the equilibrium is {@code relu(u)} of its fixed point u. */
        PEACEMAN_RACHFORD
    }

    /**
     * How a model is built and solved.
     *
     * @param type the element type
     * @param n elements of the state
     * @param inputs elements of x
     * @param m the constant of strong monotonicity, above 0
     * @param splitting how the equilibrium is found
     * @param step α
     * @param accelerated whether Anderson acceleration is on top of the splitting; it may converge for larger steps, without a guarantee
     * @param stopping the rule of the forward solve
     * @param mode how the equilibrium is differentiated
     */
    public record Options(Type type, int n, int inputs, double m, Splitting splitting, double step, boolean accelerated, Stopping stopping,
            GradientMode mode) implements Family {
        /** For the digits: m = 0.1 and accelerated Peaceman-Rachford with α = 1, to a tolerance of 10⁻⁴. */
        public static Options digits(Type type, int n) {
            return new Options(type, n, 64, 0.1, Splitting.PEACEMAN_RACHFORD, 1, true, Stopping.relative(1e-4), GradientMode.DEFAULT);
        }

        /** These options with another splitting. */
        public Options with(Splitting splitting, double step, boolean accelerated) {
            return new Options(type, n, inputs, m, splitting, step, accelerated, stopping, mode);
        }

        /** These options with other rules of the solves. */
        public Options with(Stopping stopping, GradientMode mode) {
            return new Options(type, n, inputs, m, splitting, step, accelerated, stopping, mode);
        }

        @Override
        public int features() {
            return n;
        }

        @Override
        public List<Parameter> descriptions() {
            Initialiser first = Initialiser.fanIn(1);
            return List.of(Parameter.matrix("A", n, n, first), Parameter.matrix("B", n, n, first), Parameter.matrix("U", n, inputs, first),
                    Parameter.vector("b", n, Initialiser.constant(0)));
        }

        @Override
        public MonotoneDeq plan(Engine engine, int batch, Parameters parameters) {
            return new MonotoneDeq(engine, this, batch, parameters);
        }

        private FixedPointSolver solver(Engine engine, int batch) {
            return accelerated ? FixedPointSolver.plan(engine, type, batch, n, stopping) : Picard.plan(engine, type, batch, n, 1, stopping);
        }
    }

    private MonotoneDeq(Engine engine, Options options, int batch, Parameters parameters) {
        this.engine = engine;
        this.options = options;
        this.parameters = parameters;
        Type type = options.type();
        int n = options.n();
        monotone = new MonotoneWeights(engine, options.m());
        boolean reflects = options.splitting() == Splitting.PEACEMAN_RACHFORD;
        try {
            w = owned.add(engine.allocate(type, n, n));
            dw = owned.add(engine.allocate(type, n, n));
            da = owned.add(engine.allocate(type, n, n));
            db = owned.add(engine.allocate(type, n, n));
            z = owned.add(engine.allocate(type, batch, n));
            monotone.apply(parameters.get("A"), parameters.get("B"), w);
            Block u = parameters.get("U");
            Block b = parameters.get("b");
            // With α = 1 it is the cell itself. After a reflection it only confirms and differentiates the equilibrium.
            cell = owned.add(new ForwardBackward(engine, Activation.RELU, w, u, b, reflects ? 1 : options.step(), batch));
            reflection = reflects ? owned.add(new PeacemanRachford(engine, Activation.RELU, w, u, b, options.step(), batch)) : null;
            reflected = reflects ? owned.add(options.solver(engine, batch)) : null;
            solver = owned.add(reflects ? FixedPointSolver.plan(cell, options.stopping()) : options.solver(engine, batch));
            layer = owned.add(EquilibriumLayer.plan(cell, solver, options.mode()));
        } catch (Throwable e) {
            owned.close();
            throw e;
        }
    }

    @Override
    public int forward(Block x, Block features) {
        Block states = z.head(x.rows());
        int spent = start(x, states);
        outcome = layer.forward(x, states);
        features.copyFrom(states);
        return spent + outcome.evaluations();
    }

    /** Zeros, or the equilibrium of the reflections, which the cell then confirms, usually with one evaluation. */
    private int start(Block x, Block states) {
        states.fill(0);
        if (reflection == null) {
            return 0;
        }
        reflection.inject(x);
        Outcome found = reflected.solve(reflection, states);
        reflection.equilibrium(states, states);
        return found.evaluations();
    }

    @Override
    public boolean succeeded(int row) {
        return outcome.status(row).isSuccess();
    }

    @Override
    public int backward(Block gradient, Parameters sum) {
        if (this.sum != sum) {
            this.sum = sum;
            gradients = new DenseCell.Gradients(dw, sum.get("U"), sum.get("b"), null);
        }
        dw.fill(0);
        int spent = layer.backward(gradient, gradients).evaluations();
        monotone.vjp(parameters.get("A"), dw, da, db);
        engine.axpy(1, da, sum.get("A"));
        engine.axpy(1, db, sum.get("B"));
        return spent;
    }

    @Override
    public void update() {
        monotone.apply(parameters.get("A"), parameters.get("B"), w);
        cell.update(w, parameters.get("U"), parameters.get("b"));
        if (reflection != null) {
            reflection.update(w, parameters.get("U"), parameters.get("b"));
        }
    }

    /** W; a view. */
    public Block weights() {
        return w;
    }

    /** {@code 2 m / ‖I - W‖²}: forward-backward is known to converge for every smaller α. */
    public double largestStep() {
        return ForwardBackward.largestStep(options.m(), monotone.lipschitz(w, 100));
    }

    /** Of the cell, whose plain steps need not converge, since it need not contract. */
    @Override
    public double depth(Block features) {
        return PlainSteps.count(cell, features, outcome.worstResidual());
    }

    @Override
    public long bytes() {
        return w.bytes() + dw.bytes() + da.bytes() + db.bytes() + z.bytes() + cell.bytes() + solver.bytes() + layer.bytes()
                + (reflection == null ? 0 : reflection.bytes() + reflected.bytes());
    }

    @Override
    public long forwardBytes() {
        return w.bytes() + z.bytes() + cell.bytes() + solver.bytes() + (reflection == null ? 0 : reflection.bytes() + reflected.bytes());
    }

    @Override
    public void close() {
        owned.close();
    }
}
