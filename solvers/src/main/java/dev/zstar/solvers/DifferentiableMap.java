package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/** A map that can apply its Jacobian {@code J = ∂f/∂z} and the transpose Jᵀ, at a point of each row. */
public interface DifferentiableMap extends FixedPointMap {
    /**
     * Sets the points of the following derivatives: a fixed point for a backward solve, or any iterate for Newton's method. All earlier
     * points are discarded, including those of rows that are not in {@code rows}. After that, {@code vjp} and {@code jvp} of a row without
     * a point throw {@link IllegalStateException}. {@code NewtonKrylov} counts this call as an evaluation.
     *
     * @param z {@code rows.count() × n}; the map reads it, and must not change or keep it. Position {@code p} is the point of row
     *     {@code rows.index(p)} of the batch
     */
    void linearise(Block z, Rows rows);

    /**
     * {@code out = Jᵀ u} for each active row, at the points last given to {@link #linearise}.
     *
     * @param u {@code rows.count() × n}; must not be changed
     * @param out of the same shape, never the same memory as u; every element must be written
     * @param rows any of the rows that were linearised, in any order
     */
    void vjp(Block u, Block out, Rows rows);

    /** {@code out = J v} for each active row, under the same conditions as {@link #vjp}. */
    void jvp(Block v, Block out, Rows rows);

    /**
     * A counter that changes with every {@link #linearise} and with everything else that invalidates the points, such as new parameters.
     * Compare it to find out whether stored derivatives are still valid. Always 0 for a map that does not count.
     */
    default long linearisation() {
        return 0;
    }

    @Override
    default DifferentiableMap derivatives() {
        return this;
    }

    /**
     * The operator {@code T = Jᵀ} of the backward solve, with transpose J. Each call creates an object: call it once and keep the result.
     */
    default LinearOperator adjoint() {
        return LinearOperator.of(this::vjp, this::jvp);
    }
}
