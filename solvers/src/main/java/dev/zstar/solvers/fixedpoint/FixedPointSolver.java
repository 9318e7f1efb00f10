package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Observer;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.ReplicatedMap;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.Solver;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.internal.Remembered;
import java.util.function.Function;

/**
 * A solver for {@code z = f(z)}, with its memory. Each row of a batch is a separate problem. Rows leave the batch when they are done. On a
 * {@linkplain Engine#reproducible reproducible} engine the result of a row has the same bits whatever the other rows are.
 *
 * <p>A solver is a {@linkplain IterationMethod method} in a loop. {@link Anderson}, {@link Broyden}, {@link NewtonKrylov}, {@link Picard}
 * and {@link MixedPrecision} plan a solver for their own method. {@link #of} plans one for any other method.
 *
 * <p>{@link Anderson} and {@link Picard} divide a batch among the threads of the engine, if the map has {@linkplain FixedPointMap#replicas
 * replicas}. Each thread solves rows in a small group of its own, in the memory of this solver. A stream divides its slots. A solve with an
 * observer, or whose stopping rule has a time budget, a trace or recorded states, keeps all rows together.
 *
 * <p>A solver runs one solve at a time; plan one for each thread. If f or the observer throws, the exception reaches the caller unchanged,
 * the content of the block is undefined, and the solver can be used again.
 */
public class FixedPointSolver extends Solver {
    private final Stopping stopping;
    private final Loop loop;
    /** Null if all rows are solved together. */
    private final RowGroups groups;
    private final Remembered<FixedPointMap, ReplicatedMap> replicas = new Remembered<>(FixedPointMap::replicas);

    FixedPointSolver(Workspace workspace, Stopping stopping, Safeguard safeguard, IterationMethod method) {
        super(workspace);
        this.stopping = Arguments.present("plan", "the stopping rule", stopping);
        Arguments.present("plan", "the method", method);
        loop = new Loop(workspace, stopping, safeguard, method);
        groups = null;
    }

    /** A solver whose method keeps nothing after a solve, so that groups of rows may each have one. */
    FixedPointSolver(Workspace workspace, Stopping stopping, Safeguard safeguard, Function<Workspace, IterationMethod> method) {
        super(workspace);
        this.stopping = Arguments.present("plan", "the stopping rule", stopping);
        loop = new Loop(workspace, stopping, safeguard, method.apply(workspace));
        groups = RowGroups.of(workspace, stopping, safeguard, loop, method);
    }

    /**
     * Plans the default method, and the one to try first: {@link Anderson} with its default options, type II with a window of up to 10. It
     * allocates 25 blocks.
     *
     * <p>For cells of one dense layer it took the least time of all methods, for one row and for 64. On 67 problems in f32 and f64 it took
     * 0.85 of the evaluations of the textbook method, Anderson with m = 5 and a Householder QR (Walker and Ni 2011). Type I and Broyden's
     * bad method with reductions take fewer evaluations, 0.83 and 0.76, but move more memory per step: type I about twice as much,
     * Broyden's bad method three times as much or more. They are for maps that cost more than a layer. The {@code forward} suite of the
     * study measures all of this.
     */
    public static FixedPointSolver plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return Anderson.plan(engine, type, batch, n, Anderson.Options.DEFAULT, stopping);
    }

    /** Plans the default method for the engine, type, batch and n of a map. */
    public static FixedPointSolver plan(Shaped map, Stopping stopping) {
        Arguments.present("plan", "the map", map);
        return plan(map.engine(), map.type(), map.batch(), map.n(), stopping);
    }

    /**
     * Plans a solver with a custom method. Allocates 3 blocks, plus those of the method. A safeguard takes two more, and so does a step
     * tolerance.
     *
     * @param safeguard what happens when the residual grows; null for nothing
     * @param method makes the method, which allocates its memory in the workspace
     */
    public static FixedPointSolver of(
            Engine engine, Type type, int batch, int n, Stopping stopping, Safeguard safeguard,
            Function<Workspace, IterationMethod> method) {
        return of(new Workspace(engine, type, batch, n), stopping, safeguard, method);
    }

    /**
     * The same in a workspace, such as one of {@link dev.zstar.solvers.SharedMemory}. A method that needs content to outlive a solve takes
     * it from {@link Workspace#kept}. The solver closes the workspace.
     */
    public static FixedPointSolver of(
            Workspace workspace, Stopping stopping, Safeguard safeguard, Function<Workspace, IterationMethod> method) {
        Arguments.present("plan", "the workspace", workspace);
        Arguments.present("plan", "the method", method);
        return workspace.build(own -> new FixedPointSolver(own, stopping, safeguard, method.apply(own)));
    }

    /**
     * Solves from {@code start}, and overwrites it with the result. The result of a row is the iterate whose residual the outcome reports:
     * after a success the last iterate, after a failure the one with the smallest residual. It is bit for bit a point at which f was
     * evaluated.
     *
     * @param start {@code rows × n} with at most {@link #batch} rows. If f throws, its content is undefined
     * @return the outcome, valid until the next solve
     */
    public final Outcome solve(FixedPointMap f, Block start) {
        return checked(f, start, null, null);
    }

    /**
     * Solves from {@code start} with an observer, which is called after each evaluation.
     *
     * @param observer may be null
     */
    public final Outcome solve(FixedPointMap f, Block start, Observer observer) {
        return checked(f, start, null, observer);
    }

    /**
     * Solves from {@code start} with an observer that may end single rows, such as the rules of {@code dev.zstar.solvers.exits}.
     *
     * @param observer may be null
     */
    public final Outcome solve(FixedPointMap f, Block start, RowObserver observer) {
        return checked(f, start, null, observer);
    }

    /**
     * Solves from {@code start} with {@code tolerances[b]} as the relative tolerance of row b, in place of that of the stopping rule.
     *
     * @param tolerances one for each row of {@code start}, 0 ≤ tolerance &lt; 1; null for that of the stopping rule
     */
    public final Outcome solve(FixedPointMap f, Block start, double[] tolerances) {
        return checked(f, start, tolerances, null);
    }

    private Outcome checked(FixedPointMap f, Block start, double[] tolerances, RowObserver observer) {
        Arguments.present("solve", "the map", f);
        Arguments.present("solve", "start", start);
        if (tolerances != null) {
            Stopping.requireTolerances(tolerances, start.rows());
        }
        ReplicatedMap copies = groups != null && observer == null ? replicas.of(f) : null;
        return copies == null || !groups.divides(copies, start) ? loop.solve(f, start, tolerances, observer)
                : groups.solve(f, copies, start, tolerances);
    }

    /**
     * Solves a stream of problems, as many at a time as {@code states} has rows. As soon as one is done its slot gets the next, so no
     * problem waits for the slowest of a batch. On a {@linkplain Engine#reproducible reproducible} engine each result has the same bits as
     * when the problem is solved alone.
     *
     * @param states {@code slots × n}: starts and results
     * @throws IllegalArgumentException if the stopping rule has a time budget, a trace or recorded states, which mean nothing for problems
     *     that begin at different times
     */
    public final void stream(FixedPointMap f, Block states, StreamHandler feed) {
        stream(f, states, feed, null);
    }

    /**
     * Solves a stream of problems with an observer that may end single rows. A cancelled stream delivers the rows in flight with
     * {@link dev.zstar.solvers.Status#CANCELLED}, loads no further problem, and returns.
     *
     * @param observer may be null
     */
    public final void stream(FixedPointMap f, Block states, StreamHandler feed, RowObserver observer) {
        Arguments.present("stream", "the map", f);
        Arguments.present("stream", "the block of states", states);
        Arguments.present("stream", "the handler", feed);
        requireStreamable();
        ReplicatedMap copies = groups != null && observer == null ? replicas.of(f) : null;
        Slots.Share[] shares = copies == null ? null : groups.shares(copies, states.rows());
        if (shares == null) {
            Slots.stream(workspace.engine(), loop, new Slots.Share[] {Slots.Share.whole(loop, states.rows(), f)}, states, feed, observer);
            return;
        }
        copies.begin("stream");
        try {
            Slots.stream(workspace.engine(), loop, shares, states, feed, null);
        } finally {
            copies.end();
        }
    }

    /** Throws if the stopping rule has a rule that a stream does not apply. */
    final void requireStreamable() {
        String rule = stopping.maxNanos() < Long.MAX_VALUE ? "a time budget"
                : stopping.trace() ? "a trace"
                : !stopping.recorded().isEmpty() ? "recorded states"
                : null;
        if (rule != null) {
            throw new IllegalArgumentException("stream: the stopping rule of the solver has " + rule
                    + ", expected only tolerances, patience and budgets of evaluations or steps");
        }
    }

    /** The outcome of the last solve, which the next solve overwrites. */
    public final Outcome outcome() {
        return loop.outcome();
    }

    /** The relative tolerance that row {@code b} had to meet in the last solve. */
    public final double tolerance(int b) {
        return loop.tolerance(Arguments.row("tolerance", b, outcome().batch()));
    }

    /**
     * {@code residual / max(value, u ‖z₀‖)} with the start z₀ of row {@code b} in the last solve: the number that is compared with a
     * tolerance.
     *
     * @param residual {@code ‖f(z) - z‖}
     * @param value {@code ‖f(z)‖}
     */
    public final double relative(int b, double residual, double value) {
        return loop.relative(Arguments.row("relative", b, outcome().batch()), residual, value);
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
}
