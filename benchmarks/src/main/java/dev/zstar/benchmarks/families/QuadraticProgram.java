package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.RowData;
import dev.zstar.solvers.Shaped;
import java.util.Objects;

/**
 * A convex quadratic program as a layer (Amos and Kolter 2017, OptNet), by its optimality conditions:
 *
 * <pre>
 *   minimise ½ zᵀQz + qᵀz   subject to   A z = b,   l ≤ z ≤ h
 *   z = clip(z - τ (Q z + q + Aᵀλ), l, h),   A z = b                      the conditions, for any τ > 0
 * </pre>
 *
 * <p>The map is one step of the method of Condat (2013) and Vũ (2013), whose fixed points {@code (z, λ)} are the solutions:
 *
 * <pre>
 *   z⁺ = clip(z - τ (Q z + q + Aᵀλ), l, h)
 *   λ⁺ = λ + σ (A (2 z⁺ - z) - b)
 * </pre>
 *
 * <p>With {@code σ = 1/a} and {@code τ = 1 / (L + a)}, for upper bounds a of ‖A‖₂ and L of ‖Q‖₂, plain steps converge. All rows share Q
 * and A. The input of a row is {@code x = [q, b, l, h]}, and the gradients are those of x. They exist where no variable is at a bound with
 * a multiplier of 0.
 *
 * <p>A state is {@code [z, λ]}. Not thread-safe.
 */
public final class QuadraticProgram implements EquilibriumMap<Block>, Shaped, AutoCloseable {
    private final Engine engine;
    private final int n;
    private final int m;
    private final double τ;
    private final double σ;
    private final Allocation owned = new Allocation();
    private final Block q;
    private final Block a;
    private final RowData inputs;
    /** By row of the batch: 1 where a variable is free, 0 at its lower and -1 at its upper bound. */
    private final RowData sides;
    private final Block z;
    private final Block λ;
    private final Block p;
    private final Block w;
    private long version;
    private long linearisations;

    /**
     * For batches of up to {@code batch} rows.
     *
     * @param q Q, {@code n × n}, symmetric and positive semidefinite
     * @param a A, {@code m × n} with m at least 1
     */
    public QuadraticProgram(Engine engine, int batch, Block q, Block a) {
        this.engine = Objects.requireNonNull(engine, "quadratic program: the engine is null");
        n = Objects.requireNonNull(q, "quadratic program: Q is null").rows();
        m = Objects.requireNonNull(a, "quadratic program: A is null").rows();
        Type type = q.type();
        q.requireShape("quadratic program", "Q", type, n, n);
        a.requireShape("quadratic program", "A", type, m, n);
        if (m < 1 || batch < 1) {
            throw new IllegalArgumentException(
                    "quadratic program: " + m + " constraints and a batch of " + batch + ", expected at least 1 of each");
        }
        double bound = norm(a);
        σ = 1 / bound;
        τ = 1 / (norm(q) + bound);
        try {
            this.q = owned.add(engine.allocate(type, n, n));
            this.a = owned.add(engine.allocate(type, m, n));
            this.q.copyFrom(q);
            this.a.copyFrom(a);
            inputs = owned.add(new RowData(engine, type, batch, 3 * n + m, "input", "inject(x) with a row for it"));
            sides = owned.add(new RowData(engine, type, batch, n, "point of linearisation", "linearise(z, rows) with it"));
            z = owned.add(engine.allocate(type, batch, n));
            λ = owned.add(engine.allocate(type, batch, m));
            p = owned.add(engine.allocate(type, batch, n));
            w = owned.add(engine.allocate(type, batch, n));
        } catch (Throwable e) {
            owned.close();
            throw e;
        }
    }

    /** {@code √(‖M‖₁ ‖M‖_∞)}, an upper bound of ‖M‖₂. */
    private static double norm(Block matrix) {
        double[] columns = new double[matrix.cols()];
        double rows = 0;
        for (int i = 0; i < matrix.rows(); i++) {
            double row = 0;
            for (int j = 0; j < matrix.cols(); j++) {
                row += Math.abs(matrix.get(i, j));
                columns[j] += Math.abs(matrix.get(i, j));
            }
            rows = Math.max(rows, row);
        }
        return Math.sqrt(rows * java.util.Arrays.stream(columns).max().orElse(0));
    }

    @Override
    public Engine engine() {
        return engine;
    }

    @Override
    public Type type() {
        return q.type();
    }

    @Override
    public int batch() {
        return z.rows();
    }

    /** The number of variables and multipliers. */
    @Override
    public int n() {
        return n + m;
    }

    /** The number of variables, which are the first elements of a state. */
    public int variables() {
        return n;
    }

    /** The number of elements of an input {@code [q, b, l, h]}: {@code 3 n + m}. */
    public int inputs() {
        return 3 * n + m;
    }

    /**
     * Sets q, b, l and h of the following solves.
     *
     * @throws IllegalArgumentException if a lower bound is not below its upper bound
     */
    @Override
    public void inject(Block x) {
        x.requireShape("inject", "x", type(), x.rows(), inputs());
        for (int b = 0; b < x.rows(); b++) {
            for (int i = 0; i < n; i++) {
                if (!(x.get(b, n + m + i) < x.get(b, 2 * n + m + i))) {
                    throw new IllegalArgumentException("inject: the bounds of variable " + i + " in row " + b + " are "
                            + x.get(b, n + m + i) + " and " + x.get(b, 2 * n + m + i) + ", expected the first below the second");
                }
            }
        }
        version++;
        inputs.open(x.rows()).copyFrom(x);
        inputs.fill(x.rows());
        sides.clear();
    }

    @Override
    public long version() {
        return version;
    }

    @Override
    public long linearisation() {
        return version + linearisations;
    }

    /** Splits states into {@link #z} and {@link #λ}, and writes {@code z - τ (Q z + Aᵀλ)} to {@link #p}. */
    private Block gradientStep(Block states) {
        int count = states.rows();
        z.head(count).copyColumns(states, 0, 0, n);
        λ.head(count).copyColumns(states, n, 0, m);
        Block step = p.head(count);
        step.copyFrom(z.head(count));
        engine.gemm(-τ, z.head(count), false, q, false, 1, step);
        engine.gemm(-τ, λ.head(count), false, a, false, 1, step);
        return step;
    }

    @Override
    public void apply(Block states, Block out, Rows rows) {
        Block x = inputs.gather("apply", rows);
        Block step = gradientStep(states);
        Block next = w.head(rows.count());
        for (int r = 0; r < rows.count(); r++) {
            for (int i = 0; i < n; i++) {
                double value = Math.clamp(step.get(r, i) - τ * x.get(r, i), x.get(r, n + m + i), x.get(r, 2 * n + m + i));
                out.set(r, i, value);
                next.set(r, i, 2 * value - z.get(r, i));
            }
            for (int i = 0; i < m; i++) {
                λ.set(r, i, λ.get(r, i) - σ * x.get(r, n + i));
            }
        }
        engine.gemm(σ, next, false, a, true, 1, λ.head(rows.count()));
        out.copyColumns(λ.head(rows.count()), 0, n, m);
    }

    @Override
    public void linearise(Block states, Rows rows) {
        Block x = inputs.gather("linearise", rows);
        Block step = gradientStep(states);
        linearisations++;
        sides.clear();
        for (int r = 0; r < rows.count(); r++) {
            Block side = sides.openRow(rows.index(r));
            for (int i = 0; i < n; i++) {
                double value = step.get(r, i) - τ * x.get(r, i);
                side.set(0, i, value < x.get(r, n + m + i) ? 0 : value > x.get(r, 2 * n + m + i) ? -1 : 1);
            }
            sides.fillRow(rows.index(r));
        }
    }

    /** Keeps the free variables. */
    private void free(Block block, Block side) {
        for (int r = 0; r < block.rows(); r++) {
            for (int i = 0; i < n; i++) {
                block.set(r, i, side.get(r, i) == 1 ? block.get(r, i) : 0);
            }
        }
    }

    @Override
    public void jvp(Block v, Block out, Rows rows) {
        Block side = sides.gather("jvp", rows);
        Block step = gradientStep(v);
        free(step, side);
        out.copyColumns(step, 0, 0, n);
        engine.axpby(-1, z.head(rows.count()), 2, step);
        engine.gemm(σ, step, false, a, true, 1, λ.head(rows.count()));
        out.copyColumns(λ.head(rows.count()), 0, n, m);
    }

    /** {@code t = u_z + 2σ Aᵀu_λ}, the cotangent of z⁺, in {@link #w}. */
    private Block cotangent(Block u) {
        int count = u.rows();
        z.head(count).copyColumns(u, 0, 0, n);
        λ.head(count).copyColumns(u, n, 0, m);
        Block t = w.head(count);
        t.copyFrom(z.head(count));
        engine.gemm(2 * σ, λ.head(count), false, a, false, 1, t);
        return t;
    }

    @Override
    public void vjp(Block u, Block out, Rows rows) {
        Block side = sides.gather("vjp", rows);
        Block r = cotangent(u);
        free(r, side);
        Block back = p.head(rows.count());
        back.copyFrom(r);
        engine.gemm(-τ, r, false, q, false, 1, back);
        engine.gemm(-σ, λ.head(rows.count()), false, a, false, 1, back);
        out.copyColumns(back, 0, 0, n);
        engine.gemm(-τ, r, false, a, true, 1, λ.head(rows.count()));
        out.copyColumns(λ.head(rows.count()), 0, n, m);
    }

    /**
     * Adds the gradients of {@code x = [q, b, l, h]}.
     *
     * @param sum {@code batch × inputs}, by row of the batch
     */
    @Override
    public void gradients(Block v, Block states, Block x, Rows rows, Block sum) {
        Block side = sides.gather("gradients", rows);
        Block t = cotangent(v);
        for (int r = 0; r < rows.count(); r++) {
            int b = rows.index(r);
            for (int i = 0; i < n; i++) {
                double s = side.get(r, i);
                int column = s == 1 ? i : s == 0 ? n + m + i : 2 * n + m + i;
                sum.set(b, column, sum.get(b, column) + (s == 1 ? -τ : 1) * t.get(r, i));
            }
            for (int i = 0; i < m; i++) {
                sum.set(b, n + i, sum.get(b, n + i) - σ * v.get(r, n + i));
            }
        }
    }

    /** Bytes that this map holds. */
    @Override
    public long bytes() {
        return q.bytes() + a.bytes() + inputs.bytes() + sides.bytes() + z.bytes() + λ.bytes() + p.bytes() + w.bytes();
    }

    @Override
    public void close() {
        owned.close();
    }
}
