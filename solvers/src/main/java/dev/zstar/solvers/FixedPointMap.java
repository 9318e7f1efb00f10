package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * The function {@code f} of {@code z = f(z)}, for a batch. Each row is a separate problem. A map that keeps nothing for each row may ignore
 * {@code rows}; other maps can use {@link #rowwise} or {@link RowData}.
 */
@FunctionalInterface
public interface FixedPointMap {
    /**
     * {@code out = f(z)}. Rows that are done are no longer in {@code z}. Position {@code p} of {@code z} and {@code out} belongs to row
     * {@code rows.index(p)} of the batch. With this index the map finds what it keeps for each row, such as an injected input.
     *
     * @param z {@code rows.count() × n}; must not be changed
     * @param out of the same shape; every element must be written
     */
    void apply(Block z, Block out, Rows rows);

    /**
     * The derivatives of f, which some methods use; null if it has none. A map that wraps another one with the same Jacobian returns that
     * map's derivatives, so that wrapping loses nothing.
     */
    default DifferentiableMap derivatives() {
        return null;
    }

    /**
     * A cheap map that is nearly f, for {@code MixedPrecision}; null if there is none. A map that wraps another one returns that map's
     * approximation.
     *
     * @see ApproximatedMap
     */
    default FixedPointMap approximation() {
        return null;
    }

    /**
     * A map from a function of one row in arrays. The function gets the index of the row in the batch, so it need not translate positions.
     * It cannot change z. An element that it does not write becomes NaN, which ends the row. Copies {@code 2 n} elements for each row. Not
     * for two threads at once.
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
         * @param z a copy of the row's state, n elements
         * @param out n elements, all of which must be written; each is rounded to the type of the solve
         */
        void apply(int row, double[] z, double[] out);
    }
}
