package dev.zstar.solvers;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * When a solve ends, and what it records. A row that meets one of the tolerances has converged. A row that exhausts one of the budgets has
 * not converged; it gets its best iterate back.
 *
 * <p>The relative tolerance of a fixed-point solve compares {@code ‖r‖ ≤ relative · max(‖f(z)‖, u ‖z₀‖)}, with {@code r = f(z) - z}, z₀ the
 * row's start and u the unit roundoff of the type. Without the second term a row whose equilibrium is 0 could never converge, because
 * ‖f(z)‖ falls as fast as ‖r‖. With it, a state that cannot be told from 0 next to the start counts as 0. From a start at 0 the term
 * vanishes. A linear solve compares {@code ‖b - (I - T) u‖ ≤ relative · ‖b‖}.
 *
 * @param relative the relative tolerance; 0 stops at an exact fixed point only
 * @param absolute the absolute tolerance, {@code ‖f(z) - z‖ ≤ absolute}; 0 stops at an exact fixed point only
 * @param step the tolerance for steps: the iterate moved by at most {@code step · ‖z‖} since the one before. 0, the default, switches this
 *     test off, and saves two blocks and the passes over them
 * @param maxEvaluations the evaluations that a row of a fixed-point solve, or a linear solve, may spend
 * @param maxIterations the steps that a row of a fixed-point solve may take: one less than its evaluations, unless a step takes several
 * @param maxNanos the time that a solve may take, checked after each evaluation
 * @param patience the evaluations without a new best residual after which a row has stagnated; 0, the default, never stops for this
 * @param fixed whether the solve makes exactly {@code maxEvaluations} evaluations, tests nothing, and returns the last iterate
 * @param trace whether the largest relative residual after each evaluation is recorded
 * @param recorded the evaluations at which the state is recorded, counted from 1; each takes a block of memory
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
        List<Integer> recorded) {
    /** Checks the ranges. */
    public Stopping {
        if (!(relative >= 0 && relative < 1)) {
            throw new IllegalArgumentException("relative tolerance " + relative + "; expected 0 ≤ tolerance < 1");
        }
        if (!(absolute >= 0)) {
            throw new IllegalArgumentException("absolute tolerance " + absolute + "; expected at least 0");
        }
        if (!(step >= 0 && step < 1)) {
            throw new IllegalArgumentException("step tolerance " + step + "; expected 0 ≤ tolerance < 1");
        }
        if (maxEvaluations < 1) {
            throw new IllegalArgumentException("a budget of " + maxEvaluations + " evaluations; expected at least 1");
        }
        if (maxIterations < 1) {
            throw new IllegalArgumentException("a budget of " + maxIterations + " iterations; expected at least 1");
        }
        if (maxNanos < 1) {
            throw new IllegalArgumentException("a budget of " + maxNanos + " ns; expected at least 1");
        }
        if (patience < 0) {
            throw new IllegalArgumentException("a patience of " + patience + " evaluations; expected at least 0");
        }
        if (fixed && (relative > 0 || absolute > 0 || step > 0 || patience > 0)) {
            throw new IllegalArgumentException("a fixed number of evaluations tests nothing; expected no tolerance and no patience");
        }
        recorded = List.copyOf(recorded);
        for (int i = 0; i < recorded.size(); i++) {
            if (recorded.get(i) <= (i == 0 ? 0 : recorded.get(i - 1))) {
                throw new IllegalArgumentException(
                        "states recorded at the evaluations " + recorded + "; expected ascending numbers from 1");
            }
        }
    }

    /** A relative tolerance, and 200 evaluations. */
    public static Stopping relative(double tolerance) {
        return new Stopping(tolerance, 0, 0, 200, Integer.MAX_VALUE, Long.MAX_VALUE, 0, false, false, List.of());
    }

    /** Exactly {@code evaluations} evaluations. */
    public static Stopping fixed(int evaluations) {
        return new Stopping(0, 0, 0, evaluations, Integer.MAX_VALUE, Long.MAX_VALUE, 0, true, false, List.of());
    }

    /** These rules with an absolute tolerance in addition. A row stops at the first that it meets. */
    public Stopping orAbsolute(double tolerance) {
        return with(s -> s.absolute = tolerance);
    }

    /** These rules with a tolerance for steps in addition. A row stops at the first that it meets. */
    public Stopping orStep(double tolerance) {
        return with(s -> s.step = tolerance);
    }

    /** These rules with another budget of evaluations. */
    public Stopping within(int evaluations) {
        return with(s -> s.maxEvaluations = evaluations);
    }

    /** These rules with a budget of steps. */
    public Stopping withinIterations(int steps) {
        return with(s -> s.maxIterations = steps);
    }

    /** These rules with a budget of time. */
    public Stopping within(Duration time) {
        return with(s -> s.maxNanos = time.toNanos());
    }

    /** These rules with patience: a row that has not improved for {@code evaluations} evaluations has stagnated. */
    public Stopping withPatience(int evaluations) {
        return with(s -> s.patience = evaluations);
    }

    /** These rules with a trace. */
    public Stopping traced() {
        return with(s -> s.trace = true);
    }

    /** These rules, with the states at these evaluations recorded. */
    public Stopping recording(Integer... evaluations) {
        return with(s -> s.recorded = List.of(evaluations));
    }

    private Stopping with(Consumer<Draft> change) {
        Draft s = new Draft();
        change.accept(s);
        return new Stopping(
                relative, s.absolute, s.step, s.maxEvaluations, s.maxIterations, s.maxNanos, s.patience, fixed, s.trace, s.recorded);
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
        private List<Integer> recorded = Stopping.this.recorded;
    }

    /** Throws unless there is a valid tolerance for each of {@code rows} rows. */
    public static void requireTolerances(double[] tolerances, int rows) {
        if (tolerances.length < rows) {
            throw new IllegalArgumentException("solve: " + tolerances.length + " tolerances, expected one for each of " + rows + " rows");
        }
        for (int b = 0; b < rows; b++) {
            if (!(tolerances[b] >= 0 && tolerances[b] < 1)) {
                throw new IllegalArgumentException(
                        "solve: the relative tolerance of row " + b + " is " + tolerances[b] + ", expected 0 ≤ tolerance < 1");
            }
        }
    }

    /** Throws if there is a rule that a linear solve would have to ignore. */
    public void requireLinear(String method) {
        String rule = step > 0 ? "a tolerance for steps"
                : maxIterations < Integer.MAX_VALUE ? "a budget of iterations"
                : maxNanos < Long.MAX_VALUE ? "a budget of time"
                : patience > 0 ? "patience"
                : !recorded.isEmpty() ? "recorded states"
                : null;
        if (rule != null) {
            throw new IllegalArgumentException(
                    method + " stops at a relative or absolute tolerance or a number of evaluations, and was given " + rule);
        }
        if (fixed && maxEvaluations < 2) {
            throw new IllegalArgumentException(method + " with one evaluation, which it spends on the true residual; expected at least 2");
        }
    }
}
