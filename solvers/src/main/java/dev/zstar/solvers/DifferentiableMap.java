package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/** A map whose Jacobian {@code J = ∂f/∂z} can be applied, as it is and transposed, at a point of each row. */
public interface DifferentiableMap extends FixedPointMap {
    /**
     * Fixes the points of the derivatives that follow, until the next call: a fixed point for a backward solve, any iterate for Newton's
     * method. What was fixed before is forgotten, also for rows that are not among these. {@code NewtonKrylov} counts it as an evaluation.
     *
     * @param z {@code rows.count() × n}, read and not kept: position {@code p} is the point of row {@code rows.index(p)} of the batch
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

    /** {@code out = J v}, otherwise like {@link #vjp}. */
    void jvp(Block v, Block out, Rows rows);

    /**
     * A number that changes with every call of {@link #linearise}, and with whatever else makes the points it was given void, such as new
     * parameters. Who keeps something made of derivatives notices by it that others have taken their place. Always 0 for a map that does
     * not count.
     */
    default long linearisation() {
        return 0;
    }

    @Override
    default DifferentiableMap derivatives() {
        return this;
    }

    /** {@code T = Jᵀ} of the backward solve, with {@code J} as its transpose. An object: made once, not for every solve. */
    default LinearOperator adjoint() {
        return LinearOperator.of(this::vjp, this::jvp);
    }
}
