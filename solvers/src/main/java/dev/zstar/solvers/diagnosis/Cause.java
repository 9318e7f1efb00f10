package dev.zstar.solvers.diagnosis;

/** Why a row ended as it did: what is known near its state. */
enum Cause {
    /** Nothing is known. */
    NONE,
    START_NOT_FINITE,
    MAP_NOT_FINITE,
    /** The spectrum says that steps contract, but steps that were tried do not. */
    FAR,
    /** The residual is rounding. */
    FLOOR,
    /** Steps contract. */
    CONTRACTS,
    /** Errors of steps grow and change sign each time. Damping helps. */
    REVERSES,
    /** Errors of steps grow and turn. Damping helps. */
    TURNS,
    /** Errors of steps grow, and no damping helps. */
    GROWS
}
