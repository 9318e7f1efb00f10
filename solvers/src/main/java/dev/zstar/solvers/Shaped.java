package dev.zstar.solvers;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;

/**
 * A map or a solver that reports its engine, element type, largest batch and n, so that what works with it can be planned from it alone: a
 * solver of a map with {@code FixedPointSolver.plan(map, stopping)}, or a rule for the exits of a solver. A dense cell is one.
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
