package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;

/**
 * The linear map {@code T} of {@code (I - T) u = b}, for a batch: {@code Jᵀ} in a backward solve. Positions and rows are those of
 * {@link FixedPointMap#apply}. A preconditioner is an operator as well: {@code M⁻¹ ≈ (I - T)⁻¹}.
 */
@FunctionalInterface
public interface LinearOperator {
    /**
     * {@code out = T u} for each active row.
     *
     * @param u {@code rows.count() × n}; must not be changed
     * @param out of the same shape, never the same memory as u; every element must be written
     * @param rows which row of the batch is at which position
     */
    void apply(Block u, Block out, Rows rows);

    /**
     * {@code out = Tᵀ u} for each active row, for methods that need both products. The parameters are those of {@link #apply}.
     *
     * @throws UnsupportedOperationException unless the operator overrides this method
     */
    default void applyTransposed(Block u, Block out, Rows rows) {
        throw new UnsupportedOperationException("applyTransposed: this operator has no transpose, as CGLS or a transposed preconditioner "
                + "needs, expected LinearOperator.of(t, transpose) or DifferentiableMap.adjoint()");
    }

    /** {@code Tᵀ} as an operator. Each call creates an object: call it once and keep the result. */
    default LinearOperator transposed() {
        return of(this::applyTransposed, this);
    }

    /**
     * Copies of this operator for several threads; null if only one thread may use it at a time. With them a solver divides the rows of a
     * batch among the threads of its engine for the whole solve. Each row has the same bits as without them. The adjoint of a cell has
     * replicas. A solver asks again only when it gets another operator. If several solvers may use this operator at the same time, each
     * call must return other replicas.
     *
     * @see #reentrant
     */
    default ReplicatedOperator replicas() {
        return null;
    }

    /**
     * An operator that several threads and solvers may use at the same time, each with blocks of its own. A solver then divides the rows of
     * a batch among the threads of its engine. t must have no memory that it writes to, unless each row or each thread has its own. A
     * method of a {@linkplain FixedPointMap#rowwise rowwise} map has such memory, and throws if two threads call it at once. Keep the
     * result: a solver makes new replicas for a new operator.
     *
     * <p>An operator that has {@link #replicas}, such as the adjoint of a cell, is returned as it is.
     */
    static LinearOperator reentrant(LinearOperator t) {
        return Arguments.present("reentrant", "the operator", t).replicas() == null ? new ReentrantOperator(t) : t;
    }

    /** An operator with a transpose, from T and {@code Tᵀ}. */
    static LinearOperator of(LinearOperator t, LinearOperator transpose) {
        Arguments.present("linear operator", "T", t);
        Arguments.present("linear operator", "the transpose", transpose);
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
