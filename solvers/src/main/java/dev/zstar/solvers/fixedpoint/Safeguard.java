package dev.zstar.solvers.fixedpoint;

/**
 * What happens when a method leads a row away from a solution. {@code ‖f(z) - z‖} may exceed a multiple of the row's shortest for some
 * evaluations, since the way to a solution may lead over a ridge. If it stays there, grows a millionfold or becomes NaN, the row goes back
 * to its best point and takes a damped step {@code z + β (f(z) - z)}, and the method starts again. Each time this halves the patience. It
 * also halves β, until a point is better than all before.
 *
 * <p>Takes two blocks. Copies two rows when a residual is shorter than all before.
 *
 * @param growth a residual is too long when it exceeds this many times the row's shortest
 * @param damping the first β
 * @param patience the number of evaluations with a too long residual that are allowed at first
 */
public record Safeguard(double growth, double damping, int patience) {
    /** A residual may exceed ten times the shortest for 20 evaluations. The first β is 0.5. */
    public static final Safeguard DEFAULT = new Safeguard(10, 0.5, 20);

    /** Checks the ranges. */
    public Safeguard {
        if (!(growth > 1)) {
            throw new IllegalArgumentException("a growth of " + growth + "; expected more than 1");
        }
        if (!(damping > 0 && damping <= 1)) {
            throw new IllegalArgumentException("damping " + damping + "; expected 0 < β ≤ 1");
        }
        if (patience < 0) {
            throw new IllegalArgumentException("a patience of " + patience + " evaluations; expected at least 0");
        }
    }

    /** With a patience of 20 evaluations. */
    public Safeguard(double growth, double damping) {
        this(growth, damping, 20);
    }
}
