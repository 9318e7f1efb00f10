package dev.zstar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.cells.DenseParameters;
import dev.zstar.solvers.diagnosis.Diagnosis;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** The blocks behind an {@link Equilibrium}, for batches of up to a number of rows. It copies arrays in and out. */
final class DenseLayer implements AutoCloseable {
    private final Stopping stopping;
    private final OwnedMemory memory;
    private final int batch;
    private final DenseCell cell;
    private final FixedPointSolver solver;
    private final EquilibriumLayer<DenseCell.Gradients> layer;
    private final Block w;
    private final Block u;
    private final Block b;
    private final Block x;
    private final Block z;
    private final Block g;
    private final DenseCell.Gradients sums;
    /** Of the last forward pass; 0 after an update. */
    private int rows;
    private Outcome outcome;

    DenseLayer(Engine engine, DenseParameters parameters, int batch, Stopping stopping, GradientMode mode, ForwardMethod method) {
        this.stopping = stopping;
        this.batch = batch;
        int n = parameters.n();
        int inputs = parameters.inputs();
        memory = new OwnedMemory(engine);
        try {
            w = memory.block(Type.F32, n, n);
            u = memory.block(Type.F32, n, inputs);
            b = memory.block(Type.F32, 1, n);
            requireShapes("forward", "", parameters);
            copy(parameters);
            x = memory.block(Type.F32, batch, inputs);
            z = memory.block(Type.F32, batch, n);
            g = memory.block(Type.F32, batch, n);
            sums = new DenseCell.Gradients(memory.block(Type.F32, n, n), memory.block(Type.F32, n, inputs), memory.block(Type.F32, 1, n),
                    memory.block(Type.F32, batch, inputs));
            cell = memory.add(new DenseCell(engine, parameters.activation(), w, u, b, batch), DenseCell::close, DenseCell::bytes);
            solver = memory.add(plan(method, engine, batch, n, stopping), FixedPointSolver::close, FixedPointSolver::bytes);
            layer = memory.add(EquilibriumLayer.plan(engine, Type.F32, batch, n, cell, solver, mode), EquilibriumLayer::close,
                    EquilibriumLayer::bytes);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
    }

    /** Throws if the gradient mode needs another method. What a method plans is known only once it has planned. */
    static void requireMethod(GradientMode mode, ForwardMethod method, Engine engine, int n, Stopping stopping) {
        if (mode.modes().contains(new GradientMode.BroydenInverse())) {
            try (FixedPointSolver planned = plan(method, engine, 1, n, stopping)) {
                if (!(planned instanceof Broyden)) {
                    throw new IllegalArgumentException("equilibrium: the gradient mode is BroydenInverse and the method plans "
                            + planned.getClass().getSimpleName() + ", expected .method(ForwardMethod.BROYDEN) for this mode");
                }
            }
        }
    }

    private static FixedPointSolver plan(ForwardMethod method, Engine engine, int batch, int n, Stopping stopping) {
        return Arguments.present("equilibrium", "the solver that the method planned", method.plan(engine, Type.F32, batch, n, stopping));
    }

    /** Sets the number of the training step, for a schedule of modes. */
    void step(int step) {
        layer.step(step);
    }

    int batch() {
        return batch;
    }

    int rows() {
        return rows;
    }

    float[][] forward(float[][] input) {
        rows = 0;
        copyIn(input, x);
        Block state = z.head(input.length);
        state.fill(0);
        outcome = layer.forward(x.head(input.length), state);
        rows = input.length;
        return copyOut(state);
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
        if (outcome.equals(solver.outcome())) {
            Diagnosis diagnosis = Diagnosis.of(solver, cell, z.head(rows));
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
        copyIn(gradient, g);
        sums.w().fill(0);
        sums.u().fill(0);
        sums.b().fill(0);
        sums.x().fill(0);
        return layer.backward(g.head(rows), new DenseCell.Gradients(sums.w(), sums.u(), sums.b(), sums.x().head(rows)));
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
    float[][] addGradients(DenseParameters sum) {
        add(sums.w(), sum.w());
        add(sums.u(), sum.u());
        add(sums.b(), sum.b());
        return copyOut(sums.x().head(rows));
    }

    List<Equilibrium.Row> ends() {
        List<Equilibrium.Row> ends = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            ends.add(new Equilibrium.Row(outcome.status(row), outcome.residual(row), outcome.evaluations(row)));
        }
        return ends;
    }

    /**
     * Throws if a row of W or U is null or was replaced by one of another length. Called before anything is written.
     *
     * @param of before the name of a matrix, in the message
     */
    static void requireShapes(String operation, String of, DenseParameters p) {
        Arguments.rows(operation, of + "W", p.w(), p.n());
        Arguments.rows(operation, of + "U", p.u(), p.inputs());
    }

    void update(DenseParameters parameters) {
        copy(parameters);
        cell.update(w, u, b);
        rows = 0;
    }

    /** Throws unless a matrix has rows, each of {@code cols} finite numbers. */
    static void requireMatrix(String operation, String name, float[][] matrix, int cols) {
        Arguments.atLeast(operation, "the number of rows of " + name, Arguments.present(operation, name, matrix).length, 1);
        Arguments.rows(operation, name, matrix, cols);
        Arguments.finite(operation, name, matrix);
    }

    /** Gradients with respect to these parameters, all zero. */
    static DenseParameters zeros(DenseParameters p) {
        return new DenseParameters(p.activation(), new float[p.n()][p.n()], new float[p.n()][p.inputs()], new float[p.n()]);
    }

    /** Sets all elements to zero, in place. */
    static void clear(DenseParameters p) {
        for (float[] row : p.w()) {
            Arrays.fill(row, 0);
        }
        for (float[] row : p.u()) {
            Arrays.fill(row, 0);
        }
        Arrays.fill(p.b(), 0);
    }

    private void copy(DenseParameters parameters) {
        copyIn(parameters.w(), w);
        copyIn(parameters.u(), u);
        copyIn(new float[][] {parameters.b()}, b);
    }

    private static void copyIn(float[][] from, Block to) {
        for (int i = 0; i < from.length; i++) {
            for (int j = 0; j < from[i].length; j++) {
                to.set(i, j, from[i][j]);
            }
        }
    }

    private static float[][] copyOut(Block from) {
        float[][] to = new float[from.rows()][from.cols()];
        for (int i = 0; i < to.length; i++) {
            for (int j = 0; j < to[i].length; j++) {
                to[i][j] = (float) from.get(i, j);
            }
        }
        return to;
    }

    private static void add(Block from, float[]... to) {
        for (int i = 0; i < to.length; i++) {
            for (int j = 0; j < to[i].length; j++) {
                to[i][j] += (float) from.get(i, j);
            }
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}
