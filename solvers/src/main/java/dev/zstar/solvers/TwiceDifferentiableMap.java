package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * A map that can differentiate the product {@code Jᵀ u} again, as a loss that contains the Jacobian needs.
 *
 * @param <G> where gradients are accumulated, as in {@link EquilibriumMap}
 */
public interface TwiceDifferentiableMap<G> extends EquilibriumMap<G> {
    /**
     * Accumulates the gradients of {@code ⟨c, Jᵀ u⟩ = ⟨J c, u⟩}, for fixed c and u, at the points last given to {@link #linearise}. These
     * are the gradients with respect to the parameters (summed over the batch), and with respect to the input and the point (row by row). A
     * row of zeros in c or u adds nothing. At an equilibrium the point itself depends on the parameters and the input. The caller adds
     * {@code dz} to the right-hand side of the backward solve to include this part.
     *
     * @param c {@code rows.count() × n}. Position {@code p} belongs to row {@code rows.index(p)} of the batch, in u, z, x and dz as well
     * @param u of the same shape
     * @param z the points, of the same shape
     * @param x the rows of the input given to {@link #inject} that belong to these rows of the batch
     * @param rows any of the rows that were linearised. Rows that are missing, for example because they have no equilibrium, add nothing
     * @param sum where the gradients are added; the gradient of the input is ordered by row of the batch
     * @param dz where the gradient of the point is added, {@code rows.count() × n} or more rows; null to skip it
     */
    void secondGradients(Block c, Block u, Block z, Block x, Rows rows, G sum, Block dz);

    /** Accumulates the same gradients for all rows of the batch, each at its own position. */
    default void secondGradients(Block c, Block u, Block z, Block x, G sum, Block dz) {
        secondGradients(c, u, z, x, new Rows(c.rows()), sum, dz);
    }
}
