package dev.zstar.solvers.fixedpoint;

import java.util.Arrays;

/**
 * How far to go along a direction, for each row of a batch on its own: the whole step first, then shorter ones until the residual falls
 * enough (Armijo 1966). The next length is where the parabola through {@code ‖F‖²} at the base point and at the last two trials is least,
 * within a tenth and a half of the last (Kelley 1995, section 8.3.1).
 *
 * <p>Where no length will do the whole step is taken after all, and more of them, even where {@code ‖F‖} rises: the way to a solution may
 * lead over a ridge, and a secant method learns from its bad steps. A watchdog ends that where {@value #PATIENCE} steps led to no shorter F
 * than all before, or F is a million times as long, or NaN (Chamberlain, Powell, Lemarechal and Pedersen 1982).
 *
 * <p>It sees norms only. Points are the solver's, which evaluates a trial together with whatever the other rows need. The base point of a
 * row is its best.
 */
final class LineSearch {
    /** What becomes of a row after an evaluation. */
    enum Move {
        /** It goes on from the point that was evaluated. */
        ACCEPT,
        /** It goes back to the point it came from, and another way along the same direction. */
        RETRY,
        /** Whole steps led nowhere: it may go back to its base point, and try another direction. */
        LOST,
        /** No length will do, and whole steps led nowhere before. */
        FAIL
    }

    /** Whole steps to nothing better that are let pass. */
    static final int PATIENCE = 20;
    /** A residual this many times the shortest is no detour. */
    private static final double RUNAWAY = 1e6;
    /** The next trial is at least and at most this share of the last. */
    private static final double LEAST = 0.1;
    private static final double MOST = 0.5;

    private final double decrease;
    private final int limit;
    /**
     * For each row of the batch: ‖F‖ at the base point, infinite before the first; the length of the trial; how often it was made shorter.
     */
    private final double[] base;
    private final double[] λ;
    private final int[] reductions;
    /**
     * Whether whole steps are taken as they are, or were since the base point; how many of them led to nothing better; and whether the row
     * is on its way back.
     */
    private final boolean[] free;
    private final boolean[] freed;
    private final int[] strayed;
    private final boolean[] returning;
    /** The trial before: its length and {@code (‖F‖² / ‖F₀‖² - 1) / λ}; NaN if there is none that is finite. */
    private final double[] lastλ;
    private final double[] lastRise;

    /**
     * For batches of up to {@code batch} rows.
     *
     * @param decrease α: a shorter trial is accepted when {@code ‖F‖ ≤ (1 - α λ) ‖F₀‖}
     * @param limit how often a step may be made shorter; 0 accepts every whole step
     */
    LineSearch(int batch, double decrease, int limit) {
        this.decrease = decrease;
        this.limit = limit;
        base = new double[batch];
        λ = new double[batch];
        reductions = new int[batch];
        free = new boolean[batch];
        freed = new boolean[batch];
        strayed = new int[batch];
        returning = new boolean[batch];
        lastλ = new double[batch];
        lastRise = new double[batch];
        Arrays.fill(λ, 1);
    }

    /** Row {@code b} starts: the point that is evaluated next is its base point. */
    void begin(int b) {
        base[b] = Double.POSITIVE_INFINITY;
        λ[b] = 1;
        free[b] = false;
        freed[b] = false;
        returning[b] = false;
    }

    /** The length of the trial, as a share of the step; of an accepted step until {@link #next}. */
    double length(int b) {
        return λ[b];
    }

    /** Decides on a trial with this {@code ‖F‖}, which may be NaN or infinite. */
    Move look(int b, double norm) {
        if (returning[b]) {
            returning[b] = false;
            return Move.ACCEPT;
        }
        if (limit == 0 || base[b] == Double.POSITIVE_INFINITY || norm < base[b] && (free[b] || norm <= (1 - decrease * λ[b]) * base[b])) {
            base[b] = norm;
            free[b] = false;
            freed[b] = false;
            return Move.ACCEPT;
        }
        if (free[b]) {
            strayed[b]++;
            return strayed[b] <= PATIENCE && norm <= RUNAWAY * base[b] ? Move.ACCEPT : Move.LOST;
        }
        if (reductions[b] < limit) {
            reduce(b, norm);
            return Move.RETRY;
        }
        if (freed[b]) {
            return Move.FAIL;
        }
        free[b] = true;
        freed[b] = true;
        strayed[b] = 0;
        λ[b] = 1;
        return Move.RETRY;
    }

    /** Row {@code b} goes back to its base point, which is evaluated again. */
    void giveBack(int b) {
        free[b] = false;
        returning[b] = true;
        λ[b] = 0;
    }

    /** Row {@code b}, which was accepted, has a new direction; its first trial is the whole step. */
    void next(int b) {
        λ[b] = 1;
        reductions[b] = 0;
        lastRise[b] = Double.NaN;
    }

    private void reduce(int b, double norm) {
        reductions[b]++;
        double ratio = norm / base[b];
        double rise = (ratio * ratio - 1) / λ[b];
        double next = share(rise, b) * λ[b];
        lastλ[b] = λ[b];
        lastRise[b] = Math.abs(rise) < Double.POSITIVE_INFINITY ? rise : Double.NaN;
        λ[b] = next;
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
