package dev.zstar.reports.comparison;

import dev.zstar.reports.statistics.Interval;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers for people: four significant digits, so that a small number is never shown as 0. */
final class Figures {
    private static final MathContext DIGITS = new MathContext(4);

    private Figures() {}

    /** A ratio, with three decimals if it is near 1. */
    static String ratio(double value) {
        return value >= 0.1 && value < 10 ? String.format(Locale.ROOT, "%.3f", value) : of(value);
    }

    /** An interval of ratios. The ends of one that says nothing are not findings, so they are not printed. */
    static String interval(Interval interval) {
        return interval.isVague() ? "wider than " + Interval.WIDEST + " times" : ratio(interval.low()) + " to " + ratio(interval.high());
    }

    static String of(double value) {
        double size = Math.abs(value);
        if (!Double.isFinite(value) || value == 0) {
            return value == 0 ? "0" : Double.toString(value);
        }
        if (size < 1e-4 || size >= 1e7) {
            return String.format(Locale.ROOT, "%.3e", value);
        }
        // Digits before the point are all shown.
        return size >= 1e4 ? String.format(Locale.ROOT, "%.0f", value) : new BigDecimal(value).round(DIGITS).toPlainString();
    }
}
