package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.guard.Arguments;
import java.util.function.Function;

/**
 * The layer {@code z* = f(z*; θ, x)} of a network (Bai, Kolter and Koltun 2019). {@link #forward} solves for z*. {@link #backward} takes
 * the gradient of a loss with respect to z*, and adds those with respect to θ and x to the user's blocks. No forward iterate is stored,
 * unless the {@link GradientMode} needs some.
 *
 * <p>A row whose forward or backward solve failed has no gradient. It adds nothing, or a damped Jacobian-free gradient ({@link #plan}).
 * If a map stops contracting during training, some updates are lost, but the parameters stay intact. {@link GradientOutcome} reports on
 * each row; a layer does not throw for a row that fails. Backpropagation through steps may overflow in the middle; such a row is
 * {@linkplain GradientOutcome.Use#INCOMPLETE incomplete}.
 *
 * <p>A layer that plans its forward solver ({@link LayerMethods}) also closes it, and both passes share memory. A solver of the caller has
 * memory of its own, and stays the caller's. So does the map. Do not use either between a forward pass and its backward pass; before and
 * after that you may. A backward pass refuses a map that has been given other parameters or
 * another input since its forward pass, if the map counts its {@link EquilibriumMap#version}. If assertions are on, it also refuses blocks
 * whose elements have changed. Not thread-safe. Passes allocate nothing once they are warm, except for the first row that fails.
 *
 * @param <G> the blocks to which the map adds gradients
 */
public final class EquilibriumLayer<G> implements AutoCloseable {
    private final EquilibriumMap<G> map;
    private final FixedPointSolver solver;
    private final LayerSpace space;
    private final GradientMode mode;
    /** The different modes of a schedule. All others have one. */
    private final PlannedMode[] modes;
    private PlannedMode current;
    private final GradientOutcome outcome;
    private final ForwardPass pass;
    private final BackwardPass<G> backward;

    /** @param planner plans the solver in the memory of the layer, which then closes it */
    private EquilibriumLayer(Engine engine, EquilibriumMap<G> map, GradientMode mode, double damping, LayerSpace space, int batch,
            Function<Workspace, ? extends FixedPointSolver> planner) {
        this.map = map;
        this.mode = mode;
        this.space = space;
        try {
            Workspace workspace = space.forward();
            solver = planner.apply(workspace);
            solver.requireFits("layer: the forward solver", engine, workspace.type(), batch, workspace.n());
            outcome = new GradientOutcome(batch);
            pass = new ForwardPass(map, workspace.type(), workspace.n(), batch);
            Cotangents cotangents = new Cotangents(space.cotangents(), mode.unrolls());
            modes = mode.modes().stream().map(m -> PlannedMode.plan(m, engine, space, batch, solver, cotangents))
                    .toArray(PlannedMode[]::new);
            backward = new BackwardPass<>(engine, space, batch, map, damping, cotangents, pass, outcome);
        } catch (Throwable e) {
            space.close();
            throw e;
        }
        current = modes[0];
    }

    private static void check(Engine engine, Type type, int batch, int n, Object map, double damping) {
        Arguments.present("layer", "the engine", engine);
        Arguments.present("layer", "the type", type);
        Arguments.present("layer", "the map", map);
        Arguments.atLeast("layer", "n", n, 1);
        Arguments.atLeast("layer", "the batch", batch, 1);
        if (!(damping >= 0 && damping <= 1)) {
            throw new IllegalArgumentException("layer: the damping of failed rows is " + damping + ", expected 0 to 1");
        }
    }

    /**
     * Plans a layer on a solver of the caller. Allocates two blocks, and what the mode needs. The modes of a schedule share memory.
     *
     * @param batch the largest number of rows of a pass
     * @param n the number of elements of a state
     * @param map f
     * @param solver the solver of the forward pass; must be a {@link dev.zstar.solvers.fixedpoint.Broyden} for
     *     {@link GradientMode.BroydenInverse}
     * @param damping 0 to 1: the weight of the Jacobian-free gradient that a failed row adds; 0 skips such rows
     * @throws NullPointerException if an argument is null
     * @throws IllegalArgumentException if a number is out of its range, if the solver is planned for another engine, type or n, or for
     *     fewer rows, or if the mode needs another solver
     */
    public static <G> EquilibriumLayer<G> plan(
            Engine engine, Type type, int batch, int n, EquilibriumMap<G> map, FixedPointSolver solver, GradientMode mode, double damping) {
        check(engine, type, batch, n, map, damping);
        Arguments.present("layer", "the forward solver", solver).requireFits("layer: the forward solver", engine, type, batch, n);
        LayerBlocks blocks = LayerBlocks.of(Arguments.present("layer", "the gradient mode", mode));
        return new EquilibriumLayer<>(engine, map, mode, damping, new LayerSpace(engine, type, batch, n, blocks, 0, false), batch,
                workspace -> solver);
    }

    /** Plans a layer that skips rows that fail: the damping is 0. */
    public static <G> EquilibriumLayer<G> plan(
            Engine engine, Type type, int batch, int n, EquilibriumMap<G> map, FixedPointSolver solver, GradientMode mode) {
        return plan(engine, type, batch, n, map, solver, mode, 0);
    }

    /** Plans a layer with the engine, type, n and batch of the solver, which skips rows that fail. */
    public static <G> EquilibriumLayer<G> plan(EquilibriumMap<G> map, FixedPointSolver solver, GradientMode mode) {
        Arguments.present("layer", "the forward solver", solver);
        return plan(solver.engine(), solver.type(), solver.batch(), solver.n(), map, solver, mode, 0);
    }

    /**
     * Plans a layer that also plans its forward solver, and closes it. Both passes use the same blocks: as many as the larger one takes.
     *
     * @param batch the largest number of rows of a pass
     * @param n the number of elements of a state
     * @param map f
     * @param damping 0 to 1: the weight of the Jacobian-free gradient that a failed row adds; 0 skips such rows
     * @throws NullPointerException if an argument is null
     * @throws IllegalArgumentException if a number is out of its range, or the mode needs another solver
     */
    public static <G> EquilibriumLayer<G> plan(
            Engine engine, Type type, int batch, int n, EquilibriumMap<G> map, LayerMethods methods, double damping) {
        check(engine, type, batch, n, map, damping);
        GradientMode mode = Arguments.present("layer", "the choice of methods", methods).mode();
        Workspace trial = new Workspace(engine, type, 1, n);
        methods.plan(trial).close();
        LayerSpace space = new LayerSpace(engine, type, batch, n, LayerBlocks.of(mode), trial.blocks(), true);
        return new EquilibriumLayer<>(engine, map, mode, damping, space, batch, workspace -> own(space, methods.plan(workspace)));
    }

    private static FixedPointSolver own(LayerSpace space, FixedPointSolver planned) {
        return space.memory().add(planned, FixedPointSolver::close, FixedPointSolver::bytes);
    }

    /** Plans such a layer with the shape of the map. Rows that fail are skipped. */
    public static <G, M extends EquilibriumMap<G> & Shaped> EquilibriumLayer<G> plan(M map, LayerMethods methods) {
        Arguments.present("plan", "the map", map);
        return plan(map.engine(), map.type(), map.batch(), map.n(), map, methods, 0);
    }

    /**
     * Plans a layer with the shape of the map, the solver of {@link FixedPointSolver#plan(Shaped, Stopping)} and
     * {@link GradientMode#DEFAULT}: 27 blocks, which both passes share. Rows that fail are skipped.
     */
    public static <G, M extends EquilibriumMap<G> & Shaped> EquilibriumLayer<G> plan(M map, Stopping stopping) {
        return plan(map, LayerMethods.of(workspace -> Anderson.plan(workspace, Anderson.Options.DEFAULT, stopping), GradientMode.DEFAULT));
    }

    /**
     * Sets the number of the training step that follows, counted from 0. It selects the mode of the next passes if the mode is a
     * {@linkplain GradientMode#then schedule}, and does nothing otherwise. Before the first call it is 0. Allocates nothing: the memory of
     * every mode is planned. A change of the mode discards the last forward pass.
     */
    public void step(int step) {
        Arguments.atLeast("step", "the number of the step", step, 0);
        GradientMode selected = mode.at(step);
        for (PlannedMode planned : modes) {
            if (!current.mode().equals(selected) && planned.mode().equals(selected)) {
                current = planned;
                pass.switched();
            }
        }
    }

    /** The gradient mode of the next passes; never a schedule. */
    public GradientMode mode() {
        return current.mode();
    }

    /**
     * The forward pass of a training step. Calls {@link EquilibriumMap#inject} with x.
     *
     * @param x the input, {@code rows × inputs}; {@link #backward} reads it again, so it must not change before that
     * @param z {@code rows × n}: the start, which is overwritten with the equilibrium; must not change before {@link #backward}
     * @return how the solve went; for modes that unroll, the residual after the last step. The next pass overwrites it
     */
    public Outcome forward(Block x, Block z) {
        return forward(x, z, null);
    }

    /**
     * The same with an observer, which is called after each evaluation of the solve and may end single rows. A row that it stops is a
     * success ({@link dev.zstar.solvers.Status#STOPPED_BY_OBSERVER}), so it has a gradient: that of an equilibrium, at the point where it
     * was stopped.
     *
     * @param observer may be null; must be if the mode unrolls, since it then takes a fixed number of steps
     */
    public Outcome forward(Block x, Block z, RowObserver observer) {
        if (observer != null && mode().unrolls()) {
            throw new IllegalArgumentException("forward: the gradient mode " + mode()
                    + " takes a fixed number of steps, expected no observer, or a mode that solves for the equilibrium");
        }
        pass.begin("forward", x, z);
        map.inject(x);
        Outcome solved = current.forward(map, solver, z, observer);
        outcome.start(solved);
        pass.end(x, z);
        return solved;
    }

    /**
     * The forward pass for inference: {@link #backward} may not follow it. Solves for z* in every gradient mode, including those that
     * unroll.
     *
     * @param x the input, {@code rows × inputs}
     * @param z {@code rows × n}: the start, which is overwritten with the equilibrium
     */
    public Outcome infer(Block x, Block z) {
        return infer(x, z, null);
    }

    /**
     * The same with an observer, such as an exit rule, in every gradient mode.
     *
     * @param observer may be null
     */
    public Outcome infer(Block x, Block z, RowObserver observer) {
        pass.begin("infer", x, z);
        map.inject(x);
        return solver.solve(map, z, observer);
    }

    /**
     * The backward pass: adds the gradients with respect to parameters and input. May be called more than once after a forward pass, for
     * several losses.
     *
     * @param gradient the gradient of the loss with respect to z*, {@code rows × n}
     * @param sum where the gradients are added
     * @return what was done with each row; the next pass overwrites it
     * @throws IllegalStateException if {@link #forward} was not called, or {@link #infer} was called after it, or if the map, x or z has
     *     changed since
     */
    public GradientOutcome backward(Block gradient, G sum) {
        pass.require("backward", gradient);
        Arguments.present("backward", "the record of gradients", sum);
        backward.run(current, gradient, sum);
        return outcome;
    }

    /**
     * Compares the mode's v for a gradient with a tight solve (GMRES, to 10⁻⁶ in f32 and 10⁻¹² in f64). Allocates
     * {@code min(n, 100) + 7} blocks of {@code rows × n} for that solve, and frees them before it returns.
     *
     * @param gradient the gradient of the loss with respect to z*, {@code rows × n}
     * @throws IllegalStateException if {@link #forward} was not called, or {@link #infer} was called after it, or if a forward or backward
     *     solve of a row failed
     */
    public GradientReport report(Block gradient) {
        pass.require("report", gradient);
        return backward.report(current, gradient);
    }

    /** The solver of the forward pass, for a diagnosis. Do not use it between a forward pass and its backward pass. */
    public FixedPointSolver solver() {
        return solver;
    }

    /** Bytes that this layer holds, without the map. The forward solver is counted only if the layer planned it. */
    public long bytes() {
        return space.memory().bytes();
    }

    /** The parts of {@link #bytes}. */
    public LayerMemory memory() {
        return space.count(map.bytes());
    }

    @Override
    public void close() {
        space.close();
    }
}
