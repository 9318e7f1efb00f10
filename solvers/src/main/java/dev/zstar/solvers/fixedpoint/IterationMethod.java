package dev.zstar.solvers.fixedpoint;

import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Status;

/**
 * How the next iterate is made from those before. The loop evaluates the map, judges rows, keeps the best iterates, and lets rows leave;
 * a method does the rest. {@link FixedPointSolver#of} makes a solver of one.
 *
 * <p>The order of calls, for the rows that go on:
 *
 * <pre>{@code
 * begin(b)               for each row, before its first evaluation
 * repeat
 *     g = f(z)
 *     measure(at)        for all rows at once
 *     accept(at, b, p)   for each row
 *                        the loop judges; rows that are done leave
 *     gaveUp(b)          for each row that would go on
 *     advance(at, f)     for the rows that go on
 * }</pre>
 *
 * <p>What is computed for a row depends on that row alone, so a row has the same bits in any company. Nothing is allocated after the
 * constructor, which takes its memory from a {@link dev.zstar.solvers.Workspace}.
 */
public interface IterationMethod {
    /** Row {@code b} of the batch begins: it is a new problem, or the same one in other units. Nothing that was learnt about it holds. */
    void begin(int b);

    /**
     * Measures {@code g = f(z)}: hands {@code ‖g - z‖²} and {@code ‖g‖²} of each row to {@link Iterates#measured}. A method that sweeps
     * over z and g anyway measures in the same sweep.
     */
    default void measure(Iterates at) {
        at.measure();
    }

    /**
     * Takes in the point that was measured for row {@code b}, at position {@code p}. May put an earlier point back with
     * {@link Iterates#recall}, its value and its lengths.
     *
     * @return whether the method goes on from this point. A trial that it does not go on from is never the best iterate, and ends the row
     *     only if it is a solution or the last that the budget allows
     */
    default boolean accept(Iterates at, int b, int p) {
        return true;
    }

    /** Why the method gives row {@code b} up after the point that it took in last; null if it goes on. */
    default Status gaveUp(int b) {
        return null;
    }

    /**
     * Overwrites {@link Iterates#g} with the next iterates. {@link Iterates#z} stays as it is, except in rows whose point was not accepted.
     * Evaluations of {@code f} within a step are reported with {@link Iterates#evaluated}.
     */
    void advance(Iterates at, FixedPointMap f);

    /** β of a method whose steps are {@code z + β (f(z) - z)} and nothing else; NaN for all others. */
    default double damping() {
        return Double.NaN;
    }
}
