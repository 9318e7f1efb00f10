package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;

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
 * <p>The layer does not close the map and the forward solver (but see {@link #plan(EquilibriumMap, Stopping)}). Do not use either between a
 * forward pass and its backward pass; before and after that you may. A backward pass refuses a map that has been given other parameters or
 * another input since its forward pass, if the map counts its {@link EquilibriumMap#version}. If assertions are on, it also refuses blocks
 * whose elements have changed. Not thread-safe. Passes allocate nothing once they are warm, except for the first row that fails.
 *
 * @param <G> the blocks to which the map adds gradients
 */
public final class EquilibriumLayer<G> implements AutoCloseable {
    private final EquilibriumMap<G> map;
    private final FixedPointSolver solver;
    private final OwnedMemory memory;
    private final GradientMode mode;
    /** The different modes of a schedule. All others have one. */
    private final PlannedMode[] modes;
    private PlannedMode current;
    private final GradientOutcome outcome;
    private final ForwardPass pass;
    private final BackwardPass<G> backward;

    private EquilibriumLayer(
            Engine engine, Type type, int batch, int n, EquilibriumMap<G> map, FixedPointSolver solver, GradientMode mode, double damping) {
        Arguments.present("layer", "the engine", engine);
        Arguments.present("layer", "the type", type);
        this.map = Arguments.present("layer", "the map", map);
        this.solver = Arguments.present("layer", "the forward solver", solver);
        this.mode = Arguments.present("layer", "the gradient mode", mode);
        Arguments.atLeast("layer", "n", n, 1);
        Arguments.atLeast("layer", "the batch", batch, 1);
        if (!(damping >= 0 && damping <= 1)) {
            throw new IllegalArgumentException("layer: the damping of failed rows is " + damping + ", expected 0 to 1");
        }
        solver.requireFits("layer: the forward solver", engine, type, batch, n);
        outcome = new GradientOutcome(batch);
        pass = new ForwardPass(map, type, n, batch);
        memory = new OwnedMemory(engine);
        try {
            Cotangents cotangents = new Cotangents(engine, memory, type, batch, n, mode.unrolls());
            modes = mode.modes().stream().map(m -> PlannedMode.plan(m, engine, memory, type, batch, n, solver, cotangents))
                    .toArray(PlannedMode[]::new);
            backward = new BackwardPass<>(engine, memory, type, batch, n, map, damping, cotangents, pass, outcome);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
        current = modes[0];
    }

    /**
     * Plans a layer. Allocates two blocks, and what the mode needs; for a schedule, what each of its different modes needs.
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
        return new EquilibriumLayer<>(engine, type, batch, n, map, solver, mode, damping);
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
     * Plans a layer with the shape of the map, the solver of {@link FixedPointSolver#plan(Shaped, Stopping)} and
     * {@link GradientMode#DEFAULT}. The solver closes with the layer. Rows that fail are skipped.
     */
    public static <G, M extends EquilibriumMap<G> & Shaped> EquilibriumLayer<G> plan(M map, Stopping stopping) {
        FixedPointSolver solver = FixedPointSolver.plan(map, stopping);
        try {
            EquilibriumLayer<G> layer = plan(map, solver, GradientMode.DEFAULT);
            layer.memory.add(solver, FixedPointSolver::close, FixedPointSolver::bytes);
            return layer;
        } catch (Throwable e) {
            solver.close();
            throw e;
        }
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

    /**
     * Bytes that this layer holds, without the map. The forward solver is counted only if {@link #plan(EquilibriumMap, Stopping)} made it.
     */
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
