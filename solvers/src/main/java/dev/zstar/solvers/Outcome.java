package dev.zstar.solvers;

import dev.zstar.kernels.Block;

/**
 * How a solve ended, row by row. It belongs to its solver, whose next solve overwrites it. Methods that take the number of a row throw
 * {@link IndexOutOfBoundsException} if the solve had no such row.
 */
public interface Outcome {
    /** The number of rows that were solved. */
    int batch();

    /** Why row {@code b} ended; null while it is active. */
    Status status(int b);

    /**
     * The relative residual of the result of row {@code b}, measured by an evaluation at that very point. It is what the tolerance is
     * compared with: {@code ‖r‖ / max(‖f(z)‖, u ‖z₀‖)} for a fixed point ({@link Stopping}), {@code ‖b - (I - T) u‖ / ‖b‖} for a linear
     * solve. For an active row it is the residual of the latest iterate. {@code Neumann} reports another residual, which its class comment
     * defines.
     *
     * <p>In f64 a residual below 10⁻²⁹⁰ may be reported as any value below 10⁻²⁹⁰, including 0, because its square underflows.
     */
    double residual(int b);

    /**
     * The relative residual of row {@code b} at its latest evaluation. It differs from {@link #residual} if an earlier iterate was
     * returned, as after a failure. NaN before the first evaluation, and for a linear solve.
     */
    double latestResidual(int b);

    /**
     * {@code ‖z* - z₀‖} of row {@code b}: how far its result is from its start. A map that has learnt to do nothing converges with small
     * distances from every start. NaN while the row is active, and unless the stopping rule measures it ({@link Stopping#withDistance}).
     * Infinite if an element of the difference is outside the range of the type.
     */
    double distance(int b);

    /** The largest relative residual over the rows. */
    double worstResidual();

    /**
     * The number of calls of the map, or of products with T in a linear solve. One call evaluates all active rows. If the rows were solved
     * in groups, the most evaluations of a row.
     */
    int evaluations();

    /** The number of evaluations of f, or of products with T, that row {@code b} took part in. */
    int evaluations(int b);

    /**
     * The number of cycles that row {@code b} took in a linear solve; 0 in a fixed-point solve. With the default method, more than 1 means
     * that the cycle of GMRES did not reach the tolerance, and that the row went on with IDR(s).
     */
    int cycles(int b);

    /**
     * The states at the i-th of the evaluations listed in {@link Stopping#recorded}, {@code batch × n}. A row holds the iterate of that
     * evaluation, or its result if it had ended before. The block belongs to the solver and is valid until its next solve.
     */
    Block state(int i);

    /** The sum over all evaluations of the number of rows that took part. */
    long rowEvaluations();

    /** Whether every row has ended with a success ({@link Status#isSuccess}). */
    boolean succeeded();

    /** The largest relative residual over the active rows after each evaluation; empty unless the stopping rule has a trace. */
    double[] trace();
}
