package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.problems.Norm;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import java.util.Arrays;

/**
 * What a status promises, held against what happened: the map is evaluated once more at the point that was returned, and everything else is
 * known from the {@linkplain EvaluationLog evaluations} themselves. A row has converged when {@code ‖r‖ ≤ relative · max(‖f(z)‖, u ‖z₀‖)}, with
 * {@code r = f(z) - z}, the start z₀ and the unit roundoff u, or {@code ‖r‖ ≤ absolute}.
 */
final class StatusCheck {
    /** A residual this many times the best is not a detour any more. */
    private static final double DIVERGENCE = 1e6;

    private final RandomPlan plan;
    private final Stopping stopping;
    private final double tolerance;
    private final EvaluationLog visits;
    private final double[] start;
    private final double[] returned;
    private final Status status;
    private final int evaluations;
    /** By how much two ways to compute a length may differ. */
    private final double slack;
    /** Elements of this size have rounding of their own. */
    private final double least;
    private final double residual;
    private final double value;
    private final double first;
    /**
     * What stands beside ‖f(z)‖ in the relative tolerance: next to a start of this length over u, a shorter state can not be told from 0.
     */
    private final double floor;

    /**
     * @param tolerance of this row, relative
     * @param visits the evaluations of this row
     * @param returned the point that was returned
     * @param value f there, in the type of the row
     */
    StatusCheck(RandomPlan plan, double tolerance, EvaluationLog visits, double[] start, double[] returned, double[] value, Status status,
            int evaluations) {
        this.plan = plan;
        stopping = plan.stopping();
        this.tolerance = tolerance;
        this.visits = visits;
        this.start = start;
        this.returned = returned;
        this.status = status;
        this.evaluations = evaluations;
        slack = 1000 * plan.type().unitRoundoff();
        least = 4 * Math.sqrt(start.length) * (plan.type().unitRoundoff() > 1e-10 ? Float.MIN_VALUE : Double.MIN_VALUE);
        residual = Norm.ofDifference(value, returned);
        this.value = Norm.of(value);
        first = visits.count() == 0 ? Double.NaN : visits.length(0);
        floor = plan.type().unitRoundoff() * Norm.of(start);
    }

    /** The promise that was broken, in a few words that are the same for all rows; null if all were kept. */
    String violation(double stated) {
        if (!EvaluationLog.isFinite(start)) {
            return status != Status.NONFINITE_INPUT ? "a start that is not finite ends otherwise"
                    : !Arrays.equals(start, returned) ? "a start that is not finite is changed" : null;
        }
        if (!EvaluationLog.isFinite(returned)) {
            return "NaN or infinity is returned";
        }
        if (!visits.contains(returned)) {
            return "the returned point was never evaluated";
        }
        String promise = status.isSuccess() ? success() : failure();
        return promise != null ? promise : residual(stated);
    }

    private String success() {
        boolean relative = atMost(residual, tolerance * value);
        boolean zero = atMost(residual, tolerance * floor);
        boolean absolute = atMost(residual, stopping.absolute());
        return switch (status) {
            case CONVERGED_RELATIVE -> relative ? null : "the relative tolerance is not met";
            case CONVERGED_ABSOLUTE -> absolute ? null : "the absolute tolerance is not met";
            case CONVERGED_AT_START -> !Arrays.equals(start, returned) ? "a row that was done at its start is changed"
                    : evaluations != 1 ? "a row that was done at its start is evaluated again"
                    : relative || zero || absolute ? null : "no tolerance is met at the start";
            case CONVERGED_STEP -> stopping.step() > 0 && (!isPlain() || isStepShort()) ? null : "the last step is not short";
            case COMPLETED_FIXED_STEPS -> stopping.fixed() && evaluations == stopping.maxEvaluations() ? null
                    : "the number of evaluations is not the fixed one";
            case CONVERGED_AT_ZERO -> zero ? null : "the tolerance for an equilibrium at zero is not met";
            default -> "a status of linear solves";
        };
    }

    private String failure() {
        boolean known = first < Double.POSITIVE_INFINITY;
        if (known && !atMost(residual, first)) {
            return "a failure is worse than its start";
        }
        if (!known && !Arrays.equals(start, returned) && !(residual < Double.POSITIVE_INFINITY)) {
            return "a failure without a finite residual is not its start";
        }
        if (isPlain() && !stopping.fixed() && !atMost(residual, visits.shortest(visits.count()))) {
            return "a failure is not the best iterate";
        }
        return switch (status) {
            case NONFINITE_INPUT -> "a finite start is blamed";
            case NONFINITE_FUNCTION, NONFINITE_OPERATOR -> visits.isNonfinite() ? null : "a finite map is blamed";
            case DIVERGED -> diverged();
            case MAX_EVALUATIONS -> evaluations == stopping.maxEvaluations() || !takesOneEvaluation() ? null : "the budget is not spent";
            case MAX_ITERATIONS -> stopping.maxIterations() < Integer.MAX_VALUE ? null : "there is no budget of steps";
            case TIME_BUDGET -> stopping.maxNanos() < Long.MAX_VALUE ? null : "there is no budget of time";
            case STAGNATED -> stopping.patience() > 0 ? null : "patience was not asked for";
            default -> null;
        };
    }

    /**
     * Points that a method evaluates between its iterates make the shortest residual shorter, so the first condition holds with them too.
     */
    private String diverged() {
        int count = visits.count();
        double last = visits.length(count - 1);
        if (last < Double.POSITIVE_INFINITY && !(last * (1 + slack) > DIVERGENCE * visits.shortest(count))) {
            return "the residual did not grow a millionfold";
        }
        return count > 1 && isPlain() && last * (1 + slack) < visits.length(count - 2) ? "diverged while the residual falls" : null;
    }

    private String residual(double stated) {
        double size = Math.max(value, floor);
        if (!(residual + size < Double.POSITIVE_INFINITY) || visits.shortest(visits.count()) == Double.POSITIVE_INFINITY) {
            // Beyond all numbers, or never measured, as where the map fails at the start.
            return null;
        }
        double relative = residual == 0 ? 0 : residual / size;
        return relative == stated || Math.abs(relative - stated) <= slack * relative + least / size ? null
                : "the stated residual is not that of the returned point";
    }

    /** Whether x ≤ y but for rounding. */
    private boolean atMost(double x, double y) {
        return x <= y * (1 + slack) + least;
    }

    private boolean isStepShort() {
        int count = visits.count();
        return count > 1 && atMost(Norm.ofDifference(visits.point(count - 1), visits.point(count - 2)),
                stopping.step() * Norm.of(visits.point(count - 1)));
    }

    /** Whether every evaluation is an iterate. */
    private boolean isPlain() {
        return plan.method() == RandomPlan.ForwardMethod.PICARD;
    }

    private boolean takesOneEvaluation() {
        return plan.method() != RandomPlan.ForwardMethod.NEWTON && plan.method() != RandomPlan.ForwardMethod.MIXED;
    }

    /** All there is to know, for the one who looks into it. */
    String words(double stated) {
        return status + " after " + evaluations + " evaluations, stated residual " + stated + ", ‖r‖ = " + residual + ", ‖f(z)‖ = " + value
                + ", first ‖r‖ = " + first + ", last " + (visits.count() == 0 ? Double.NaN : visits.length(visits.count() - 1))
                        + ", shortest "
                + visits.shortest(visits.count());
    }
}
