package dev.zstar.solvers;

/**
 * What happens where a method leads a row astray: {@code ‖f(z) - z‖} must not grow beyond a multiple of the row's shortest; where it does, or is not a number, the row
 * goes back there, takes a damped step {@code z + β (f(z) - z)}, and the method starts anew. A second time in a row β is halved, and so on.
 *
 * <p>Takes two blocks, and two more passes where a residual is shorter than all before.
 *
 * @param growth the largest ratio to the shortest
 * @param damping β, at first
 */
public record Safeguard(double growth, double damping) {
    /**
     * A residual may grow tenfold. Anderson over five iterates solves all of the study's 98 problems with it, 97 without, and 96 where it may only double, since on some it
     * grows by more on its way. Over ten iterates it solves 96 with it and 97 without: on maps that expand a growth may lead to the goal.
     */
    public static final Safeguard DEFAULT = new Safeguard(10, 0.5);

    /** Checks the ranges. */
    public Safeguard {
        if (!(growth > 1)) {
            throw new IllegalArgumentException("a growth of " + growth + "; expected more than 1");
        }
        if (!(damping > 0 && damping <= 1)) {
            throw new IllegalArgumentException("damping " + damping + "; expected 0 < β ≤ 1");
        }
    }
}
