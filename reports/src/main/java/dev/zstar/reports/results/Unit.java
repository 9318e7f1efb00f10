package dev.zstar.reports.results;

import java.util.Map;
import java.util.OptionalDouble;

/**
 * A unit of a score, such as {@code us/op}, {@code ops/ms} or {@code GFLOP/s}.
 *
 * @param name as the file writes it; empty if the values have no unit
 */
public record Unit(String name) {
    /** JMH's names of units of time, in nanoseconds. */
    private static final Map<String, Double> NANOS = Map.of(
            "ns", 1.0, "us", 1e3, "ms", 1e6, "s", 1e9, "min", 60e9, "hr", 3600e9, "day", 86_400e9);

    /** Which values are better, as far as a mode of JMH or the unit says so. */
    public Direction direction(String mode) {
        return switch (mode) {
            case "thrpt" -> Direction.MORE_IS_BETTER;
            case "avgt", "sample", "ss" -> Direction.LESS_IS_BETTER;
            default -> isRate() ? Direction.MORE_IS_BETTER : isTime() ? Direction.LESS_IS_BETTER : Direction.UNKNOWN;
        };
    }

    /** The factor that converts values of this unit to another one; empty if there is none. */
    public OptionalDouble in(Unit other) {
        if (name.equals(other.name)) {
            return OptionalDouble.of(1);
        }
        if (isTime() && other.isTime()) {
            return OptionalDouble.of(nanos() / other.nanos());
        }
        return isRate() && other.isRate() ? OptionalDouble.of(other.nanos() / nanos()) : OptionalDouble.empty();
    }

    private boolean isTime() {
        return NANOS.containsKey(time()) && !isRate();
    }

    private boolean isRate() {
        return name.startsWith("ops/") && NANOS.containsKey(time());
    }

    private double nanos() {
        return NANOS.get(time());
    }

    private String time() {
        return name.replaceFirst("^ops/", "").replaceFirst("/op$", "");
    }
}
