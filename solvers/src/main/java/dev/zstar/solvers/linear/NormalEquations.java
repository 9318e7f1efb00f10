package dev.zstar.solvers.linear;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;

/**
 * Conjugate gradients on the normal equations {@code Aᵀ A u = Aᵀ b}, {@code A = I - T}, in the form that never forms {@code Aᵀ A} (CGLS:
 * Hestenes and Stiefel 1952; Björck 1996, algorithm 7.4.1). Its iterates are those of LSQR. Use it for systems on which Krylov methods for
 * A stall, such as rotations. It squares the condition number. It also needs products with Tᵀ, as {@link DifferentiableMap#adjoint} offers.
 * For a singular system it returns the least-squares solution, with the status {@link Status#BREAKDOWN}.
 */
public final class NormalEquations extends LinearSolver {
    private NormalEquations(Workspace workspace, Stopping stopping) {
        super(workspace, "CGLS", stopping, NormalEquationsCycle::new);
    }

    /** For batches of up to {@code batch} rows of {@code n} elements. Allocates 9 blocks. */
    public static NormalEquations plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return Workspace.build(engine, type, batch, n, workspace -> new NormalEquations(workspace, stopping));
    }
}
