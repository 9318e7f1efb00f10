package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Solver;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;
import java.util.function.Function;

/**
 * A solver for {@code (I - T) u = b}, with its memory. T is known only through its products. Each row of a batch is a separate system. Rows
 * leave the batch when they are done. On a {@linkplain Engine#reproducible reproducible} engine the result of a row has the same bits
 * whatever the other rows are.
 *
 * <p>A solver is a {@linkplain CycleMethod method} in a loop. The method works in cycles, each from the true residual. After each cycle the
 * true residual is computed again; only this residual is used to judge convergence. Right-hand sides are scaled by powers of two to norms
 * from 1 to 2, so they may have any size. A result is never worse than its start. {@link Gmres}, {@link GmresIdr}, {@link RecycledGmres},
 * {@link BiCgStab}, {@link ConjugateGradient} and {@link NormalEquations} plan a solver for their own method; {@link #of} plans one for any
 * other method. {@link Neumann} sums a series and tests nothing.
 *
 * <p>If T has {@linkplain LinearOperator#replicas replicas}, a solver divides a batch among the threads of the engine. Each thread solves
 * small groups of rows, in the memory of this solver. A solve with a trace keeps all rows together, and so does one with a preconditioner
 * without replicas, recycled GMRES, and a method of the user.
 *
 * <p>A computed residual {@code b - (I - T) u} carries the rounding of its terms. The reported residual is therefore never below
 * {@code (‖u‖ + max(‖u‖, ‖b‖))} times the unit roundoff, and neither is the one that is compared with the tolerance. A smaller computed
 * value may be nothing but cancellation: in f64, with ‖b‖ = 1 and a condition number of 10¹⁶, a computed 2·10⁻¹⁷ was 0.038 in exact
 * arithmetic.
 *
 * <p>A linear solver accepts only a relative and an absolute tolerance, a budget of evaluations, a fixed number of them, and a trace
 * ({@link Stopping}). A {@linkplain Stopping#traced trace} has an entry for every product: the true residual whenever it is computed.
 * Within a cycle it is the residual predicted by the method's recursion, and for Picard, Anderson and Broyden the residual of the point
 * that T was applied to.
 *
 * <p>A solver runs one solve at a time; plan one for each thread. If T throws, the exception reaches the caller unchanged, the content of
 * the solution is undefined, and the solver can be used again.
 */
public class LinearSolver extends Solver {
    private final Procedure procedure;

    LinearSolver(Workspace workspace, Procedure procedure) {
        super(workspace);
        this.procedure = procedure;
    }

    /**
     * A solver whose method keeps nothing after a solve, so that groups of rows may each have one.
     *
     * @param name the name of the method, for messages
     */
    LinearSolver(Workspace workspace, String name, Stopping stopping, Function<Workspace, CycleMethod> method) {
        this(workspace, SystemGroups.plan(workspace, name, Arguments.present("plan", "the stopping rule", stopping), method));
    }

    /** @param name the name of the method, for messages */
    LinearSolver(Workspace workspace, String name, Stopping stopping, CycleMethod method) {
        this(workspace, new VerifiedCycles(workspace, name, Arguments.present("plan", "the stopping rule", stopping),
                Arguments.present("plan", "the method", method)));
    }

    /**
     * Plans the default method, and the one to try first: {@link GmresIdr}, a cycle of 20 steps of GMRES, from which rows that need more go
     * on with IDR(9). It allocates 25 blocks and 9 vectors. It can converge if plain iteration does not, and does not restart.
     */
    public static LinearSolver plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return GmresIdr.plan(engine, type, batch, n, GmresIdr.STEPS, stopping);
    }

    /**
     * Plans a solver with a custom method. Allocates 4 blocks, plus those of the method.
     *
     * @param name the name of the method, for messages
     * @param method makes the method, which takes its memory from the workspace
     */
    public static LinearSolver of(
            Engine engine, Type type, int batch, int n, String name, Stopping stopping, Function<Workspace, CycleMethod> method) {
        Arguments.present("plan", "the method", method);
        return Workspace.build(engine, type, batch, n, workspace -> new LinearSolver(workspace, name, stopping, method.apply(workspace)));
    }

    /**
     * Solves from {@code u = 0}.
     *
     * @param t the operator T
     * @param rhs the right-hand sides b, {@code rows × n} with at most {@link #batch} rows; not changed
     * @param solution of the same shape; overwritten
     * @return the outcome, valid until the next solve. Its residuals are relative to {@code ‖b‖} and computed from the returned solution,
     *     except with {@link Neumann}
     */
    public final Outcome solve(LinearOperator t, Block rhs, Block solution) {
        return solve(t, rhs, solution, false, null);
    }

    /**
     * Solves from {@code u = solution}, for sequences of systems with similar solutions. Costs one additional product. A row that fails
     * keeps its start, unless a better solution was found.
     */
    public final Outcome resume(LinearOperator t, Block rhs, Block solution) {
        return solve(t, rhs, solution, true, null);
    }

    final Outcome solve(LinearOperator t, Block rhs, Block solution, boolean resumed, double[] tolerances) {
        Arguments.present("solve", "the operator", t);
        Arguments.present("solve", "the right-hand side", rhs);
        Arguments.present("solve", "the solution", solution);
        workspace.enter("the right-hand side", rhs);
        try {
            solution.requireShape("solve", "the solution", workspace.type(), rhs.rows(), workspace.n());
            return procedure.solve(t, rhs, solution, resumed, tolerances);
        } finally {
            workspace.leave();
        }
    }
}
