package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Observer;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;
import java.util.function.Function;

/**
 * A solver for {@code z = f(z)}, with its memory. Each row of a batch is a separate problem. Rows leave the batch when they are done. The
 * result of a row has the same bits whatever the other rows are.
 *
 * <p>A solver is a {@linkplain IterationMethod method} in a loop. {@link Anderson}, {@link Broyden}, {@link NewtonKrylov}, {@link Picard}
 * and {@link MixedPrecision} plan one for their method. {@link #of} plans one for any other method.
 */
public class FixedPointSolver implements AutoCloseable {
    private final Workspace workspace;
    private final Loop loop;

    FixedPointSolver(Workspace workspace, Stopping stopping, Safeguard safeguard, IterationMethod method) {
        this.workspace = workspace;
        loop = new Loop(workspace, stopping, safeguard, method);
    }

    /**
     * Plans the method to begin with: {@link Anderson} with its default options, type II with m = 10. It allocates 25 blocks.
     *
     * <p>For cells of one dense layer it took the least time of all methods, for one row and for 64: 0.78 to 0.88 of the time with m = 5.
     * On 67 problems in f32 and f64 it took 0.87 of the evaluations of the textbook's method with m = 5. Type I and Broyden's bad method
     * with reductions take fewer evaluations, 0.82 and 0.76, but move at least three times the memory. They are for maps that cost more
     * than a layer. The suite {@code forward} of the study measures all of this.
     */
    public static FixedPointSolver plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return Anderson.plan(engine, type, batch, n, Anderson.Options.DEFAULT, stopping);
    }

    /** The same for the engine, type, batch and n of a map. */
    public static FixedPointSolver plan(Shaped map, Stopping stopping) {
        Arguments.present("plan", "the map", map);
        return plan(map.engine(), map.type(), map.batch(), map.n(), stopping);
    }

    /**
     * Plans a solver with a custom method. It allocates 3 blocks and those of the method. A safeguard takes two more, and so does a
     * tolerance for steps.
     *
     * @param safeguard what to do when the residual grows; null for nothing
     * @param method makes the method, which allocates its memory in the workspace
     */
    public static FixedPointSolver of(
            Engine engine, Type type, int batch, int n, Stopping stopping, Safeguard safeguard,
            Function<Workspace, IterationMethod> method) {
        Arguments.present("plan", "the method", method);
        return Workspace.build(engine, type, batch, n,
                workspace -> new FixedPointSolver(workspace, stopping, safeguard, method.apply(workspace)));
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
     * @param what the role of this solver, for the message
     */
    public final void requireFits(String what, Engine engine, Type type, int batch, int n) {
        workspace.requireFits(what, engine, type, batch, n);
    }

    /**
     * Solves from {@code start}, and overwrites it with the result. The result of a row is the iterate whose residual the outcome states:
     * after a success the last iterate, after a failure the one with the shortest residual. It is bit for bit a point at which f was
     * evaluated.
     *
     * @param start {@code batch × n}
     */
    public final Outcome solve(FixedPointMap f, Block start) {
        return loop.solve(f, start, null, null);
    }

    /** The same, with an observer. */
    public final Outcome solve(FixedPointMap f, Block start, Observer observer) {
        return loop.solve(f, start, null, observer);
    }

    /** The same, with a relative tolerance for each row instead of the stopping rule's. */
    public final Outcome solve(FixedPointMap f, Block start, double[] tolerances) {
        if (tolerances != null) {
            Stopping.requireTolerances(tolerances, start.rows());
        }
        return loop.solve(f, start, tolerances, null);
    }

    /**
     * Solves a stream of problems, as many at a time as {@code states} has rows. As soon as one is done its slot gets the next, so no
     * problem waits for the slowest of a batch. Each result has the same bits as when the problem is solved alone. Neither a trace nor
     * states are recorded, and budgets of time are ignored.
     *
     * @param states {@code slots × n}: starts and results
     */
    public final void stream(FixedPointMap f, Block states, StreamHandler feed) {
        loop.stream(f, states, feed);
    }

    /** The outcome of the last solve. */
    public final Outcome outcome() {
        return loop.outcome();
    }

    /** The relative residual at which row {@code b} had converged in the last solve. */
    public final double tolerance(int b) {
        return loop.tolerance(b);
    }

    /** The relative residual that the last solve compared with the tolerance of row {@code b}, given {@code ‖r‖} and {@code ‖f(z)‖}. */
    public final double relative(int b, double residual, double value) {
        return loop.relative(b, residual, value);
    }

    /** β of a method whose steps are {@code z + β (f(z) - z)} and nothing else; NaN for all others. */
    public final double damping() {
        return loop.method().damping();
    }

    /** For a solver that drives this one. */
    final Loop loop() {
        return loop;
    }

    final Workspace workspace() {
        return workspace;
    }

    @Override
    public final void close() {
        workspace.close();
    }
}
