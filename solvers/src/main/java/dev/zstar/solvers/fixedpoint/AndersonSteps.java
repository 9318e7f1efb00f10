package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.secant.LeastSquares;
import dev.zstar.solvers.secant.OrthogonalDifferences;
import dev.zstar.solvers.secant.Projection;
import java.util.Arrays;

/**
 * The steps of {@link Anderson}. A ring of {@code m + 1} slots holds the residuals and the values {@code g_j = f(z_j)}. One sweep over the
 * batch forms the newest residual, its row of the Gram matrix, and {@code ‖g‖²}. Then the small problem is solved for α, from the Gram
 * matrix of the differences {@code r_k - r_j}, and a second sweep mixes the values. This moves {@code (2m + 6) n} elements for each row and
 * step, including the loop's. Type I needs two more sweeps, {@code (2m + 4) n}. Allocates {@code 2 m + 2} blocks.
 */
final class AndersonSteps implements IterationMethod {
    /** With at most this many operations for each element an evaluation is cheap. Dense maps of 512 are; those of 1024 are not. */
    private static final double CHEAP = 1200;

    private final Engine engine;
    private final Anderson.Options options;
    private final int capacity;
    /** Whether β is always 1. */
    private final boolean undamped;
    private final Basis r;
    private final Basis values;
    private final Pace pace;
    /** By row of the batch: the slot of its newest residual, and the same if it combines its iterates, −1 if it does not. */
    private final int[] slots;
    private final int[] centers;
    /** By row of the batch: evaluations since it began, and steps since its last restart. */
    private final int[] seen;
    private final int[] age;
    /** By row of the batch: the Gram row of the last sweep, and ‖g‖² after it. */
    private final double[] sweep;
    /** By row of the batch: ⟨r_i, r_j⟩. */
    private final double[] gram;
    private final double[] α;
    private final double[] damped;
    private final LeastSquares small;
    private final Projection projection;
    private final OrthogonalDifferences differences;

    AndersonSteps(Workspace workspace, Anderson.Options options) {
        engine = workspace.engine();
        this.options = options;
        capacity = options.window() + 1;
        undamped = options.mixing() instanceof Anderson.Constant constant && constant.β() == 1;
        r = workspace.basis(capacity);
        values = workspace.basis(capacity);
        slots = new int[workspace.batch()];
        centers = new int[workspace.batch()];
        pace = new Pace(options.adaptive() && options.variant() == Anderson.Variant.TYPE_II, capacity, workspace.batch());
        seen = new int[workspace.batch()];
        age = new int[workspace.batch()];
        sweep = new double[workspace.batch() * (capacity + 1)];
        gram = new double[workspace.batch() * capacity * capacity];
        α = new double[workspace.batch() * capacity];
        damped = new double[workspace.batch() * capacity];
        small = new LeastSquares(capacity, options.regularisation(), options.condition());
        projection = options.variant() == Anderson.Variant.TYPE_I
                ? new Projection(workspace, capacity, options.regularisation(), options.condition())
                : null;
        differences = options.orthogonal() ? new OrthogonalDifferences(workspace, capacity) : null;
    }

    @Override
    public void begin(int b) {
        slots[b] = -1;
        pace.begin(b);
        seen[b] = 0;
        age[b] = 0;
        Arrays.fill(α, b * capacity, (b + 1) * capacity, 0);
    }

    @Override
    public void measure(Iterates at) {
        Rows rows = at.rows();
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (pace.keeps(b)) {
                slots[b] = slots[b] + 1 == capacity ? 0 : slots[b] + 1;
            }
        }
        engine.residualSweep(at.z(), at.g(), r, values, slots, pace.remembered(), rows, sweep);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int row = b * (capacity + 1);
            at.measured(b, sweep[row + slots[b]], sweep[row + capacity]);
        }
    }

    @Override
    public void advance(Iterates at, FixedPointMap f) {
        Rows rows = at.rows();
        if (projection != null) {
            projection.sweep(at.z(), at.g(), r, values, slots, rows);
        }
        if (differences != null) {
            differences.rows().truncate(0);
        }
        // A damped step needs the residual, so it is kept.
        boolean cheap = undamped && f.rowOperations() <= CHEAP * r.block().cols();
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            centers[b] = weights(b, cheap) ? slots[b] : -1;
        }
        if (differences != null) {
            differences.solve(r, slots, pace.remembered(), α);
        }
        engine.mixAround(values, centers, α, at.g(), rows);
        if (dampen(rows)) {
            engine.multiAxpy(r, capacity, damped, at.g(), rows, null);
        }
    }

    /** Computes α of row b, or returns false if it takes a plain step. */
    private boolean weights(int b, boolean cheap) {
        int slot = slots[b];
        int at = b * capacity * capacity;
        int row = b * (capacity + 1);
        for (int i = 0, j = slot; i < pace.remembered()[b]; i++, j = LeastSquares.before(j, capacity)) {
            gram[at + slot * capacity + j] = sweep[row + j];
            gram[at + j * capacity + slot] = sweep[row + j];
        }
        seen[b]++;
        age[b]++;
        if (seen[b] <= options.delay() || age[b] == options.restart() || hasGrown(b)) {
            pace.restart(b);
            age[b] = 0;
        }
        // A projection also keeps sums of its own, in each step.
        if (!pace.combines(b, sweep[row + slot], cheap) && projection == null) {
            if (!undamped) {
                Arrays.fill(α, b * capacity, (b + 1) * capacity, 0);
                α[b * capacity + slot] = 1;
            }
            return false;
        }
        int count = pace.remembered()[b];
        if (projection != null) {
            projection.solve(b, gram, slot, count, α);
        } else if (small.solve(gram, at, slot, count, α, b * capacity) < count - 1 && differences != null) {
            differences.rows().append(b);
        } else {
            pace.combined(b, small.left(), cheap);
        }
        return true;
    }

    private boolean hasGrown(int b) {
        if (options.growth() == Double.POSITIVE_INFINITY) {
            return false;
        }
        double shortest = Double.POSITIVE_INFINITY;
        for (int i = 0, slot = slots[b]; i < pace.remembered()[b]; i++, slot = LeastSquares.before(slot, capacity)) {
            shortest = Math.min(shortest, gram[(b * capacity + slot) * capacity + slot]);
        }
        return gram[(b * capacity + slots[b]) * capacity + slots[b]] > options.growth() * options.growth() * shortest;
    }

    /** Computes the coefficients of the second term of {@code Σ α_j (g_j - (1 - β) r_j)}. Returns false if they are all 0. */
    private boolean dampen(Rows rows) {
        if (undamped) {
            return false;
        }
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            double β = options.mixing() instanceof Anderson.Constant constant ? constant.β() : mixing(gain(b));
            int a = b * capacity;
            for (int j = 0; j < capacity; j++) {
                damped[a + j] = -(1 - β) * α[a + j];
            }
        }
        return true;
    }

    private double mixing(double gain) {
        double β = options.mixing().beta(gain);
        if (!(β > 0 && β <= 2)) {
            throw new IllegalStateException("Anderson: the mixing returned " + β + " for a gain of " + gain + ", expected 0 < β ≤ 2");
        }
        return β;
    }

    /** {@code ‖Σ α_j r_j‖ / ‖r_k‖} of row b, at most 1. */
    private double gain(int b) {
        int a = b * capacity;
        double square = 0;
        for (int i = 0; i < capacity; i++) {
            for (int j = 0; j < capacity; j++) {
                if (α[a + i] != 0 && α[a + j] != 0) {
                    square += α[a + i] * α[a + j] * gram[(a + i) * capacity + j];
                }
            }
        }
        double ratio = square / gram[(a + slots[b]) * capacity + slots[b]];
        // NaN if the weights are NaN or the residual is 0, as it may be with a fixed number of evaluations.
        return ratio <= 1 ? Math.sqrt(Math.max(0, ratio)) : 1;
    }
}
