package dev.zstar.solvers;

import dev.zstar.kernels.Block;

/** How a solve ended, row by row. It belongs to its solver, and the solver's next solve overwrites it. */
public interface Outcome {
    /** Rows of the batch that was solved. */
    int batch();

    /** Why row {@code b} ended; null while it has not. */
    Status status(int b);

    /**
     * The relative residual of what was returned for row {@code b}, as measured by an evaluation at that very point: of a fixed point what
     * its tolerance is compared with, {@code ‖r‖ / max(‖f(z)‖, u ‖z₀‖)} ({@link Stopping#relative}); of a linear solve
     * {@code ‖b - (I - T) u‖ / ‖b‖}. Of a row that has not ended, that of its latest iterate.
     *
     * <p>In f64 a residual below 10⁻²⁹⁰ may be stated as any other number below that, 0 included: its square is no number.
     */
    double residual(int b);

    /** The largest relative residual over the rows. */
    double worstResidual();

    /** Evaluations of the map: its calls, each for all rows still active. */
    int evaluations();

    /** Evaluations of row {@code b} of a fixed point. */
    int evaluations(int b);

    /**
     * The states at the i-th of the evaluations that {@link Stopping#recorded} names, {@code batch × n}: the iterate that was evaluated
     * then, or the result of a row that had ended. The plan's, until its next solve.
     */
    Block state(int i);

    /** Evaluations summed over the rows that took part in each. */
    long rowEvaluations();

    /** Whether every row has ended, and succeeded. */
    boolean succeeded();

    /** The largest relative residual over the active rows after each evaluation; empty unless asked for. */
    double[] trace();
}
