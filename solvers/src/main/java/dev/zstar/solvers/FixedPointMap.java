package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * The function {@code f} of {@code z = f(z)}, for a batch. Each row is a separate problem. A map that stores no data per row may ignore
 * {@code rows}. If yours does, use {@link #rowwise} or {@link RowData}.
 */
@FunctionalInterface
public interface FixedPointMap {
    /**
     * {@code out = f(z)}. {@code z} holds only the rows that are still being solved. Position {@code p} of {@code z} and {@code out}
     * belongs to row {@code rows.index(p)} of the batch. With this index the map finds what it stores for each row, such as an injected
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
     * The floating-point operations for one row, as far as they are known; infinite if not. On a map with few operations for each element
     * {@code Anderson} saves work between the evaluations and takes more of them. The number is the same in every call. A map that wraps
     * another one returns that map's number.
     */
    default double rowOperations() {
        return Double.POSITIVE_INFINITY;
    }

    /**
     * Copies of this map for several threads; null if only one thread may evaluate it at a time. With them a solver divides the rows of
     * a batch among the threads of its engine for the whole solve, and each row keeps its bits. A map that wraps another one passes on
     * that map's replicas only if it computes the very same values and does nothing else, since its own {@link #apply} is then not called.
     * A solver asks once, as long as it gets the same map. If several solvers may use this map at the same time, each call must return
     * other replicas.
     *
     * @see #reentrant
     */
    default ReplicatedMap replicas() {
        return null;
    }

    /**
     * A map that several threads and solvers may evaluate at the same time, each with blocks of its own. A solver divides the rows of a
     * batch among the threads of its engine. f must use no memory of its own, unless it keeps it apart for each row or each thread.
     */
    static FixedPointMap reentrant(FixedPointMap f) {
        return new ReentrantMap(f);
    }

    /**
     * A map from a function of one row in arrays. The function gets the index of the row in the batch, so it need not translate positions.
     * It gets a copy of z. An element of {@code out} that it does not write becomes NaN, and the row ends with
     * {@link Status#NONFINITE_FUNCTION}. Copies {@code 2 n} elements for each row. Not thread-safe. If f evaluates
     * this very map again, that throws {@link IllegalStateException}.
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
