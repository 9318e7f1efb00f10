package dev.zstar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.diagnosis.Diagnosis;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome;
import dev.zstar.solvers.implicit.LayerMemory;
import dev.zstar.solvers.implicit.LayerMethods;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** The blocks behind an {@link Equilibrium}, for batches of up to a number of rows. It copies arrays in and out. */
final class ArrayLayer<G> implements AutoCloseable {
    private final Stopping stopping;
    private final RowObserver observer;
    private final OwnedMemory memory;
    private final int batch;
    private final Model.Plan<G> plan;
    private final EquilibriumLayer<G> layer;
    private final Block x;
    private final Block z;
    private final Block g;
    /** Of the last forward pass; 0 after an update. */
    private int rows;
    private Outcome outcome;

    private ArrayLayer(Engine engine, Model<?> model, Model.Plan<G> plan, int batch, Options options) {
        stopping = options.stopping();
        observer = options.observer();
        this.plan = plan;
        this.batch = batch;
        int n = model.n();
        Type type = model.type();
        memory = new OwnedMemory(engine);
        try {
            memory.add(plan, Model.Plan::close, p -> 0);
            x = memory.block(type, batch, model.inputs());
            z = memory.block(type, batch, n);
            g = memory.block(type, batch, n);
            layer = memory.add(EquilibriumLayer.plan(engine, type, batch, n, plan.map(), options.methods(), 0), EquilibriumLayer::close,
                    EquilibriumLayer::bytes);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
    }

    /** How an equilibrium is solved and differentiated. The observer is null for none. */
    record Options(Stopping stopping, LayerMethods methods, RowObserver observer) {}

    /** These methods of the forward solve and of the gradient. */
    static LayerMethods methods(ForwardMethod method, Stopping stopping, GradientMode mode) {
        return LayerMethods.of(workspace -> Arguments.present("equilibrium", "the solver that the method planned",
                method.plan(workspace, stopping)), mode);
    }

    static ArrayLayer<?> of(Engine engine, Model<?> model, int batch, Options options) {
        return of(engine, model, model.plan(engine, batch), batch, options);
    }

    private static <G> ArrayLayer<G> of(Engine engine, Model<?> model, Model.Plan<G> plan, int batch, Options options) {
        return new ArrayLayer<>(engine, model, plan, batch, options);
    }

    /** Throws if the gradient mode needs another method, or takes no observer. What a method plans is known only once it has planned. */
    static void requireFit(Options options, Engine engine, Type type, int n) {
        GradientMode mode = options.methods().mode();
        if (options.observer() != null) {
            mode.modes().stream().filter(GradientMode::unrolls).findFirst().ifPresent(one -> {
                throw new IllegalArgumentException("equilibrium: the gradient mode " + one
                        + " takes a fixed number of steps, expected no observer, or a mode that solves for the equilibrium");
            });
        }
        if (mode.modes().contains(new GradientMode.BroydenInverse())) {
            try (FixedPointSolver planned = options.methods().plan(new Workspace(engine, type, 1, n))) {
                if (!(planned instanceof Broyden)) {
                    throw new IllegalArgumentException("equilibrium: the gradient mode is BroydenInverse and the method plans "
                            + planned.getClass().getSimpleName() + ", expected .method(ForwardMethod.BROYDEN) for this mode");
                }
            }
        }
    }

    /** Sets the number of the training step, for a schedule of modes. */
    void step(int step) {
        layer.step(step);
    }

    int batch() {
        return batch;
    }

    LayerMemory memory() {
        return layer.memory();
    }

    int rows() {
        return rows;
    }

    float[][] forward(float[][] input) {
        rows = 0;
        RowArrays.copyIn(input, x);
        Block state = z.head(input.length);
        state.fill(0);
        outcome = layer.forward(x.head(input.length), state, observer);
        rows = input.length;
        return RowArrays.copyOut(state);
    }

    /** Throws unless all rows were solved. */
    void requireSolved() {
        if (!outcome.succeeded()) {
            List<Integer> failed = where(rows, row -> !outcome.status(row).isSuccess());
            String tolerance = stopping.relative() > 0 ? " to a relative tolerance of " + stopping.relative() : "";
            String counted = Endings.count(failed.size(), rows, "was not solved", "were not solved");
            throw new NotSolved(counted + tolerance + ". " + reasons(failed)
                    + " To get all rows instead of this exception, build the layer with .lenient().", failed);
        }
    }

    private String reasons(List<Integer> failed) {
        FixedPointSolver solver = layer.solver();
        if (outcome.equals(solver.outcome())) {
            Diagnosis diagnosis = Diagnosis.of(solver, plan.map(), z.head(rows));
            return String.join(" ", diagnosis.failures()) + " " + Endings.otherMethods(solver, diagnosis);
        }
        // A mode that unrolls takes its steps itself, and the solver has not run.
        String steps = layer.mode() instanceof GradientMode.Reversible ? "reversible" : "plain";
        return Endings.list(failed, row -> "The " + steps + " steps of row " + row + " ended with " + Endings.of(outcome.status(row)))
                + ".";
    }

    private static List<Integer> where(int rows, IntPredicate failed) {
        return IntStream.range(0, rows).filter(failed).boxed().toList();
    }

    /** The backward pass. Its gradients wait for {@link #addGradients}. */
    GradientOutcome backward(float[][] gradient) {
        RowArrays.copyIn(gradient, g);
        return layer.backward(g.head(rows), plan.clear(rows));
    }

    static List<Equilibrium.GradientRow> gradientRows(GradientOutcome outcome) {
        return IntStream.range(0, outcome.batch()).mapToObj(row -> new Equilibrium.GradientRow(
                outcome.use(row), outcome.forward(row), outcome.backward(row), outcome.residual(row))).toList();
    }

    /** Throws unless all rows have a gradient. */
    static void requireSolved(GradientOutcome outcome) {
        if (!outcome.succeeded()) {
            List<Integer> failed = where(outcome.batch(), row -> outcome.use(row) != GradientOutcome.Use.ADDED);
            throw new NotSolved("backward: " + Endings.count(failed.size(), outcome.batch(), "has no gradient", "have no gradient") + ". "
                    + Endings.list(failed, row -> ending(outcome, row)) + ". Nothing was added to the gradients. "
                    + "To add those of the other rows, build the layer with .lenient().", failed);
        }
    }

    private static String ending(GradientOutcome outcome, int row) {
        boolean early = !outcome.forward(row).isSuccess();
        return "The " + (early ? "forward" : "backward") + " solve of row " + row + " ended with "
                + Endings.of(early ? outcome.forward(row) : outcome.backward(row)) + (early ? "" : Endings.at(outcome.residual(row)));
    }

    /** Adds the gradients of the last backward pass to those of the parameters, and returns those of x. */
    float[][] addGradients() {
        plan.addGradients();
        return RowArrays.copyOut(plan.dx().head(rows));
    }

    List<Equilibrium.Row> ends() {
        List<Equilibrium.Row> ends = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            ends.add(new Equilibrium.Row(outcome.status(row), outcome.residual(row), outcome.evaluations(row)));
        }
        return ends;
    }

    /**
     * Throws unless a matrix has rows, each of {@code cols} finite numbers.
     *
     * @param layout what the numbers of a row are, such as {@code 128 (16 tokens × 8)}
     */
    static void requireMatrix(String operation, String name, float[][] matrix, int cols, String layout) {
        Arguments.atLeast(operation, "the number of rows of " + name, Arguments.present(operation, name, matrix).length, 1);
        Arguments.rows(operation, name, matrix, cols, layout);
        Arguments.finite(operation, name, matrix);
    }

    /** Reads the parameters again. */
    void update() {
        plan.update();
        rows = 0;
    }

    @Override
    public void close() {
        memory.close();
    }
}
