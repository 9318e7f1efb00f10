package dev.zstar.solvers.secant;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Workspace;

/**
 * The small problem of an Anderson step of type I: γ with {@code ΔZᵀ (r_k - ΔR γ) = 0}. The columns are differences from the newest
 * iterate, {@code z_k - z_i} and {@code r_k - r_i} (Fang and Saad 2009, section 3.3). The matrix entries come from
 * {@code ⟨z_i, r_j⟩ = ⟨g_i, r_j⟩ - ⟨r_i, r_j⟩}. The matrix is not symmetric, so the system is solved by Gaussian elimination with row
 * exchanges.
 */
public final class Projection {
    private final Workspace workspace;
    private final int capacity;
    private final double diagonal;
    private final double least;
    /** {@code ⟨g_i, r_j⟩} by slot, for each row of the batch, and its newest column and row. */
    private final double[] products;
    private final double[] column;
    private final double[] row;
    private final double[] matrix;
    private final double[] right;
    private final int[] order;

    public Projection(Workspace workspace, int capacity, double regularisation, double condition) {
        this.workspace = workspace;
        this.capacity = capacity;
        diagonal = 1 + regularisation;
        least = 1 / condition;
        products = new double[workspace.batch() * capacity * capacity];
        column = new double[workspace.batch() * capacity];
        row = new double[workspace.batch() * capacity];
        matrix = new double[capacity * capacity];
        right = new double[capacity];
        order = new int[capacity];
    }

    /**
     * Computes the products of the newest residuals and values. Overwrites {@code gk}. Products of slots that are not filled yet are never
     * read.
     */
    public void sweep(Block zk, Block gk, Basis r, Basis values, int[] slots, Rows rows) {
        workspace.engine().multiDot(r, capacity, gk, rows, row);
        workspace.engine().axpby(-1, zk, 1, gk);
        workspace.engine().multiDot(values, capacity, gk, rows, column);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            for (int j = 0; j < capacity; j++) {
                products[(b * capacity + slots[b]) * capacity + j] = row[b * capacity + j];
                products[(b * capacity + j) * capacity + slots[b]] = column[b * capacity + j];
            }
        }
    }

    /** Writes the weights of row b by slot, from {@code α[b · capacity]} on. If the system is singular, the oldest columns are left out. */
    public void solve(int b, double[] gram, int slot, int count, double[] α) {
        int m = count - 1;
        order(slot, m);
        while (m > 0 && !eliminate(b, gram, slot, m)) {
            m--;
        }
        int a = b * capacity;
        for (int j = 0; j < capacity; j++) {
            α[a + j] = 0;
        }
        double rest = 1;
        for (int i = m - 1; i >= 0; i--) {
            for (int j = i + 1; j < m; j++) {
                right[i] -= matrix[i * capacity + j] * right[j];
            }
            right[i] /= matrix[i * capacity + i];
            α[a + order[i]] = right[i];
            rest -= right[i];
        }
        α[a + slot] = rest;
    }

    private void order(int slot, int m) {
        int s = slot;
        for (int i = 0; i < m; i++) {
            s = LeastSquares.before(s, capacity);
            order[i] = s;
        }
    }

    /** Gaussian elimination with row exchanges; false if a pivot is negligible compared with the largest element. */
    private boolean eliminate(int b, double[] gram, int slot, int m) {
        double largest = 0;
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < m; j++) {
                double sum = c(b, gram, slot, slot) - c(b, gram, slot, order[j]) - c(b, gram, order[i], slot)
                        + c(b, gram, order[i], order[j]);
                matrix[i * capacity + j] = i == j ? sum * diagonal : sum;
                largest = Math.max(largest, Math.abs(sum));
            }
            right[i] = c(b, gram, slot, slot) - c(b, gram, order[i], slot);
        }
        for (int k = 0; k < m; k++) {
            int pivot = k;
            for (int i = k + 1; i < m; i++) {
                if (Math.abs(matrix[i * capacity + k]) > Math.abs(matrix[pivot * capacity + k])) {
                    pivot = i;
                }
            }
            if (!(Math.abs(matrix[pivot * capacity + k]) > least * largest)) {
                return false;
            }
            for (int j = k; j < m; j++) {
                double swap = matrix[k * capacity + j];
                matrix[k * capacity + j] = matrix[pivot * capacity + j];
                matrix[pivot * capacity + j] = swap;
            }
            double swap = right[k];
            right[k] = right[pivot];
            right[pivot] = swap;
            for (int i = k + 1; i < m; i++) {
                double factor = matrix[i * capacity + k] / matrix[k * capacity + k];
                for (int j = k + 1; j < m; j++) {
                    matrix[i * capacity + j] -= factor * matrix[k * capacity + j];
                }
                right[i] -= factor * right[k];
            }
        }
        return true;
    }

    /** {@code ⟨z_i, r_j⟩}. */
    private double c(int b, double[] gram, int i, int j) {
        int at = (b * capacity + i) * capacity + j;
        return products[at] - gram[at];
    }
}
