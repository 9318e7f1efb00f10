package dev.zstar.solvers;

import java.time.Duration;
import java.util.List;

/**
 * When a solve ends, and what it keeps on the way. A row that meets one of the tolerances has converged; a row that runs into one of the
 * budgets has not, and gets its best iterate back.
 *
 * @param relative a row has converged when {@code ‖r‖ ≤ relative · max(‖f(z)‖, u ‖z₀‖)}, with {@code r = f(z) - z}, z₀ the row's start and
 *     u the unit roundoff of the type (linear: when {@code ‖b - (I - T) u‖ ≤ relative · ‖b‖}). Without the second term a row whose
 *     equilibrium is 0 could never converge: ‖f(z)‖ falls as fast as ‖r‖ does. With it, a state that can not be told from 0 next to the
 *     start counts as 0; from a start at 0 the term vanishes. 0 stops for an exact fixed point only
 * @param absolute or when {@code ‖f(z) - z‖ ≤ absolute}; 0 stops for an exact fixed point only
 * @param step or when the iterate moved by no more than {@code step · ‖z‖} since the one before; 0, the default, never stops for it, and
 *     saves a block and a pass over it
 * @param maxEvaluations evaluations that a row of a fixed-point solve, or a linear solve, may spend
 * @param maxIterations steps that a row of a fixed-point solve may take: one less than its evaluations, unless a step takes several
 * @param maxNanos time that a solve may take, looked at after each evaluation
 * @param patience evaluations without a new best residual after which a row has stagnated; 0, the default, waits for the budget
 * @param fixed whether exactly {@code maxEvaluations} are made, nothing is tested, and the last iterate is the result
 * @param trace whether the largest relative residual after each evaluation is recorded
 * @param recorded the evaluations, 1 the first, at whose points the state is kept; each takes a block of memory
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
            throw new IllegalArgumentException("a fixed number of evaluations tests nothing; expected no tolerance and no patience beside it");
        }
        recorded = List.copyOf(recorded);
        for (int i = 0; i < recorded.size(); i++) {
            if (recorded.get(i) <= (i == 0 ? 0 : recorded.get(i - 1))) {
                throw new IllegalArgumentException("states recorded at the evaluations " + recorded + "; expected ascending numbers from 1");
            }
        }
    }

    /** A relative tolerance, and 200 evaluations. */
    public static Stopping relative(double tolerance) {
        return new Stopping(tolerance, 0, 0, 200, Integer.MAX_VALUE, Long.MAX_VALUE, 0, false, false, List.of());
    }

    /** Exactly so many evaluations. */
    public static Stopping fixed(int evaluations) {
        return new Stopping(0, 0, 0, evaluations, Integer.MAX_VALUE, Long.MAX_VALUE, 0, true, false, List.of());
    }

    /** These rules, and an absolute tolerance: whichever is met first. */
    public Stopping orAbsolute(double tolerance) {
        return new Stopping(relative, tolerance, step, maxEvaluations, maxIterations, maxNanos, patience, fixed, trace, recorded);
    }

    /** These rules, and a tolerance for the step: whichever is met first. */
    public Stopping orStep(double tolerance) {
        return new Stopping(relative, absolute, tolerance, maxEvaluations, maxIterations, maxNanos, patience, fixed, trace, recorded);
    }

    /** These rules with another budget. */
    public Stopping within(int evaluations) {
        return new Stopping(relative, absolute, step, evaluations, maxIterations, maxNanos, patience, fixed, trace, recorded);
    }

    /** These rules with a budget of steps. */
    public Stopping withinIterations(int steps) {
        return new Stopping(relative, absolute, step, maxEvaluations, steps, maxNanos, patience, fixed, trace, recorded);
    }

    /** These rules with a budget of time. */
    public Stopping within(Duration time) {
        return new Stopping(relative, absolute, step, maxEvaluations, maxIterations, time.toNanos(), patience, fixed, trace, recorded);
    }

    /** These rules, giving up on a row that has not improved for so many evaluations. */
    public Stopping withPatience(int evaluations) {
        return new Stopping(relative, absolute, step, maxEvaluations, maxIterations, maxNanos, evaluations, fixed, trace, recorded);
    }

    /** These rules, with a trace. */
    public Stopping traced() {
        return new Stopping(relative, absolute, step, maxEvaluations, maxIterations, maxNanos, patience, fixed, true, recorded);
    }

    /** These rules, keeping the states at these evaluations. */
    public Stopping recording(Integer... evaluations) {
        return new Stopping(relative, absolute, step, maxEvaluations, maxIterations, maxNanos, patience, fixed, trace, List.of(evaluations));
    }

    /** Throws unless these are tolerances for so many rows. */
    public static void requireTolerances(double[] tolerances, int rows) {
        if (tolerances.length < rows) {
            throw new IllegalArgumentException("solve: " + tolerances.length + " tolerances, expected one for each of " + rows + " rows");
        }
        for (int b = 0; b < rows; b++) {
            if (!(tolerances[b] >= 0 && tolerances[b] < 1)) {
                throw new IllegalArgumentException("solve: the relative tolerance of row " + b + " is " + tolerances[b] + ", expected 0 ≤ tolerance < 1");
            }
        }
    }

    /** Throws if there is a rule that a linear solve has no use for, and would have to ignore. */
    public void requireLinear(String method) {
        String rule = step > 0 ? "a tolerance for steps"
                : maxIterations < Integer.MAX_VALUE ? "a budget of iterations"
                : maxNanos < Long.MAX_VALUE ? "a budget of time"
                : patience > 0 ? "patience"
                : !recorded.isEmpty() ? "recorded states"
                : null;
        if (rule != null) {
            throw new IllegalArgumentException(method + " stops at a relative or absolute tolerance or a number of evaluations, and was given " + rule);
        }
        if (fixed && maxEvaluations < 2) {
            throw new IllegalArgumentException(method + " with one evaluation, which it spends on the true residual; expected at least 2");
        }
    }
}
