package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/** The function {@code f} of {@code z = f(z)}, for a batch: each row is a problem of its own. */
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
}
