package dev.zstar.solvers.diagnosis;

/** The reason why a row ended as it did, as far as it is known from the neighbourhood of its state. */
enum Cause {
    /** Nothing is known. */
    NONE,
    START_NOT_FINITE,
    MAP_NOT_FINITE,
    /** The spectrum predicts contraction, but trial steps do not contract. */
    FAR,
    /** The spectrum predicts contraction, but trial steps lead to NaN or infinity. */
    FAR_NOT_FINITE,
    /** The residual is at the level of rounding errors. */
    FLOOR,
    /** Moving z in its last bits changes the residual, which is not small, by as much as the residual itself. */
    JUMPS,
    /** Steps contract. */
    CONTRACTS,
    /** An eigenvalue is 1 to within half a percent, so I - J is nearly singular. There may be no solution. */
    SINGULAR,
    /** Steps change the sign of some errors and do not shrink them. Damping helps. */
    REVERSES,
    /** Steps rotate some errors and do not shrink them. Damping helps. */
    TURNS,
    /** Errors of steps grow, and no damping helps. */
    GROWS
}
