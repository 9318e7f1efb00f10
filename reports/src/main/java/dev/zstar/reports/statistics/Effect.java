package dev.zstar.reports.statistics;

/**
 * How many times as long the new build takes.
 *
 * @param ratio the time of the new build divided by that of the base, or the rate of the base divided by that of the new build
 * @param interval the 95% interval of the ratio
 * @param forks the smaller number of forks of the two builds
 */
public record Effect(double ratio, Interval interval, int forks) {
    /** The same effect seen from the other side: a ratio of rates becomes a ratio of times. */
    Effect inverse() {
        return new Effect(1 / ratio, new Interval(1 / interval.high(), 1 / interval.low()), forks);
    }
}
