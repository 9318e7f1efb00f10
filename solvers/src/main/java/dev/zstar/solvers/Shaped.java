package dev.zstar.solvers;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;

/**
 * A map that knows its engine and the shape of its batches, such as {@link DenseCell}. {@link FixedPointSolver#plan(Shaped, Stopping)}
 * plans a solver for it.
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
