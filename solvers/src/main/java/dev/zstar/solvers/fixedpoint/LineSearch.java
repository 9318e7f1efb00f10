package dev.zstar.solvers.fixedpoint;

import java.util.Arrays;

/**
 * Chooses how far to go along a direction, separately for each row of a batch. It tries the full step first, then shorter ones, until
 * {@code ‖F‖} falls enough below its largest value at the last few points: {@code ‖F(z + λ s)‖ ≤ (1 - α λ) max_j ‖F(z_{k-j})‖} (Grippo,
 * Lampariello and Lucidi 1986, for {@code ‖F‖}). With a memory of one point that is the rule of Armijo (1966). The next length minimises
 * the parabola through {@code ‖F‖²} at the base point and at the last two trials. It is between a tenth and a half of the last length
 * (Kelley 1995, section 8.3.1).
 *
 * <p>If no length is accepted, the row takes the full step after all, and more full steps after it, even if {@code ‖F‖} rises. The residual
 * may have to grow on the way to a solution, and a secant method learns equations from bad steps as well. A watchdog ends this
 * (Chamberlain, Powell, Lemarechal and Pedersen 1982). It does so after more than {@value #PATIENCE} steps that did not lower {@code ‖F‖}
 * below that of the base point, or if {@code ‖F‖} is a million times that, or NaN.
 *
 * <p>The search sees only norms. The solver holds the points, and evaluates a trial together with the points of the other rows. The base
 * point of a row is the last point that the rule accepted. A full step under the watchdog becomes the base point only if it lowers
 * {@code ‖F‖} below that of the base point. With a memory of one point the base point is the best point of the row.
 */
final class LineSearch {
    /** What a row does after an evaluation. */
    enum Move {
        /** It goes on from the point that was evaluated. */
        ACCEPT,
        /** It goes back to its previous point, and tries another length along the same direction. */
        RETRY,
        /** Full steps found no better point. The row may go back to its base point, and try another direction. */
        LOST,
        /** No length is accepted, and full steps have failed before. */
        FAIL
    }

    /** How many full steps in sequence may find no better point. */
    static final int PATIENCE = 20;
    /** A residual this many times that of the base point ends the full steps. */
    private static final double RUNAWAY = 1e6;
    /** Bounds on the ratio of the next length to the last one. */
    private static final double LEAST = 0.1;
    private static final double MOST = 0.5;

    private final double decrease;
    private final int limit;
    private final int memory;
    /** By row of the batch: ‖F‖ at the base point, infinite before the first; the length of the trial; how many times it was shortened. */
    private final double[] base;
    private final double[] λ;
    private final int[] reductions;
    /** By row of the batch: ‖F‖ at its last base points, in a ring, and their number. */
    private final double[] recent;
    private final int[] points;
    /**
     * By row of the batch: whether full steps are accepted now; whether they were accepted since the base point; how many of them found
     * nothing better; whether the row is returning to its base point.
     */
    private final boolean[] free;
    private final boolean[] freed;
    private final int[] strayed;
    private final boolean[] returning;
    /** By row of the batch: the length of the previous trial, and its {@code (‖F‖² / ‖F₀‖² - 1) / λ}, NaN if that is not finite. */
    private final double[] lastλ;
    private final double[] lastRise;

    /**
     * For batches of up to {@code batch} rows.
     *
     * @param decrease α
     * @param limit how many times a step may be shortened; 0 accepts every full step
     * @param memory how many of the last points a trial is compared with, at least 1
     */
    LineSearch(int batch, double decrease, int limit, int memory) {
        this.decrease = decrease;
        this.limit = limit;
        this.memory = memory;
        base = new double[batch];
        λ = new double[batch];
        reductions = new int[batch];
        recent = new double[batch * memory];
        points = new int[batch];
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
        points[b] = 0;
        λ[b] = 1;
        free[b] = false;
        freed[b] = false;
        returning[b] = false;
    }

    /** The length of the trial, relative to the full step. Once a trial is accepted, this stays its length until {@link #next}. */
    double length(int b) {
        return λ[b];
    }

    /** Decides on a trial with this {@code ‖F‖}, which may be NaN or infinite. */
    Move judge(int b, double norm) {
        if (returning[b]) {
            returning[b] = false;
            return Move.ACCEPT;
        }
        if (limit == 0 || base[b] == Double.POSITIVE_INFINITY
                || (free[b] ? norm < base[b] : norm <= (1 - decrease * λ[b]) * largest(b) && norm < Double.POSITIVE_INFINITY)) {
            base[b] = norm;
            recent[b * memory + points[b]++ % memory] = norm;
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

    /** The largest ‖F‖ of the last base points of row b. */
    private double largest(int b) {
        double largest = 0;
        for (int i = b * memory; i < b * memory + Math.min(points[b], memory); i++) {
            largest = Math.max(largest, recent[i]);
        }
        return largest;
    }

    /** Row {@code b} goes back to its base point, which is evaluated again. */
    void returnToBase(int b) {
        free[b] = false;
        returning[b] = true;
        λ[b] = 0;
    }

    /** Row {@code b}, whose trial was accepted, has a new direction. Its first trial is the full step. */
    void next(int b) {
        λ[b] = 1;
        reductions[b] = 0;
        lastRise[b] = Double.NaN;
    }

    private void reduce(int b, double norm) {
        reductions[b]++;
        double ratio = norm / base[b];
        double rise = (ratio * ratio - 1) / λ[b];
        double next = factor(rise, b) * λ[b];
        lastλ[b] = λ[b];
        lastRise[b] = Math.abs(rise) < Double.POSITIVE_INFINITY ? rise : Double.NaN;
        λ[b] = next;
    }

    /** The ratio of the next length to this one. With {@code ‖F‖² / ‖F₀‖² = 1 + s λ + c λ²} the rise of a trial is {@code s + c λ}. */
    private double factor(double rise, int b) {
        if (!(rise < Double.POSITIVE_INFINITY)) {
            // All that is known is that the trial goes much too far.
            return LEAST;
        }
        double c = (rise - lastRise[b]) / (λ[b] - lastλ[b]);
        double s = rise - c * λ[b];
        // Also false for the first trial, where c is NaN.
        return c > 0 ? Math.clamp(-s / (2 * c * λ[b]), LEAST, MOST) : MOST;
    }
}
