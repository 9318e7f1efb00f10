package dev.zstar;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import java.util.function.BiFunction;

/** A method whose solver takes its memory from a workspace. */
record WorkspaceMethod(BiFunction<Workspace, Stopping, FixedPointSolver> planner) implements ForwardMethod {
    @Override
    public FixedPointSolver plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return plan(new Workspace(engine, type, batch, n), stopping);
    }

    @Override
    public FixedPointSolver plan(Workspace workspace, Stopping stopping) {
        return planner.apply(workspace, stopping);
    }
}
