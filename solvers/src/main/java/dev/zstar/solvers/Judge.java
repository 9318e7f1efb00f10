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
     * @param best the smallest relative residual before this evaluation
     * @return null to go on
     */
    static Status judge(double residualSquare, double valueSquare, double best, int evaluations, Stopping stopping) {
        double residual = relative(residualSquare, valueSquare);
        if (!(residualSquare + valueSquare < Double.POSITIVE_INFINITY)) {
            return evaluations == 1 ? Status.NONFINITE_INPUT : Status.NONFINITE_FUNCTION;
        }
        if (residual <= stopping.relative()) {
            return evaluations == 1 ? Status.CONVERGED_AT_START : Status.CONVERGED_RELATIVE;
        }
        if (residualSquare <= stopping.absolute() * stopping.absolute()) {
            return evaluations == 1 ? Status.CONVERGED_AT_START : Status.CONVERGED_ABSOLUTE;
        }
        if (residual > DIVERGENCE * best) {
            return Status.DIVERGED;
        }
        return evaluations >= stopping.maxEvaluations() ? Status.MAX_EVALUATIONS : null;
    }
}
