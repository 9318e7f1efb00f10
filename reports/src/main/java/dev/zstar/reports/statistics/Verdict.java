package dev.zstar.reports.statistics;

/** What a comparison says of the new build. */
public enum Verdict {
    /** The ratio is beyond the floor, and its interval lies on the fast side of 1. */
    FASTER,
    /** The ratio is beyond the floor, and its interval lies on the slow side of 1. */
    SLOWER,
    /** A counted figure, such as evaluations or bytes, is larger. */
    MORE,
    /** A counted figure is smaller. */
    LESS,
    /** The whole interval is within the floor. */
    SAME,
    /** The forks do not decide. */
    UNCLEAR
}
