package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * A map with a cheap approximation of it beside it, for {@link MixedPrecision}: the same cell with narrower weights, for example. Every other
 * solver sees {@code exact} alone.
 *
 * @param exact the map f whose fixed point is wanted
 * @param cheap a map that is nearly f: the nearer, the fewer evaluations of f
 */
public record ApproximatedMap(FixedPointMap exact, FixedPointMap cheap) implements FixedPointMap {
    @Override
    public void apply(Block z, Block out, Rows rows) {
        exact.apply(z, out, rows);
    }
}
