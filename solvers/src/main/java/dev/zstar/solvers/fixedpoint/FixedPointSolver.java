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
 * A solver for {@code z = f(z)}, with its memory. Each row of a batch is a problem of its own: rows leave when they are done, and a row's
 * result has the same bits in any company.
 *
 * <p>A solver is a {@linkplain IterationMethod method} in a loop. {@link Anderson}, {@link Broyden}, {@link NewtonKrylov}, {@link Picard}
 * and {@link MixedPrecision} plan one for their method, {@link #of} for any other.
 */
public class FixedPointSolver implements AutoCloseable {
    private final Workspace workspace;
    private final Loop loop;

    FixedPointSolver(Workspace workspace, Stopping stopping, Safeguard safeguard, IterationMethod method) {
        this.workspace = workspace;
        loop = new Loop(workspace, stopping, safeguard, method);
    }

    /**
     * Plans the method to begin with: Anderson acceleration of type II over the last ten iterates, {@code 25} blocks. For cells of one dense
     * layer it took the least time of all, 0.78 to 0.88 of that with five iterates, for one row and for 64. On 67 problems in f32 and f64 it
     * took 0.87 of the textbook's evaluations with five. Type I and Broyden's bad method with reductions take fewer evaluations, 0.82 and
     * 0.76, and move three times the memory and more: they are for maps that cost more than a layer. The suite {@code forward} of the study
     * measures all of this.
     */
    public static FixedPointSolver plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return Anderson.plan(engine, type, batch, n, Anderson.Options.DEFAULT.withWindow(10), stopping);
    }

    /** The same for the engine, type, batch and n of a map. */
    public static FixedPointSolver plan(Shaped map, Stopping stopping) {
        Arguments.present("plan", "the map", map);
        return plan(map.engine(), map.type(), map.batch(), map.n(), stopping);
    }

    /**
     * Plans a solver with a method of one's own. It allocates 3 blocks and what the method allocates; two more with a safeguard, and for a
     * tolerance for steps.
     *
     * @param safeguard what to do where the residual grows; null for nothing
     * @param method makes the method, which takes its memory from the workspace
     */
    public static FixedPointSolver of(
            Engine engine, Type type, int batch, int n, Stopping stopping, Safeguard safeguard, Function<Workspace, IterationMethod> method) {
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
     * @param what this solver is to the caller, for the message
     */
    public final void requireFits(String what, Engine engine, Type type, int batch, int n) {
        workspace.requireFits(what, engine, type, batch, n);
    }

    /**
     * Solves from {@code start}, and leaves the result there: for each row the iterate whose residual the outcome states. For a success that
     * is the last iterate, for a failure the one with the shortest residual. It is bit for bit a point at which f was evaluated.
     *
     * @param start {@code batch × n}
     */
    public final Outcome solve(FixedPointMap f, Block start) {
        return loop.solve(f, start, null, null);
    }

    /** The same, with someone to look on. */
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
     * Solves one problem after another, as many at a time as {@code states} has rows: as soon as one is done its slot takes the next, so
     * that none waits for the slowest of a batch. Each has the bits that it has alone. Neither a trace nor states are recorded, and budgets
     * of time are not looked at.
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

    /** What the tolerance of row {@code b} is compared with in the last solve, where {@code ‖r‖} and {@code ‖f(z)‖} are these. */
    public final double relative(int b, double residual, double value) {
        return loop.relative(b, residual, value);
    }

    /** β of a method whose steps are {@code z + β (f(z) - z)} and nothing else; NaN for all others. */
    public final double damping() {
        return loop.method().damping();
    }

    /** For solvers that drive this one. */
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
