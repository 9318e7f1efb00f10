package dev.zstar.solvers.fixedpoint;

import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Status;

/**
 * How the next iterate is computed from the earlier ones. The loop evaluates the map, tests the rows, keeps the best iterates, and removes
 * the rows that are done. A method does the rest. {@link FixedPointSolver#of} makes a solver from a method.
 *
 * <p>The order of calls, for the rows that go on:
 *
 * <pre>{@code
 * begin(b)               for each row, before its first evaluation
 * repeat
 *     g = f(z)
 *     measure(at)        for all rows at once
 *     accept(at, b, p)   for each row
 *                        the loop tests the rows; those that are done leave
 *     gaveUp(b)          for each row that would go on
 *     advance(at, f)     for the rows that go on
 * }</pre>
 *
 * <p>What is computed for a row must depend only on that row, so that on a reproducible engine it has the same bits whatever the other rows
 * are. Only the constructor allocates, in a {@link dev.zstar.solvers.Workspace}.
 */
public interface IterationMethod {
    /** Row {@code b} of the batch begins: a new problem, or again from another point. The method drops everything that it stores for it. */
    void begin(int b);

    /**
     * The units of row {@code b} of the batch change: its z and f(z) have been multiplied by {@code 2^exponent}, because their squares left
     * the range of f64. The default begins the row again. A method that cannot do without what it stores multiplies that instead.
     */
    default void rescale(int b, int exponent) {
        begin(b);
    }

    /**
     * Measures {@code g = f(z)}: passes {@code ‖g - z‖²} and {@code ‖g‖²} of each row to {@link Iterates#measured}. A method that sweeps
     * over z and g anyway can measure in the same sweep. The solve throws {@link IllegalStateException} if a row is not measured.
     */
    default void measure(Iterates at) {
        at.measure();
    }

    /**
     * Accepts or refuses the point that was measured for row {@code b}, at position {@code p}. The method may restore an earlier point
     * instead, with {@link Iterates#recall}. Then it must restore f(z) and the measured squares as well.
     *
     * @return whether the method goes on from this point. A refused point is never the best iterate. It ends the row only if it is a
     *     solution or the last point that the budget allows
     */
    default boolean accept(Iterates at, int b, int p) {
        return true;
    }

    /** The reason, not a success, that the method gives up on row {@code b} after its last point; null if it goes on. */
    default Status gaveUp(int b) {
        return null;
    }

    /**
     * Overwrites {@link Iterates#g} with the next iterates. {@link Iterates#z} stays unchanged, except in rows whose point was refused.
     * The method reports evaluations of {@code f} within a step with {@link Iterates#evaluated}.
     */
    void advance(Iterates at, FixedPointMap f);

    /** β of a method whose steps are {@code z + β (f(z) - z)} and nothing else; NaN for all others. */
    default double damping() {
        return Double.NaN;
    }
}
