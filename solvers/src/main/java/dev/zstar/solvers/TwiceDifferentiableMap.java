package dev.zstar.solvers;

import dev.zstar.kernels.Block;

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
     * @param c {@code batch × n}; its row b belongs to row b of the batch, all of which were linearised in this order
     * @param u of the same shape
     * @param z the points, of the same shape
     * @param x the input given to {@link #inject}
     * @param sum added to
     * @param dz added to, {@code batch × n} or more rows; null where it is not wanted
     */
    void secondGradients(Block c, Block u, Block z, Block x, G sum, Block dz);
}
