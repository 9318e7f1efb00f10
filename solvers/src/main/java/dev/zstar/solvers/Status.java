package dev.zstar.solvers;

/** Why a row's solve ended. */
public enum Status {
    /** The residual is at most the absolute tolerance. */
    CONVERGED_ABSOLUTE,
    /** The residual meets the relative tolerance. */
    CONVERGED_RELATIVE,
    /**
     * The residual is at most the relative tolerance times {@code u ‖z₀‖}. The equilibrium is 0, or negligible compared with the start z₀
     * ({@link Stopping}).
     */
    CONVERGED_AT_ZERO,
    /** The iterate stopped moving: its last step meets the step tolerance. */
    CONVERGED_STEP,
    /** The start already met the tolerance. */
    CONVERGED_AT_START,
    /** The right-hand side is zero, and so is the solution. */
    CONVERGED_ZERO_RHS,
    /** The Krylov space cannot grow any further, and contains the solution to within rounding. */
    CONVERGED_HAPPY_BREAKDOWN,
    /** The fixed number of evaluations was made; no tolerance was tested. */
    COMPLETED_FIXED_STEPS,
    /**
     * An observer or an exit rule ended this row; no tolerance was met. The iterate at which it was stopped is returned, with the residual
     * that was measured there.
     */
    STOPPED_BY_OBSERVER,

    /** The budget of evaluations was spent; the best iterate is returned. */
    MAX_EVALUATIONS,
    /** The budget of steps was spent; the best iterate is returned. */
    MAX_ITERATIONS,
    /** The time was spent; the best iterate is returned. */
    TIME_BUDGET,
    /** The observer ended the whole solve, or a row of which every point was refused; the best iterate is returned. */
    CANCELLED,
    /** The residual stopped falling; the best iterate is returned. */
    STAGNATED,
    /** The residual grew to more than a million times its smallest value so far, and was still growing; the best iterate is returned. */
    DIVERGED,
    /** The start or the right-hand side holds NaN or infinity; the block of the start is left unchanged. */
    NONFINITE_INPUT,
    /** The map returned NaN or infinity for a finite state; the best iterate is returned, or the start if there was none. */
    NONFINITE_FUNCTION,
    /** The linear operator, or a preconditioner, returned NaN, infinity, or a vector too large for the type, from a finite vector. */
    NONFINITE_OPERATOR,
    /** The solution, or a quantity on the way to it, is outside the range of the type; the best representable iterate is returned. */
    OUT_OF_RANGE,
    /**
     * The method cannot continue: its Krylov space is exhausted (as for a singular system), it would divide by zero, or its own numbers
     * overflowed. The best iterate is returned.
     */
    BREAKDOWN,
    /**
     * The method's own estimate met the tolerance, but the true residual does not, and has stopped falling or reached the level of
     * rounding.
     */
    RESIDUAL_MISMATCH,
    /** No step along the search direction lowered the residual enough; the best iterate is returned. */
    LINE_SEARCH_FAILED,
    /** The linear solve within a step found no direction that lowers the residual; the best iterate is returned. */
    INNER_FAILED;

    /**
     * Whether the row ended as its caller asked. True also for {@link #COMPLETED_FIXED_STEPS} and {@link #STOPPED_BY_OBSERVER}, which say
     * nothing about the residual.
     */
    public boolean isSuccess() {
        return switch (this) {
            case CONVERGED_ABSOLUTE, CONVERGED_RELATIVE, CONVERGED_AT_ZERO, CONVERGED_STEP, CONVERGED_AT_START,
                 CONVERGED_ZERO_RHS, CONVERGED_HAPPY_BREAKDOWN, COMPLETED_FIXED_STEPS, STOPPED_BY_OBSERVER -> true;
            case MAX_EVALUATIONS, MAX_ITERATIONS, TIME_BUDGET, CANCELLED, STAGNATED, DIVERGED, NONFINITE_INPUT, NONFINITE_FUNCTION,
                 NONFINITE_OPERATOR, OUT_OF_RANGE, BREAKDOWN, RESIDUAL_MISMATCH, LINE_SEARCH_FAILED, INNER_FAILED -> false;
        };
    }
}
