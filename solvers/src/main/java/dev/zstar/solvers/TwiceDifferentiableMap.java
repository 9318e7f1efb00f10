package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * A map whose product {@code Jᵀ u} can be differentiated in turn: what a loss needs that is made of its Jacobian.
 *
 * @param <G> where gradients go, as in {@link EquilibriumMap}
 */
public interface TwiceDifferentiableMap<G> extends EquilibriumMap<G> {
    /**
     * Adds the gradients of {@code ⟨c, Jᵀ u⟩ = ⟨J c, u⟩}, for fixed c and u, with respect to the parameters (summed over the batch), the input and the point (row by
     * row), at the points last given to {@link #linearise}. A row of zeros in c or u adds nothing. At an equilibrium the point depends on parameters and input
     * too: that part comes of the backward solve, to whose right-hand side {@code dz} is added.
     *
     * @param c {@code rows.count() × n}: position {@code p} belongs to row {@code rows.index(p)} of the batch, as it does of u, z, x and dz
     * @param u of the same shape
     * @param z the points, of the same shape
     * @param x of the input given to {@link #inject} the rows that these are
     * @param rows any of the rows that were linearised; those that are missing, as rows without an equilibrium, add nothing
     * @param sum added to; that of the input by row of the batch
     * @param dz added to, {@code rows.count() × n} or more rows; null where it is not wanted
     */
    void secondGradients(Block c, Block u, Block z, Block x, Rows rows, G sum, Block dz);

    /** The same for a batch whose rows are all there, each at its own position. */
    default void secondGradients(Block c, Block u, Block z, Block x, G sum, Block dz) {
        secondGradients(c, u, z, x, new Rows(c.rows()), sum, dz);
    }
}
