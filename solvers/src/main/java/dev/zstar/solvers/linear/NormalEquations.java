package dev.zstar.solvers.linear;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;

/**
 * Conjugate gradients on the normal equations {@code Aᵀ A u = Aᵀ b}, {@code A = I - T}, in the form that never makes {@code Aᵀ A} (CGLS:
 * Hestenes and Stiefel 1952; Björck 1996, algorithm 7.4.1). Its iterates are those of LSQR. It is for what no Krylov space of A resolves,
 * such as rotations. It squares the condition number, and needs Tᵀ as well: an operator like {@link DifferentiableMap#adjoint}. Of a
 * singular system it finds the least-squares solution, and reports a breakdown.
 */
public final class NormalEquations extends LinearSolver {
    private NormalEquations(Workspace workspace, Stopping stopping) {
        super(workspace, "CGLS", stopping, new NormalEquationsCycle(workspace));
    }

    /** Allocates 9 blocks, for batches of up to {@code batch} rows of {@code n} elements. */
    public static NormalEquations plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return Workspace.build(engine, type, batch, n, workspace -> new NormalEquations(workspace, stopping));
    }
}
