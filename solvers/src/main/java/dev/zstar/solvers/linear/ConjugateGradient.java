package dev.zstar.solvers.linear;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;

/**
 * Conjugate gradients for {@code (I - T) u = b} with a symmetric T whose eigenvalues are below 1 (Hestenes and Stiefel 1952; Saad 2003,
 * algorithm 6.18). It takes the least work of all methods, where the Jacobian is the Hessian of a function. A direction of zero or negative
 * curvature is a breakdown; T has one if an eigenvalue is 1 or more.
 */
public final class ConjugateGradient extends LinearSolver {
    private ConjugateGradient(Workspace workspace, Stopping stopping) {
        super(workspace, "conjugate gradients", stopping, new ConjugateGradientCycle(workspace));
    }

    /** Allocates 8 blocks, for batches of up to {@code batch} rows of {@code n} elements. */
    public static ConjugateGradient plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return Workspace.build(engine, type, batch, n, workspace -> new ConjugateGradient(workspace, stopping));
    }
}
