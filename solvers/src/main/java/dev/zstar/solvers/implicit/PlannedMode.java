package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.guard.OwnedMemory;

/**
 * A gradient mode with its memory.
 *
 * @param mode not a schedule
 * @param secants remembers the forward solve; null if the mode does not need it
 * @param method finds v; null if the mode unrolls
 * @param network null if it does not
 */
record PlannedMode(GradientMode mode, MultiSecant secants, AdjointMethod method, UnrolledNetwork network) {
    /** Allocates from the layer's memory, which also closes it. */
    static PlannedMode plan(
            GradientMode mode, Engine engine, OwnedMemory memory, Type type, int batch, int n, FixedPointSolver solver,
            Cotangents cotangents) {
        MultiSecant secants = mode instanceof GradientMode.Refined m
                ? memory.add(MultiSecant.plan(engine, type, batch, n, m.pairs()), MultiSecant::close, MultiSecant::bytes)
                : null;
        return new PlannedMode(mode, secants, AdjointMethod.plan(mode, batch, solver, secants, memory),
                UnrolledNetwork.plan(mode, engine, memory, type, n, batch, cotangents));
    }

    /** The forward pass of training. The observer may be null; a network has none. */
    Outcome forward(EquilibriumMap<?> map, FixedPointSolver solver, Block z, RowObserver observer) {
        return network != null ? network.forward(map, z) : solver.solve(secants == null ? map : secants.follow(map), z, observer);
    }
}
