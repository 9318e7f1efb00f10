package dev.zstar.reports.results;

/** Which values are better. */
public enum Direction {
    /** Times and sizes. */
    LESS_IS_BETTER,
    /** Rates. */
    MORE_IS_BETTER,
    /** The file does not say. */
    UNKNOWN
}
