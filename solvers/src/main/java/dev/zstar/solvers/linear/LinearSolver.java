package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;
import java.util.function.Function;

/**
 * A solver for {@code (I - T) u = b}, with its memory. T is known by its products alone. Each row of a batch is a system of its own: rows
 * leave when they are done, and a row's result has the same bits in any company.
 *
 * <p>A solver is a {@linkplain CycleMethod method} in a loop. The method works in cycles, each from the true residual. After a cycle the
 * true residual is computed again, and only that is believed. Right-hand sides are scaled by powers of two to lengths from 1 to 2, so they
 * may have any size. A result is never worse than its start. {@link Gmres}, {@link RecycledGmres}, {@link BiCgStab},
 * {@link ConjugateGradient} and {@link NormalEquations} plan a solver for their method, {@link #of} for any other. {@link Neumann} sums a
 * series and tests nothing.
 *
 * <p>A computed residual {@code b - (I - T) u} carries the rounding of its terms. So the residual that is stated, and compared with
 * tolerances, is at least {@code (‖u‖ + max(‖u‖, ‖b‖))} times the unit roundoff. What is shorter may be mere cancellation: with f64,
 * {@code b} of length 1 and a condition number of 10¹⁶, a computed 2·10⁻¹⁷ was 0.038 in exact arithmetic.
 *
 * <p>A {@linkplain Stopping#traced trace} has an entry for every product. Where the true residual is computed, the entry is that. Within a
 * cycle it is what the method's recursion says, and for Picard, Anderson and Broyden the residual of the point that T was applied to.
 */
public class LinearSolver implements AutoCloseable {
    private final Workspace workspace;
    private final Procedure procedure;

    LinearSolver(Workspace workspace, Procedure procedure) {
        this.workspace = workspace;
        this.procedure = procedure;
    }

    /** @param name of the method, for messages */
    LinearSolver(Workspace workspace, String name, Stopping stopping, CycleMethod method) {
        this(workspace, new VerifiedCycles(workspace, name, stopping, method));
    }

    /**
     * The method to begin with: {@link Gmres} with cycles of 20 steps, {@code 25} blocks. It still converges where a map does not contract,
     * or where the spectrum of the Jacobian is long.
     */
    public static LinearSolver plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return Gmres.plan(engine, type, batch, n, 20, stopping);
    }

    /**
     * Plans a solver with a method of one's own. It allocates 4 blocks and what the method allocates.
     *
     * @param name of the method, for messages
     * @param method makes the method, which takes its memory from the workspace
     */
    public static LinearSolver of(
            Engine engine, Type type, int batch, int n, String name, Stopping stopping, Function<Workspace, CycleMethod> method) {
        Arguments.present("plan", "the method", method);
        return Workspace.build(engine, type, batch, n, workspace -> new LinearSolver(workspace, name, stopping, method.apply(workspace)));
    }

    /** Bytes that this solver holds. */
    public final long bytes() {
        return workspace.bytes();
    }

    /** The engine that computes. */
    public final Engine engine() {
        return workspace.engine();
    }

    /** The element type. */
    public final Type type() {
        return workspace.type();
    }

    /** Elements of a row. */
    public final int n() {
        return workspace.n();
    }

    /** The most rows of a batch. */
    public final int batch() {
        return workspace.batch();
    }

    /**
     * Throws unless this solver is planned on that engine, for rows of that type and length, and for at least that many of them.
     *
     * @param what this solver is to the caller, for the message
     */
    public final void requireFits(String what, Engine engine, Type type, int batch, int n) {
        workspace.requireFits(what, engine, type, batch, n);
    }

    /**
     * Solves from {@code u = 0}.
     *
     * @param t the operator T
     * @param rhs the right-hand sides b, {@code batch × n}; not changed
     * @param solution of the same shape; overwritten
     * @return residuals are relative to {@code ‖b‖}, and true: each was computed from what is returned. Only {@link Neumann} states others
     */
    public final Outcome solve(LinearOperator t, Block rhs, Block solution) {
        return solve(t, rhs, solution, false, null);
    }

    /**
     * The same from {@code u = solution}: for a sequence of systems whose solutions are near each other. It takes one product more to begin
     * with. A row that fails keeps its start unless it became better.
     */
    public final Outcome resume(LinearOperator t, Block rhs, Block solution) {
        return solve(t, rhs, solution, true, null);
    }

    final Outcome solve(LinearOperator t, Block rhs, Block solution, boolean resumed, double[] tolerances) {
        workspace.enter("the right-hand side", rhs);
        try {
            solution.requireShape("solve", "the solution", workspace.type(), rhs.rows(), workspace.n());
            return procedure.solve(t, rhs, solution, resumed, tolerances);
        } finally {
            workspace.leave();
        }
    }

    @Override
    public final void close() {
        workspace.close();
    }
}
