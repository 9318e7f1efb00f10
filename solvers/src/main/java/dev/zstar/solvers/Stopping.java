package dev.zstar.solvers;

import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * The stopping rules of a solve, and what it records. A row that meets one of the tolerances has converged. A row that exhausts one of the
 * budgets has not converged; it gets its best iterate back. {@code ‖·‖} is the Euclidean norm of a row.
 *
 * <p>In a fixed-point solve a row meets the relative tolerance if {@code ‖r‖ ≤ relative · max(‖f(z)‖, u ‖z₀‖)}, with {@code r = f(z) - z},
 * z₀ the row's start and u the unit roundoff of the type. Without the second term a row with its equilibrium at 0 could never converge,
 * because ‖f(z)‖ falls as fast as ‖r‖. With it, a state that is negligible compared with the start counts as 0. From a start at 0 the term
 * vanishes. In a linear solve a row meets it if {@code ‖b - (I - T) u‖ ≤ relative · ‖b‖}.
 *
 * <p>A linear solver accepts only a relative and an absolute tolerance, a budget of evaluations, a fixed number of them, and a trace. A
 * stream ({@code FixedPointSolver.stream}) accepts no time budget, trace or recorded states. Both throw {@link IllegalArgumentException}
 * for any other rule.
 *
 * @param relative the relative tolerance, from 0 to below 1; 0 stops only at an exact fixed point
 * @param absolute the absolute tolerance, {@code ‖f(z) - z‖ ≤ absolute}; 0, the default, stops only at an exact fixed point
 * @param step the step tolerance: a row converges if its last step was at most {@code step · ‖z‖}. 0, the default, disables this test, and
 *     saves two blocks and the passes over them
 * @param maxEvaluations the most evaluations of a row of a fixed-point solve, or products of a row of a linear solve; 200 by default
 * @param maxIterations the most steps of a row of a fixed-point solve; {@link Integer#MAX_VALUE}, the default, for no limit. A method that
 *     evaluates f once per step takes one step less than evaluations
 * @param maxNanos the most nanoseconds that a solve may take, checked after each evaluation; {@link Long#MAX_VALUE}, the default, for no
 *     limit
 * @param patience a row has stagnated after this many evaluations without a new smallest residual; 0, the default, disables this test
 * @param fixed whether the solve makes exactly {@code maxEvaluations} evaluations, tests nothing, and returns the last iterate; false by
 *     default
 * @param trace whether the largest relative residual after each evaluation is recorded; false by default
 * @param distance whether the distance of each result from its start is measured; false by default. It takes a block of memory and a vector
 * @param recorded the evaluations at which the state is recorded, counted from 1; none by default. Each takes a block of memory
 */
public record Stopping(
        double relative,
        double absolute,
        double step,
        int maxEvaluations,
        int maxIterations,
        long maxNanos,
        int patience,
        boolean fixed,
        boolean trace,
        boolean distance,
        List<Integer> recorded) {
    /** Checks the ranges. */
    public Stopping {
        if (!(relative >= 0 && relative < 1)) {
            throw new IllegalArgumentException("Stopping: the relative tolerance is " + relative + ", expected 0 ≤ tolerance < 1");
        }
        if (!(absolute >= 0)) {
            throw new IllegalArgumentException("Stopping: the absolute tolerance is " + absolute + ", expected at least 0");
        }
        if (!(step >= 0 && step < 1)) {
            throw new IllegalArgumentException("Stopping: the step tolerance is " + step + ", expected 0 ≤ tolerance < 1");
        }
        Arguments.atLeast("Stopping", "the budget of evaluations", maxEvaluations, 1);
        Arguments.atLeast("Stopping", "the budget of steps", maxIterations, 1);
        if (maxNanos < 1) {
            throw new IllegalArgumentException("Stopping: the time budget is " + maxNanos + " ns, expected at least 1 ns");
        }
        Arguments.atLeast("Stopping", "patience", patience, 0);
        if (fixed && (relative > 0 || absolute > 0 || step > 0 || patience > 0)) {
            throw new IllegalArgumentException("Stopping: a fixed number of evaluations with relative tolerance " + relative + ", absolute "
                    + "tolerance " + absolute + ", step tolerance " + step + " and patience " + patience
                    + ", none of which it tests, expected 0 for each");
        }
        for (Integer evaluation : Arguments.present("Stopping", "the list of recorded evaluations", recorded)) {
            Arguments.present("Stopping", "a recorded evaluation", evaluation);
        }
        recorded = List.copyOf(recorded);
        for (int i = 0; i < recorded.size(); i++) {
            if (recorded.get(i) <= (i == 0 ? 0 : recorded.get(i - 1))) {
                throw new IllegalArgumentException(
                        "Stopping: the recorded evaluations are " + recorded + ", expected ascending numbers, the first at least 1");
            }
        }
    }

    /** This relative tolerance, with a budget of 200 evaluations per row. ({@code FixedPoint} has a default budget of 1000.) */
    public static Stopping relative(double tolerance) {
        return new Stopping(tolerance, 0, 0, 200, Integer.MAX_VALUE, Long.MAX_VALUE, 0, false, false, false, List.of());
    }

    /** Exactly {@code evaluations} evaluations, without any test. */
    public static Stopping fixed(int evaluations) {
        return new Stopping(0, 0, 0, evaluations, Integer.MAX_VALUE, Long.MAX_VALUE, 0, true, false, false, List.of());
    }

    /** These rules, and in addition an absolute tolerance. A row stops at the first tolerance that it meets. */
    public Stopping orAbsolute(double tolerance) {
        return with(s -> s.absolute = tolerance);
    }

    /** These rules, and in addition a step tolerance. A row stops at the first tolerance that it meets. */
    public Stopping orStep(double tolerance) {
        return with(s -> s.step = tolerance);
    }

    /** These rules with another budget of evaluations per row. */
    public Stopping within(int evaluations) {
        return with(s -> s.maxEvaluations = evaluations);
    }

    /** These rules with a budget of steps per row. */
    public Stopping withinIterations(int steps) {
        return with(s -> s.maxIterations = steps);
    }

    /** These rules with a time budget for the solve, checked after each evaluation. A budget of 292 years or more is no limit. */
    public Stopping within(Duration time) {
        Duration limit = Duration.ofNanos(Long.MAX_VALUE);
        boolean none = Arguments.present("Stopping", "the time budget", time).compareTo(limit) >= 0;
        // A negative budget is refused, however long.
        return with(s -> s.maxNanos = none ? Long.MAX_VALUE : time.isNegative() ? -1 : time.toNanos());
    }

    /** These rules with patience: a row has stagnated after {@code evaluations} evaluations without a new smallest residual. */
    public Stopping withPatience(int evaluations) {
        return with(s -> s.patience = evaluations);
    }

    /** These rules with a trace ({@link Outcome#trace}). */
    public Stopping traced() {
        return with(s -> s.trace = true);
    }

    /** These rules, with the distance of each result from its start measured ({@link Outcome#distance}). */
    public Stopping withDistance() {
        return with(s -> s.distance = true);
    }

    /** These rules, with the states at these evaluations recorded ({@link Outcome#state}). The evaluations are counted from 1. */
    public Stopping recording(Integer... evaluations) {
        Arguments.present("Stopping", "the list of recorded evaluations", evaluations);
        return with(s -> s.recorded = Arrays.asList(evaluations));
    }

    private Stopping with(Consumer<Draft> change) {
        Draft s = new Draft();
        change.accept(s);
        return new Stopping(relative, s.absolute, s.step, s.maxEvaluations, s.maxIterations, s.maxNanos, s.patience, fixed, s.trace,
                s.distance, s.recorded);
    }

    /** A mutable copy of the rules that can change. */
    private final class Draft {
        private double absolute = Stopping.this.absolute;
        private double step = Stopping.this.step;
        private int maxEvaluations = Stopping.this.maxEvaluations;
        private int maxIterations = Stopping.this.maxIterations;
        private long maxNanos = Stopping.this.maxNanos;
        private int patience = Stopping.this.patience;
        private boolean trace = Stopping.this.trace;
        private boolean distance = Stopping.this.distance;
        private List<Integer> recorded = Stopping.this.recorded;
    }

    /** Throws unless there is a valid tolerance for each of {@code rows} rows. */
    public static void requireTolerances(double[] tolerances, int rows) {
        if (Arguments.present("solve", "the array of tolerances", tolerances).length < rows) {
            throw new IllegalArgumentException(
                    "solve: " + Plural.of(tolerances.length, "tolerance") + ", expected one for each of " + Plural.of(rows, "row"));
        }
        for (int b = 0; b < rows; b++) {
            if (!(tolerances[b] >= 0 && tolerances[b] < 1)) {
                throw new IllegalArgumentException(
                        "solve: the relative tolerance of row " + b + " is " + tolerances[b] + ", expected 0 ≤ tolerance < 1");
            }
        }
    }

    /** Throws if there is a rule that a linear solver does not apply. */
    public void requireLinear(String method) {
        String rule = step > 0 ? "a step tolerance"
                : maxIterations < Integer.MAX_VALUE ? "a budget of steps"
                : maxNanos < Long.MAX_VALUE ? "a time budget"
                : patience > 0 ? "patience"
                : distance ? "a distance from the start"
                : !recorded.isEmpty() ? "recorded states"
                : null;
        if (rule != null) {
            throw new IllegalArgumentException(method + ": the stopping rule has " + rule
                    + ", expected only a relative or absolute tolerance and a number of evaluations");
        }
        if (fixed && maxEvaluations < 2) {
            throw new IllegalArgumentException(
                    method + ": a budget of 1 evaluation, expected at least 2, since one is spent on the true residual");
        }
    }
}
