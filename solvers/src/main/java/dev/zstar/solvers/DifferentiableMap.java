package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/** A map that can apply its Jacobian {@code J = ∂f/∂z} and the transpose Jᵀ, at a point of each row. */
public interface DifferentiableMap extends FixedPointMap {
    /**
     * Sets the points of the following derivatives, until the next call: a fixed point for a backward solve, any iterate for Newton's
     * method. All earlier points become void, also those of rows that are not among these. {@code NewtonKrylov} counts this call as an
     * evaluation.
     *
     * @param z {@code rows.count() × n}, read but not kept. Position {@code p} is the point of row {@code rows.index(p)} of the batch
     */
    void linearise(Block z, Rows rows);

    /**
     * {@code out = Jᵀ u} for each active row, at the points last given to {@link #linearise}.
     *
     * @param u {@code rows.count() × n}; must not be changed
     * @param out of the same shape; every element must be written
     * @param rows any of the rows that were linearised, in any order
     */
    void vjp(Block u, Block out, Rows rows);

    /** {@code out = J v}. In all else like {@link #vjp}. */
    void jvp(Block v, Block out, Rows rows);

    /**
     * A number that changes with every call of {@link #linearise}, and with anything else that makes its points void, such as new
     * parameters. A caller that keeps results of derivatives can notice by it that they are outdated. Always 0 for a map that does not
     * count.
     */
    default long linearisation() {
        return 0;
    }

    @Override
    default DifferentiableMap derivatives() {
        return this;
    }

    /** The operator {@code T = Jᵀ} of the backward solve, with transpose J. It is an object, so make it once and not for every solve. */
    default LinearOperator adjoint() {
        return LinearOperator.of(this::vjp, this::jvp);
    }
}
