package dev.zstar.solvers.secant;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Workspace;
import java.util.Arrays;

/**
 * The inverse of either of Broyden's methods as a sum, {@code H = I + Σ u_j v_jᵀ / c_j}. A step {@code s = λ d} from r to r₊, with
 * {@code y = r - r₊} and the old H, adds a pair with {@code u = s - H y = H r₊ + (λ - 1) d}. The two methods differ in v and c:
 *
 * <ul>
 *   <li>bad: {@code v = y}, {@code c = ‖y‖²} (Broyden 1965, section 5);
 *   <li>good: {@code vᵀ = dᵀ H}, {@code c = vᵀ y = ‖d‖² - vᵀ r₊}, by the formula of Sherman and Morrison.
 * </ul>
 *
 * <p>Both have {@code H₊ r₊ = σ u - (λ - 1) d} with {@code σ = 1 + vᵀ r₊ / c}. The bad method reads k pairs once, {@code (2k + 18) n}
 * elements per step. The good one makes two more sweeps, to form v: {@code (4k + 16) n}. A step with λ ≠ 1 costs 5n more. The divisors are
 * stored separately, so that the vectors stay within the range of their type.
 *
 * <p>Until the next residual is known, the last slot in use holds what its pair is made from: d instead of u, and instead of v the old r
 * (bad method) or v itself (good method).
 */
public final class PairSum extends StoredSteps {
    private final boolean good;
    private final Basis u;
    private final Basis v;
    private final Block room;
    /** Null if a row restarts when its memory is full. */
    private final RankReduction reduction;
    /** For each row of the batch: the number of directions since the identity, and c_j. The last of the slots in use is open. */
    private final int[] directions;
    private final double[] divisors;
    private final double[] dots;
    /** {@code v_jᵀ r} with the last residual, and {@code v_jᵀ y} with its change. */
    private final double[] projections;
    private final double[] changes;
    /** By row of the batch: whether all its slots hold pairs, so that no slot is open. */
    private final boolean[] full;

    /**
     * Allocates {@code 2 memory + 1} blocks, and {@code rank + 1} vectors for a reduction.
     *
     * @param rank the number of pairs kept when the memory is full; 0 to restart
     */
    public PairSum(Workspace workspace, boolean good, int memory, int rank) {
        super(workspace, memory);
        this.good = good;
        u = workspace.kept().basis(m);
        v = workspace.kept().basis(m);
        room = workspace.block();
        reduction = rank > 0 ? new RankReduction(workspace, u, v, rank) : null;
        directions = new int[workspace.batch()];
        divisors = new double[workspace.batch() * m];
        dots = new double[workspace.batch() * m];
        projections = new double[workspace.batch() * m];
        changes = new double[workspace.batch() * m];
        full = new boolean[workspace.batch()];
    }

    @Override
    public void forget(int b) {
        super.forget(b);
        directions[b] = 0;
    }

    @Override
    public int directions(int b) {
        return directions[b];
    }

    @Override
    public void direct(Block r, double[] squares, Rows rows, boolean[] repeats, double[] lengths) {
        Block w = room.head(rows.count());
        int most = most(rows);
        if (!good) {
            differences(r, w, most, rows, repeats);
        }
        workspace.engine().multiDot(v, most, r, rows, dots);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            full[b] = false;
            stretch[p] = repeats[b] ? repeat(b, lengths[b]) : combination(b, lengths[b]);
            if (full[b]) {
                w.copyRow(r, p, p);
            } else if (!good && !repeats[b]) {
                v.block().copyRow(r, p, b * m + counts[b]);
            }
        }
        workspace.engine().multiAxpy(u, most, coefficients, r, rows, null);
        boolean shortened = false;
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            clearCoefficients(b);
            if (repeats[b] || counts[b] == 0) {
                continue;
            }
            int k = b * m + counts[b] - 1;
            if (full[b] || lengths[b] == 1) {
                u.block().copyRow(r, p, k);
            } else {
                // Its slot still holds d.
                w.copyRow(r, p, p);
                coefficients[k] = 1 - lengths[b];
                shortened = true;
            }
        }
        workspace.engine().axpby(stretch, r, zeros, r);
        if (shortened) {
            workspace.engine().multiAxpy(u, most, coefficients, r, rows, null);
        }
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (!repeats[b]) {
                if (counts[b] > 0 && coefficients[b * m + counts[b] - 1] != 0) {
                    u.block().copyRow(w, p, b * m + counts[b] - 1);
                }
                if (full[b]) {
                    reduce(b, p, r, w);
                }
                u.block().copyRow(r, p, b * m + counts[b]);
                counts[b]++;
                directions[b]++;
            }
        }
        if (good) {
            transpose(r, w, rows, repeats);
        }
    }

    /** {@inheritDoc} The open slot takes no part. */
    @Override
    public void apply(boolean transposed, Block x, Rows rows, double[] squares) {
        int most = most(rows);
        workspace.engine().multiDot(transposed ? u : v, most, x, rows, dots);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int at = b * m;
            clearCoefficients(b);
            for (int j = 0; j < counts[b] - 1; j++) {
                coefficients[at + j] = dots[at + j] / divisors[at + j];
            }
        }
        workspace.engine().multiAxpy(transposed ? v : u, most, coefficients, x, rows, squares);
    }

    /** Overwrites r_k with {@code y = r_k - r}, and stores its divisor {@code ‖y‖²}. */
    private void differences(Block r, Block y, int most, Rows rows, boolean[] repeats) {
        Arrays.fill(coefficients, 0);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (!repeats[b] && counts[b] > 0) {
                coefficients[b * m + counts[b] - 1] = 1;
            }
        }
        workspace.engine().axpby(-1, r, 0, y);
        workspace.engine().multiAxpy(v, most, coefficients, y, rows, square);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (!repeats[b] && counts[b] > 0) {
                v.block().copyRow(y, p, b * m + counts[b] - 1);
                divisors[b * m + counts[b] - 1] = square[b];
            }
        }
    }

    /**
     * The coefficients of the vectors in {@code u = H r + (λ - 1) d}, and the divisor of the new pair.
     *
     * @param length λ of the last step
     * @return σ
     */
    private double combination(int b, double length) {
        int at = b * m;
        int k = counts[b] - 1;
        clearCoefficients(b);
        if (k < 0) {
            return 1;
        }
        if (good) {
            divisors[at + k] -= dots[at + k];
        }
        double σ = 1 + dots[at + k] / divisors[at + k];
        boolean last = k + 1 == m;
        if (last && reduction == null || !(Math.abs(σ) <= 1 / LEAST)) {
            forget(b);
            return 1;
        }
        for (int j = 0; j < k; j++) {
            coefficients[at + j] = dots[at + j] / divisors[at + j];
            changes[at + j] = projections[at + j] - dots[at + j];
        }
        coefficients[at + k] = length - 1;
        changes[at + k] = divisors[at + k];
        System.arraycopy(dots, at, projections, at, k + 1);
        full[b] = last;
        return σ;
    }

    /**
     * Reduces the pairs of row {@code b}, at position {@code p}, and computes its direction again with the H of smaller rank, so that the
     * next pair belongs to that H.
     */
    private void reduce(int b, int p, Block d, Block r) {
        counts[b] = reduction.reduce(b, divisors, changes);
        if (counts[b] == 0) {
            forget(b);
        }
        if (!good) {
            v.block().copyRow(r, p, b * m + counts[b]);
        }
        reduction.apply(b, counts[b], r, d, p, projections);
    }

    /** {@code vᵀ = dᵀ H} for the new directions, and {@code ‖d‖²}, from which the divisor is computed later. */
    private void transpose(Block d, Block w, Rows rows, boolean[] repeats) {
        int most = most(rows);
        workspace.engine().multiDot(u, most, d, rows, dots);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int at = b * m;
            clearCoefficients(b);
            if (!repeats[b]) {
                int k = counts[b] - 1;
                for (int j = 0; j < k; j++) {
                    coefficients[at + j] = dots[at + j] / divisors[at + j];
                }
                divisors[at + k] = dots[at + k];
            }
        }
        workspace.engine().copy(d, w);
        workspace.engine().multiAxpy(v, most, coefficients, w, rows, null);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (!repeats[b]) {
                v.block().copyRow(w, p, b * m + counts[b] - 1);
            }
        }
    }
}
