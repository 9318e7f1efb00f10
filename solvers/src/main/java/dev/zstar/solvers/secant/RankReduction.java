package dev.zstar.solvers.secant;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.SymmetricEigen;
import java.util.Arrays;

/**
 * Replaces the m pairs of a row by fewer. Among all matrices of that rank that map the last y as {@code M = Σ u_j v_jᵀ / c_j} does, so that
 * the last secant equation still holds, their sum is the best approximation of M in the Frobenius norm (van de Rotten and Verduyn Lunel
 * 2005). It consists of {@code M y yᵀ / ‖y‖²}, with y projected onto the span of the v, and of the leading singular triplets of the
 * remainder.
 *
 * <p>With the columns of V scaled to norm 1, {@code Vᵀ V = Q Λ Qᵀ}. Then {@code V Q Λ^(-1/2)} is orthonormal, and {@code U Q Λ^(1/2)} has
 * the same singular values and left vectors as M, where U absorbs the divisors c and the scales. With {@code e = Λ^(-1/2) Qᵀ Vᵀ y / ‖…‖}
 * and {@code E = I - e eᵀ} the rest follows from {@code E Λ^(1/2) Qᵀ Uᵀ U Q Λ^(1/2) E = P Σ² Pᵀ}. The new pairs are
 * {@code U Q Λ^(1/2) [e, P]} and {@code V Q Λ^(-1/2) [e, P]}, with the columns of the largest Σ. The matrices of products are formed in
 * f64. Components of V below 10⁻⁷ of its norm are not resolved by these matrices and are dropped.
 *
 * <p>A reduction reads {@code m (m + 1) + 2 rank m} vectors, one row of the batch at a time, and takes some {@code 100 m³} operations for
 * the small problems. With {@code rank = m / 2} it reads {@code 4 m n} elements for each step between two reductions; the sweeps of a step
 * read {@code 1.5 m n} (bad) or {@code 3 m n} (good). With m = 30 and n = 1024 in f32 a reduction took 0.5 ms, 0.4 ms of it for the small
 * problems.
 */
public final class RankReduction {
    /** Eigenvalues below this share of the largest are only rounding, since the products are formed in f64. */
    private static final double DEPENDENT = 1e-14;

    private final Workspace workspace;
    private final Basis u;
    private final Basis v;
    private final int m;
    private final int rank;
    private final Block vector;
    private final Block made;
    private final Rows row;
    /** Square matrices of order m. */
    private final double[] gram;
    private final double[] q;
    private final double[] p;
    private final double[] work;
    private final double[] intoU;
    private final double[] intoV;
    /** The factors by which the columns of U and V are multiplied. */
    private final double[] scaleU;
    private final double[] scaleV;
    private final double[] root;
    private final double[] e;
    private final double[] ke;
    /** By row of the batch, for the engine. */
    private final double[] dots;

    /** Allocates {@code rank + 1} vectors. */
    public RankReduction(Workspace workspace, Basis u, Basis v, int rank) {
        this.workspace = workspace;
        this.u = u;
        this.v = v;
        m = u.capacity();
        this.rank = rank;
        vector = workspace.vectors(1);
        made = workspace.vectors(rank);
        row = new Rows(workspace.batch());
        gram = new double[m * m];
        q = new double[m * m];
        p = new double[m * m];
        work = new double[m * m];
        intoU = new double[m * m];
        intoV = new double[m * m];
        scaleU = new double[m];
        scaleV = new double[m];
        root = new double[m];
        e = new double[m];
        ke = new double[m];
        dots = new double[workspace.batch() * m];
    }

    /**
     * Reduces the m pairs of row {@code b} of the batch.
     *
     * @param divisors c, {@code m} for each row of the batch; set to 1 for the new pairs
     * @param changes {@code v_jᵀ y} with the last y, {@code m} for each row of the batch; zeros to preserve no secant equation
     * @return the number of pairs now; 0 if the old pairs held NaN or infinity, or their products overflowed
     */
    public int reduce(int b, double[] divisors, double[] changes) {
        row.reset(0);
        row.append(b);
        for (int i = 0; i < m; i++) {
            scaleV[i] = 1;
        }
        if (!products(v, b, scaleV)) {
            return 0;
        }
        for (int i = 0; i < m; i++) {
            double length = Math.sqrt(gram[i * m + i]);
            scaleV[i] = length > 0 ? 1 / length : 1;
            scaleU[i] = 1 / (scaleV[i] * divisors[b * m + i]);
        }
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < m; j++) {
                gram[i * m + j] *= scaleV[i] * scaleV[j];
            }
        }
        SymmetricEigen.decompose(gram, q, m);
        double most = 0;
        for (int i = 0; i < m; i++) {
            most = Math.max(most, gram[i * m + i]);
        }
        for (int i = 0; i < m; i++) {
            root[i] = gram[i * m + i] > DEPENDENT * most ? Math.sqrt(gram[i * m + i]) : 0;
        }
        if (!products(u, b, scaleU)) {
            return 0;
        }
        // gram becomes (Λ^(1/2) Qᵀ) gram (Λ^(1/2) Qᵀ)ᵀ.
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < m; j++) {
                double sum = 0;
                for (int k = 0; k < m; k++) {
                    sum += q[i * m + k] * gram[k * m + j];
                }
                work[i * m + j] = root[i] * sum;
            }
        }
        for (int i = 0; i < m; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = 0;
                for (int k = 0; k < m; k++) {
                    sum += work[i * m + k] * q[j * m + k];
                }
                gram[i * m + j] = sum * root[j];
                gram[j * m + i] = gram[i * m + j];
            }
        }
        int first = secant(b, changes) ? 1 : 0;
        SymmetricEigen.decompose(gram, p, m);
        if (first > 0) {
            combination(e, 0);
        }
        for (int l = first; l < rank; l++) {
            combination(largest(), l);
        }
        recombine(u, b, intoU);
        recombine(v, b, intoV);
        for (int l = 0; l < rank; l++) {
            divisors[b * m + l] = 1;
        }
        return rank;
    }

    /** Finds e, and multiplies gram by E from both sides; false if e does not exist. */
    private boolean secant(int b, double[] changes) {
        double size = 0;
        for (int i = 0; i < m; i++) {
            double sum = 0;
            for (int j = 0; j < m; j++) {
                sum += q[i * m + j] * scaleV[j] * changes[b * m + j];
            }
            e[i] = root[i] > 0 ? sum / root[i] : 0;
            size = Math.hypot(size, e[i]);
        }
        if (!(size > 0 && size < Double.POSITIVE_INFINITY)) {
            Arrays.fill(e, 0);
            return false;
        }
        for (int i = 0; i < m; i++) {
            e[i] /= size;
        }
        double eke = 0;
        for (int i = 0; i < m; i++) {
            ke[i] = 0;
            for (int j = 0; j < m; j++) {
                ke[i] += gram[i * m + j] * e[j];
            }
            eke += e[i] * ke[i];
        }
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < m; j++) {
                gram[i * m + j] += eke * e[i] * e[j] - (e[i] * ke[j] + ke[i] * e[j]);
            }
        }
        return true;
    }

    /**
     * Returns the eigenvector of the largest eigenvalue in gram, and removes that eigenvalue. The component of the vector along e, left by
     * rounding or by an eigenvalue of 0, is removed as well.
     */
    private double[] largest() {
        int at = 0;
        for (int i = 1; i < m; i++) {
            at = gram[i * m + i] > gram[at * m + at] ? i : at;
        }
        gram[at * m + at] = Double.NEGATIVE_INFINITY;
        double along = 0;
        for (int i = 0; i < m; i++) {
            along += p[at * m + i] * e[i];
        }
        for (int i = 0; i < m; i++) {
            ke[i] = p[at * m + i] - along * e[i];
        }
        return ke;
    }

    /** Computes the coefficients of the old vectors in pair {@code l}, from this column of {@code [e, P]}. */
    private void combination(double[] column, int l) {
        for (int j = 0; j < m; j++) {
            double sumU = 0;
            double sumV = 0;
            for (int k = 0; k < m; k++) {
                if (root[k] > 0) {
                    double element = q[k * m + j] * column[k];
                    sumU += element * root[k];
                    sumV += element / root[k];
                }
            }
            intoU[l * m + j] = scaleU[j] * sumU;
            intoV[l * m + j] = scaleV[j] * sumV;
        }
    }

    /** {@code gram = S XᵀX S} with the scales S; false if it is not finite. */
    private boolean products(Basis x, int b, double[] scale) {
        boolean finite = true;
        for (int i = 0; i < m; i++) {
            vector.copyRow(x.block(), b * m + i, 0);
            workspace.engine().multiDot(x, i + 1, vector, row, dots);
            for (int j = 0; j <= i; j++) {
                double product = dots[b * m + j] * scale[i] * scale[j];
                gram[i * m + j] = product;
                gram[j * m + i] = product;
                finite &= Math.abs(product) < Double.POSITIVE_INFINITY;
            }
        }
        return finite;
    }

    private void recombine(Basis x, int b, double[] into) {
        for (int l = 0; l < rank; l++) {
            System.arraycopy(into, l * m, dots, b * m, m);
            workspace.engine().mix(x, m, dots, vector, row);
            made.copyRow(vector, 0, l);
        }
        for (int l = 0; l < rank; l++) {
            x.block().copyRow(made, l, b * m + l);
        }
    }

    /**
     * Overwrites row {@code at} of {@code out} with {@code H r}, where r is that row of the block {@code r} and H has {@code count} pairs
     * with divisor 1.
     *
     * @param projections {@code v_jᵀ r}, m for each row of the batch
     */
    public void apply(int b, int count, Block r, Block out, int at, double[] projections) {
        row.reset(0);
        row.append(b);
        vector.copyRow(r, at, 0);
        workspace.engine().multiDot(v, count, vector, row, projections);
        workspace.engine().multiAxpy(u, count, projections, vector, row, null);
        out.copyRow(vector, 0, at);
    }
}
