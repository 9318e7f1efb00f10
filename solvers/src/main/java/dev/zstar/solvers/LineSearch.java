package dev.zstar.solvers;

import java.util.Arrays;

/**
 * How far to go along a direction, for each row of a batch on its own: the whole step first, then shorter ones until the residual falls
 * enough (Armijo 1966). The next length is where the parabola through {@code ‖F‖²} at the base point and at the last two trials is least,
 * within a tenth and a half of the last (Kelley 1995, section 8.3.1).
 *
 * <p>It sees norms only. Points are the solver's, which evaluates a trial together with whatever the other rows need.
 */
final class LineSearch {
    /** The next trial is at least and at most this share of the last. */
    private static final double LEAST = 0.1;
    private static final double MOST = 0.5;

    private final double decrease;
    private final int limit;
    /** For each row of the batch: ‖F‖ at the base point, the length of the trial, and how often it was made shorter. */
    private final double[] base;
    private final double[] λ;
    private final int[] reductions;
    /** The trial before: its length and {@code (‖F‖² / ‖F₀‖² - 1) / λ}; NaN if there is none that is finite. */
    private final double[] lastλ;
    private final double[] lastRise;

    /**
     * For batches of up to {@code batch} rows.
     *
     * @param decrease α: a trial is accepted when {@code ‖F‖ ≤ (1 - α λ) ‖F₀‖}
     * @param limit how often a step may be made shorter; 0 accepts every whole step
     */
    LineSearch(int batch, double decrease, int limit) {
        this.decrease = decrease;
        this.limit = limit;
        base = new double[batch];
        λ = new double[batch];
        reductions = new int[batch];
        lastλ = new double[batch];
        lastRise = new double[batch];
        Arrays.fill(lastRise, Double.NaN);
    }

    /** Row {@code b} takes its steps from a new point, with this {@code ‖F₀‖}; the first trial is the whole step. */
    void start(int b, double norm) {
        base[b] = norm;
        λ[b] = 1;
        reductions[b] = 0;
        lastRise[b] = Double.NaN;
    }

    /** {@code ‖F₀‖}. */
    double base(int b) {
        return base[b];
    }

    /** The length of the trial, as a share of the step. */
    double length(int b) {
        return λ[b];
    }

    /** Whether {@code ‖F‖} at the trial is small enough; NaN is not. */
    boolean accepts(int b, double norm) {
        return limit == 0 || norm <= (1 - decrease * λ[b]) * base[b];
    }

    /**
     * Makes the next trial shorter, after one that was not accepted.
     *
     * @param norm {@code ‖F‖} there, which may be NaN or infinite
     * @return false if it was made shorter often enough
     */
    boolean reduce(int b, double norm) {
        if (reductions[b] == limit) {
            return false;
        }
        reductions[b]++;
        double ratio = norm / base[b];
        double rise = (ratio * ratio - 1) / λ[b];
        double next = share(rise, b) * λ[b];
        lastλ[b] = λ[b];
        lastRise[b] = Math.abs(rise) < Double.POSITIVE_INFINITY ? rise : Double.NaN;
        λ[b] = next;
        return true;
    }

    /** Of the trial's length, for the next. With {@code ‖F‖² / ‖F₀‖² = 1 + s λ + c λ²} the rise of a trial is {@code s + c λ}. */
    private double share(double rise, int b) {
        if (!(rise < Double.POSITIVE_INFINITY)) {
            // Nothing is known but that it is much too far.
            return LEAST;
        }
        double c = (rise - lastRise[b]) / (λ[b] - lastλ[b]);
        double s = rise - c * λ[b];
        // False for the first trial too, where c is NaN.
        return c > 0 ? Math.clamp(-s / (2 * c * λ[b]), LEAST, MOST) : MOST;
    }
}
