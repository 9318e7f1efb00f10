package dev.zstar.solvers;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
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
public final class Anderson implements AutoCloseable {
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

    private final Plan plan;
    private final Options options;
    private final Stopping stopping;
    private final Outcome outcome;
    private final int capacity;
    private final Rows rows;
    private final Block z;
    private final Block g;
    private final Basis r;
    private final Basis values;
    /** The last sweep's Gram row of each row of the batch, and ‖g‖² behind it. */
    private final double[] sweep;
    /** ⟨r_i, r_j⟩ for each row of the batch. */
    private final double[] gram;
    private final double[] α;
    private final double[] damped;
    private final double[] best;
    /** The ring slot of the best iterate, or -1 once it has been saved. */
    private final int[] bestSlot;
    private final double[] factor;
    private final double[] γ;
    private final double[] scale;

    private Anderson(Plan plan, Options options, Stopping stopping) {
        this.plan = plan;
        this.options = options;
        this.stopping = stopping;
        capacity = options.window() + 1;
        outcome = new Outcome(plan.batch, stopping);
        rows = new Rows(plan.batch);
        z = plan.block();
        g = plan.block();
        r = plan.basis(capacity);
        values = plan.basis(capacity);
        sweep = new double[plan.batch * (capacity + 1)];
        gram = new double[plan.batch * capacity * capacity];
        α = new double[plan.batch * capacity];
        damped = new double[plan.batch * capacity];
        best = new double[plan.batch];
        bestSlot = new int[plan.batch];
        factor = new double[capacity * capacity];
        γ = new double[capacity];
        scale = new double[capacity];
    }

    /** Allocates for batches of up to {@code batch} rows of {@code n} elements. */
    public static Anderson plan(Engine engine, Type type, int n, int batch, Options options, Stopping stopping) {
        return new Anderson(new Plan(engine, type, n, batch), options, stopping);
    }

    /** Bytes that this plan holds: {@code 2 m + 4} blocks. */
    public long bytes() {
        return plan.bytes();
    }

    /**
     * Solves from {@code start}, and leaves the result there: for each row the iterate whose residual the outcome states, the last
     * one of a success and the best one of a failure.
     *
     * @param start {@code batch × n}
     */
    public Outcome solve(FixedPointMap f, Block start) {
        plan.enter("start", start);
        try {
            iterate(f, start);
        } finally {
            plan.leave();
        }
        return outcome;
    }

    private void iterate(FixedPointMap f, Block start) {
        int active = start.rows();
        outcome.start(active);
        rows.reset(active);
        Arrays.fill(best, Double.POSITIVE_INFINITY);
        Arrays.fill(bestSlot, -1);
        Arrays.fill(α, 0);
        z.head(active).copyFrom(start);
        for (int k = 0; active > 0; k++) {
            Block zk = z.head(active);
            Block gk = g.head(active);
            f.apply(zk, gk, rows);
            outcome.evaluated(active);
            int slot = k % capacity;
            int count = Math.min(k + 1, capacity);
            saveBest(slot, start);
            plan.engine.residualSweep(zk, gk, r, values, slot, count, rows, sweep);
            active = judgeRows(zk, start, slot, count);
            Block next = z.head(active);
            if (active > 0) {
                plan.engine.mix(values, count, α, next, rows);
                if (options.mixing() != 1) {
                    dampen(count);
                    plan.engine.multiAxpy(r, count, damped, next, rows, null);
                }
            }
        }
    }

    /** Ends the rows that are done, forms α of the others and packs them to the front; returns how many. */
    private int judgeRows(Block zk, Block start, int slot, int count) {
        int kept = 0;
        double worst = 0;
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int row = b * (capacity + 1);
            double square = sweep[row + slot];
            double valueSquare = sweep[row + capacity];
            double residual = Judge.relative(square, valueSquare);
            Status status = Judge.judge(square, valueSquare, best[b], outcome.evaluations(), stopping);
            worst = Math.max(worst, residual);
            if (residual < best[b]) {
                best[b] = residual;
                bestSlot[b] = slot;
            }
            if (status != null) {
                if (bestSlot[b] == slot) {
                    start.copyRow(zk, p, b);
                } else {
                    restore(b, start);
                }
                outcome.end(b, status, best[b]);
                continue;
            }
            weights(b, slot, count);
            rows.place(kept++, b);
        }
        outcome.record(worst);
        rows.truncate(kept);
        return kept;
    }

    /** Before a slot is overwritten: {@code z = g - r} of the rows whose best iterate it holds. */
    private void saveBest(int slot, Block start) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (bestSlot[b] == slot) {
                restore(b, start);
            }
        }
    }

    private void restore(int b, Block start) {
        if (bestSlot[b] >= 0) {
            int at = b * capacity + bestSlot[b];
            for (int i = 0; i < plan.n; i++) {
                start.set(b, i, values.block().get(at, i) - r.block().get(at, i));
            }
            bestSlot[b] = -1;
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
    private void dampen(int count) {
        for (int p = 0; p < rows.count(); p++) {
            int a = rows.index(p) * capacity;
            for (int j = 0; j < count; j++) {
                damped[a + j] = -(1 - options.mixing()) * α[a + j];
            }
        }
    }

    @Override
    public void close() {
        plan.close();
    }
}
