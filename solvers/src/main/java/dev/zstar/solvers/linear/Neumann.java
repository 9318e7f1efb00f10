package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;

/**
 * The truncated Neumann series {@code u = λ Σ_{i ≤ k} ((1 - λ) I + λ T)ⁱ b ≈ (I - T)⁻¹ b}. It takes k products with T, no inner products,
 * and no convergence test. As a backward pass it is the gradient of {@code k + 1} further steps {@code z ← z + λ (f(z) - z)} from the
 * equilibrium. With λ = 1 the error falls as ρ(T)ᵏ. With λ &lt; 1 it is the phantom gradient (Geng, Zhang, Bai, Wang and Lin 2021, equation
 * 14), which is less sensitive to a Jacobian that does not contract.
 *
 * <p>The residual in the outcome is {@code ‖((1 - λ) I + λ T)ᵏ b‖ / ‖b‖}, which is the residual of the sum without its last term. A row
 * whose terms or sum overflow gets zeros, with the residual 1. {@link #resume(LinearOperator, Block, Block)} adds the series of
 * {@code b - (I - T) u} to the start u; in the numerator of the residual, this vector then replaces b.
 *
 * <p>A batch is divided among the threads of the engine if T has {@linkplain LinearOperator#replicas replicas}.
 */
public final class Neumann extends LinearSolver {
    private Neumann(Workspace workspace, int terms, double damping) {
        super(workspace, TruncatedSeries.plan(workspace, terms, damping));
    }

    /**
     * Plans an undamped series, for batches of up to {@code batch} rows of {@code n} elements. Allocates 2 blocks.
     *
     * @param terms k, the number of products with T; the sum has k + 1 terms
     */
    public static Neumann plan(Engine engine, Type type, int batch, int n, int terms) {
        return plan(engine, type, batch, n, terms, 1);
    }

    /**
     * Plans a damped series, for batches of up to {@code batch} rows of {@code n} elements. Allocates 2 blocks.
     *
     * @param terms k, the number of products with T; the sum has k + 1 terms
     * @param damping λ, above 0 and at most 1
     */
    public static Neumann plan(Engine engine, Type type, int batch, int n, int terms, double damping) {
        return plan(new Workspace(engine, type, batch, n), terms, damping);
    }

    /** The same in a workspace, such as one of {@link dev.zstar.solvers.SharedMemory}. The solver closes it. */
    public static Neumann plan(Workspace workspace, int terms, double damping) {
        return Arguments.present("plan", "the workspace", workspace).build(own -> new Neumann(own, terms, damping));
    }
}
