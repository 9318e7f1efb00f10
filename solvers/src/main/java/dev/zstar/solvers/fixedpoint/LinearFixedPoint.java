package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.linear.LinearSolver;

/**
 * Plans a fixed-point method for {@code u ← T u + b}: Picard, Anderson or Broyden, as they solve the forward problem. Many deep equilibrium
 * models use one for their backward pass. But a Krylov method takes no more products (Walker and Ni 2011, theorem 2.2), and needs no step
 * control.
 */
public final class LinearFixedPoint {
    private LinearFixedPoint() {}

    /** Steps {@code u ← u + β (T u + b - u)}: the Neumann series if {@code β = 1}. Allocates 9 blocks. */
    public static LinearSolver picard(Engine engine, Type type, int batch, int n, double damping, Stopping stopping) {
        return plan(engine, type, batch, n, "Picard on a linear system", stopping,
                (e, t, rows, cols, inner) -> Picard.plan(e, t, rows, cols, damping, inner));
    }

    /** Anderson acceleration. Allocates 6 blocks, plus those of {@link Anderson#plan}. */
    public static LinearSolver anderson(Engine engine, Type type, int batch, int n, Anderson.Options options, Stopping stopping) {
        return plan(engine, type, batch, n, "Anderson on a linear system", stopping,
                (e, t, rows, cols, inner) -> Anderson.plan(e, t, rows, cols, options, inner));
    }

    /** Broyden's methods. Allocates 6 blocks, plus those of {@link Broyden#plan}. */
    public static LinearSolver broyden(Engine engine, Type type, int batch, int n, Broyden.Options options, Stopping stopping) {
        return plan(engine, type, batch, n, "Broyden on a linear system", stopping,
                (e, t, rows, cols, inner) -> Broyden.plan(e, t, rows, cols, options, inner));
    }

    private static LinearSolver plan(
            Engine engine, Type type, int batch, int n, String name, Stopping stopping, FixedPointCycle.Planner planner) {
        Arguments.present("plan", "the stopping rule", stopping).requireLinear(name);
        return LinearSolver.of(
                engine, type, batch, n, name, stopping, workspace -> new FixedPointCycle(workspace, name, stopping, planner));
    }
}
