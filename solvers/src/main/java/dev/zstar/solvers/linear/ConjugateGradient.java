package dev.zstar.solvers.linear;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;

/**
 * Conjugate gradients for {@code (I - T) u = b} with a symmetric T whose eigenvalues are below 1 (Hestenes and Stiefel 1952; Saad 2003,
 * algorithm 6.18). It needs the least work per step of all methods here. T is symmetric if, for example, f is a gradient, so that its
 * Jacobian is a Hessian. A direction of zero or negative curvature, which exists if T has an eigenvalue of 1 or more, causes a
 * {@link Status#BREAKDOWN}.
 */
public final class ConjugateGradient extends LinearSolver {
    private ConjugateGradient(Workspace workspace, Stopping stopping) {
        super(workspace, "conjugate gradients", stopping, ConjugateGradientCycle::new);
    }

    /** For batches of up to {@code batch} rows of {@code n} elements. Allocates 8 blocks. */
    public static ConjugateGradient plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return Workspace.build(engine, type, batch, n, workspace -> new ConjugateGradient(workspace, stopping));
    }
}
