package dev.zstar;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.NewtonKrylov;
import dev.zstar.solvers.fixedpoint.Picard;

/**
 * The method by which {@link FixedPoint} and {@link Equilibrium} solve {@code z = f(z)}. For other options, plan a solver yourself:
 *
 * <pre>{@code
 * ForwardMethod wide = (engine, type, batch, n, stopping) ->
 *         Anderson.plan(engine, type, batch, n, Anderson.Options.DEFAULT.withWindow(20), stopping);
 * }</pre>
 */
@FunctionalInterface
public interface ForwardMethod {
    /** Anderson acceleration with a window of up to 10. This is the default. */
    @SuppressWarnings("ClassInitializationDeadlock") // Only this interface uses WorkspaceMethod, so it always comes first.
    ForwardMethod ANDERSON =
            new WorkspaceMethod((workspace, stopping) -> Anderson.plan(workspace, Anderson.Options.DEFAULT, stopping));

    /** Broyden's good method with 30 steps. {@link dev.zstar.solvers.implicit.GradientMode.BroydenInverse} needs it. */
    @SuppressWarnings("ClassInitializationDeadlock") // As above.
    ForwardMethod BROYDEN =
            new WorkspaceMethod((workspace, stopping) -> Broyden.plan(workspace, Broyden.Options.DEFAULT, stopping));

    /** Newton's method with GMRES. Without a derivative its products with J are differences of f. */
    @SuppressWarnings("ClassInitializationDeadlock") // As above.
    ForwardMethod NEWTON_KRYLOV =
            new WorkspaceMethod((workspace, stopping) -> NewtonKrylov.plan(workspace, NewtonKrylov.Options.DEFAULT, stopping));

    /**
     * Damped plain steps {@code z + β (f(z) - z)}, with β above 0 and at most 1. A β of 1 takes whole steps.
     *
     * @throws IllegalArgumentException if β is out of this range
     */
    static ForwardMethod damped(double β) {
        Picard.Options options = Picard.Options.damped(β);
        return new WorkspaceMethod((workspace, stopping) -> Picard.plan(workspace, options, stopping));
    }

    /** Plans a solver for batches of up to {@code batch} rows of {@code n} elements. The caller closes it. */
    FixedPointSolver plan(Engine engine, Type type, int batch, int n, Stopping stopping);

    /**
     * Plans a solver in a workspace, whose memory other solvers may use at other times. The default leaves the workspace alone, and the
     * solver has memory of its own.
     */
    default FixedPointSolver plan(Workspace workspace, Stopping stopping) {
        return plan(workspace.engine(), workspace.type(), workspace.batch(), workspace.n(), stopping);
    }
}
