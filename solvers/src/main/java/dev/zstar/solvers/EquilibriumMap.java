package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * A map with parameters θ and an input x, {@code f(z; θ, x)}. It computes the gradients of a loss of its equilibrium.
 *
 * @param <G> where gradients are accumulated: a block for each parameter, and one for the input
 */
public interface EquilibriumMap<G> extends DifferentiableMap {
    /**
     * Sets the input of the following solves: {@code x} has a row for each row of the batch. Rows of the batch that x does not have lose
     * their input, and all rows lose it when parameters change. The map cannot be evaluated there.
     */
    void inject(Block x);

    /**
     * A number that changes whenever the equilibria change: with new parameters, and with every input. A layer uses it to notice that a
     * backward pass belongs to another problem than its forward pass. Always 0 for a map that does not count.
     */
    default long version() {
        return 0;
    }

    /**
     * Accumulates {@code vᵀ ∂f/∂θ}, summed over the batch, and {@code vᵀ ∂f/∂x}, row by row, at the points last given to
     * {@link #linearise}. If v solves {@code (I - Jᵀ) v = ∂L/∂z*}, these are the gradients of L.
     *
     * @param v {@code rows.count() × n}. Position {@code p} belongs to row {@code rows.index(p)} of the batch, also in z and x
     * @param z the points, of the same shape
     * @param x the rows of the input given to {@link #inject} that belong to these rows of the batch
     * @param rows any of the rows that were linearised. Missing rows, such as rows without a gradient, add nothing
     * @param sum where the gradients are added; that of the input is ordered by row of the batch
     */
    void gradients(Block v, Block z, Block x, Rows rows, G sum);

    /** The same for a batch with all its rows, each at its own position. */
    default void gradients(Block v, Block z, Block x, G sum) {
        gradients(v, z, x, new Rows(v.rows()), sum);
    }
}
