package dev.zstar.reports.statistics;

/** A confidence interval. */
public record Interval(double low, double high) {
    /** The most that the ends of an interval of positive values may differ, as a ratio, if it is to say something. */
    public static final int WIDEST = 10;

    /** Whether the ends differ by more than {@value #WIDEST} times. Such an interval says only that more forks are needed. */
    public boolean isVague() {
        return low <= 0 ? high > 0 : high > WIDEST * low;
    }
}
