package dev.zstar.solvers.linear;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;

/**
 * BiCGStab for {@code (I - T) u = b} (van der Vorst 1992; Saad 2003, algorithm 7.7). Its memory does not grow with the steps, and each step
 * takes two products. It may take fewer products than GMRES that has to be restarted often. Its residual goes up and down. Where a divisor
 * vanishes, it starts again from the true residual, with that as the new shadow.
 */
public final class BiCgStab extends LinearSolver {
    private BiCgStab(Workspace workspace, Stopping stopping) {
        super(workspace, "BiCGStab", stopping, new BiCgStabCycle(workspace));
    }

    /** Allocates 10 blocks, for batches of up to {@code batch} rows of {@code n} elements. */
    public static BiCgStab plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return Workspace.build(engine, type, batch, n, workspace -> new BiCgStab(workspace, stopping));
    }
}
