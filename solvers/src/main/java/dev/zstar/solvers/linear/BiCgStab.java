package dev.zstar.solvers.linear;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;

/**
 * BiCGStab for {@code (I - T) u = b} (van der Vorst 1992; Saad 2003, algorithm 7.7). Its memory does not grow with the number of steps;
 * each step takes two products. It may need fewer products than GMRES with short cycles. Its residual does not fall monotonically. If a
 * divisor vanishes, it restarts from the true residual, which also becomes the new shadow residual.
 */
public final class BiCgStab extends LinearSolver {
    private BiCgStab(Workspace workspace, Stopping stopping) {
        super(workspace, "BiCGStab", stopping, BiCgStabCycle::new);
    }

    /** For batches of up to {@code batch} rows of {@code n} elements. Allocates 10 blocks. */
    public static BiCgStab plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return plan(new Workspace(engine, type, batch, n), stopping);
    }

    /** The same in a workspace, such as one of {@link dev.zstar.solvers.SharedMemory}. The solver closes it. */
    public static BiCgStab plan(Workspace workspace, Stopping stopping) {
        return Arguments.present("plan", "the workspace", workspace).build(own -> new BiCgStab(own, stopping));
    }
}
