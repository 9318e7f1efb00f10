package dev.zstar.solvers.linear;

/**
 * One cycle of a linear method: computes corrections from true residuals. The loop computes those residuals, judges the rows, keeps the
 * best solutions and scales. {@link LinearSolver#of} makes a solver from a method.
 *
 * <p>The order of calls:
 *
 * <pre>{@code
 * repeat
 *     r = b - (I - T) u     the loop; rows that are done leave
 *     begin(at)
 *     while at.going() has rows
 *         step(at)
 *     end(at)
 * }</pre>
 *
 * <p>What is computed for a row must depend only on that row, so that on a reproducible engine it has the same bits whatever the other rows
 * are. Nothing is allocated after the constructor, which takes its memory from a {@link dev.zstar.solvers.Workspace}.
 */
public interface CycleMethod {
    /**
     * A cycle begins from the true residuals {@link Residuals#block}. All open rows are in {@link Residuals#going}. The method must remove
     * rows that cannot take a step from {@code going}. It must not change {@link Residuals#open}.
     */
    void begin(Residuals at);

    /**
     * One step of the rows {@link Residuals#going}. It spends at most {@link Residuals#left} products on each row. The method removes rows
     * that are done with this cycle from {@code going}. For each of them it states the residual that it
     * {@linkplain Residuals#claim claims}, or why it {@linkplain Residuals#giveUp gave up}.
     *
     * <p>After a step the loop removes the rows that have no product left. A step that takes no product must remove a row; otherwise the
     * solve throws {@link IllegalStateException}, because the cycle would not end.
     */
    void step(Residuals at);

    /** The cycle ends. The method passes corrections to {@link Residuals#correct} here, if it has not done so yet. */
    default void end(Residuals at) {}
}
