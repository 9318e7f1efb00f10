package dev.zstar.solvers;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;

/**
 * A map that knows its engine and the shape of its batches, as a dense cell does. {@code FixedPointSolver.plan(map, stopping)} plans a
 * solver for it.
 */
public interface Shaped {
    /** The engine that computes. */
    Engine engine();

    /** The element type. */
    Type type();

    /** The most rows of a batch. */
    int batch();

    /** Elements of the state. */
    int n();
}
