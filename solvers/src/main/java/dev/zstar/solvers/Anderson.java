package dev.zstar.solvers;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import java.util.Arrays;

/**
 * Anderson acceleration, type II (Anderson 1965; Walker and Ni 2011): the next iterate is {@code Σ α_j (z_j + β r_j)} over the last
 * {@code m + 1} iterates, with the α that sum to 1 and minimise {@code ‖Σ α_j r_j‖}, {@code r_j = f(z_j) - z_j}.
 *
 * <p>Each row has its own α and its own end. What is kept are the residuals themselves and the values {@code g_j = f(z_j)}, in a ring
 * of m + 1, so that one sweep over the batch forms r and its Gram row, and one more the next iterate: {@code (2m + 6) n} elements a
 * row and step. The small problem is solved in f64 from the Gram matrix of the differences {@code r_k - r_j}.
 */
public final class Anderson extends FixedPointSolver {
    /**
     * How the acceleration works.
     *
     * @param window m, the earlier iterates used; 5 is the usual choice for deep equilibrium models
     * @param mixing β, the share of the residual that is added; below 1 damps
     * @param regularisation λ, added to the diagonal of the Gram matrix after its columns were scaled to length 1. Relative, since a
     *     fixed λ turns the weights into plain averages as soon as the residual is smaller than it
     */
    public record Options(int window, double mixing, double regularisation) {
        /** m = 5, β = 1, λ = 10⁻¹⁰: far below what f32 residuals resolve, far above the rounding of the f64 sums. */
        public static final Options DEFAULT = new Options(5, 1, 1e-10);

        /** Checks the ranges. */
        public Options {
            if (window < 1 || window > 50) {
                throw new IllegalArgumentException("window " + window + "; expected 1 to 50");
            }
            if (!(mixing > 0 && mixing <= 2)) {
                throw new IllegalArgumentException("mixing " + mixing + "; expected 0 < β ≤ 2");
            }
            if (!(regularisation >= 0 && regularisation < 1)) {
                throw new IllegalArgumentException("regularisation " + regularisation + "; expected 0 ≤ λ < 1");
            }
        }

        /** These options with another window. */
        public Options withWindow(int window) {
            return new Options(window, mixing, regularisation);
        }

        /** These options with another mixing. */
        public Options withMixing(double mixing) {
            return new Options(window, mixing, regularisation);
        }
    }

    /** A column whose remainder after the newer ones is this small, as a share of its square, carries only rounding. */
    private static final double DEPENDENT = 1e-14;

    private final Options options;
    private final int capacity;
    private final Basis r;
    private final Basis values;
    /** For each row of the batch the slot of its newest residual, and how many slots it has filled. */
    private final int[] slots;
    private final int[] counts;
    /** The last sweep's Gram row of each row of the batch, and ‖g‖² behind it. */
    private final double[] sweep;
    /** ⟨r_i, r_j⟩ for each row of the batch. */
    private final double[] gram;
    private final double[] α;
    private final double[] damped;
    /** The slot of the best iterate, or -1 once it has been saved. */
    private final int[] bestSlot;
    private final double[] factor;
    private final double[] γ;
    private final double[] scale;

    private Anderson(Plan plan, Options options, Stopping stopping) {
        super(plan, stopping);
        this.options = options;
        capacity = options.window() + 1;
        r = plan.basis(capacity);
        values = plan.basis(capacity);
        slots = new int[plan.batch];
        counts = new int[plan.batch];
        sweep = new double[plan.batch * (capacity + 1)];
        gram = new double[plan.batch * capacity * capacity];
        α = new double[plan.batch * capacity];
        damped = new double[plan.batch * capacity];
        bestSlot = new int[plan.batch];
        factor = new double[capacity * capacity];
        γ = new double[capacity];
        scale = new double[capacity];
    }

    /** Allocates {@code 2 m + 4} blocks, for batches of up to {@code batch} rows of {@code n} elements. */
    public static Anderson plan(Engine engine, Type type, int n, int batch, Options options, Stopping stopping) {
        return new Anderson(new Plan(engine, type, n, batch), options, stopping);
    }

    @Override
    void begin(int b) {
        slots[b] = -1;
        counts[b] = 0;
        bestSlot[b] = -1;
        Arrays.fill(α, b * capacity, (b + 1) * capacity, 0);
    }

    @Override
    void measure(Block zk, Block gk, double[] squares) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            slots[b] = slots[b] + 1 == capacity ? 0 : slots[b] + 1;
            counts[b] = Math.min(counts[b] + 1, capacity);
            if (bestSlot[b] == slots[b]) {
                restore(b, result());
            }
        }
        plan.engine.residualSweep(zk, gk, r, values, slots, counts, rows, sweep);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int row = b * (capacity + 1);
            squares[2 * b] = sweep[row + slots[b]];
            squares[2 * b + 1] = sweep[row + capacity];
        }
    }

    @Override
    void remember(int b, int p, Block zk, Block result) {
        bestSlot[b] = slots[b];
    }

    /** {@code z = g - r}. */
    @Override
    void restore(int b, Block result) {
        if (bestSlot[b] >= 0) {
            int at = b * capacity + bestSlot[b];
            for (int i = 0; i < plan.n; i++) {
                result.set(b, i, values.block().get(at, i) - r.block().get(at, i));
            }
            bestSlot[b] = -1;
        }
    }

    @Override
    void advance(FixedPointMap f, Block zk, Block gk) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            weights(b, slots[b], counts[b]);
        }
        plan.engine.mix(values, capacity, α, zk, rows);
        if (options.mixing() != 1) {
            dampen();
            plan.engine.multiAxpy(r, capacity, damped, zk, rows, null);
        }
    }

    /**
     * α of row b. With {@code d_j = r_k - r_j} the residual {@code r_k - Σ γ_j d_j} is least where {@code D ᵀD γ = Dᵀ r_k}; then
     * {@code α_j = γ_j} and {@code α_k = 1 - Σ γ_j}. Columns go from the newest to the oldest, so that where the Cholesky factor
     * meets one that depends on the newer, it and all older are left out.
     */
    private void weights(int b, int slot, int count) {
        int m = b * capacity * capacity;
        int row = b * (capacity + 1);
        for (int j = 0; j < count; j++) {
            gram[m + slot * capacity + j] = sweep[row + j];
            gram[m + j * capacity + slot] = sweep[row + j];
        }
        double kk = gram[m + slot * capacity + slot];
        int used = 0;
        for (int i = 0; i < count - 1; i++) {
            int si = before(slot, i);
            double ki = gram[m + slot * capacity + si];
            double ii = kk - 2 * ki + gram[m + si * capacity + si];
            if (!(ii > 0)) {
                break;
            }
            scale[i] = 1 / Math.sqrt(ii);
            double pivot = 1 + options.regularisation();
            double right = (kk - ki) * scale[i];
            for (int j = 0; j < i; j++) {
                int sj = before(slot, j);
                double sum = (kk - ki - gram[m + slot * capacity + sj] + gram[m + si * capacity + sj]) * scale[i] * scale[j];
                for (int l = 0; l < j; l++) {
                    sum -= factor[i * capacity + l] * factor[j * capacity + l];
                }
                sum /= factor[j * capacity + j];
                factor[i * capacity + j] = sum;
                pivot -= sum * sum;
                right -= sum * γ[j];
            }
            if (pivot <= DEPENDENT) {
                break;
            }
            factor[i * capacity + i] = Math.sqrt(pivot);
            γ[i] = right / factor[i * capacity + i];
            used = i + 1;
        }
        int a = b * capacity;
        Arrays.fill(α, a, a + capacity, 0);
        double rest = 1;
        for (int i = used - 1; i >= 0; i--) {
            double sum = γ[i];
            for (int j = i + 1; j < used; j++) {
                sum -= factor[j * capacity + i] * γ[j];
            }
            γ[i] = sum / factor[i * capacity + i];
        }
        for (int i = 0; i < used; i++) {
            double weight = γ[i] * scale[i];
            α[a + before(slot, i)] = weight;
            rest -= weight;
        }
        α[a + slot] = rest;
    }

    /** The slot filled i + 1 steps before this one. A comparison, since a remainder would be a division, fifteen times a step. */
    private int before(int slot, int i) {
        int at = slot - 1 - i;
        return at < 0 ? at + capacity : at;
    }

    /** {@code Σ α_j (g_j - (1 - β) r_j)}: the second term's coefficients. */
    private void dampen() {
        for (int p = 0; p < rows.count(); p++) {
            int a = rows.index(p) * capacity;
            for (int j = 0; j < capacity; j++) {
                damped[a + j] = -(1 - options.mixing()) * α[a + j];
            }
        }
    }
}
