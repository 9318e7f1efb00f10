package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.secant.InverseOperator;
import dev.zstar.solvers.secant.LeastSquares;
import java.util.Arrays;

/**
 * An approximation of {@code (I - J)⁻¹} from the points of a solve. This map wraps another, and remembers for each row the points at
 * which it was evaluated. Of all H that satisfy the secant equations {@code H Y = S}, it takes the one nearest to the identity (Fang and
 * Saad 2009):
 *
 * <pre>{@code H = I + (S - Y) (YᵀY)⁻¹ Yᵀ,   s = z₊ - z,   y = F(z₊) - F(z),   F(z) = z - f(z).}</pre>
 *
 * <p>{@code y ≈ (I - J) s}, so {@code H (I - J)} is the identity on the span of the steps. The steps of a solve lie in the directions in
 * which it converges slowly. In the backward solve {@code (I - Jᵀ) u = g}, Hᵀ as right preconditioner of {@link Gmres} deflates them: the
 * residual stays orthogonal to them. The backward solve benefits from the forward solve, and the more so, the more steps that took (Ramzi
 * et al. 2022 use Broyden's H for this).
 *
 * <p>With n = 256, after forward solves to 10⁻⁶ by Broyden with 60 steps, GMRES reaches 10⁻⁴ in fewer products. For a Gaussian W it takes
 * 25 to 28 instead of 56 at ρ(J) = 0.9, and 28 to 41 instead of 86 at 0.99. For a symmetric W, for which the forward solve takes only 25 to
 * 36 evaluations, it takes 14 instead of 16, and 19 instead of 22. The steps may be those of any forward method:
 *
 * <pre>{@code solver.solve(secants.follow(cell), z);
 * cell.linearise(z);
 * … secants.inverse().transposed() …}</pre>
 *
 * <p>J changes during the solve, so the newest columns come first, and a column that depends on newer ones is left out. An evaluation costs
 * a sweep over the residuals in memory, {@code (m + 4) n} elements for m pairs. H or Hᵀ costs two sweeps, {@code (2 m + 4) n}. Inner
 * products are kept in f64. Not thread-safe.
 */
public final class MultiSecant implements FixedPointMap, AutoCloseable {
    /**
     * A column is left out if less than this share of it is orthogonal to the newer columns: the rest is mostly the change of J. With a
     * share of 0.01 the worst of ten backward solves at ρ(J) = 0.99 took 1.01 times the products without H, with 0.1 it took 0.81 times.
     */
    private static final double DEPENDENT = 0.1;

    /**
     * A difference shorter than this, in units of rounding of f(z), is noise; the newer point is not kept. In f32 at ρ(J) = 0.99, solves to
     * 10⁻⁶ ended with a hundred such differences. With them the products rose from 0.62 to 0.84 times those without H.
     */
    private static final double NOISE = 100;

    private final Workspace plan;
    private final int capacity;
    private final double noise;
    private final Basis residuals;
    private final Basis values;
    /** By row of the batch: the slot filled last, slots in use, and whether the factor belongs to them. */
    private final int[] slots;
    private final int[] counts;
    private final boolean[] factored;
    private final double[] sweep;
    /** ⟨r_i, r_j⟩ by slot. */
    private final double[] gram;
    /**
     * For each row of the batch {@code YᵀY = L Δ Lᵀ}: rows of L without its diagonal, Δ, and which pairs are its columns, counted from the
     * newest.
     */
    private final double[] l;
    private final double[] δ;
    private final int[] columns;
    private final int[] used;
    private final double[] dots;
    private final double[] coefficients;
    private final double[] x;
    private final LinearOperator inverse;
    /** The rows of a call. A copy, since the solver's rows may have room for more than this plan's batch. */
    private final Rows active;
    private FixedPointMap map;

    private MultiSecant(Workspace plan, int pairs) {
        this.plan = plan;
        capacity = pairs + 1;
        noise = NOISE * plan.type().unitRoundoff();
        int batch = plan.batch();
        residuals = plan.basis(capacity);
        values = plan.basis(capacity);
        slots = new int[batch];
        counts = new int[batch];
        factored = new boolean[batch];
        sweep = new double[batch * (capacity + 1)];
        gram = new double[batch * capacity * capacity];
        l = new double[batch * pairs * pairs];
        δ = new double[batch * pairs];
        columns = new int[batch * pairs];
        used = new int[batch];
        dots = new double[batch * capacity];
        coefficients = new double[batch * capacity];
        x = new double[batch * pairs]; // By row, as all that a product writes: several threads may multiply different rows.
        active = new Rows(batch);
        inverse = new InverseOperator(plan, this::multiply, 2L * capacity * plan.n() * plan.type().bytes());
        forget();
    }

    /**
     * Allocates {@code 2 (pairs + 1)} blocks for batches of up to {@code batch} rows of {@code n} elements, and some
     * {@code 16 (pairs + 1)²} bytes for each row.
     *
     * @param pairs the number of secant pairs to keep, 1 to 500; a further one replaces the oldest. More pairs save more products
     * @throws IllegalArgumentException if pairs is out of range
     */
    public static MultiSecant plan(Engine engine, Type type, int batch, int n, int pairs) {
        if (pairs < 1 || pairs > 500) {
            throw new IllegalArgumentException("MultiSecant: pairs is " + pairs + ", expected 1 to 500");
        }
        return Workspace.build(engine, type, batch, n, plan -> new MultiSecant(plan, pairs));
    }

    /** Bytes of blocks that this plan holds. */
    public long bytes() {
        return plan.bytes();
    }

    /** Wraps {@code f} from now on, and forgets all points. Call this before each solve. Returns this map. */
    public MultiSecant follow(FixedPointMap f) {
        map = Arguments.present("follow", "the map", f);
        forget();
        return this;
    }

    private void forget() {
        for (int b = 0; b < plan.batch(); b++) {
            forget(b);
        }
    }

    /**
     * Forgets the points of row {@code b} of the batch: for a {@linkplain FixedPointSolver#stream stream}, where it gets another problem.
     */
    public void forget(int b) {
        slots[Arguments.row("forget", b, slots.length)] = -1;
        counts[b] = 0;
        factored[b] = false;
    }

    /** The number of pairs of row {@code b} that are kept now. */
    public int pairs(int b) {
        return Math.max(0, counts[Arguments.row("pairs", b, counts.length)] - 1);
    }

    /**
     * {@code H ≈ (I - J)⁻¹} for any rows of the batch, in any order, with Hᵀ as its transpose. It is the identity for rows without a pair.
     * Always the same object. Both have replicas, so solves with them as a preconditioner are divided among the threads of the engine.
     */
    public LinearOperator inverse() {
        return inverse;
    }

    /**
     * {@code out = f(z)}. Remembers both.
     *
     * @throws IllegalStateException before {@link #follow}
     */
    @Override
    public void apply(Block z, Block out, Rows rows) {
        if (map == null) {
            throw new IllegalStateException("apply: this MultiSecant follows no map, expected follow(f) before the solve");
        }
        map.apply(z, out, rows);
        plan.enter("apply", "z", z);
        try {
            remember(z, out, rows);
        } finally {
            plan.leave();
        }
    }

    @Override
    public DifferentiableMap derivatives() {
        return map == null ? null : map.derivatives();
    }

    @Override
    public double rowOperations() {
        return map == null ? Double.POSITIVE_INFINITY : map.rowOperations();
    }

    @Override
    public FixedPointMap approximation() {
        return map == null ? null : map.approximation();
    }

    private void remember(Block z, Block g, Rows given) {
        Rows rows = active;
        rows.reset(given.count());
        for (int p = 0; p < rows.count(); p++) {
            int b = given.index(p);
            rows.place(p, b);
            slots[b] = slots[b] + 1 == capacity ? 0 : slots[b] + 1;
            counts[b] = Math.min(counts[b] + 1, capacity);
            factored[b] = false;
        }
        plan.engine().residualSweep(z, g, residuals, values, slots, counts, rows, sweep);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int row = b * (capacity + 1);
            int at = b * capacity * capacity;
            for (int j = 0; j < counts[b]; j++) {
                gram[at + slots[b] * capacity + j] = sweep[row + j];
                gram[at + j * capacity + slots[b]] = sweep[row + j];
            }
            if (!isUseful(b, sweep[row + slots[b]], sweep[row + capacity])) {
                slots[b] = --counts[b] == 0 ? -1 : LeastSquares.before(slots[b], capacity);
            }
        }
    }

    /**
     * Whether the newest point is finite, and far enough from the one before.
     *
     * @param square {@code ‖r‖²} of the newest
     * @param value {@code ‖f(z)‖²} of the newest
     */
    private boolean isUseful(int b, double square, double value) {
        return square < Double.POSITIVE_INFINITY && value < Double.POSITIVE_INFINITY
                && (counts[b] == 1 || product(b, 0, 0) > noise * noise * value);
    }

    /** {@code Hᵀ = I + Y (YᵀY)⁻¹ (S - Y)ᵀ}, where S - Y are differences of values, and Y of residuals. */
    private void multiply(boolean transposed, Block v, Rows rows, double[] squares) {
        int most = 0;
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            // A full ring that gave up a slot has an unused slot in its middle.
            most = Math.max(most, slots[b] + 1 == counts[b] ? counts[b] : capacity);
        }
        plan.engine().multiDot(transposed ? values : residuals, most, v, rows, dots);
        for (int p = 0; p < rows.count(); p++) {
            solve(rows.index(p), transposed ? 1 : -1);
        }
        plan.engine().multiAxpy(transposed ? residuals : values, most, coefficients, v, rows, squares);
    }

    /**
     * The coefficients of residuals from products with values, or of values from products with residuals.
     *
     * @param sign 1 if the products are with values, -1 if with residuals: a pair subtracts the older value, but the newer residual
     */
    private void solve(int b, int sign) {
        if (!factored[b]) {
            factor(b);
            factored[b] = true;
        }
        int at = b * capacity;
        int first = b * (capacity - 1);
        int ll = first * (capacity - 1);
        Arrays.fill(coefficients, at, at + capacity, 0);
        for (int i = 0; i < used[b]; i++) {
            int newer = slot(b, columns[first + i]);
            double sum = sign * (dots[at + newer] - dots[at + LeastSquares.before(newer, capacity)]);
            for (int j = 0; j < i; j++) {
                sum -= l[ll + i * (capacity - 1) + j] * x[first + j];
            }
            x[first + i] = sum;
        }
        for (int i = used[b] - 1; i >= 0; i--) {
            double sum = x[first + i] / δ[first + i];
            for (int j = i + 1; j < used[b]; j++) {
                sum -= l[ll + j * (capacity - 1) + i] * x[first + j];
            }
            x[first + i] = sum;
            int newer = slot(b, columns[first + i]);
            coefficients[at + newer] -= sign * sum;
            coefficients[at + LeastSquares.before(newer, capacity)] += sign * sum;
        }
    }

    /** The slot of the newer point of a pair; pairs are counted from the newest. */
    private int slot(int b, int pair) {
        return slots[b] >= pair ? slots[b] - pair : slots[b] - pair + capacity;
    }

    /** Computes L and Δ of row {@code b} from the newest pair to the oldest, without pairs that depend on newer ones. */
    private void factor(int b) {
        int m = capacity - 1;
        int first = b * m;
        int ll = first * m;
        int k = 0;
        for (int i = 0; i < counts[b] - 1; i++) {
            columns[first + k] = i;
            double square = product(b, i, i);
            double pivot = square;
            for (int j = 0; j < k; j++) {
                // l holds LΔ until the row is done.
                double sum = product(b, i, columns[first + j]);
                for (int h = 0; h < j; h++) {
                    sum -= l[ll + k * m + h] * l[ll + j * m + h];
                }
                l[ll + k * m + j] = sum;
                pivot -= sum * sum / δ[first + j];
            }
            if (pivot > DEPENDENT * DEPENDENT * square) {
                for (int j = 0; j < k; j++) {
                    l[ll + k * m + j] /= δ[first + j];
                }
                δ[first + k++] = pivot;
            }
        }
        used[b] = k;
    }

    /** {@code ⟨y_i, y_j⟩}, pairs counted from the newest. */
    private double product(int b, int i, int j) {
        int at = b * capacity * capacity;
        int in = slot(b, i);
        int io = LeastSquares.before(in, capacity);
        int jn = slot(b, j);
        int jo = LeastSquares.before(jn, capacity);
        return gram[at + io * capacity + jo] - gram[at + io * capacity + jn] - gram[at + in * capacity + jo]
                + gram[at + in * capacity + jn];
    }

    @Override
    public void close() {
        plan.close();
    }
}
