package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;

/**
 * GMRES(m) for {@code (I - T) u = b} (Saad and Schultz 1986; Saad 2003, algorithm 6.9). Each row of the batch has its own Krylov space.
 * Rows take their Arnoldi steps together. A row whose projected least-squares problem meets the tolerance waits for the others; then the
 * true residuals are computed.
 *
 * <p>With a right preconditioner {@code M⁻¹ ≈ (I - T)⁻¹} it solves {@code (I - T) M⁻¹ y = b}, {@code u = M⁻¹ y} (Saad 2003, algorithm 9.5),
 * so the residual is still that of u. A preconditioner that differs from step to step, for example an inner iterative solver, needs the
 * flexible method (Saad 1993; 2003, algorithm 9.6), which stores the preconditioned vectors.
 *
 * <p>A batch is divided among the threads of the engine if T and the preconditioner have {@linkplain LinearOperator#replicas replicas}.
 */
public final class Gmres extends LinearSolver {
    /**
     * The cycle length and the right preconditioner.
     *
     * @param restart m, the steps of a cycle, 1 to 500; each step stores one vector per row, or two if flexible
     * @param preconditioner {@code M⁻¹}, or null for none; called with the same rows of the batch as T
     * @param flexible whether {@code M⁻¹} may differ from step to step
     */
    public record Options(int restart, LinearOperator preconditioner, boolean flexible) {
        /** Cycles of 20 steps. Backward solves of a deep equilibrium model typically take 5 to 15 steps. */
        public static final Options DEFAULT = new Options(20, null, false);

        /** Checks the ranges. */
        public Options {
            if (restart < 1 || restart > 500) {
                throw new IllegalArgumentException("Gmres.Options: restart is " + restart + ", expected 1 to 500");
            }
            if (flexible && preconditioner == null) {
                throw new IllegalArgumentException("Gmres.Options: a flexible method without a preconditioner, expected a preconditioner");
            }
        }

        /** These options with another cycle length. */
        public Options withRestart(int restart) {
            return new Options(restart, preconditioner, flexible);
        }

        /** These options with a preconditioner that is the same at every step. */
        public Options withPreconditioner(LinearOperator preconditioner) {
            return new Options(restart, preconditioner, false);
        }

        /** These options with a preconditioner that may differ from step to step. */
        public Options withFlexible(LinearOperator preconditioner) {
            return new Options(restart, preconditioner, true);
        }
    }

    private Gmres(Workspace workspace, Options options, Stopping stopping) {
        super(workspace, SystemGroups.plan(workspace, "GMRES", Arguments.present("plan", "the stopping rule", stopping),
                options.preconditioner(), (own, m) -> new GmresCycle(own, new Options(options.restart(), m, options.flexible()))));
    }

    /**
     * For batches of up to {@code batch} rows of {@code n} elements. Allocates {@code m + 5} blocks, one more with a preconditioner, and
     * another m if the method is flexible.
     */
    public static Gmres plan(Engine engine, Type type, int batch, int n, Options options, Stopping stopping) {
        return plan(new Workspace(engine, type, batch, n), options, stopping);
    }

    /** The same in a workspace, such as one of {@link dev.zstar.solvers.SharedMemory}. The solver closes it. */
    public static Gmres plan(Workspace workspace, Options options, Stopping stopping) {
        Arguments.present("plan", "the workspace", workspace);
        Arguments.present("plan", "options", options);
        return workspace.build(own -> new Gmres(own, options, stopping));
    }

    /** {@link #plan(Engine, Type, int, int, Options, Stopping)} with cycles of {@code restart} steps. */
    public static Gmres plan(Engine engine, Type type, int batch, int n, int restart, Stopping stopping) {
        return plan(engine, type, batch, n, Options.DEFAULT.withRestart(restart), stopping);
    }

    /**
     * Solves from {@code u = 0}, as {@link #solve(LinearOperator, Block, Block)} does, with {@code tolerances[b]} as the relative tolerance
     * of row b, in place of that of the stopping rule.
     *
     * @param tolerances one for each row of {@code rhs}, 0 ≤ tolerance &lt; 1; null for that of the stopping rule
     */
    public Outcome solve(LinearOperator t, Block rhs, Block solution, double[] tolerances) {
        if (tolerances != null) {
            Stopping.requireTolerances(tolerances, Arguments.present("solve", "the right-hand side", rhs).rows());
        }
        return solve(t, rhs, solution, false, tolerances);
    }
}
