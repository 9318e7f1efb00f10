package dev.zstar.solvers.fixedpoint;

import dev.zstar.solvers.guard.Arguments;

/**
 * What happens when the residual of a row grows. It may exceed {@code growth} times the row's smallest for {@code patience} evaluations,
 * because the residual may have to grow on the way to a solution. If it stays that large for longer, grows a millionfold or becomes NaN,
 * the row goes back to its best point and takes a damped step {@code z + β (f(z) - z)}, and the method starts again. Each time this halves
 * the patience. It also halves β, until a residual is smaller than all before.
 *
 * <p>Takes two blocks of {@code batch × n}. Copies two rows whenever a residual is smaller than all before. Ignored with a fixed number of
 * evaluations.
 *
 * @param growth a residual is too large when it exceeds this many times the row's smallest
 * @param damping the first β
 * @param patience the number of evaluations that a residual may stay too large before the first return
 */
public record Safeguard(double growth, double damping, int patience) {
    /** A residual may exceed ten times the smallest for 20 evaluations. The first β is 0.5. */
    public static final Safeguard DEFAULT = new Safeguard(10, 0.5, 20);

    /** Checks the ranges. */
    public Safeguard {
        if (!(growth > 1)) {
            throw new IllegalArgumentException("Safeguard: growth is " + growth + ", expected more than 1");
        }
        if (!(damping > 0 && damping <= 1)) {
            throw new IllegalArgumentException("Safeguard: damping is " + damping + ", expected 0 < β ≤ 1");
        }
        Arguments.atLeast("Safeguard", "patience", patience, 0);
    }

    /** A safeguard with a patience of 20 evaluations. */
    public Safeguard(double growth, double damping) {
        this(growth, damping, 20);
    }
}
