package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/** A map whose Jacobian {@code J = ∂f/∂z} can be applied, transposed, at one point. */
public interface DifferentiableMap extends FixedPointMap {
    /**
     * Fixes the point of the derivatives that follow.
     *
     * @param z {@code batch × n}, a fixed point: the map may take {@code f(z) = z} for granted, which makes the derivatives as
     *     accurate as z is
     */
    void linearise(Block z);

    /** {@code out = Jᵀ u} for each active row, at the point last given to {@link #linearise}. */
    void vjp(Block u, Block out, Rows rows);
}
