package dev.zstar.solvers;

/**
 * When a solve ends.
 *
 * @param relative a row has converged when {@code ‖f(z) - z‖ ≤ relative · ‖f(z)‖} (linear: {@code ‖b - (I - T) u‖ ≤ relative · ‖b‖});
 *     0 never stops for it
 * @param absolute or when {@code ‖f(z) - z‖ ≤ absolute}; 0 stops for an exact fixed point only
 * @param maxEvaluations evaluations of the map that one solve may spend
 * @param trace whether the largest relative residual after each evaluation is recorded
 */
public record Stopping(double relative, double absolute, int maxEvaluations, boolean trace) {
    /** Checks the ranges. */
    public Stopping {
        if (!(relative >= 0 && relative < 1)) {
            throw new IllegalArgumentException("relative tolerance " + relative + "; expected 0 ≤ tolerance < 1");
        }
        if (!(absolute >= 0)) {
            throw new IllegalArgumentException("absolute tolerance " + absolute + "; expected at least 0");
        }
        if (maxEvaluations < 1) {
            throw new IllegalArgumentException("a budget of " + maxEvaluations + " evaluations; expected at least 1");
        }
    }

    /** A relative tolerance, and 200 evaluations. */
    public static Stopping relative(double tolerance) {
        return new Stopping(tolerance, 0, 200, false);
    }

    /** These rules with another budget. */
    public Stopping within(int evaluations) {
        return new Stopping(relative, absolute, evaluations, trace);
    }

    /** These rules, with a trace. */
    public Stopping traced() {
        return new Stopping(relative, absolute, maxEvaluations, true);
    }
}
