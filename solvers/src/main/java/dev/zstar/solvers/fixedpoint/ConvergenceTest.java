package dev.zstar.solvers.fixedpoint;

import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;

/**
 * Decides whether a row has converged, diverged or stagnated, and which of its points was the best: the one with the shortest residual
 * {@code r = f(z) - z}. Progress is measured by {@code ‖r‖}, not by {@code ‖r‖ / ‖f(z)‖}. That ratio rises while r falls where the
 * equilibrium is 0, and it falls towards 1 where f runs away.
 *
 * <p>All lengths are in the units of the map.
 */
final class ConvergenceTest {
    /** A residual this many times the shortest is not a detour any more ... */
    private static final double DIVERGENCE = 1e6;
    /** ... unless the shortest was found in the evaluation before: a secant method may leap away once, and back. */
    private static final int DETOUR = 2;
    /** A residual of this length has no square, and no method can work with it. */
    private static final double ENORMOUS = 0x1p500;

    private final Stopping stopping;
    private final double roundoff;
    /** For each row of the batch u ‖z₀‖, with its start and the unit roundoff, and ‖r‖ of its last evaluation, NaN before the first. */
    private final double[] floor;
    private final double[] last;
    /** The shortest r, what the tolerance was compared with there, and after how many evaluations of the row. */
    private final double[] shortest;
    private final double[] relative;
    private final int[] found;

    ConvergenceTest(Stopping stopping, double roundoff, int batch) {
        this.stopping = stopping;
        this.roundoff = roundoff;
        floor = new double[batch];
        last = new double[batch];
        shortest = new double[batch];
        relative = new double[batch];
        found = new int[batch];
    }

    /** Row {@code b} is a new problem, from a state of this length. */
    void begin(int b, double start) {
        floor[b] = start < Double.POSITIVE_INFINITY ? roundoff * start : 0;
        last[b] = Double.NaN;
        shortest[b] = Double.POSITIVE_INFINITY;
        relative[b] = Double.POSITIVE_INFINITY;
        found[b] = 0;
    }

    /** Whether row {@code b} was not judged yet. */
    boolean isNew(int b) {
        return Double.isNaN(last[b]);
    }

    /**
     * What the tolerance is compared with, {@code ‖r‖ / max(‖f(z)‖, u ‖z₀‖)}, u the unit roundoff. The second term makes an equilibrium at
     * 0 reachable: next to a start of length ‖z₀‖, a state shorter than u ‖z₀‖ can not be told from 0. Not ‖r₁‖ instead of ‖z₀‖: of a cubic
     * map that starts far away it is beyond all states.
     */
    double relative(int b, double residual, double value) {
        return residual == 0 ? 0 : residual / size(b, value);
    }

    /** {@code max(‖f(z)‖, u ‖z₀‖)}. */
    double size(int b, double value) {
        return Math.max(value, floor[b]);
    }

    /** What {@link #relative} was at the best point of row {@code b}; infinite if there is none. */
    double best(int b) {
        return relative[b];
    }

    /** The shortest residual of row {@code b}; infinite if there is none. */
    double shortest(int b) {
        return shortest[b];
    }

    boolean isBetter(int b, double residual) {
        return residual < shortest[b];
    }

    /** Takes note of a point that the method goes to; the last thing that is done with a measurement. */
    void note(int b, double residual, double value, int spent) {
        if (residual < shortest[b]) {
            shortest[b] = residual;
            relative[b] = relative(b, residual, value);
            found[b] = spent;
        }
        last[b] = residual;
    }

    /** The tolerance for residuals that this point meets, or null. */
    private Status converged(int b, double residual, double value, double tolerance, int spent) {
        boolean absolute = residual <= stopping.absolute();
        // The quotient may underflow, and no tolerance is met by that.
        if (residual > 0 && !absolute && !(tolerance > 0 && relative(b, residual, value) <= tolerance)) {
            return null;
        }
        return spent == 1 ? Status.CONVERGED_AT_START
                : residual == 0 || tolerance > 0 && residual / value <= tolerance ? Status.CONVERGED_RELATIVE
                : absolute ? Status.CONVERGED_ABSOLUTE
                : Status.CONVERGED_AT_ZERO;
    }

    /**
     * For a point that was tried and that the method does not go to. It may be a solution; but NaN, a residual that grew and a short step
     * say nothing about the row, which is elsewhere.
     */
    Status refused(int b, double residual, double value, double tolerance, int spent) {
        boolean finite = residual < Double.POSITIVE_INFINITY && value < Double.POSITIVE_INFINITY;
        Status status = finite ? converged(b, residual, value, tolerance, spent) : null;
        return status == null && spent >= stopping.maxEvaluations() ? Status.MAX_EVALUATIONS : status;
    }

    /**
     * For a point that the method goes to, at which all numbers are finite.
     *
     * @param tolerance of this row, relative
     * @param stepped how far the iterate moved, relative; infinite if that is not known
     * @param spent evaluations of this row
     * @return null to go on
     */
    Status test(int b, double residual, double value, double tolerance, double stepped, int spent) {
        if (stopping.fixed()) {
            return spent >= stopping.maxEvaluations() ? Status.COMPLETED_FIXED_STEPS : null;
        }
        Status met = converged(b, residual, value, tolerance, spent);
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
