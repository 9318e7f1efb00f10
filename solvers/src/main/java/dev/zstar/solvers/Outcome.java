package dev.zstar.solvers;

import dev.zstar.kernels.Block;

/** How a solve ended, row by row. It belongs to its solver, whose next solve overwrites it. */
public interface Outcome {
    /** Rows of the batch that was solved. */
    int batch();

    /** Why row {@code b} ended; null while it is active. */
    Status status(int b);

    /**
     * The relative residual of the result of row {@code b}, measured by an evaluation at that very point. It is what the tolerance is
     * compared with: {@code ‖r‖ / max(‖f(z)‖, u ‖z₀‖)} for a fixed point ({@link Stopping}), {@code ‖b - (I - T) u‖ / ‖b‖} for a linear
     * solve. For an active row it is that of the latest iterate.
     *
     * <p>In f64 a residual below 10⁻²⁹⁰ may be stated as any other number below that, 0 included, since its square is no number.
     */
    double residual(int b);

    /** The largest relative residual over the rows. */
    double worstResidual();

    /** The number of evaluations of the map. Each is one call for all active rows. */
    int evaluations();

    /** The number of evaluations that row {@code b} of a fixed-point solve took part in. */
    int evaluations(int b);

    /**
     * The states at the i-th of the evaluations listed in {@link Stopping#recorded}, {@code batch × n}. A row holds the iterate of that
     * evaluation, or its result if it had ended before. The block belongs to the solver and is valid until its next solve.
     */
    Block state(int i);

    /** The sum over all evaluations of the number of rows that took part. */
    long rowEvaluations();

    /** Whether every row has ended with a success. */
    boolean succeeded();

    /** The largest relative residual over the active rows after each evaluation; empty unless the stopping rule has a trace. */
    double[] trace();
}
