package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;

/**
 * The function {@code f} of {@code z = f(z)}, for a batch. Each row is a separate problem. A map that stores nothing for a row may ignore
 * {@code rows}. A map that stores something finds it with {@link RowData}, or is made by {@link #rowwise}.
 */
@FunctionalInterface
public interface FixedPointMap {
    /**
     * {@code out = f(z)}. {@code z} holds only the rows that are still being solved. Position {@code p} of {@code z} and {@code out}
     * belongs to row {@code rows.index(p)} of the batch. The map needs this index to find what it stores for the row, such as an injected
     * input.
     *
     * <p>With assertions on ({@code java -ea}) a solver checks that {@code z} is unchanged and {@code out} is complete, and throws
     * {@link IllegalStateException} if not. An exception that the map throws reaches the caller of the solver unchanged.
     *
     * @param z {@code rows.count() × n}; must not be changed
     * @param out of the same shape, never the same memory as z; every element must be written
     */
    void apply(Block z, Block out, Rows rows);

    /**
     * The derivatives of f, which some methods use; null if it has none. A map that wraps another one with the same Jacobian returns that
     * map's derivatives.
     */
    default DifferentiableMap derivatives() {
        return null;
    }

    /**
     * A cheap map close to f, for {@code MixedPrecision}; null if there is none. A map that wraps another one returns that map's
     * approximation.
     *
     * @see ApproximatedMap
     */
    default FixedPointMap approximation() {
        return null;
    }

    /**
     * The floating-point operations of an evaluation for one row; infinite if they are unknown. If they are few for each element,
     * {@code Anderson} takes more evaluations, and works less between them. The number must be the same in every call. A map that wraps
     * another one returns that map's number.
     */
    default double rowOperations() {
        return Double.POSITIVE_INFINITY;
    }

    /**
     * Copies of this map for several threads; null if only one thread may evaluate it at a time. With them a solver divides the rows of
     * a batch among the threads of its engine for the whole solve. Each row has the same bits as without them. A map that wraps another one
     * may return that map's replicas only if it computes the very same values and does nothing else, since its own {@link #apply} is then
     * not called. A solver asks again only when it gets another map. If several solvers may use this map at the same time, each call must
     * return other replicas.
     *
     * @see #reentrant
     */
    default ReplicatedMap replicas() {
        return null;
    }

    /**
     * A map that several threads and solvers may evaluate at the same time, each with blocks of its own. A solver divides the rows of a
     * batch among the threads of its engine. f must have no memory that it writes to, such as a block of intermediate values or
     * {@link RowData#gather}, unless each row or each thread has its own. If f is {@link #rowwise}, this holds for its function; each
     * replica has its own arrays. Keep the result: a solver makes new replicas for a new map.
     *
     * <p>A map that has {@link #replicas}, such as a cell, is returned as it is.
     */
    static FixedPointMap reentrant(FixedPointMap f) {
        return Arguments.present("reentrant", "the map", f).replicas() == null ? new ReentrantMap(f) : f;
    }

    /**
     * A map from a function of one row in arrays. The function gets the index of the row in the batch, so it need not translate positions.
     * It gets a copy of z. An element of {@code out} that it does not write becomes NaN, and the row ends with
     * {@link Status#NONFINITE_FUNCTION}. Copies {@code 2 n} elements for each row. Only one thread may evaluate the map at a time, unless
     * it is wrapped by {@link #reentrant}. If another thread or f itself evaluates it meanwhile, that throws {@link IllegalStateException}.
     */
    static FixedPointMap rowwise(RowFunction f) {
        return new Rowwise(f);
    }

    /** The function {@code f} of one row. */
    @FunctionalInterface
    interface RowFunction {
        /**
         * {@code out = f(z)}.
         *
         * @param row the index of the row in the batch
         * @param z a copy of the row's state, n elements. The function may change it, but must not keep it: the next call uses the same
         *     array
         * @param out n elements; every element must be written, and is then rounded to the type of the solve. The function must not keep
         *     the array
         */
        void apply(int row, double[] z, double[] out);
    }
}
