package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;

/**
 * A gradient mode with its memory.
 *
 * @param mode not a schedule
 * @param secants remembers the forward solve; null if the mode does not need it
 * @param method finds v; null if the mode unrolls
 * @param network null if it does not
 */
record PlannedMode(GradientMode mode, MultiSecant secants, AdjointMethod method, UnrolledNetwork network) {
    /** Plans a mode in the layer's memory, which also closes it. */
    static PlannedMode plan(
            GradientMode mode, Engine engine, LayerSpace space, int batch, FixedPointSolver solver, Cotangents cotangents) {
        MultiSecant secants = mode instanceof GradientMode.Refined m
                ? space.memory().add(MultiSecant.plan(engine, solver.type(), batch, solver.n(), m.pairs()), MultiSecant::close,
                        MultiSecant::bytes)
                : null;
        return new PlannedMode(mode, secants, AdjointMethod.plan(mode, batch, solver, secants, space),
                UnrolledNetwork.plan(mode, engine, space, cotangents));
    }

    /** The forward pass of training. The observer may be null; a network has none. */
    Outcome forward(EquilibriumMap<?> map, FixedPointSolver solver, Block z, RowObserver observer) {
        return network != null ? network.forward(map, z) : solver.solve(secants == null ? map : secants.follow(map), z, observer);
    }
}
