package dev.zstar.benchmarks.study;

/**
 * How much of a study may be spent on measuring again what was disturbed. Repeats take at most a fifth of all processes' time, so that a
 * study ends in about its time on a machine that is never quiet.
 */
final class RepeatBudget {
    /** Seconds of repeats for each second of first runs. */
    private static final double SHARE = 0.25;

    private double first;
    private double repeated;

    /**
     * Counts a process, and says whether it may run again.
     *
     * @param seconds how long it ran, and will run again
     * @param disturbed whether it should
     */
    synchronized boolean allows(double seconds, boolean disturbed) {
        first += seconds;
        if (!disturbed || repeated + seconds > SHARE * first) {
            return false;
        }
        repeated += seconds;
        return true;
    }
}
