package dev.zstar.reports.machine;

/**
 * A limit of a container.
 *
 * @param visible whether this process sees if there is one
 * @param value the limit; null if there is none, or none is visible
 */
public record Limit(boolean visible, Double value) {
    static final Limit NOT_VISIBLE = new Limit(false, null);
    static final Limit NONE = new Limit(true, null);

    static Limit of(double value) {
        return new Limit(true, value);
    }

    /** The tighter one of two. */
    Limit and(Limit other) {
        if (value == null || other.value == null) {
            return value != null || other.value == null && visible ? this : other;
        }
        return value <= other.value ? this : other;
    }
}
