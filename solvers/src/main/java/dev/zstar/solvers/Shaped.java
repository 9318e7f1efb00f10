package dev.zstar.solvers;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;

/**
 * A map that reports its engine, element type, largest batch and n, so that a solver can be planned from it alone, with
 * {@code FixedPointSolver.plan(map, stopping)}. A dense cell is one.
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
