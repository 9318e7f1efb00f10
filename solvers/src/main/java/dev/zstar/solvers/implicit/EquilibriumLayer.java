package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Broyden;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.FixedPointSolver;
import dev.zstar.solvers.Gmres;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.LinearSolver;
import dev.zstar.solvers.MultiSecant;
import dev.zstar.solvers.Neumann;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import java.util.ArrayList;
import java.util.List;

/**
 * The layer {@code z* = f(z*; θ, x)} of a network: {@link #forward} solves, {@link #backward} takes the gradient of a loss by z* and adds those by θ and x
 * to the user's blocks (Bai, Kolter and Koltun 2019). Nothing of the forward iterations is kept, unless the {@link GradientMode} unrolls them.
 *
 * <p>A row whose forward or backward solve failed has no gradient. It adds nothing, or a damped Jacobian-free one ({@link #plan}): a map that stopped to
 * contract in the middle of a training run then costs steps, and not the parameters. {@link GradientOutcome} tells of each row.
 *
 * <p>The map and the forward solver are the user's, who closes them; they may serve other solves between two passes, but not between a forward and its
 * backward pass. Not for two threads at once. Passes allocate nothing once they are warm, except for the first row that fails.
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
    /** Of the last forward pass; null if none was made since an inference. */
    private Block x;
    private Block z;

    /** The rows that have a gradient, at the front. */
    private record Packed(Block v, Block z, Block x) {}

    private EquilibriumLayer(
            Engine engine, Type type, int n, int batch, EquilibriumMap<G> map, FixedPointSolver solver, GradientMode mode, double damping) {
        if (!(damping >= 0 && damping <= 1)) {
            throw new IllegalArgumentException("layer: a damping of " + damping + " for rows that fail; expected 0 to 1");
        }
        this.engine = engine;
        this.type = type;
        this.n = n;
        this.batch = batch;
        this.map = map;
        this.solver = solver;
        this.damping = damping;
        secants = mode instanceof GradientMode.Refined m ? MultiSecant.plan(engine, type, n, batch, m.pairs()) : null;
        pullback = pullback(mode);
        unrolling = switch (mode) {
            case GradientMode.Unrolled m -> new Unrolling(engine, type, n, batch, m.steps(), 1);
            case GradientMode.Checkpointed m -> new Unrolling(engine, type, n, batch, m.steps(), (int) Math.ceil(Math.sqrt(m.steps())));
            default -> null;
        };
        adjoint = map.adjoint();
        outcome = new GradientOutcome(batch);
        all = new Rows(batch);
        used = new Rows(batch);
        v = block(n);
        masked = block(n);
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
     * @throws IllegalArgumentException if the mode does not go with the solver
     */
    public static <G> EquilibriumLayer<G> plan(
            Engine engine, Type type, int n, int batch, EquilibriumMap<G> map, FixedPointSolver solver, GradientMode mode, double damping) {
        return new EquilibriumLayer<>(engine, type, n, batch, map, solver, mode, damping);
    }

    /** {@link #plan(Engine, Type, int, int, EquilibriumMap, FixedPointSolver, GradientMode, double)} that skips rows which fail. */
    public static <G> EquilibriumLayer<G> plan(
            Engine engine, Type type, int n, int batch, EquilibriumMap<G> map, FixedPointSolver solver, GradientMode mode) {
        return plan(engine, type, n, batch, map, solver, mode, 0);
    }

    private Pullback pullback(GradientMode mode) {
        return switch (mode) {
            case GradientMode.Exact m -> new Pullback.Solved(m.method().plan(engine, type, n, batch));
            case GradientMode.BroydenInverse _ -> new Pullback.Inverted(inverse(), new Rows(batch));
            case GradientMode.Refined m -> new Pullback.Refined(
                    Gmres.plan(engine, type, n, batch, new Gmres.Options(m.restart(), secants.inverse().transposed(), false), m.stopping()),
                    Gmres.plan(engine, type, n, batch, m.restart(), m.stopping()));
            case GradientMode.JacobianFree _ -> series(0, 1);
            case GradientMode.NeumannSeries m -> series(m.terms(), 1);
            case GradientMode.Phantom m -> series(m.steps() - 1, m.damping());
            case GradientMode.Unrolled _, GradientMode.Checkpointed _ -> null;
        };
    }

    private Pullback series(int terms, double λ) {
        return new Pullback.Summed(Neumann.plan(engine, type, n, batch, terms, λ));
    }

    private LinearOperator inverse() {
        if (solver instanceof Broyden broyden) {
            return broyden.inverse();
        }
        throw new IllegalArgumentException("layer: the gradient mode BroydenInverse with the forward solver "
                + solver.getClass().getSimpleName() + "; expected Broyden");
    }

    private Block block(int cols) {
        return engine.allocate(type, batch, cols).withHeads();
    }

    /**
     * The forward pass of a training step.
     *
     * @param x the input, {@code rows × inputs}; read again by {@link #backward}, so it must stay as it is until then
     * @param z {@code rows × n}: the start, and then the equilibrium; likewise
     * @return how the solve went; of modes that unroll, the residual after the last step
     */
    public Outcome forward(Block x, Block z) {
        this.z = null;
        map.inject(x);
        Outcome solved = unrolling != null ? unrolling.forward(map, z) : solver.solve(secants == null ? map : secants.follow(map), z);
        outcome.start(solved);
        this.x = x;
        this.z = z;
        return solved;
    }

    /** The forward pass without a backward one: always by the solver, and nothing is kept. */
    public Outcome infer(Block x, Block z) {
        this.z = null;
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
        requireForward("backward", gradient);
        outcome.clear();
        if (unrolling != null) {
            unroll(gradient, sum);
        } else {
            Block found = solve(gradient);
            if (used.count() == z.rows()) {
                map.gradients(found, z, x, used, sum);
            } else if (used.count() > 0) {
                int rows = pack(found);
                map.gradients(packed.v.head(rows), packed.z.head(rows), packed.x.head(rows), used, sum);
            }
        }
        return outcome;
    }

    private void requireForward(String operation, Block gradient) {
        if (z == null) {
            throw new IllegalStateException(operation + " without a forward pass; expected forward(x, z) before it, and no inference between");
        }
        gradient.requireShape(operation, "the gradient", type, z.rows(), n);
    }

    /** v of all rows, those that failed damped or zero; {@link #used} are the rows that have a gradient. */
    private Block solve(Block gradient) {
        int rows = z.rows();
        all.reset(rows);
        map.linearise(z, all);
        Block found = v.head(rows);
        pullback.apply(adjoint, mask(gradient), found, outcome);
        engine.norm(found, norms);
        used.reset(0);
        for (int b = 0; b < rows; b++) {
            if (!(norms[b] < Double.POSITIVE_INFINITY) && outcome.backward(b).isSuccess()) {
                outcome.broken(b);
            }
            boolean failed = !outcome.forward(b).isSuccess() || !outcome.backward(b).isSuccess();
            if (failed) {
                damp(gradient, found, b);
            }
            settle(b, failed, norms[b]);
        }
        return found;
    }

    /** The gradient without the rows whose forward solve failed: a row of zeros takes no evaluation. */
    private Block mask(Block gradient) {
        Block g = gradient;
        for (int b = 0; b < z.rows(); b++) {
            if (!outcome.forward(b).isSuccess()) {
                if (g == gradient) {
                    g = masked.head(z.rows());
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

    /** Row b of v becomes the damped gradient itself; {@link #norms} its length, infinite if it, or the point that it is taken at, is not finite. */
    private void damp(Block gradient, Block found, int b) {
        double square = 0;
        boolean finite = true;
        for (int i = 0; i < n; i++) {
            double value = damping * gradient.get(b, i);
            found.set(b, i, value);
            square += value * value;
            finite &= Double.isFinite(z.get(b, i));
        }
        for (int i = 0; i < x.cols(); i++) {
            finite &= Double.isFinite(x.get(b, i));
        }
        norms[b] = finite ? Math.sqrt(square) : Double.POSITIVE_INFINITY;
    }

    private void settle(int b, boolean failed, double length) {
        boolean skipped = failed && (damping == 0 || !(length < Double.POSITIVE_INFINITY));
        outcome.fate(b, skipped ? GradientOutcome.Fate.SKIPPED : failed ? GradientOutcome.Fate.DAMPED : GradientOutcome.Fate.USED);
        if (!skipped) {
            used.append(b);
        }
    }

    /** Packs v, z and x of the rows used to the front; returns how many. */
    private int pack(Block found) {
        if (packed == null || packed.x.cols() != x.cols()) {
            if (packed != null) {
                packed.x.close();
            }
            packed = packed == null ? new Packed(block(n), block(n), block(x.cols())) : new Packed(packed.v, packed.z, block(x.cols()));
        }
        for (int p = 0; p < used.count(); p++) {
            int b = used.index(p);
            packed.v.copyRow(found, b, p);
            packed.z.copyRow(z, b, p);
            packed.x.copyRow(x, b, p);
        }
        return used.count();
    }

    /** Backpropagation of the rows whose steps stayed finite; damping has no meaning here, where nothing was solved. */
    private Block unroll(Block gradient, G sum) {
        int rows = z.rows();
        outcome.complete(0);
        engine.norm(gradient, norms);
        used.reset(0);
        for (int b = 0; b < rows; b++) {
            boolean failed = !outcome.forward(b).isSuccess() || !(norms[b] < Double.POSITIVE_INFINITY);
            settle(b, failed, Double.POSITIVE_INFINITY);
        }
        if (used.count() == rows) {
            return unrolling.backward(map, gradient, x, used, sum, outcome);
        }
        int count = pack(gradient);
        return count == 0 ? null : unrolling.backward(map, packed.v.head(count), packed.x.head(count), used, sum, outcome);
    }

    /**
     * How good the mode's v is for a gradient, against a tight solve (GMRES, to 10⁻⁶ in f32 and 10⁻¹² in f64). Costs that solve and its memory.
     *
     * @param gradient of the loss by z*, {@code rows × n}
     * @throws IllegalStateException if there was no forward pass since the last inference, or a row of it failed
     */
    public GradientReport report(Block gradient) {
        requireForward("report", gradient);
        outcome.clear();
        int rows = z.rows();
        Block found = unrolling != null ? unroll(gradient, null) : solve(gradient);
        if (!outcome.succeeded()) {
            throw new IllegalStateException("report: " + outcome + "; expected a pass in which none failed");
        }
        all.reset(rows);
        map.linearise(z, all);
        Stopping tight = Stopping.relative(type == Type.F32 ? 1e-6 : 1e-12).within(2000);
        try (LinearSolver gmres = Gmres.plan(engine, type, n, rows, Math.min(n, 100), tight);
                Block exact = engine.allocate(type, rows, n);
                Block product = engine.allocate(type, rows, n)) {
            Outcome solved = gmres.solve(adjoint, gradient, exact);
            adjoint.apply(found, product, all);
            List<Double> residual = new ArrayList<>();
            List<Double> cosine = new ArrayList<>();
            List<Double> error = new ArrayList<>();
            for (int b = 0; b < rows; b++) {
                double[] sums = new double[6];
                for (int i = 0; i < n; i++) {
                    double g = gradient.get(b, i);
                    double a = found.get(b, i);
                    double e = exact.get(b, i);
                    double r = g - a + product.get(b, i);
                    sums[0] += r * r;
                    sums[1] += g * g;
                    sums[2] += a * e;
                    sums[3] += a * a;
                    sums[4] += e * e;
                    sums[5] += (a - e) * (a - e);
                }
                boolean zero = sums[1] == 0;
                residual.add(zero ? 0 : Math.sqrt(sums[0] / sums[1]));
                cosine.add(zero ? 1 : sums[2] / Math.sqrt(sums[3] * sums[4]));
                error.add(zero ? 0 : Math.sqrt(sums[5] / sums[4]));
            }
            return new GradientReport(residual, cosine, error, outcome.evaluations(), solved.evaluations(), solved.succeeded());
        }
    }

    /** Bytes that this layer holds, without the map and the forward solver. */
    public long bytes() {
        return v.bytes() + masked.bytes() + (pullback == null ? unrolling.bytes() : pullback.bytes())
                + (secants == null ? 0 : secants.bytes())
                + (packed == null ? 0 : packed.v.bytes() + packed.z.bytes() + packed.x.bytes());
    }

    @Override
    public void close() {
        if (pullback != null) {
            pullback.close();
        } else {
            unrolling.close();
        }
        if (secants != null) {
            secants.close();
        }
        v.close();
        masked.close();
        if (packed != null) {
            packed.v.close();
            packed.z.close();
            packed.x.close();
        }
    }
}
