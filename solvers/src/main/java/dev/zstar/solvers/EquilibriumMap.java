package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * A map with parameters θ and an input x, {@code f(z; θ, x)}, of whose equilibrium a loss wants the gradients.
 *
 * @param <G> where gradients go: a block for each parameter, and one for the input
 */
public interface EquilibriumMap<G> extends DifferentiableMap {
    /**
     * Fixes the input of the solves that follow: {@code x} has a row for each row of the batch. Rows that it has no row for have no input
     * any more, and nor has any once parameters change: a map refuses to be evaluated there.
     */
    void inject(Block x);

    /**
     * A number that changes whenever the equilibria do: with new parameters, and with every input. A layer notices by it that a backward
     * pass would be that of another problem than its forward pass. Always 0 for a map that does not count.
     */
    default long version() {
        return 0;
    }

    /**
     * Adds {@code vᵀ ∂f/∂θ}, summed over the batch, and {@code vᵀ ∂f/∂x}, row by row, at the points last given to {@link #linearise}. With
     * v the solution of {@code (I - Jᵀ) v = ∂L/∂z*} these are the gradients of L.
     *
     * @param v {@code rows.count() × n}: position {@code p} belongs to row {@code rows.index(p)} of the batch, as it does of z and x
     * @param z the points, of the same shape
     * @param x of the input given to {@link #inject} the rows that these are
     * @param rows any of the rows that were linearised; those that are missing, as rows without a gradient, add nothing
     * @param sum added to; that of the input by row of the batch
     */
    void gradients(Block v, Block z, Block x, Rows rows, G sum);

    /** The same for a batch whose rows are all there, each at its own position. */
    default void gradients(Block v, Block z, Block x, G sum) {
        gradients(v, z, x, new Rows(v.rows()), sum);
    }
}
