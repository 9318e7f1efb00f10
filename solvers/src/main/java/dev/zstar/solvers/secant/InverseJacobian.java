package dev.zstar.solvers.secant;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * For each row of a batch an approximation H of the inverse Jacobian of {@code F(z) = z - f(z)}. It begins as the identity, and learns from
 * steps. A step {@code s = λ d} with {@code d = H r}, {@code r = -F}, leads from a residual r to r₊; then the new H satisfies the secant
 * equation {@code H (r - r₊) = s}. {@link #apply} uses the H of the last directions, which has not learnt from the residual after them.
 */
public sealed interface InverseJacobian extends ApproximateInverse permits StepProduct, PairSum {
    /** If an update would stretch a step by more than the inverse of this, the Jacobian is nearly singular, and the row restarts. */
    double LEAST = 1e-3;

    /** Row {@code b} of the batch has the identity again, and no direction. */
    void forget(int b);

    /** How many directions row {@code b} has taken since it had the identity. The first was {@code r} itself. */
    int directions(int b);

    /**
     * Learns from the last step of each row that takes another, and turns {@code r} into directions {@code d = H r}. What is computed for a
     * row depends on that row alone.
     *
     * @param r {@code rows.count() × n}: the residuals {@code f(z) - z}, zeros for rows that repeat; becomes d, and for those λ d
     * @param squares by row of the batch, {@code ‖r‖²} of rows that do not repeat
     * @param repeats by row of the batch, whether its last direction is tried again, and nothing learnt
     * @param lengths by row of the batch: of rows that repeat, the length of the next trial; of the others, that of the last step as a
     *     share of its direction
     */
    void direct(Block r, double[] squares, Rows rows, boolean[] repeats, double[] lengths);
}
