package dev.zstar.solvers.linear;

/**
 * What a linear method does in one cycle: it makes corrections from true residuals. The loop computes those residuals, judges rows, keeps
 * the best solutions and scales. {@link LinearSolver#of} makes a solver of a method.
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
 * <p>What is computed for a row depends on that row alone, so a row has the same bits in any company. Nothing is allocated after the
 * constructor, which takes its memory from a {@link dev.zstar.solvers.Workspace}.
 */
public interface CycleMethod {
    /**
     * A cycle begins from the true residuals {@link Residuals#block}. All open rows are in {@link Residuals#going}. Rows that can not take
     * a step must leave it.
     */
    void begin(Residuals at);

    /**
     * One step of the rows {@link Residuals#going}. It spends at most {@link Residuals#left} products of each. Rows that are done with this
     * cycle leave {@code going}; of each, the method states what it {@linkplain Residuals#claim claims} or why it
     * {@linkplain Residuals#giveUp gave up}.
     */
    void step(Residuals at);

    /** The cycle ends. Corrections that were not handed to {@link Residuals#correct} yet are handed over here. */
    default void end(Residuals at) {}
}
