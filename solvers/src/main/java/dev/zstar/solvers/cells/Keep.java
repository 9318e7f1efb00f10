package dev.zstar.solvers.cells;

/** What a planned cell keeps of its linearisation. */
public enum Keep {
    /** All intermediate values that derivatives read: products with the Jacobian do not compute f again. */
    EVERYTHING,
    /** The point alone. Each product with the Jacobian computes the intermediate values again, in memory that evaluations use, too. */
    POINT
}
