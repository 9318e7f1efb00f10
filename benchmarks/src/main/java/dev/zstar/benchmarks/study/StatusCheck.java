package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.problems.Norm;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import java.util.Arrays;

/**
 * Compares what a status claims with what happened. The map is evaluated once more at the returned point. Everything else follows from the
 * {@linkplain EvaluationLog log} of the evaluations. A row has converged when {@code ‖r‖ ≤ relative · max(‖f(z)‖, u ‖z₀‖)} or
 * {@code ‖r‖ ≤ absolute}, with {@code r = f(z) - z}, the start z₀ and the unit roundoff u.
 */
final class StatusCheck {
    /** A residual this many times the best means divergence. */
    private static final double DIVERGENCE = 1e6;
    private static final double FAINT = 1e-290;

    private final RandomPlan plan;
    private final Stopping stopping;
    private final double tolerance;
    private final EvaluationLog log;
    private final double[] start;
    private final double[] returned;
    private final Status status;
    private final int evaluations;
    /** The relative difference that two ways to compute a norm may have. */
    private final double slack;
    /** Norms up to this are subject to denormal rounding. */
    private final double least;
    /** In f64 a residual below this may be stated as any other number below it, since its square is no number: {@code Outcome.residual}. */
    private final double faint;
    private final double residual;
    private final double value;
    private final double first;
    /** u ‖z₀‖, the lower bound of the scale in the relative tolerance. A state this small next to its start counts as 0. */
    private final double floor;

    /**
     * @param tolerance relative tolerance of this row
     * @param log evaluations of this row
     * @param returned the returned point
     * @param value f at that point, in the type of the row
     */
    StatusCheck(RandomPlan plan, double tolerance, EvaluationLog log, double[] start, double[] returned, double[] value, Status status,
            int evaluations) {
        this.plan = plan;
        stopping = plan.stopping();
        this.tolerance = tolerance;
        this.log = log;
        this.start = start;
        this.returned = returned;
        this.status = status;
        this.evaluations = evaluations;
        slack = 1000 * plan.type().unitRoundoff();
        least = 4 * Math.sqrt(start.length) * (plan.type().unitRoundoff() > 1e-10 ? Float.MIN_VALUE : Double.MIN_VALUE);
        residual = Norm.ofDifference(value, returned);
        this.value = Norm.of(value);
        first = log.count() == 0 ? Double.NaN : log.residual(0);
        floor = plan.type().unitRoundoff() * Norm.of(start);
        faint = plan.type() == Type.F64 ? FAINT * this.value : 0;
    }

    /** The claim that does not hold, in words that are the same for all rows; null if all hold. */
    String violation(double stated) {
        if (!EvaluationLog.isFinite(start)) {
            return status != Status.NONFINITE_INPUT ? "a start that is not finite has another status"
                    : !Arrays.equals(start, returned) ? "a start that is not finite was changed" : null;
        }
        if (!EvaluationLog.isFinite(returned)) {
            return "NaN or infinity was returned";
        }
        if (!log.contains(returned)) {
            return "the returned point was never evaluated";
        }
        String violated = status.isSuccess() ? success() : failure();
        return violated != null ? violated : residual(stated);
    }

    private String success() {
        boolean relative = atMost(residual, tolerance * value);
        boolean zero = atMost(residual, tolerance * floor);
        boolean absolute = atMost(residual, stopping.absolute());
        return switch (status) {
            case CONVERGED_RELATIVE -> relative ? null : "the relative tolerance is not met";
            case CONVERGED_ABSOLUTE -> absolute ? null : "the absolute tolerance is not met";
            case CONVERGED_AT_START -> !Arrays.equals(start, returned) ? "a row that had converged at its start was changed"
                    : evaluations != 1 ? "a row that had converged at its start was evaluated again"
                    : relative || zero || absolute ? null : "no tolerance is met at the start";
            case CONVERGED_STEP -> stopping.step() > 0 && (!isPlain() || isStepShort()) ? null : "the last step is too long";
            case COMPLETED_FIXED_STEPS -> stopping.fixed() && evaluations == stopping.maxEvaluations() ? null
                    : "the number of evaluations is not the fixed one";
            case STOPPED_BY_OBSERVER -> !isPlain() || Arrays.equals(log.point(-1), returned) ? null
                    : "a stopped row did not return its last iterate";
            case CONVERGED_AT_ZERO -> zero ? null : "the tolerance for an equilibrium at zero is not met";
            default -> "a status of linear solves";
        };
    }

    private String failure() {
        boolean known = first < Double.POSITIVE_INFINITY;
        if (known && !atMost(residual, first)) {
            return "a failure returned a point worse than its start";
        }
        if (!known && !Arrays.equals(start, returned) && !(residual < Double.POSITIVE_INFINITY)) {
            return "a failure without a finite residual did not return its start";
        }
        if (known && isPlain() && !stopping.fixed() && !atMost(residual, log.smallestResidual(log.count()))) {
            return "a failure did not return its best iterate";
        }
        return switch (status) {
            case NONFINITE_INPUT -> "a finite start is reported as not finite";
            case NONFINITE_FUNCTION, NONFINITE_OPERATOR -> log.isNonfinite() ? null : "a finite map is reported as not finite";
            case DIVERGED -> diverged();
            case MAX_EVALUATIONS -> evaluations == stopping.maxEvaluations() || !takesOneEvaluation() ? null : "the budget is not spent";
            case MAX_ITERATIONS -> stopping.maxIterations() < Integer.MAX_VALUE ? null : "there is no budget of steps";
            case TIME_BUDGET -> stopping.maxNanos() < Long.MAX_VALUE ? null : "there is no budget of time";
            case STAGNATED -> stopping.patience() > 0 ? null : "patience was not set";
            default -> null;
        };
    }

    /** Points that a method evaluates between its iterates can only lower the smallest residual, so the first condition allows for them. */
    private String diverged() {
        int count = log.count();
        double last = log.residual(count - 1);
        // A residual with an element that the type does not hold has outgrown it.
        double most = plan.type() == Type.F32 ? Float.MAX_VALUE : Double.POSITIVE_INFINITY;
        if (last < most && !(last * (1 + slack) > DIVERGENCE * log.smallestResidual(count))) {
            return "the residual did not grow a millionfold";
        }
        return count > 1 && isPlain() && last * (1 + slack) < log.residual(count - 2) ? "diverged while the residual fell" : null;
    }

    private String residual(double stated) {
        double size = Math.max(value, floor);
        if (!(residual + size < Double.POSITIVE_INFINITY) || log.smallestResidual(log.count()) == Double.POSITIVE_INFINITY) {
            // The residual overflows, or was never measured, as when the map fails at the start.
            return null;
        }
        double relative = residual == 0 ? 0 : residual / size;
        return relative == stated || Math.abs(relative - stated) <= slack * relative + (least + faint) / size ? null
                : "the stated residual is not that of the returned point";
    }

    /** Whether x ≤ y up to rounding. */
    private boolean atMost(double x, double y) {
        return x <= y * (1 + slack) + least + faint;
    }

    private boolean isStepShort() {
        int count = log.count();
        return count > 1 && atMost(Norm.ofDifference(log.point(count - 1), log.point(count - 2)),
                stopping.step() * Norm.of(log.point(count - 1)));
    }

    /** Whether every evaluation is an iterate. */
    private boolean isPlain() {
        return plan.method() == RandomPlan.ForwardMethod.PICARD;
    }

    private boolean takesOneEvaluation() {
        return plan.method() != RandomPlan.ForwardMethod.NEWTON && plan.method() != RandomPlan.ForwardMethod.MIXED;
    }

    /** All figures, for a message. */
    String description(double stated) {
        return status + " after " + evaluations + " evaluations, stated residual " + stated + ", ‖r‖ = " + residual + ", ‖f(z)‖ = " + value
                + ", first ‖r‖ = " + first + ", last " + (log.count() == 0 ? Double.NaN : log.residual(log.count() - 1))
                + ", smallest " + log.smallestResidual(log.count());
    }
}
