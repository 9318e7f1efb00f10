package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/** The linear map {@code T} of {@code (I - T) u = b}, for a batch: {@code Jᵀ} in a backward solve. Rows as in {@link FixedPointMap}. */
@FunctionalInterface
public interface LinearOperator {
    /** {@code out = T u} for each active row. */
    void apply(Block u, Block out, Rows rows);

    /**
     * {@code out = Tᵀ u}, for methods that need both.
     *
     * @throws UnsupportedOperationException unless the operator overrides this method
     */
    default void applyTransposed(Block u, Block out, Rows rows) {
        throw new UnsupportedOperationException(
                "this operator has no transpose, which the method needs; expected one like DifferentiableMap.adjoint()");
    }

    /** {@code Tᵀ} as an operator. It is an object, so make it once and not for every solve. */
    default LinearOperator transposed() {
        return of(this::applyTransposed, this);
    }

    /** An operator with a transpose, from the two operators. */
    static LinearOperator of(LinearOperator t, LinearOperator transpose) {
        return new LinearOperator() {
            @Override
            public void apply(Block u, Block out, Rows rows) {
                t.apply(u, out, rows);
            }

            @Override
            public void applyTransposed(Block u, Block out, Rows rows) {
                transpose.apply(u, out, rows);
            }
        };
    }
}
