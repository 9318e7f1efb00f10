package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Finite;
import dev.zstar.solvers.guard.Memory;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.linear.LinearSolver;
import dev.zstar.solvers.linear.Neumann;

/**
 * The layer {@code z* = f(z*; θ, x)} of a network: {@link #forward} solves, {@link #backward} takes the gradient of a loss by z* and adds
 * those by θ and x to the user's blocks (Bai, Kolter and Koltun 2019). Nothing of the forward iterations is kept, unless the
 * {@link GradientMode} unrolls them.
 *
 * <p>A row whose forward or backward solve failed has no gradient. It adds nothing, or a damped Jacobian-free one ({@link #plan}): a map
 * that stops contracting in the middle of a training run then costs steps, and not the parameters. {@link GradientOutcome} reports on each
 * row.
 *
 * <p>The map and the forward solver are the user's, who closes them; they may serve other solves between two passes, but not between a
 * forward and its backward pass. A backward pass refuses a map that has been given other parameters or another input since
 * ({@link EquilibriumMap#version}), and, where assertions are on, blocks whose elements have changed. Not for two threads at once. Passes
 * allocate nothing once they are warm, except for the first row that fails.
 *
 * @param <G> where the map adds gradients
 */
public final class EquilibriumLayer<G> implements AutoCloseable {
    private final Engine engine;
    private final Type type;
    private final int n;
    private final int batch;
    private final EquilibriumMap<G> map;
    private final FixedPointSolver solver;
    private final double damping;
    private final Memory memory;
    /** What remembers the forward solve; null if the mode does not need it. */
    private final MultiSecant secants;
    /** One of them; the other is null. */
    private final Pullback pullback;
    private final Unrolling unrolling;
    private final LinearOperator adjoint;
    private final GradientOutcome outcome;
    private final Rows all;
    /** Rows that have a gradient. */
    private final Rows used;
    private final Block v;
    private final Block masked;
    private final double[] norms;
    /** Null until a row fails. */
    private Packed packed;
    private final ForwardPass pass;

    /** The rows that have a gradient, at the front. */
    private record Packed(Block v, Block z, Block x) {}

    private EquilibriumLayer(
            Engine engine, Type type, int batch, int n, EquilibriumMap<G> map, FixedPointSolver solver, GradientMode mode, double damping) {
        this.engine = Arguments.present("layer", "the engine", engine);
        this.type = Arguments.present("layer", "the type", type);
        this.map = Arguments.present("layer", "the map", map);
        this.solver = Arguments.present("layer", "the forward solver", solver);
        Arguments.present("layer", "the gradient mode", mode);
        Arguments.atLeast("layer", "n", n, 1);
        Arguments.atLeast("layer", "the batch", batch, 1);
        if (!(damping >= 0 && damping <= 1)) {
            throw new IllegalArgumentException("layer: a damping of " + damping + " for rows that fail; expected 0 to 1");
        }
        solver.requireFits("layer: the forward solver", engine, type, batch, n);
        this.n = n;
        this.batch = batch;
        this.damping = damping;
        memory = new Memory(engine);
        try {
            secants = mode instanceof GradientMode.Refined m
                    ? memory.add(MultiSecant.plan(engine, type, batch, n, m.pairs()), MultiSecant::close, MultiSecant::bytes)
                    : null;
            pullback = pullback(mode);
            unrolling = switch (mode) {
                case GradientMode.Unrolled m -> new Unrolling(engine, memory, type, n, batch, m.steps(), 1);
                case GradientMode.Checkpointed m -> new Unrolling(engine, memory, type, n, batch, m.steps(),
                        (int) Math.ceil(Math.sqrt(m.steps())));
                default -> null;
            };
            v = block(n);
            masked = block(n);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
        pass = new ForwardPass(map, type, n, batch);
        adjoint = map.adjoint();
        outcome = new GradientOutcome(batch);
        all = new Rows(batch);
        used = new Rows(batch);
        norms = new double[batch];
    }

    /**
     * Allocates two blocks, and what the mode needs.
     *
     * @param n elements of the state
     * @param batch the most rows of a pass
     * @param map f
     * @param solver of the forward solve; Broyden's for modes that use its inverse
     * @param damping what a row adds whose solve failed: its Jacobian-free gradient, times this; 0 skips it
     * @throws IllegalArgumentException if something is null or out of its range, the solver is planned for another engine, type, length or
     *     for fewer rows, or the mode does not go with it
     */
    public static <G> EquilibriumLayer<G> plan(
            Engine engine, Type type, int batch, int n, EquilibriumMap<G> map, FixedPointSolver solver, GradientMode mode, double damping) {
        return new EquilibriumLayer<>(engine, type, batch, n, map, solver, mode, damping);
    }

    /** {@link #plan(Engine, Type, int, int, EquilibriumMap, FixedPointSolver, GradientMode, double)} that skips rows which fail. */
    public static <G> EquilibriumLayer<G> plan(
            Engine engine, Type type, int batch, int n, EquilibriumMap<G> map, FixedPointSolver solver, GradientMode mode) {
        return plan(engine, type, batch, n, map, solver, mode, 0);
    }

    private Pullback pullback(GradientMode mode) {
        return switch (mode) {
            case GradientMode.Exact m -> new Pullback.Solved(
                    solver("layer: the linear solver of the gradient mode", m.method().plan(engine, type, batch, n)));
            case GradientMode.BroydenInverse _ -> new Pullback.Inverted(inverse(), new Rows(batch));
            case GradientMode.Refined m -> new Pullback.Refined(
                    solver("layer: the preconditioned solver", Gmres.plan(engine, type, batch, n,
                            new Gmres.Options(m.restart(), secants.inverse().transposed(), false), m.stopping())),
                    solver("layer: the solver", Gmres.plan(engine, type, batch, n, m.restart(), m.stopping())));
            case GradientMode.JacobianFree _ -> series(0, 1);
            case GradientMode.NeumannSeries m -> series(m.terms(), 1);
            case GradientMode.Phantom m -> series(m.steps() - 1, m.damping());
            case GradientMode.Unrolled _, GradientMode.Checkpointed _ -> null;
        };
    }

    private <S extends LinearSolver> S solver(String what, S planned) {
        memory.add(Arguments.present("layer", "the linear solver of the gradient mode", planned), LinearSolver::close, LinearSolver::bytes);
        planned.requireFits(what, engine, type, batch, n);
        return planned;
    }

    private Pullback series(int terms, double λ) {
        return new Pullback.Solved(solver("layer: the series", Neumann.plan(engine, type, batch, n, terms, λ)));
    }

    private LinearOperator inverse() {
        if (solver instanceof Broyden broyden) {
            return broyden.inverse();
        }
        throw new IllegalArgumentException("layer: the gradient mode BroydenInverse with the forward solver "
                + solver.getClass().getSimpleName() + "; expected Broyden");
    }

    private Block block(int cols) {
        return memory.block(type, batch, cols);
    }

    /**
     * The forward pass of a training step.
     *
     * @param x the input, {@code rows × inputs}; read again by {@link #backward}, so it must stay as it is until then
     * @param z {@code rows × n}: the start, and then the equilibrium; likewise
     * @return how the solve went; of modes that unroll, the residual after the last step
     */
    public Outcome forward(Block x, Block z) {
        pass.begin("forward", x, z);
        map.inject(x);
        Outcome solved = unrolling != null ? unrolling.forward(map, z) : solver.solve(secants == null ? map : secants.follow(map), z);
        outcome.start(solved);
        pass.end(x, z);
        return solved;
    }

    /** The forward pass without a backward one: always by the solver, and nothing is kept. */
    public Outcome infer(Block x, Block z) {
        pass.begin("infer", x, z);
        map.inject(x);
        return solver.solve(map, z);
    }

    /**
     * The backward pass: adds the gradients by parameters and input. May be called more than once after a forward pass, for several losses.
     *
     * @param gradient of the loss by z*, {@code rows × n}
     * @param sum added to
     * @throws IllegalStateException if there was no forward pass since the last inference
     */
    public GradientOutcome backward(Block gradient, G sum) {
        pass.require("backward", gradient);
        Arguments.present("backward", "the sum of gradients", sum);
        outcome.clear();
        if (unrolling != null) {
            unroll(gradient, sum);
        } else {
            Block found = solve(gradient);
            if (used.count() == pass.z().rows()) {
                map.gradients(found, pass.z(), pass.x(), used, sum);
            } else if (used.count() > 0) {
                int rows = pack(found);
                map.gradients(packed.v.head(rows), packed.z.head(rows), packed.x.head(rows), used, sum);
            }
        }
        return outcome;
    }

    /** v of all rows, those that failed damped or zero; {@link #used} are the rows that have a gradient. */
    private Block solve(Block gradient) {
        int rows = pass.z().rows();
        all.reset(rows);
        map.linearise(pass.z(), all);
        Block found = v.head(rows);
        pullback.apply(adjoint, mask(gradient), found, outcome);
        engine.norm(found, norms);
        used.reset(0);
        for (int b = 0; b < rows; b++) {
            // The length of finite elements may overflow.
            boolean finite = norms[b] < Double.POSITIVE_INFINITY || Finite.row(found, b);
            if (!finite && outcome.backward(b).isSuccess()) {
                outcome.broken(b, !Finite.row(gradient, b) ? Status.NONFINITE_INPUT
                        : pullback instanceof Pullback.Inverted ? Status.BREAKDOWN : Status.NONFINITE_OPERATOR);
            }
            boolean failed = !outcome.forward(b).isSuccess() || !outcome.backward(b).isSuccess();
            if (failed) {
                finite = damp(gradient, found, b);
            }
            settle(b, failed, finite);
        }
        return found;
    }

    /** The gradient without the rows whose forward solve failed: a row of zeros takes no evaluation. */
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

    /** Row b of v becomes the damped gradient itself; returns whether it, and the point that it is taken at, is finite. */
    private boolean damp(Block gradient, Block found, int b) {
        for (int i = 0; i < n; i++) {
            found.set(b, i, damping * gradient.get(b, i));
        }
        return Finite.row(found, b) && Finite.row(pass.z(), b) && Finite.row(pass.x(), b);
    }

    private void settle(int b, boolean failed, boolean finite) {
        boolean skipped = failed && (damping == 0 || !finite);
        outcome.fate(b, skipped ? GradientOutcome.Fate.SKIPPED : failed ? GradientOutcome.Fate.DAMPED : GradientOutcome.Fate.USED);
        if (!skipped) {
            used.append(b);
        }
    }

    /** Packs v, z and x of the rows used to the front; returns how many. */
    private int pack(Block found) {
        if (packed == null || packed.x.cols() != pass.x().cols()) {
            if (packed != null) {
                memory.release(packed.x);
            }
            packed = packed == null ? new Packed(block(n), block(n), block(pass.x().cols()))
                    : new Packed(packed.v, packed.z, block(pass.x().cols()));
        }
        for (int p = 0; p < used.count(); p++) {
            int b = used.index(p);
            packed.v.copyRow(found, b, p);
            packed.z.copyRow(pass.z(), b, p);
            packed.x.copyRow(pass.x(), b, p);
        }
        return used.count();
    }

    /** Backpropagation of the rows whose steps stayed finite; damping has no meaning here, where nothing was solved. */
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
        int count = pack(gradient);
        return count == 0 ? null : unrolling.backward(map, packed.v.head(count), packed.x.head(count), used, sum, outcome);
    }

    /**
     * How good the mode's v is for a gradient, against a tight solve (GMRES, to 10⁻⁶ in f32 and 10⁻¹² in f64). Costs that solve and its
     * memory.
     *
     * @param gradient of the loss by z*, {@code rows × n}
     * @throws IllegalStateException if there was no forward pass since the last inference, or a row of it failed
     */
    public GradientReport report(Block gradient) {
        pass.require("report", gradient);
        outcome.clear();
        int rows = pass.z().rows();
        Block found = unrolling != null ? unroll(gradient, null) : solve(gradient);
        if (!outcome.succeeded()) {
            throw new IllegalStateException("report: " + outcome + "; expected a pass in which none failed");
        }
        all.reset(rows);
        map.linearise(pass.z(), all);
        Stopping tight = Stopping.relative(type == Type.F32 ? 1e-6 : 1e-12).within(2000);
        try (LinearSolver gmres = Gmres.plan(engine, type, rows, n, Math.min(n, 100), tight);
                Block exact = engine.allocate(type, rows, n);
                Block product = engine.allocate(type, rows, n)) {
            Outcome solved = gmres.solve(adjoint, gradient, exact);
            adjoint.apply(found, product, all);
            return GradientReport.of(gradient, found, exact, product, outcome.evaluations(), solved);
        }
    }

    /** Bytes that this layer holds, without the map and the forward solver. */
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
