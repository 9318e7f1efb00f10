package dev.zstar.solvers.linear;

import java.util.Arrays;

/**
 * The small numbers of {@link IdrCycle} for each row of the batch, in f64: {@code M = PᵀG}, {@code f = Pᵀr}, the Gram matrix {@code GᵀG},
 * and the systems with them. All have the order s.
 */
final class IdrProblem {
    /** A pivot below this share of its column is only rounding; in units of roundoff. */
    private static final double PIVOT = 8;
    /** A vector with less than this share of its square outside the span of the others depends on them; in units of f64 roundoff. */
    private static final double DEPENDENT = 0x1p-40;

    private final int s;
    private final double negligible;
    /** By row of the batch: M and the Gram matrix, row by row; f; and {@code Gᵀr}. */
    private final double[] m;
    private final double[] gram;
    private final double[] f;
    private final double[] along;
    /** For one row at a time. */
    private final double[] work;
    private final double[] solved;

    /** @param roundoff that of the vectors */
    IdrProblem(int batch, int s, double roundoff) {
        this.s = s;
        negligible = PIVOT * roundoff;
        m = new double[batch * s * s];
        gram = new double[batch * s * s];
        f = new double[batch * s];
        along = new double[batch * s];
        work = new double[s * s];
        solved = new double[s];
    }

    /** Sets {@code f_i}. */
    void project(int b, int i, double value) {
        f[b * s + i] = value;
    }

    /** Sets {@code ⟨g_i, r⟩}. */
    void along(int b, int i, double value) {
        along[b * s + i] = value;
    }

    /** Sets {@code M_iq}. */
    void image(int b, int i, int q, double value) {
        m[(b * s + i) * s + q] = value;
    }

    /** Sets {@code ⟨g_i, g_q⟩}. */
    void product(int b, int i, int q, double value) {
        gram[(b * s + i) * s + q] = value;
        gram[(b * s + q) * s + i] = value;
    }

    /** {@code ‖g_q‖²}. */
    double square(int b, int q) {
        return gram[(b * s + q) * s + q];
    }

    /**
     * Writes {@code c = M⁻¹ f}, from {@code at}.
     *
     * @return false if M is singular or nearly so
     */
    boolean solve(int b, double[] c, int at) {
        System.arraycopy(m, b * s * s, work, 0, s * s);
        System.arraycopy(f, b * s, solved, 0, s);
        for (int k = 0; k < s; k++) {
            int pivot = k;
            for (int i = k + 1; i < s; i++) {
                pivot = Math.abs(work[i * s + k]) > Math.abs(work[pivot * s + k]) ? i : pivot;
            }
            if (!(Math.abs(work[pivot * s + k]) > negligible * Math.sqrt(square(b, k)))) {
                return false;
            }
            for (int j = k; pivot != k && j < s; j++) {
                double swap = work[k * s + j];
                work[k * s + j] = work[pivot * s + j];
                work[pivot * s + j] = swap;
            }
            double swap = solved[k];
            solved[k] = solved[pivot];
            solved[pivot] = swap;
            for (int i = k + 1; i < s; i++) {
                double factor = work[i * s + k] / work[k * s + k];
                for (int j = k + 1; factor != 0 && j < s; j++) {
                    work[i * s + j] -= factor * work[k * s + j];
                }
                solved[i] -= factor * solved[k];
            }
        }
        for (int i = s - 1; i >= 0; i--) {
            double sum = solved[i];
            for (int j = i + 1; j < s; j++) {
                sum -= work[i * s + j] * c[at + j];
            }
            c[at + i] = sum / work[i * s + i];
        }
        return true;
    }

    /** {@code f} of the residual {@code r - β g_q}. */
    void subtract(int b, double β, int q) {
        for (int i = 0; i < s; i++) {
            f[b * s + i] -= β * m[(b * s + i) * s + q];
        }
    }

    /**
     * Writes the c that minimises {@code ‖r - G c‖}, from {@code at}, by a Cholesky factorisation that leaves out dependent vectors.
     *
     * @param norm {@code ‖r‖}
     * @return the least norm
     */
    double minimise(int b, double norm, double[] c, int at) {
        System.arraycopy(gram, b * s * s, work, 0, s * s);
        System.arraycopy(along, b * s, solved, 0, s);
        double left = norm * norm;
        for (int k = 0; k < s; k++) {
            double pivot = work[k * s + k];
            if (!(pivot > DEPENDENT * square(b, k))) {
                Arrays.fill(work, k * s, (k + 1) * s, 0);
                continue;
            }
            double root = Math.sqrt(pivot);
            for (int j = k; j < s; j++) {
                work[k * s + j] /= root;
            }
            solved[k] /= root;
            left -= solved[k] * solved[k];
            for (int i = k + 1; i < s; i++) {
                for (int j = i; j < s; j++) {
                    work[i * s + j] -= work[k * s + i] * work[k * s + j];
                }
                solved[i] -= work[k * s + i] * solved[k];
            }
        }
        for (int i = s - 1; i >= 0; i--) {
            double sum = solved[i];
            for (int j = i + 1; j < s; j++) {
                sum -= work[i * s + j] * c[at + j];
            }
            c[at + i] = work[i * s + i] == 0 ? 0 : sum / work[i * s + i];
        }
        return Math.sqrt(Math.max(0, left));
    }
}
