package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Finite;
import dev.zstar.solvers.guard.OwnedMemory;
import java.util.Arrays;

/**
 * The layer {@code z(t₁)} with {@code dz/dt = f(t, z; θ, x)} and a given {@code z(t₀)}: a neural ODE (Chen et al. 2018). {@link #forward}
 * integrates. {@link #backward} takes the gradient of a loss with respect to z(t₁), and adds those with respect to θ, x and z(t₀) to the
 * user's blocks. {@link OdeGradientOutcome} has those with respect to t₀ and t₁.
 *
 * <p>A row whose forward solve failed has no gradient and adds nothing. {@link OdeGradientOutcome} reports on each row; a layer does not
 * throw for a row that fails.
 *
 * <p>The layer owns its solvers, but not the function. Do not use the function between a forward pass and its backward pass. A backward
 * pass refuses a function that has been given other parameters or another input since its forward pass, if that counts its
 * {@link DifferentiableOde#version}. If assertions are on, it also refuses blocks whose elements have changed. Not thread-safe. Passes
 * allocate nothing once they are warm: memory for more steps than in any earlier pass is allocated when they are taken.
 *
 * @param <G> the blocks to which the function adds gradients
 */
public final class OdeLayer<G> implements AutoCloseable {
    private final Engine engine;
    private final DifferentiableOde<G> f;
    private final OwnedMemory memory;
    private final OdeGradientMode mode;
    private final DormandPrince solver;
    private final WayBack<G> way;
    private final OdePass pass;
    private final OdeGradientOutcome outcome;
    private final double[] t0;
    private final double[] t1;
    /** By row of the batch. */
    private final Block a;
    /** By position. */
    private final Block packed;
    private final Block slope;
    private final double[] times;
    private final double[] norms;
    private final Rows used;

    private OdeLayer(Engine engine, Type type, int batch, int n, DifferentiableOde<G> f, double t0, double t1, StepControl control,
            OdeGradientMode mode) {
        this.engine = Arguments.present("layer", "the engine", engine);
        this.f = Arguments.present("layer", "the function", f);
        this.mode = Arguments.present("layer", "the gradient mode", mode);
        Arguments.present("layer", "the step control", control);
        if (!Double.isFinite(t0) || !Double.isFinite(t1) || !Double.isFinite(t1 - t0)) {
            throw new IllegalArgumentException("layer: the interval is from " + t0 + " to " + t1 + ", expected one of finite length");
        }
        memory = new OwnedMemory(engine);
        try {
            solver = memory.add(DormandPrince.plan(engine, type, batch, n, control), DormandPrince::close, DormandPrince::bytes);
            way = switch (mode) {
                case OdeGradientMode.Reversed() -> new ReversedWay<>(engine, memory, type, batch, n, f, control);
                case OdeGradientMode.Interpolated() -> new InterpolatedWay<>(engine, memory, type, batch, n, f, control);
                case OdeGradientMode.Checkpointed(int every) ->
                        new CheckpointedWay<>(engine, memory, type, batch, n, f, solver, every);
            };
            pass = new OdePass(f, memory, engine, type, batch, n);
            a = memory.block(type, batch, n);
            packed = memory.block(type, batch, n);
            slope = memory.block(type, batch, n);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
        outcome = new OdeGradientOutcome(batch);
        this.t0 = new double[batch];
        this.t1 = new double[batch];
        Arrays.fill(this.t0, t0);
        Arrays.fill(this.t1, t1);
        times = new double[batch];
        norms = new double[batch];
        used = new Rows(batch);
    }

    /**
     * Plans a layer. Allocates the 11 blocks of a solver, four blocks, and what the mode needs.
     *
     * @param batch the largest number of rows of a pass
     * @param n the number of elements of a state
     * @param f the function and its derivatives
     * @param t0 the start of the interval of every row
     * @param t1 its end; may be before t0
     * @throws NullPointerException if an argument is null
     * @throws IllegalArgumentException if a number is out of its range
     */
    public static <G> OdeLayer<G> plan(Engine engine, Type type, int batch, int n, DifferentiableOde<G> f, double t0, double t1,
            StepControl control, OdeGradientMode mode) {
        return new OdeLayer<>(engine, type, batch, n, f, t0, t1, control, mode);
    }

    /** Plans a layer of the autonomous equation {@code dz/dt = f(z; θ, x)} of a cell, with its shape. */
    public static <G, M extends EquilibriumMap<G> & Shaped> OdeLayer<G> plan(
            M map, double t0, double t1, StepControl control, OdeGradientMode mode) {
        Arguments.present("layer", "the map", map);
        return plan(map.engine(), map.type(), map.batch(), map.n(), OdeFunction.of(map), t0, t1, control, mode);
    }

    /** The gradient mode. */
    public OdeGradientMode mode() {
        return mode;
    }

    /**
     * The forward pass of a training step. Calls {@link DifferentiableOde#inject} with x.
     *
     * @param x the input, {@code rows × inputs}; {@link #backward} reads it again, so it must not change before that
     * @param z {@code rows × n}: z(t₀), which is overwritten with z(t₁); must not change before {@link #backward}
     * @return how the solve went; the next pass overwrites it
     */
    public OdeOutcome forward(Block x, Block z) {
        return forward(x, z, t0, t1);
    }

    /** The same with an interval for each row. */
    public OdeOutcome forward(Block x, Block z, double[] t0, double[] t1) {
        pass.begin("forward", x, z, t0, t1);
        f.inject(x);
        OdeOutcome solved = solver.solve(f, z, null, t0, t1, way.listen());
        outcome.start(solved);
        pass.end(x, z);
        return solved;
    }

    /** The forward pass for inference: {@link #backward} may not follow it. */
    public OdeOutcome infer(Block x, Block z) {
        pass.begin("infer", x, z, t0, t1);
        f.inject(x);
        return solver.solve(f, z, null, t0, t1, null);
    }

    /** {@link #backward(Block, Object, Block)} without the gradient of the start. */
    public OdeGradientOutcome backward(Block gradient, G sum) {
        return backward(gradient, sum, null);
    }

    /**
     * The backward pass: adds the gradients with respect to parameters, input and start. May be called more than once after a forward pass,
     * for several losses.
     *
     * @param gradient the gradient of the loss with respect to z(t₁), {@code rows × n}
     * @param sum where the gradients of θ and x are added
     * @param start where the gradient with respect to z(t₀) is added, {@code rows × n}; may be null
     * @return what was done with each row; the next pass overwrites it
     * @throws IllegalStateException if {@link #forward} was not called, or {@link #infer} was called after it, or if the function, x or z
     *     has changed since
     */
    public OdeGradientOutcome backward(Block gradient, G sum, Block start) {
        pass.require("backward", gradient, start);
        Arguments.present("backward", "the record of gradients", sum);
        outcome.clear();
        Block cotangent = a.head(pass.rows());
        engine.copy(gradient, cotangent);
        engine.norm(cotangent, norms);
        used.reset(0);
        for (int b = 0; b < pass.rows(); b++) {
            boolean finite = norms[b] < Double.POSITIVE_INFINITY || Finite.row(cotangent, b);
            if (finite && outcome.forward(b).isSuccess()) {
                used.append(b);
            } else {
                outcome.use(b, OdeGradientOutcome.Use.SKIPPED);
            }
        }
        if (used.count() > 0) {
            slopes(pass.t1(), pass.z(), cotangent);
            for (int p = 0; p < used.count(); p++) {
                outcome.end(used.index(p), norms[p]);
            }
            way.run(pass, cotangent, used, sum, outcome);
            settle(cotangent, start);
        }
        return outcome;
    }

    /** Decides which rows are complete, and adds the gradients of their starts. */
    private void settle(Block cotangent, Block start) {
        int left = 0;
        for (int p = 0; p < used.count(); p++) {
            int b = used.index(p);
            boolean complete = outcome.backward(b).isSuccess();
            outcome.use(b, complete ? OdeGradientOutcome.Use.ADDED : OdeGradientOutcome.Use.INCOMPLETE);
            if (complete) {
                used.place(left++, b);
            }
        }
        used.truncate(left);
        slopes(pass.t0(), pass.start(), cotangent);
        for (int p = 0; p < left; p++) {
            outcome.start(used.index(p), -norms[p]);
        }
        if (start != null) {
            // The slopes are not needed any more.
            gather(start, slope);
            engine.axpy(1, packed.head(left), slope.head(left));
            for (int p = 0; p < left; p++) {
                start.copyRow(slope, p, used.index(p));
            }
        }
    }

    /** {@code ⟨a, f(t, z)⟩} of the rows used, by position, to {@link #norms}. Leaves a by position in {@link #packed}. */
    private void slopes(double[] t, Block z, Block cotangent) {
        int count = used.count();
        for (int p = 0; p < count; p++) {
            times[p] = t[used.index(p)];
        }
        gather(z, packed);
        f.apply(times, packed.head(count), slope.head(count), used);
        outcome.spent(1, 0);
        gather(cotangent, packed);
        engine.dot(packed.head(count), slope.head(count), norms);
    }

    private void gather(Block from, Block to) {
        for (int p = 0; p < used.count(); p++) {
            to.copyRow(from, used.index(p), p);
        }
    }

    /** The solver of the forward pass. Do not use it between a forward pass and its backward pass. */
    public DormandPrince solver() {
        return solver;
    }

    /** Bytes that this layer holds, without the function. Grows with the longest solve in modes that keep states. */
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
