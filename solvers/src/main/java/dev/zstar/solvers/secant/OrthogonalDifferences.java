package dev.zstar.solvers.secant;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.GramSchmidt;

/**
 * The problem of {@link LeastSquares} for rows whose Gram matrix is too close to singular. Here the differences {@code r_k - r_{k-1-i}}
 * themselves are orthogonalised, by Gram-Schmidt with reorthogonalisation. Its relative error is about {@code κ u} (u the unit roundoff),
 * that of the normal equations {@code κ² u}. Column i costs three sweeps over i vectors, so a row moves about {@code 1.5 m² n} elements.
 */
public final class OrthogonalDifferences {
    private final Workspace workspace;
    private final int capacity;
    private final int m;
    private final Rows rows;
    private final Basis q;
    private final Block work;
    private final double[] pick;
    private final GramSchmidt gramSchmidt;
    private final double[] h;
    private final double[] scale;
    /** R, by columns, for each row of the batch. */
    private final double[] triangle;

    /** Allocates {@code capacity} blocks. */
    public OrthogonalDifferences(Workspace workspace, int capacity) {
        this.workspace = workspace;
        this.capacity = capacity;
        m = capacity - 1;
        rows = new Rows(workspace.batch());
        q = workspace.basis(m);
        work = workspace.block();
        pick = new double[workspace.batch() * capacity];
        gramSchmidt = new GramSchmidt(workspace.engine(), q, GramSchmidt.ALWAYS);
        h = gramSchmidt.h;
        scale = new double[workspace.batch()];
        triangle = new double[workspace.batch() * m * m];
    }

    /** The rows of the batch to solve for; the caller fills it. */
    public Rows rows() {
        return rows;
    }

    /**
     * Writes the weights of those rows, by slot.
     *
     * @param slots the slot of the newest residual, by row of the batch
     * @param counts the number of residuals, by row of the batch
     */
    public void solve(Basis r, int[] slots, int[] counts, double[] α) {
        int active = rows.count();
        if (active == 0) {
            return;
        }
        Block w = work.head(active);
        for (int i = 0; i < m; i++) {
            pick(slots, counts, i);
            workspace.engine().mix(r, capacity, pick, w, rows);
            gramSchmidt.orthogonalise(i, w, rows, w);
            for (int p = 0; p < active; p++) {
                column(rows.index(p), i);
            }
            workspace.engine().store(w, scale, q, i, rows);
        }
        pick(slots, counts, -1);
        workspace.engine().mix(r, capacity, pick, w, rows);
        workspace.engine().multiDot(q, m, w, rows, h);
        for (int p = 0; p < active; p++) {
            weights(rows.index(p), slots, α);
        }
    }

    /** Picks {@code r_k - r_{k-1-i}}, or zero in a row with fewer residuals; picks {@code r_k} for i = -1. */
    private void pick(int[] slots, int[] counts, int i) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int at = b * capacity;
            for (int j = 0; j < capacity; j++) {
                pick[at + j] = 0;
            }
            if (i < counts[b] - 1) {
                pick[at + slots[b]] = 1;
                if (i >= 0) {
                    pick[at + before(slots[b], i)] = -1;
                }
            }
        }
    }

    private void column(int b, int i) {
        int at = b * m;
        System.arraycopy(h, at, triangle, (at + i) * m, i);
        boolean independent = gramSchmidt.isIndependent(b);
        triangle[(at + i) * m + i] = independent ? gramSchmidt.left[b] : 0;
        scale[b] = independent ? 1 / gramSchmidt.left[b] : 0;
    }

    private void weights(int b, int[] slots, double[] α) {
        int at = b * m;
        for (int j = 0; j < capacity; j++) {
            α[b * capacity + j] = 0;
        }
        double rest = 1;
        for (int i = m - 1; i >= 0; i--) {
            double pivot = triangle[(at + i) * m + i];
            if (pivot > 0) {
                double γ = h[at + i] / pivot;
                for (int j = 0; j < i; j++) {
                    h[at + j] -= γ * triangle[(at + i) * m + j];
                }
                α[b * capacity + before(slots[b], i)] = γ;
                rest -= γ;
            }
        }
        α[b * capacity + slots[b]] = rest;
    }

    private int before(int slot, int i) {
        int at = slot - 1 - i;
        return at < 0 ? at + capacity : at;
    }
}
