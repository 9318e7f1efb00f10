package dev.zstar.solvers.ode;

/** Why the solve of a row ended. {@link OdeOutcome#time} says where. The block of states gets the state there. */
public enum OdeStatus {
    /** The row reached the end of its interval. */
    REACHED_END,
    /** An event ended the row. */
    ENDED_BY_EVENT,
    /** An observer ended the row. */
    STOPPED_BY_OBSERVER,

    /** The observer ended the whole solve. */
    CANCELLED,
    /** Another step would exceed the budget of evaluations. */
    MAX_EVALUATIONS,
    /**
     * The tolerance asks for a step so short that the time would not change: the solution may become infinite here, f may have a jump, or
     * the tolerance may be too small for the type.
     */
    STEP_TOO_SMALL,
    /** The start holds NaN or infinity; its row is left unchanged. */
    NONFINITE_INPUT,
    /**
     * f, or the next state, was NaN or infinite: at the start, in a step of fixed length, or in up to twenty attempts in a row, each with a
     * tenth of the step.
     */
    NONFINITE_FUNCTION;

    /** Whether the row ended as its caller asked. */
    public boolean isSuccess() {
        return switch (this) {
            case REACHED_END, ENDED_BY_EVENT, STOPPED_BY_OBSERVER -> true;
            case CANCELLED, MAX_EVALUATIONS, STEP_TOO_SMALL, NONFINITE_INPUT, NONFINITE_FUNCTION -> false;
        };
    }
}
