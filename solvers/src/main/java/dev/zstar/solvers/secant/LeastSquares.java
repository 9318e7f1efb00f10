package dev.zstar.solvers.secant;

/**
 * The least-squares problem of a type II Anderson step: finds the γ that minimise {@code ‖r_k - Σ γ_i d_i‖}, {@code d_i = r_k - r_{k-1-i}},
 * from the Gram matrix of the residuals, in f64.
 *
 * <p>The normal equations {@code (DᵀD + λ diag DᵀD) γ = Dᵀr_k} are factored as {@code L Δ Lᵀ}, with one division per column and no square
 * root; at n = 64 these few hundred operations take as long as the product with W. Columns go from the newest to the oldest. The first
 * column that depends numerically on newer ones is left out, together with all older columns.
 */
public final class LeastSquares {
    private final int capacity;
    private final double diagonal;
    private final double dependent;
    /** Rows of L without its diagonal, and the inverse of Δ. */
    private final double[] l;
    private final double[] inverse;
    /** A row of LΔ, and L⁻¹ Dᵀr. */
    private final double[] row;
    private final double[] y;
    private final int[] order;
    private double left;

    /**
     * @param capacity the number of residuals in the ring
     * @param regularisation λ
     * @param condition the largest ratio of the norm of a column to its distance from the span of the newer columns
     */
    public LeastSquares(int capacity, double regularisation, double condition) {
        this.capacity = capacity;
        diagonal = 1 + regularisation;
        dependent = 1 / (condition * condition);
        l = new double[capacity * capacity];
        inverse = new double[capacity];
        row = new double[capacity];
        y = new double[capacity];
        order = new int[capacity];
    }

    /**
     * Writes γ as weights {@code α_j} of the residuals, by slot: {@code γ_i} for the older ones and {@code 1 - Σ γ_i} for the newest. The
     * weights of slots not in use become 0.
     *
     * @param gram {@code ⟨r_i, r_j⟩} by slot, {@code capacity × capacity}
     * @param at the index of the first element in {@code gram}
     * @param slot the slot of the newest residual
     * @param count the number of residuals in use
     * @param from the index of the first weight in {@code α}
     * @return the number of columns that are used
     */
    public int solve(double[] gram, int at, int slot, int count, double[] α, int from) {
        int newest = at + slot * capacity;
        double kk = gram[newest + slot];
        int used = 0;
        left = kk;
        int si = slot;
        for (int i = 0; i < count - 1; i++) {
            si = before(si, capacity);
            order[i] = si;
            int gi = at + si * capacity;
            double ki = gram[newest + si];
            double difference = kk - ki;
            double ii = difference - ki + gram[gi + si];
            double pivot = ii * diagonal;
            double right = difference;
            int li = i * capacity;
            for (int j = 0; j < i; j++) {
                int sj = order[j];
                double sum = difference - gram[newest + sj] + gram[gi + sj];
                int lj = j * capacity;
                for (int h = 0; h < j; h++) {
                    sum -= row[h] * l[lj + h];
                }
                row[j] = sum;
                double factor = sum * inverse[j];
                l[li + j] = factor;
                pivot -= sum * factor;
                right -= factor * y[j];
            }
            // Without λ, which would make every column seem independent.
            if (!(pivot - (diagonal - 1) * ii > dependent * ii)) {
                break;
            }
            inverse[i] = 1 / pivot;
            y[i] = right;
            used = i + 1;
            left -= right * y[i] * inverse[i];
        }
        for (int j = 0; j < capacity; j++) {
            α[from + j] = 0;
        }
        double rest = 1;
        for (int i = used - 1; i >= 0; i--) {
            double sum = y[i] * inverse[i];
            for (int j = i + 1; j < used; j++) {
                sum -= l[j * capacity + i] * row[j];
            }
            row[i] = sum;
            α[from + order[i]] = sum;
            rest -= sum;
        }
        α[from + slot] = rest;
        return used;
    }

    /** {@code ‖r_k - Σ γ_i d_i‖²} of the last problem, up to rounding errors of {@code ‖r_k‖²}, which may make it negative. */
    public double left() {
        return left;
    }

    /** The slot that a ring filled before this one. It is found by a comparison, because a remainder would be a division. */
    public static int before(int slot, int capacity) {
        return slot == 0 ? capacity - 1 : slot - 1;
    }
}
