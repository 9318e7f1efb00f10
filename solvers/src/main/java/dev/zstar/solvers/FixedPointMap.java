package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * The function {@code f} of {@code z = f(z)}, for a batch: each row is a problem of its own. A map that keeps nothing for each row may
 * ignore {@code rows}; for others see {@link #rowwise} and {@link RowData}.
 */
@FunctionalInterface
public interface FixedPointMap {
    /**
     * {@code out = f(z)}. Rows that a solver has finished with are not there any more: position {@code p} of {@code z} and
     * {@code out} belongs to row {@code rows.index(p)} of the batch, and what the map keeps for each row of the batch, an injected
     * input for example, is found with that.
     *
     * @param z {@code rows.count() × n}; must not be changed
     * @param out of the same shape; every element must be written
     */
    void apply(Block z, Block out, Rows rows);

    /**
     * The derivatives of f, which methods use where there are some; null if it has none. A map that wraps another and has the same Jacobian
     * returns that map's, so that nothing is lost by wrapping.
     */
    default DifferentiableMap derivatives() {
        return null;
    }

    /**
     * A cheap map that is nearly f, for {@code MixedPrecision}; null if there is none. A map that wraps another returns that map's.
     *
     * @see ApproximatedMap
     */
    default FixedPointMap approximation() {
        return null;
    }

    /**
     * A map from a function of one row in arrays. The function is given the row of the batch, by which it finds what belongs to it, so that
     * no map has to translate positions; it can not change z; and an element that it does not write becomes NaN, which ends the row. Copies
     * {@code 2 n} elements for each row. Not for two threads at once.
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
         * @param row of the batch
         * @param z a copy of the row's state, n elements
         * @param out n elements, all to be written; each is rounded to the type of the solve
         */
        void apply(int row, double[] z, double[] out);
    }
}
