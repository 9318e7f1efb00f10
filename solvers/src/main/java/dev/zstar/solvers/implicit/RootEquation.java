package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * A system {@code F(z, θ) = 0} that was solved for z by any means. It can apply its derivatives at the root.
 *
 * @param <G> the blocks to which gradients with respect to θ are added
 */
public interface RootEquation<G> {
    /**
     * {@code out = (∂F/∂z)ᵀ u} at the root.
     *
     * @param u {@code rows.count() × n}; must not be changed
     * @param out of the same shape, never the same memory; every element must be written
     * @param rows position {@code p} of both belongs to row {@code rows.index(p)} of the batch
     */
    void vjp(Block u, Block out, Rows rows);

    /**
     * Adds {@code uᵀ ∂F/∂θ} at the root to the blocks of {@code sum}.
     *
     * @param u all rows of the batch, each at its own position; must not be changed
     */
    void gradients(Block u, G sum);
}
