package dev.zstar.solvers;

import dev.zstar.kernels.Block;

/**
 * A map with parameters θ and an input x, {@code f(z; θ, x)}, of whose equilibrium a loss wants the gradients.
 *
 * @param <G> where gradients go: a block for each parameter, and one for the input
 */
public interface EquilibriumMap<G> extends DifferentiableMap {
    /** Fixes the input of the solves that follow: {@code x} has a row for each row of the batch. */
    void inject(Block x);

    /**
     * Adds {@code vᵀ ∂f/∂θ}, summed over the batch, and {@code vᵀ ∂f/∂x}, row by row, at the points last given to {@link #linearise}. With v the solution of
     * {@code (I - Jᵀ) v = ∂L/∂z*} these are the gradients of L. A row of zeros in v adds nothing.
     *
     * @param v {@code batch × n}; its row b belongs to row b of the batch, all of which were linearised in this order
     * @param z the points, of the same shape
     * @param x the input given to {@link #inject}
     * @param sum added to
     */
    void gradients(Block v, Block z, Block x, G sum);
}
