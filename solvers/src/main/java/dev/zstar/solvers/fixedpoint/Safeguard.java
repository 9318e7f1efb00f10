package dev.zstar.solvers.fixedpoint;

/**
 * What happens where a method leads a row astray. {@code ‖f(z) - z‖} may exceed a multiple of the row's shortest for some evaluations,
 * since the way to a solution may lead over a ridge. Where it stays there, grows a millionfold or is not a number, the row goes back to its
 * best point, takes a damped step {@code z + β (f(z) - z)}, and the method starts again. Each time the patience is halved, and so is β
 * until a point is better than all before.
 *
 * <p>Takes two blocks, and two more passes where a residual is shorter than all before.
 *
 * @param growth the largest ratio to the shortest that is no straying
 * @param damping β, at first
 * @param patience the evaluations above that ratio that are let pass, at first
 */
public record Safeguard(double growth, double damping, int patience) {
    /** A residual may exceed ten times the shortest for 20 evaluations. */
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

    /** With the usual patience. */
    public Safeguard(double growth, double damping) {
        this(growth, damping, 20);
    }
}
