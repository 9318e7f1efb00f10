package dev.zstar.solvers.ode;

import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;

/**
 * How long the steps of a solve are, and when it gives up. Each row has steps of its own. A step is accepted if the root mean square of
 * {@code e_i / (absolute + relative max(|z_i|, |z'_i|))} is at most 1, where e estimates the error of the step from z to z' (Hairer,
 * Nørsett and Wanner, Solving Ordinary Differential Equations I, equation II.4.11). The error at the end is usually of the size of the
 * tolerance, but it may be larger: it is the sum of what the equation makes of the errors of the steps.
 *
 * @param relative the relative tolerance: 0, or from ten times the unit roundoff of the type to below 1
 * @param absolute the absolute tolerance, finite and at least 0; not both are 0
 * @param firstStep the length of the first step; 0 to choose it by the rule of Hairer II.4, which takes one evaluation
 * @param maxStep the length of the longest step; may be infinite
 * @param maxEvaluations the budget of evaluations of f for each row; at least 8
 * @param steps the number of equal steps of the fixed mode, whose other numbers are ignored; 0 for steps by tolerance
 */
public record StepControl(double relative, double absolute, double firstStep, double maxStep, int maxEvaluations, int steps) {
    /** The evaluations of an attempted step. The first stage is the last one of the step before. */
    static final int PER_STEP = 6;

    /** Relative and absolute tolerance 10⁻⁶, and at most 100,000 evaluations. */
    public static final StepControl DEFAULT = tolerances(1e-6, 1e-6);

    /** Checks all numbers. */
    public StepControl {
        requireTolerance("relative", relative);
        requireTolerance("absolute", absolute);
        if (relative >= 1) {
            throw new IllegalArgumentException("step control: the relative tolerance is " + relative + ", expected less than 1");
        }
        if (relative == 0 && absolute == 0) {
            throw new IllegalArgumentException("step control: both tolerances are 0, expected one above 0");
        }
        requireTolerance("first step", firstStep);
        if (!(maxStep > 0)) {
            throw new IllegalArgumentException("step control: the longest step is " + maxStep + ", expected a number above 0");
        }
        Arguments.atLeast("step control", "the number of steps", steps, 0);
        Arguments.atLeast("step control", "the budget of evaluations", maxEvaluations, PER_STEP + 2);
    }

    private static void requireTolerance(String name, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("step control: the " + name + (name.contains("step") ? "" : " tolerance") + " is " + value
                    + ", expected a finite number of at least 0");
        }
    }

    /** Steps by these tolerances, with at most 100,000 evaluations for each row. */
    public static StepControl tolerances(double relative, double absolute) {
        return new StepControl(relative, absolute, 0, Double.POSITIVE_INFINITY, 100_000, 0);
    }

    /** This many equal steps for each row, with no test of the error: {@code 6 steps + 1} evaluations. */
    public static StepControl fixed(int steps) {
        if (steps < 1 || steps > (Integer.MAX_VALUE - 1) / PER_STEP) {
            throw new IllegalArgumentException("step control: the number of steps is " + steps + ", expected 1 to "
                    + (Integer.MAX_VALUE - 1) / PER_STEP);
        }
        return new StepControl(1e-3, 0, 0, Double.POSITIVE_INFINITY, Math.max(PER_STEP + 2, PER_STEP * steps + 1), steps);
    }

    /** The same with a first step of this length, whatever the direction of the time; 0 to choose it. */
    public StepControl withFirstStep(double length) {
        return new StepControl(relative, absolute, length, maxStep, maxEvaluations, steps);
    }

    /** The same with no step longer than this. */
    public StepControl withMaxStep(double length) {
        return new StepControl(relative, absolute, firstStep, length, maxEvaluations, steps);
    }

    /** The same with a budget of evaluations for each row. */
    public StepControl within(int evaluations) {
        return new StepControl(relative, absolute, firstStep, maxStep, evaluations, steps);
    }

    /** Whether the number of steps is fixed, and no error is tested. */
    public boolean isFixed() {
        return steps > 0;
    }

    /** Throws unless a relative tolerance is one that numbers of the type can meet. */
    static void requireReachable(String operation, String name, double relative, Type type) {
        double least = 10 * type.unitRoundoff();
        if (!(relative == 0 || relative >= least && relative < 1)) {
            throw new IllegalArgumentException(operation + ": " + name + " is " + relative + ", expected 0, or " + least
                    + " (ten times the unit roundoff of " + type + ") to below 1");
        }
    }
}
