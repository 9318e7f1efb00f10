package dev.zstar.solvers.secant;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * For each row of a batch an approximation H of the inverse Jacobian of {@code F(z) = z - f(z)}: the identity first, then what the steps teach. After
 * a step {@code s = λ d} with {@code d = H r}, {@code r = -F}, from where the residual was r to where it is r₊, the new H meets the secant equation
 * {@code H (r - r₊) = s}. Applied, it is the H of the last directions: what the residual after them would teach is not in it.
 */
public sealed interface InverseJacobian extends Inverse permits StepProduct, PairSum {
    /** An update that would stretch a step by more than the inverse of this says that the Jacobian is nearly singular; the row starts again. */
    double LEAST = 1e-3;

    /** Row {@code b} of the batch has the identity again, and no direction. */
    void forget(int b);

    /** The directions of row {@code b} since it had the identity; of those, the first was {@code r} itself. */
    int directions(int b);

    /**
     * Learns from the last step of each row that takes another, and turns {@code r} into directions {@code d = H r}. What is computed for a row
     * depends on that row alone.
     *
     * @param r {@code rows.count() × n}: the residuals {@code f(z) - z}, zeros for rows that repeat; becomes d, and for those λ d
     * @param repeats by row of the batch, whether its last direction is tried again, and nothing learnt
     * @param lengths by row of the batch: of rows that repeat, the length of the next trial; of the others, that of the last step as a share of its
     *     direction
     */
    void direct(Block r, Rows rows, boolean[] repeats, double[] lengths);
}
