package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * A map with parameters θ and an input x, {@code f(z; θ, x)}. It computes the gradients of a loss L(z*) with respect to θ and x.
 *
 * @param <G> where gradients are accumulated: a block for each parameter, and one for the input
 */
public interface EquilibriumMap<G> extends DifferentiableMap {
    /**
     * Sets the input of the following solves. Row i of {@code x} is the input of row i of the batch. {@code x} may have fewer rows than the
     * batch; the remaining rows have no input afterwards. New parameters discard the input of every row. Evaluating the map at a row
     * without an input throws {@link IllegalStateException}.
     *
     * @param x the inputs; the map reads them, and must not change or keep the block
     */
    void inject(Block x);

    /**
     * A counter that changes whenever the equilibria change: with new parameters and with every new input. A layer compares it to detect a
     * backward pass that belongs to another problem than its forward pass. Always 0 for a map that does not count; then a layer cannot
     * detect this.
     */
    default long version() {
        return 0;
    }

    /** The bytes that this map holds outside the heap, its linearisation included. 0 for a map that does not count them. */
    default long bytes() {
        return 0;
    }

    /**
     * Accumulates {@code vᵀ ∂f/∂θ}, summed over the batch, and {@code vᵀ ∂f/∂x}, row by row, at the points last given to
     * {@link #linearise}. If v solves {@code (I - Jᵀ) v = ∂L/∂z*}, these are the gradients of L.
     *
     * @param v {@code rows.count() × n}. Position {@code p} belongs to row {@code rows.index(p)} of the batch, in z and x as well
     * @param z the points, of the same shape
     * @param x the rows of the input given to {@link #inject} that belong to these rows of the batch
     * @param rows any of the rows that were linearised. Rows that are missing, for example because they have no gradient, add nothing
     * @param sum where the gradients are added; the gradient of the input is ordered by row of the batch
     */
    void gradients(Block v, Block z, Block x, Rows rows, G sum);

    /** Accumulates the gradients for all rows of the batch, each at its own position. */
    default void gradients(Block v, Block z, Block x, G sum) {
        gradients(v, z, x, new Rows(v.rows()), sum);
    }
}
