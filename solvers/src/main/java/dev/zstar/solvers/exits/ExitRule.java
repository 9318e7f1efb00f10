package dev.zstar.solvers.exits;

import dev.zstar.solvers.RowObserver;

/**
 * A rule that ends single rows, and the combinations of such rules. A rule is given to a solve or a stream as its observer:
 *
 * <pre>{@code
 * try (ExitRule rule = ExitRule.all(new StableArgmax(head, 3), new SmallDifference(solver, 0.03)).atLeast(4)) {
 *     Outcome outcome = solver.solve(f, z, rule);
 * }
 * }</pre>
 *
 * <p>A rule serves one solve at a time. It allocates its memory in its constructor. A combination allocates again when it first sees a
 * larger batch. Closing a combination closes its parts.
 */
@FunctionalInterface
public interface ExitRule extends RowObserver, AutoCloseable {
    /** The bytes that this rule holds outside the heap. */
    default long bytes() {
        return 0;
    }

    @Override
    default void close() {}

    /** A row ends at the first evaluation at which one of the rules ends it. */
    static ExitRule any(ExitRule... rules) {
        return new AnyOf(rules);
    }

    /** A row ends at the first evaluation at which all of the rules would end it. */
    static ExitRule all(ExitRule... rules) {
        return new AllOf(rules);
    }

    /** This rule, but no row ends before it has spent this many evaluations. */
    default ExitRule atLeast(int evaluations) {
        return new AtLeast(this, evaluations);
    }

    /** A row ends when this rule would have ended it at this many consecutive evaluations. */
    default ExitRule inARow(int evaluations) {
        return new InARow(this, evaluations);
    }
}
