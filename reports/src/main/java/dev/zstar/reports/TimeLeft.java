package dev.zstar.reports;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * How long work will still take. Each stage has an expected time on some machine. The time left is what is expected of the rest, times how
 * much slower or faster this machine has been so far.
 */
final class TimeLeft {
    /** This part of the whole is believed as it is expected, so that the first steps alone do not decide. */
    private static final double TRUST = 0.03;

    private final double limit;
    private final Map<String, Double> expected = new LinkedHashMap<>();
    private double total;
    private double done;
    private double stage;
    private int steps = 1;
    private int made;

    TimeLeft() {
        this(Double.POSITIVE_INFINITY);
    }

    /** Of work that begins nothing new after this many seconds. */
    TimeLeft(double limit) {
        this.limit = limit;
    }

    /** The stages to come, in seconds. */
    void plan(Map<String, Double> seconds) {
        expected.putAll(seconds);
        total = expected.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    /** A stage begins; the one before it has ended. One without an expected time takes none. */
    void stage(String name, int count) {
        done += stage;
        stage = expected.getOrDefault(name, 0.0);
        steps = Math.max(1, count);
        made = 0;
    }

    /** A step of the stage has ended. */
    void step() {
        made = Math.min(made + 1, steps);
    }

    /** The part of all work that is done, from 0 to 1. */
    double share() {
        return total == 0 ? 0 : Math.min(1, (done + stage * made / steps) / total);
    }

    /** Seconds left after this many seconds, 0 if the limit has passed; empty without a plan. */
    OptionalDouble seconds(double elapsed) {
        if (total == 0) {
            return OptionalDouble.empty();
        }
        double share = share();
        double slower = (elapsed / total + TRUST) / (share + TRUST);
        return OptionalDouble.of(Math.min((1 - share) * total * slower, Math.max(0, limit - elapsed)));
    }

    /** Such as {@code 40 s} or {@code 3 min}. */
    static String words(double seconds) {
        return seconds < 90 ? Math.max(5, Math.round(seconds / 5) * 5) + " s" : Math.round(seconds / 60) + " min";
    }
}
