package dev.zstar.kernels;

/**
 * Operations on batches of small matrices. One 4×4 matrix does not fill a vector unit, so the matrices of a batch lie side by side, and
 * each lane of a vector works on one system.
 *
 * <p><b>Layout.</b> A batch of {@code count} matrices of {@code m × n} is a block of {@code m · n} rows and {@code count} columns:
 * row {@code r · n + c} holds element {@code (r, c)} of every matrix, column {@code s} is system {@code s}. A batch of vectors of
 * {@code n} elements is a block of {@code n} rows, a batch of {@code k} right-hand sides for each system one of {@code n · k} rows.
 *
 * <p>Systems do not interact: NaN and infinities stay in their system. On a {@linkplain Engine#reproducible reproducible} engine a system
 * has the same bits alone, in any batch, at any position and for any number of threads. Once a thread has called a method with its largest
 * operands, further calls allocate nothing. Operands that do not fit throw {@link IllegalArgumentException}, which names the operand.
 * Unless the method says so, {@code out} must not overlap an operand.
 *
 * <p>{@code u} in the bounds is {@link Type#unitRoundoff}, {@code γ_k = k u / (1 - k u)}; "Higham" is N. J. Higham, <i>Accuracy and
 * Stability of Numerical Algorithms</i>, 2nd edition, SIAM 2002. Bounds hold while no result or right-hand side overflows or is
 * subnormal; matrices that are solved or factored may have any finite scale, from the smallest numbers to the largest.
 *
 * <p><b>Numerically singular systems.</b> A pivot is the result of subtractions. If it is so small, compared with the values before the
 * subtractions, that it may be only their rounding error, it counts as 0. Setting it to 0 changes the matrix by no more than the error
 * bound of the factors. An element that nothing was subtracted from is never small in this sense: triangular matrices, and matrices with
 * rows or columns of different scales, are not changed. This finds dependent rows or columns unless others are nearly dependent too.
 */
public interface SmallMatrices {
    /** The largest order for {@link #multiply}, {@link #transform} and {@link #solve}; the smallest is 2. */
    int UNROLLED_ORDER = 4;

    /** The largest number of rows for the other operations; the smallest is 1. */
    int ORDER = 32;

    /**
     * {@code out_s = a_s b_s}, with {@code |out - a b| ≤ γ_d |a| |b|} elementwise.
     *
     * @param a matrices of order d, {@code 2 ≤ d ≤ 4}: {@code d² × count}
     * @param b {@code d² × count}
     * @param out {@code d² × count}; may be {@code b}
     */
    void multiply(Block a, Block b, Block out);

    /**
     * {@code out_s = m_s v_s}, with {@code |out - m v| ≤ γ_d |m| |v|} elementwise.
     *
     * @param m matrices of order d, {@code 2 ≤ d ≤ 4}: {@code d² × count}; or {@code d² × 1}, one matrix for all vectors
     * @param v {@code k} vectors for each matrix, {@code d·k × count}
     * @param out of the shape of {@code v}; may be {@code v}
     */
    void transform(Block m, Block v, Block out);

    /**
     * Solves {@code m_s out_s = rhs_s} by Gaussian elimination with partial pivoting. Each column of {@code out} solves a system with
     * {@code |Δm| ≤ γ_3d |L| |U|} (Higham, theorem 9.4), in which {@code |L| ≤ 1} and {@code |U| ≤ 2^(d-1) max |m|}. The
     * elimination is done again for each of the {@code k} right-hand sides.
     *
     * <p>A system is singular if a pivot is zero, infinite or NaN, at most {@code 3 d u} times the largest magnitude that its place held
     * before a subtraction, or subnormal because of one. All its results are NaN.
     *
     * @param m matrices of order d, {@code 2 ≤ d ≤ 4}: {@code d² × count}
     * @param rhs {@code d·k × count}
     * @param out of the shape of {@code rhs}; may be {@code rhs}
     * @param singular receives which systems were singular; null if that is not wanted
     */
    void solve(Block m, Block rhs, Block out, Failures singular);

    /**
     * {@code a_s = L_s L_sᵀ}, in place: the lower triangle is read, and becomes L. The rest is neither read nor written. The bound is
     * {@code |L Lᵀ - a| ≤ γ_(n+2) |L| |Lᵀ|} (Higham, theorem 10.3; with one more rounding, because columns are multiplied by
     * {@code 1 / l_jj}).
     *
     * <p>A system is not positive definite if a pivot is not finite or not above {@code 2 (n + 2) u a_jj}, where {@code a_jj} is the
     * element before subtraction. L is then NaN from its column on.
     *
     * @param a symmetric matrices of order n ≤ 32: {@code n² × count}
     * @param indefinite receives which systems were not positive definite; null if that is not wanted
     */
    void cholesky(Block a, Failures indefinite);

    /**
     * Solves {@code L_s L_sᵀ x_s = rhs_s} in place. If {@link #cholesky} failed for a system, its x is NaN.
     *
     * @param l the result of {@link #cholesky}, {@code n² × count}
     * @param rhs {@code n·k × count}; becomes x
     */
    void solveCholesky(Block l, Block rhs);

    /**
     * {@code a_s = Q_s R_s} by Householder reflections, in place (Higham, section 19.2). R takes the upper triangle. Column j below the
     * diagonal holds the vector {@code v_j} of the reflection {@code I - τ_j v_j v_jᵀ}. Its first element is 1 and is not stored. Q is
     * the product of the reflections in the order of j. If the rest of a column is at most {@code (m + 10) u} times the largest
     * magnitude that earlier reflections subtracted from it, its diagonal element is 0, and v and τ are zeros. If the type cannot hold an
     * element of R, its column has an infinite diagonal element.
     *
     * @param a matrices of {@code m × n}, {@code 1 ≤ n ≤ m ≤ 32}: {@code m·n × count}
     * @param tau {@code n × count}: becomes τ; its number of rows is n
     */
    void qr(Block a, Block tau);

    /**
     * The least-squares solution of {@code a_s x_s = rhs_s}, from the first n rows of {@code R x = Qᵀ rhs}. A system is singular if a
     * diagonal element of R is zero, infinite, NaN or subnormal (then its digits are lost), or if a result is not finite. All its results
     * are then NaN.
     *
     * @param qr the result of {@link #qr} for matrices of {@code m × n}: {@code m·n × count}
     * @param tau τ from {@link #qr}, {@code n × count}
     * @param rhs {@code m·k × count}; not changed
     * @param out {@code n·k × count}; may be {@code rhs} if the matrices are square
     * @param singular receives which systems were singular; null if that is not wanted
     */
    void solveQr(Block qr, Block tau, Block rhs, Block out, Failures singular);
}
