package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * A function {@code f(t, z; θ, x)} with parameters θ, an input x, and its derivatives. {@link OdeFunction#of} makes one of any cell. With
 * {@code a = ∂L/∂z(t)}, an {@link OdeLayer} integrates {@code da/dt = -Jᵀ a} and {@code ∂L/∂θ = ∫ aᵀ ∂f/∂θ dt}.
 *
 * @param <G> where gradients are accumulated: a block for each parameter, and one for the input
 */
public interface DifferentiableOde<G> extends OdeFunction {
    /**
     * Sets the input of the following solves. Row i of {@code x} is the input of row i of the batch.
     *
     * @param x the inputs; the function reads them, and must not change or keep the block
     */
    void inject(Block x);

    /**
     * A counter that changes with new parameters and with every new input. A layer compares it to detect a backward pass that belongs to
     * another problem than its forward pass. Always 0 for a function that does not count.
     */
    default long version() {
        return 0;
    }

    /**
     * Sets the points of the following derivatives, {@code (t[p], z_p)} for row {@code rows.index(p)}. All earlier points are discarded.
     *
     * @param t the time of the row at each position; must not be changed or kept
     * @param z {@code rows.count() × n}; must not be changed or kept
     */
    void linearise(double[] t, Block z, Rows rows);

    /**
     * {@code out = Jᵀ u} for each active row, with {@code J = ∂f/∂z} at the points last given to {@link #linearise}.
     *
     * @param u {@code rows.count() × n}; must not be changed
     * @param out of the same shape, never the same memory as u; every element must be written
     * @param rows any of the rows that were linearised
     */
    void vjp(Block u, Block out, Rows rows);

    /**
     * {@code out = J v} for each active row, under the same conditions as {@link #vjp}. No gradient mode needs it.
     *
     * @throws UnsupportedOperationException unless the function overrides this method
     */
    default void jvp(Block v, Block out, Rows rows) {
        throw new UnsupportedOperationException("jvp: this function has no product J v, expected one that overrides jvp");
    }

    /**
     * Accumulates {@code vᵀ ∂f/∂θ}, summed over the rows, and {@code vᵀ ∂f/∂x}, row by row, at the points last given to
     * {@link #linearise}.
     *
     * @param v {@code rows.count() × n}. Position {@code p} belongs to row {@code rows.index(p)} of the batch, in z and x as well
     * @param z the points, of the same shape
     * @param x the rows of the input given to {@link #inject} that belong to these rows of the batch
     * @param rows any of the rows that were linearised
     * @param sum where the gradients are added; the gradient of the input is ordered by row of the batch
     */
    void gradients(Block v, Block z, Block x, Rows rows, G sum);
}
