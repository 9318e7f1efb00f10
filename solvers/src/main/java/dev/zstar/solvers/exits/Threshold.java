package dev.zstar.solvers.exits;

/** The check of a threshold. */
final class Threshold {
    private Threshold() {}

    /** Returns the threshold; throws if it is negative or NaN. */
    static double check(String rule, double threshold) {
        if (!(threshold >= 0)) {
            throw new IllegalArgumentException(rule + ": the threshold is " + threshold + ", expected at least 0");
        }
        return threshold;
    }
}
