package dev.zstar.solvers;

/** The one place that decides whether a row goes on. */
final class Judge {
    /** A residual this many times the best is not a detour any more. */
    private static final double DIVERGENCE = 1e6;

    private Judge() {}

    /** {@code ‖r‖ / ‖g‖} from the squares; 0 where r is, NaN where {@code ‖g‖²} overflowed. */
    static double relative(double residualSquare, double valueSquare) {
        return !(valueSquare < Double.POSITIVE_INFINITY) ? Double.NaN
                : residualSquare == 0 ? 0 : Math.sqrt(residualSquare / valueSquare);
    }

    private static boolean finite(double residualSquare, double valueSquare) {
        return residualSquare + valueSquare < Double.POSITIVE_INFINITY;
    }

    /** The tolerance for residuals that this point meets, or null. */
    private static Status converged(double residualSquare, double valueSquare, double tolerance, int spent, Stopping stopping) {
        if (relative(residualSquare, valueSquare) <= tolerance) {
            return spent == 1 ? Status.CONVERGED_AT_START : Status.CONVERGED_RELATIVE;
        }
        if (residualSquare <= stopping.absolute() * stopping.absolute()) {
            return spent == 1 ? Status.CONVERGED_AT_START : Status.CONVERGED_ABSOLUTE;
        }
        return null;
    }

    /**
     * For a point that was tried and that the method does not go to. It may be a solution; but NaN, a residual that grew and a short step say
     * nothing of the row, which is elsewhere.
     */
    static Status refused(double residualSquare, double valueSquare, double tolerance, int spent, Stopping stopping) {
        Status status = finite(residualSquare, valueSquare) ? converged(residualSquare, valueSquare, tolerance, spent, stopping) : null;
        return status == null && spent >= stopping.maxEvaluations() ? Status.MAX_EVALUATIONS : status;
    }

    /**
     * @param tolerance of this row, relative
     * @param stepped how far the iterate moved, relative; infinite if that is not known
     * @param best the smallest relative residual before this evaluation
     * @param spent evaluations of this row
     * @param stale evaluations since its best residual, this one included if it is no better
     * @return null to go on
     */
    static Status judge(
            double residualSquare, double valueSquare, double tolerance, double stepped, double best, int spent, int stale, Stopping stopping) {
        if (!finite(residualSquare, valueSquare)) {
            return spent == 1 ? Status.NONFINITE_INPUT : Status.NONFINITE_FUNCTION;
        }
        if (stopping.fixed()) {
            return spent >= stopping.maxEvaluations() ? Status.COMPLETED_FIXED_STEPS : null;
        }
        Status met = converged(residualSquare, valueSquare, tolerance, spent, stopping);
        if (met != null) {
            return met;
        }
        if (stepped <= stopping.step()) {
            return Status.CONVERGED_STEP;
        }
        if (relative(residualSquare, valueSquare) > DIVERGENCE * best) {
            return Status.DIVERGED;
        }
        if (spent >= stopping.maxEvaluations()) {
            return Status.MAX_EVALUATIONS;
        }
        return stopping.patience() > 0 && stale >= stopping.patience() ? Status.STAGNATED : null;
    }
}
