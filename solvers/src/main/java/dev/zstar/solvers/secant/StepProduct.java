package dev.zstar.solvers.secant;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Workspace;

/**
 * The inverse of Broyden's good method as a product of factors, which needs only the directions d (Kelley 1995, sections 7.3 and 8.3). With
 * {@code s_j = λ_j d_j} it is {@code H_k = Π_j (I + (d_{j+1} + (λ_j - 1) d_j) d_jᵀ / ‖d_j‖²)}, newest factor first, so {@code q = H_k r} is
 * r plus a sum of directions. With {@code τ = d_kᵀ q / ‖d_k‖²} the next direction is {@code d_{k+1} = (q + (λ_k - 1) τ d_k) / (1 - τ)}.
 *
 * <p>The factors depend on each other only through inner products of directions. These inner products are kept in f64 and updated by a
 * recurrence. A step therefore reads the directions only twice, in one sweep for {@code Dᵀ r} and one for q: {@code (2k + 8) n} elements,
 * whereas two sets of vectors take 4k n to 6k n. Dropping the oldest direction would break the product, so a row restarts when its memory
 * is full.
 *
 * <p>The recurrence carries errors from product to product, and they grow: for maps with ρ = 0.99 and n = 64 to 512, from the unit roundoff
 * to order 1 within 50 to 150 steps; from then on the directions are meaningless. The norm of each direction is therefore measured and
 * compared with the norm that the products predict. If the two differ, its products are measured as well, with one more sweep. On 120 maps
 * of n = 16 to 256, linear and nonlinear, and with a memory of 300, f64 then took 0.99 times the evaluations of the dense method, and f32
 * 1.08 times. With a memory of 30, f32 needed the extra sweep in 1 of 34 steps, and f64 twice in 17,000 steps.
 *
 * <p>Recomputing inner products does not repair rounding errors in the directions themselves. On linear maps of n = 96 and 128 that expand
 * (ρ = 1.5), for which the dense method takes more than n steps, f32 with a memory of 400 solved 6 of 12 in 400 evaluations; with all
 * products measured in every step it solved 4. The dense matrix in f64, on the same f32 values of f, solved all 12, as does this form in
 * f64.
 */
public final class StepProduct extends StoredSteps {
    /** Rows with fewer directions are not checked, because errors have had no time to grow. */
    private static final int YOUNG = 8;
    /** The largest relative difference between the squared norm of a direction and its prediction from the products. */
    private static final double DRIFT = 1e-4;

    private final Basis d;
    /** For each row of the batch: ⟨d_i, d_j⟩, λ_j, and Dᵀr. Each slot in use holds a direction. */
    private final double[] products;
    private final double[] λ;
    private final double[] dr;
    /** By position: ‖q‖² as the products predict it. */
    private final double[] expected;
    /** One direction, while its products are measured. */
    private final Block one;
    private final Rows row;

    /** Allocates {@code memory} blocks, and one vector. */
    public StepProduct(Workspace workspace, int memory) {
        super(workspace, memory);
        d = workspace.kept().basis(m);
        products = new double[workspace.batch() * m * m];
        λ = new double[workspace.batch() * m];
        dr = new double[workspace.batch() * m];
        expected = new double[workspace.batch()];
        one = workspace.vectors(1);
        row = new Rows(workspace.batch());
    }

    @Override
    public void direct(Block r, double[] squares, Rows rows, boolean[] repeats, double[] lengths) {
        int most = most(rows);
        workspace.engine().multiDot(d, most, r, rows, dr);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            stretch[p] = repeats[b] ? repeat(b, lengths[b]) : combination(b, lengths[b]);
            expected[p] = !repeats[b] && counts[b] >= YOUNG ? expected(b, squares[b], stretch[p]) : Double.NaN;
        }
        workspace.engine().multiAxpy(d, most, coefficients, r, rows, square);
        workspace.engine().axpby(stretch, r, zeros, r);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (!repeats[b]) {
                int k = counts[b]++;
                d.block().copyRow(r, p, b * m + k);
                products[(b * m + k) * m + k] = square[b] * stretch[p] * stretch[p];
                if (k >= YOUNG && !(Math.abs(expected[p] - square[b]) <= DRIFT * square[b])) {
                    measure(b, k);
                }
            }
        }
    }

    /** {@code ‖q‖² = ‖r‖² + Σ_j a_j (⟨d_j, r⟩ + ⟨d_j, q⟩)} with the coefficients a. */
    private double expected(int b, double residual, double stretch) {
        int at = b * m;
        int k = counts[b];
        double shrink = 1 / stretch;
        double sum = residual;
        for (int j = 0; j < k; j++) {
            sum += coefficients[at + j] * (dr[at + j] + products[(at + k) * m + j] * shrink);
        }
        return sum;
    }

    /** Measures the products of direction k of row {@code b} with the earlier directions. */
    private void measure(int b, int k) {
        row.reset(0);
        row.append(b);
        one.copyRow(d.block(), b * m + k, 0);
        workspace.engine().multiDot(d, k + 1, one, row, dr);
        for (int j = 0; j <= k; j++) {
            products[(b * m + k) * m + j] = dr[b * m + j];
            products[(b * m + j) * m + k] = dr[b * m + j];
        }
    }

    /**
     * The coefficients of the directions in {@code q + (λ_k - 1) τ d_k}, and the products of the directions with the next one. With q_j the
     * sum up to the j-th factor and {@code c_j = d_jᵀ q_j / ‖d_j‖²}, that factor adds {@code c_j (d_{j+1} + (λ_j - 1) d_j)}.
     *
     * @param length λ_k of the last step
     * @return {@code 1 / (1 - τ)}
     */
    private double combination(int b, double length) {
        int at = b * m;
        int k = counts[b] - 1;
        clearCoefficients(b);
        if (k < 0) {
            return 1;
        }
        λ[at + k] = length;
        factors(at, k);
        double τ = sum(at, k, k) / products[(at + k) * m + k];
        double least = 1 - τ;
        if (k + 1 == m || !(Math.abs(least) >= LEAST && Math.abs(least) < Double.POSITIVE_INFINITY)) {
            forget(b);
            clearCoefficients(b);
            return 1;
        }
        coefficients[at + k] += (length - 1) * τ;
        double stretch = 1 / least;
        for (int j = 0; j <= k; j++) {
            double product = stretch * sum(at, j, k);
            products[(at + j) * m + k + 1] = product;
            products[(at + k + 1) * m + j] = product;
        }
        return stretch;
    }

    /** The coefficients of the directions in q, the product of k factors with r. */
    private void factors(int at, int k) {
        for (int j = 0; j < k; j++) {
            double c = sum(at, j, j) / products[(at + j) * m + j];
            coefficients[at + j] += (λ[at + j] - 1) * c;
            coefficients[at + j + 1] = c;
        }
    }

    /**
     * The coefficients for the transposed factors. The newest is now applied first. With q the sum so far, factor j adds
     * {@code d_j (d_{j+1} + (λ_j - 1) d_j)ᵀ q / ‖d_j‖²}.
     */
    private void transposedFactors(int at, int k) {
        for (int j = k - 1; j >= 0; j--) {
            double product = sum(at, j + 1, k) + (λ[at + j] - 1) * sum(at, j, k);
            coefficients[at + j] = product / products[(at + j) * m + j];
        }
    }

    @Override
    public void apply(boolean transposed, Block x, Rows rows, double[] squares) {
        int most = most(rows);
        workspace.engine().multiDot(d, most, x, rows, dr);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int at = b * m;
            clearCoefficients(b);
            if (transposed) {
                transposedFactors(at, counts[b] - 1);
            } else {
                factors(at, counts[b] - 1);
            }
        }
        workspace.engine().multiAxpy(d, most, coefficients, x, rows, squares);
    }

    /** {@code d_jᵀ (r + Σ_{i ≤ last} a_i d_i)} with the current coefficients a. */
    private double sum(int at, int j, int last) {
        double sum = dr[at + j];
        for (int i = 0; i <= last; i++) {
            sum += coefficients[at + i] * products[(at + j) * m + i];
        }
        return sum;
    }
}
