package dev.zstar.solvers;

/** The one place that decides whether a row goes on. */
final class Judge {
    /** A residual this many times the best is not a detour any more. */
    private static final double DIVERGENCE = 1e6;

    private Judge() {}

    /** {@code ‖r‖ / ‖g‖} from the squares; 0 where r is. */
    static double relative(double residualSquare, double valueSquare) {
        return residualSquare == 0 ? 0 : Math.sqrt(residualSquare / valueSquare);
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
        double residual = relative(residualSquare, valueSquare);
        if (!(residualSquare + valueSquare < Double.POSITIVE_INFINITY)) {
            return spent == 1 ? Status.NONFINITE_INPUT : Status.NONFINITE_FUNCTION;
        }
        if (stopping.fixed()) {
            return spent >= stopping.maxEvaluations() ? Status.COMPLETED_FIXED_STEPS : null;
        }
        if (residual <= tolerance) {
            return spent == 1 ? Status.CONVERGED_AT_START : Status.CONVERGED_RELATIVE;
        }
        if (residualSquare <= stopping.absolute() * stopping.absolute()) {
            return spent == 1 ? Status.CONVERGED_AT_START : Status.CONVERGED_ABSOLUTE;
        }
        if (stepped <= stopping.step()) {
            return Status.CONVERGED_STEP;
        }
        if (residual > DIVERGENCE * best) {
            return Status.DIVERGED;
        }
        if (spent >= stopping.maxEvaluations()) {
            return Status.MAX_EVALUATIONS;
        }
        return stopping.patience() > 0 && stale >= stopping.patience() ? Status.STAGNATED : null;
    }
}
