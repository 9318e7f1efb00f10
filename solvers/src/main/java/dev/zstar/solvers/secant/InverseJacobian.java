package dev.zstar.solvers.secant;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * For each row of a batch, an approximation H of the inverse Jacobian of {@code F(z) = z - f(z)}. It begins as the identity, and each step
 * updates it. A step {@code s = λ d} with {@code d = H r}, {@code r = -F}, leads from a residual r to r₊; then the new H satisfies the
 * secant equation {@code H (r - r₊) = s}. {@link #apply} uses the H from which the last directions were computed; the residual after them
 * is not included.
 */
public sealed interface InverseJacobian extends ApproximateInverse permits StoredSteps {
    /** The smallest divisor {@code 1 - τ} of an update. Below it the Jacobian is nearly singular, and the row restarts. */
    double LEAST = 1e-3;

    /** Resets row {@code b} of the batch to the identity and forgets its directions. */
    void forget(int b);

    /** The number of directions that row {@code b} has taken since it was reset to the identity. The first was {@code r} itself. */
    int directions(int b);

    /**
     * Updates H with the last step of each row that takes a new one, and overwrites {@code r} with the directions {@code d = H r}. What is
     * computed for a row depends only on that row.
     *
     * @param r {@code rows.count() × n}: the residuals {@code f(z) - z}, or zeros in rows that repeat a direction. Overwritten with d, or
     *     with λ d in rows that repeat
     * @param squares by row of the batch: {@code ‖r‖²} of rows that do not repeat
     * @param repeats by row of the batch: whether its last direction is tried again and H is not updated
     * @param lengths by row of the batch: for rows that repeat, the λ of the next trial; for the others, the λ of the last step
     */
    void direct(Block r, double[] squares, Rows rows, boolean[] repeats, double[] lengths);
}
