package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Finite;
import dev.zstar.solvers.guard.OwnedMemory;

/**
 * The layer {@code z* = f(z*; θ, x)} of a network (Bai, Kolter and Koltun 2019). {@link #forward} solves for z*. {@link #backward} takes
 * the gradient of a loss with respect to z*, and adds those with respect to θ and x to the user's blocks. No forward iterate is stored,
 * unless the {@link GradientMode} needs some.
 *
 * <p>A row whose forward or backward solve failed has no gradient. It adds nothing, or a damped Jacobian-free gradient ({@link #plan}).
 * If a map stops contracting during training, some updates are lost, but the parameters stay intact. {@link GradientOutcome} reports on
 * each row; a layer does not throw for a row that fails.
 *
 * <p>The layer does not close the map and the forward solver (but see {@link #plan(EquilibriumMap, Stopping)}). Do not use either between a
 * forward pass and its backward pass; before and after that you may. A backward pass refuses a map that has been given other parameters or
 * another input since its forward pass, if the map counts its {@link EquilibriumMap#version}. If assertions are on, it also refuses blocks
 * whose elements have changed. Not thread-safe. Passes allocate nothing once they are warm, except for the first row that fails.
 *
 * @param <G> the blocks to which the map adds gradients
 */
public final class EquilibriumLayer<G> implements AutoCloseable {
    private final Engine engine;
    private final int n;
    private final EquilibriumMap<G> map;
    private final FixedPointSolver solver;
    private final double damping;
    private final OwnedMemory memory;
    /** Remembers the forward solve; null if the mode does not need it. */
    private final MultiSecant secants;
    /** Finds v; null for modes that unroll. */
    private final AdjointMethod method;
    /** Null for all other modes. */
    private final Unrolling unrolling;
    private final LinearOperator adjoint;
    private final GradientOutcome outcome;
    private final Rows all;
    /** Rows that have a gradient. */
    private final Rows used;
    private final Block v;
    private final Block masked;
    private final double[] norms;
    private final PackedRows packed;
    private final ForwardPass pass;

    private EquilibriumLayer(
            Engine engine, Type type, int batch, int n, EquilibriumMap<G> map, FixedPointSolver solver, GradientMode mode, double damping) {
        this.engine = Arguments.present("layer", "the engine", engine);
        Arguments.present("layer", "the type", type);
        this.map = Arguments.present("layer", "the map", map);
        this.solver = Arguments.present("layer", "the forward solver", solver);
        Arguments.present("layer", "the gradient mode", mode);
        Arguments.atLeast("layer", "n", n, 1);
        Arguments.atLeast("layer", "the batch", batch, 1);
        if (!(damping >= 0 && damping <= 1)) {
            throw new IllegalArgumentException("layer: the damping of failed rows is " + damping + ", expected 0 to 1");
        }
        solver.requireFits("layer: the forward solver", engine, type, batch, n);
        this.n = n;
        this.damping = damping;
        memory = new OwnedMemory(engine);
        try {
            secants = mode instanceof GradientMode.Refined m
                    ? memory.add(MultiSecant.plan(engine, type, batch, n, m.pairs()), MultiSecant::close, MultiSecant::bytes)
                    : null;
            method = AdjointMethod.plan(mode, batch, solver, secants, memory);
            unrolling = switch (mode) {
                case GradientMode.Unrolled m -> new Unrolling(engine, memory, type, n, batch, m.steps(), 1);
                case GradientMode.Checkpointed m -> new Unrolling(engine, memory, type, n, batch, m.steps(),
                        (int) Math.ceil(Math.sqrt(m.steps())));
                default -> null;
            };
            v = memory.block(type, batch, n);
            masked = memory.block(type, batch, n);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
        packed = new PackedRows(memory, type, batch, n);
        pass = new ForwardPass(map, type, n, batch);
        adjoint = map.adjoint();
        outcome = new GradientOutcome(batch);
        all = new Rows(batch);
        used = new Rows(batch);
        norms = new double[batch];
    }

    /**
     * Plans a layer. Allocates two blocks, and what the mode needs.
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
     * The forward pass of a training step. Calls {@link EquilibriumMap#inject} with x.
     *
     * @param x the input, {@code rows × inputs}; {@link #backward} reads it again, so it must not change before that
     * @param z {@code rows × n}: the start, which is overwritten with the equilibrium; must not change before {@link #backward}
     * @return how the solve went; for modes that unroll, the residual after the last step. The next pass overwrites it
     */
    public Outcome forward(Block x, Block z) {
        pass.begin("forward", x, z);
        map.inject(x);
        Outcome solved = unrolling != null ? unrolling.forward(map, z) : solver.solve(secants == null ? map : secants.follow(map), z);
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
        pass.begin("infer", x, z);
        map.inject(x);
        return solver.solve(map, z);
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
        outcome.clear();
        if (unrolling != null) {
            unroll(gradient, sum);
        } else {
            Block found = solve(gradient);
            if (used.count() == pass.z().rows()) {
                map.gradients(found, pass.z(), pass.x(), used, sum);
            } else if (used.count() > 0) {
                packed.pack(used, found, pass.z(), pass.x());
                map.gradients(packed.v(), packed.z(), packed.x(), used, sum);
            }
        }
        return outcome;
    }

    /** Returns v of all rows, where rows that failed are damped or zero. Sets {@link #used}. */
    private Block solve(Block gradient) {
        int rows = pass.z().rows();
        all.reset(rows);
        map.linearise(pass.z(), all);
        Block found = v.head(rows);
        method.apply(adjoint, mask(gradient), found, outcome);
        engine.norm(found, norms);
        used.reset(0);
        for (int b = 0; b < rows; b++) {
            // The length of finite elements may overflow.
            boolean finite = norms[b] < Double.POSITIVE_INFINITY || Finite.row(found, b);
            if (!finite && outcome.backward(b).isSuccess()) {
                outcome.broken(b, !Finite.row(gradient, b) ? Status.NONFINITE_INPUT
                        : method instanceof AdjointMethod.Inverted ? Status.BREAKDOWN : Status.NONFINITE_OPERATOR);
            }
            boolean failed = !outcome.forward(b).isSuccess() || !outcome.backward(b).isSuccess();
            if (failed) {
                finite = damp(gradient, found, b);
            }
            settle(b, failed, finite);
        }
        return found;
    }

    /** The gradient with zeros in rows whose forward solve failed: a row of zeros takes no evaluation. */
    private Block mask(Block gradient) {
        Block g = gradient;
        for (int b = 0; b < pass.z().rows(); b++) {
            if (!outcome.forward(b).isSuccess()) {
                if (g == gradient) {
                    g = masked.head(pass.z().rows());
                    g.copyFrom(gradient);
                }
                zero(g, b);
            }
        }
        return g;
    }

    private void zero(Block block, int b) {
        for (int i = 0; i < n; i++) {
            block.set(b, i, 0);
        }
    }

    /** Row b of v becomes the damped gradient. Returns whether it is finite, and its point z and x too. */
    private boolean damp(Block gradient, Block found, int b) {
        for (int i = 0; i < n; i++) {
            found.set(b, i, damping * gradient.get(b, i));
        }
        return Finite.row(found, b) && Finite.row(pass.z(), b) && Finite.row(pass.x(), b);
    }

    private void settle(int b, boolean failed, boolean finite) {
        boolean skipped = failed && (damping == 0 || !finite);
        outcome.use(b, skipped ? GradientOutcome.Use.SKIPPED : failed ? GradientOutcome.Use.DAMPED : GradientOutcome.Use.ADDED);
        if (!skipped) {
            used.append(b);
        }
    }

    /** Backpropagation of the rows whose steps stayed finite. Others are skipped: nothing was solved, so there is no damped gradient. */
    private Block unroll(Block gradient, G sum) {
        int rows = pass.z().rows();
        outcome.complete();
        engine.norm(gradient, norms);
        used.reset(0);
        for (int b = 0; b < rows; b++) {
            boolean finite = norms[b] < Double.POSITIVE_INFINITY || Finite.row(gradient, b);
            if (!finite) {
                outcome.broken(b, Status.NONFINITE_INPUT);
            }
            settle(b, !finite || !outcome.forward(b).isSuccess(), false);
        }
        if (used.count() == rows) {
            return unrolling.backward(map, gradient, pass.x(), used, sum, outcome);
        }
        if (used.count() == 0) {
            return null;
        }
        packed.pack(used, gradient, pass.z(), pass.x());
        return unrolling.backward(map, packed.v(), packed.x(), used, sum, outcome);
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
        outcome.clear();
        int rows = pass.z().rows();
        Block found = unrolling != null ? unroll(gradient, null) : solve(gradient);
        if (!outcome.succeeded()) {
            throw new IllegalStateException("report: " + outcome + ", expected a gradient of every row");
        }
        all.reset(rows);
        map.linearise(pass.z(), all);
        return GradientReport.of(engine, adjoint, gradient, found, all, outcome.evaluations());
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
