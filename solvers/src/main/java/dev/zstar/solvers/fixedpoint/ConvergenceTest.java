package dev.zstar.solvers.fixedpoint;

import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;

/**
 * Decides whether a row has converged, diverged or stagnated. It also tracks the row's best point, the one with the smallest residual
 * {@code r = f(z) - z}. Progress is measured by {@code ‖r‖}, not by {@code ‖r‖ / ‖f(z)‖}. That ratio rises while r falls if the equilibrium
 * is 0, and it falls towards 1 if f runs away.
 *
 * <p>All norms are in the units of the map.
 */
final class ConvergenceTest {
    /** A row whose residual is this many times the smallest one has diverged, unless it is on a detour. */
    private static final double DIVERGENCE = 1e6;
    /** The smallest residual must be this many evaluations old: a secant method may leap away once and come back. */
    private static final int DETOUR = 2;
    /** The square of a larger residual is not finite, so no method can work with it. */
    private static final double ENORMOUS = 0x1p500;

    private final Stopping stopping;
    private final double roundoff;
    /** By row of the batch: u ‖z₀‖, with the unit roundoff u and its start z₀; and ‖r‖ of its last evaluation, NaN before the first. */
    private final double[] floor;
    private final double[] last;
    /** By row of the batch: the smallest ‖r‖, the relative residual there, and the row's evaluations up to there. */
    private final double[] shortest;
    private final double[] best;
    private final int[] found;

    ConvergenceTest(Stopping stopping, double roundoff, int batch) {
        this.stopping = stopping;
        this.roundoff = roundoff;
        floor = new double[batch];
        last = new double[batch];
        shortest = new double[batch];
        best = new double[batch];
        found = new int[batch];
    }

    /** A new problem begins in row {@code b}, with a start of this norm. */
    void begin(int b, double start) {
        floor[b] = start < Double.POSITIVE_INFINITY ? roundoff * start : 0;
        last[b] = Double.NaN;
        shortest[b] = Double.POSITIVE_INFINITY;
        best[b] = Double.POSITIVE_INFINITY;
        found[b] = 0;
    }

    /** Row {@code row} was tested as row {@code other} of another loop. */
    void adopt(int row, ConvergenceTest from, int other) {
        floor[row] = from.floor[other];
        last[row] = from.last[other];
        shortest[row] = from.shortest[other];
        best[row] = from.best[other];
        found[row] = from.found[other];
    }

    /** Whether row {@code b} has not been tested yet. */
    boolean isNew(int b) {
        return Double.isNaN(last[b]);
    }

    /**
     * The relative residual, which is compared with the tolerance: {@code ‖r‖ / max(‖f(z)‖, u ‖z₀‖)}, with the unit roundoff u. The second
     * term makes an equilibrium at 0 reachable: a state smaller than u ‖z₀‖ is negligible compared with the start. The first residual ‖r₁‖
     * could not replace ‖z₀‖: for a cubic map and a start far away it is larger than all states.
     */
    double relative(int b, double residual, double value) {
        return residual == 0 ? 0 : residual / size(b, value);
    }

    /** {@code max(‖f(z)‖, u ‖z₀‖)}. */
    double size(int b, double value) {
        return Math.max(value, floor[b]);
    }

    /** The relative residual at the best point of row {@code b}; infinite if there is none. */
    double best(int b) {
        return best[b];
    }

    /** The smallest residual of row {@code b}; infinite if there is none. */
    double shortest(int b) {
        return shortest[b];
    }

    boolean isBetter(int b, double residual) {
        return residual < shortest[b];
    }

    /** Records an accepted point. Called after all tests of the point. */
    void note(int b, double residual, double relative, int spent) {
        if (residual < shortest[b]) {
            shortest[b] = residual;
            best[b] = relative;
            found[b] = spent;
        }
        last[b] = residual;
    }

    /** The status for the tolerance that this point meets; null if it meets none. */
    private Status converged(double residual, double relative, double value, double tolerance, int spent) {
        boolean absolute = residual <= stopping.absolute();
        // The quotient may underflow to 0. This must not meet a tolerance of 0.
        if (residual > 0 && !absolute && !(tolerance > 0 && relative <= tolerance)) {
            return null;
        }
        return spent == 1 ? Status.CONVERGED_AT_START
                : residual == 0 || tolerance > 0 && residual / value <= tolerance ? Status.CONVERGED_RELATIVE
                : absolute ? Status.CONVERGED_ABSOLUTE
                : Status.CONVERGED_AT_ZERO;
    }

    /**
     * Tests a point that the method refused. It may be a solution. But NaN, a residual that grew or a small step says nothing about the
     * row, whose accepted point is elsewhere.
     */
    Status refused(int b, double residual, double relative, double value, double tolerance, int spent) {
        boolean finite = residual < Double.POSITIVE_INFINITY && value < Double.POSITIVE_INFINITY;
        Status status = finite ? converged(residual, relative, value, tolerance, spent) : null;
        return status == null && spent >= stopping.maxEvaluations() ? Status.MAX_EVALUATIONS : status;
    }

    /**
     * Tests an accepted point where all numbers are finite.
     *
     * @param relative the {@link #relative} residual
     * @param tolerance the relative tolerance of this row
     * @param stepped the relative distance that the iterate moved; infinite if unknown
     * @param spent the evaluations of this row
     * @return null if the row goes on
     */
    Status test(int b, double residual, double relative, double value, double tolerance, double stepped, int spent) {
        if (stopping.fixed()) {
            return spent >= stopping.maxEvaluations() ? Status.COMPLETED_FIXED_STEPS : null;
        }
        Status met = converged(residual, relative, value, tolerance, spent);
        if (met != null) {
            return met;
        }
        if (stepped <= stopping.step()) {
            return Status.CONVERGED_STEP;
        }
        int stale = isBetter(b, residual) ? 0 : spent - found[b];
        if (residual > DIVERGENCE * shortest[b] && !(residual < last[b]) && (stale >= DETOUR || residual > ENORMOUS)) {
            return Status.DIVERGED;
        }
        if (spent >= stopping.maxEvaluations()) {
            return Status.MAX_EVALUATIONS;
        }
        return stopping.patience() > 0 && stale >= stopping.patience() ? Status.STAGNATED : null;
    }
}
