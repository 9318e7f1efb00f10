package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.secant.InverseOperator;

/**
 * Broyden's two methods (Broyden 1965) for {@code F(z) = z - f(z) = 0}, from {@code B₀ = I}. These secant methods need no window, and the
 * map need not contract. Every step costs one or two vectors of memory.
 *
 * <p>Each step adds one secant equation to an approximation of the Jacobian (good) or of its inverse (bad), and changes it as little as
 * possible. With s the step, y the change of F and H the inverse,
 *
 * <ul>
 *   <li>good: {@code H += (s - H y) sᵀ H / (sᵀ H y)};
 *   <li>bad: {@code H += (s - H y) yᵀ / ‖y‖²}.
 * </ul>
 *
 * <p>The good method with restarts keeps directions only, and sweeps over them twice in a step. With k directions this moves
 * {@code (2k + 16) n} elements, including the loop's. All other variants keep pairs of vectors. The bad method reads each pair once,
 * {@code (2k + 26) n}; the good one reads it twice, {@code (4k + 24) n}. Reductions to half of the memory m add about {@code 4 m n} to each
 * step, on average.
 *
 * <p>A line search shortens a step until {@code ‖F‖} falls enough (Armijo 1966). A shorter trial is an iterate like any other: a refused
 * row goes back part of the way while other rows take their next step, and all are evaluated together. If no length is accepted, the row
 * takes whole steps, as without a search, and learns from them. If 20 of these find no shorter F, the row starts again from its best point
 * with {@code B = I}. If that direction fails too, it ends with {@link Status#LINE_SEARCH_FAILED}.
 */
public final class Broyden extends FixedPointSolver {
    /** Which secant update is used. */
    public enum Update {
        /** The Jacobian changes least: Broyden's first method. The safer choice where f expands. */
        GOOD,
        /** The inverse changes least: Broyden's second method. Often takes fewer evaluations where {@code I - J} is nearly singular. */
        BAD
    }

    /** What happens when the memory is full. */
    public enum Reduction {
        /** Everything is dropped, and the method starts again from the current iterate. */
        RESTART,
        /**
         * The part of {@code H - I} with the largest singular values is kept (van de Rotten and Verduyn Lunel 2005), and so is the last
         * equation. Takes fewer evaluations when memory is short, but more memory and traffic for each.
         */
        SVD
    }

    /**
     * How the method works.
     *
     * @param update the good method or the bad one
     * @param memory the number of steps that are kept, 2 to 500
     * @param reduction what is kept when the memory is full. Dropping the oldest step instead is known to fail where a restart does not
     * @param rank the number of pairs that a reduction keeps, below {@code memory}. 0 means half of the memory, or none with
     *     {@link Reduction#RESTART}
     * @param lineSearch whether steps are shortened until {@code ‖F‖} falls. This helps far from a solution, where whole steps overshoot
     * @param safeguard what happens when the residual grows; null for nothing. Not together with a line search
     */
    public record Options(Update update, int memory, Reduction reduction, int rank, boolean lineSearch, Safeguard safeguard) {
        /** The good method with 30 steps, restarts and whole steps. Deep equilibrium models at the usual tolerances take 10 to 30 steps. */
        public static final Options DEFAULT = new Options(30);

        /** Checks the ranges. */
        public Options {
            if (memory < 2 || memory > 500) {
                throw new IllegalArgumentException("memory " + memory + "; expected 2 to 500");
            }
            if (rank < 0 || rank >= memory) {
                throw new IllegalArgumentException("rank " + rank + " of a memory of " + memory + " steps; expected 0 to " + (memory - 1));
            }
            if (reduction == Reduction.RESTART && rank > 0) {
                throw new IllegalArgumentException("rank " + rank + " with restarts, which keep nothing; expected 0, or the reduction SVD");
            }
            if (lineSearch && safeguard != null) {
                throw new IllegalArgumentException("a line search and a safeguard, which both take steps back; expected one of them");
            }
        }

        /** The good method with restarts, whole steps and another memory. */
        public Options(int memory) {
            this(Update.GOOD, memory, Reduction.RESTART, 0, false, null);
        }

        /** These options with another update. */
        public Options withUpdate(Update update) {
            return new Options(update, memory, reduction, rank, lineSearch, safeguard);
        }

        /** These options with another memory. */
        public Options withMemory(int memory) {
            return new Options(update, memory, reduction, rank, lineSearch, safeguard);
        }

        /** These options with restarts, or with reductions to half of the memory. The rank becomes 0. */
        public Options withReduction(Reduction reduction) {
            return new Options(update, memory, reduction, 0, lineSearch, safeguard);
        }

        /** These options with reductions to {@code rank} pairs. */
        public Options withRank(int rank) {
            return new Options(update, memory, Reduction.SVD, rank, lineSearch, safeguard);
        }

        /** These options with a line search, or without. */
        public Options withLineSearch(boolean lineSearch) {
            return new Options(update, memory, reduction, rank, lineSearch, safeguard);
        }

        /** These options with a safeguard. */
        public Options withSafeguard(Safeguard safeguard) {
            return new Options(update, memory, reduction, rank, lineSearch, safeguard);
        }

        /** The number of pairs that a full memory is reduced to. */
        int kept() {
            return reduction == Reduction.RESTART ? 0 : rank == 0 ? memory / 2 : rank;
        }
    }

    private final LinearOperator inverse;

    private Broyden(Workspace workspace, BroydenSteps steps, Options options, Stopping stopping) {
        super(workspace, stopping, options.safeguard(), steps);
        inverse = new InverseOperator(workspace, steps.inverse());
    }

    /**
     * For batches of up to {@code batch} rows of {@code n} elements. The good method with restarts allocates {@code memory + 3} blocks and
     * one vector. All others allocate {@code 2 memory + 4} blocks, and reductions {@code rank + 1} vectors in all, not for each row. A line
     * search takes one more block, a safeguard two, and a tolerance for steps two.
     *
     * @throws IllegalArgumentException for a line search with a fixed number of evaluations, the last of which may be at a point that the
     *     search refuses
     */
    public static Broyden plan(Engine engine, Type type, int batch, int n, Options options, Stopping stopping) {
        if (options.lineSearch() && stopping.fixed()) {
            throw new IllegalArgumentException("Broyden with a line search and a fixed number of evaluations, the last of which may be at "
                    + "a point that the search refuses; expected tolerances, or no line search");
        }
        return Workspace.build(engine, type, batch, n,
                workspace -> new Broyden(workspace, new BroydenSteps(workspace, options), options, stopping));
    }

    /**
     * The approximate inverse Jacobian of the last solve, {@code H ≈ (I - J)⁻¹} at the result of each row of the batch. Its transpose is
     * Hᵀ. In a backward solve {@code (I - Jᵀ) u = g}, {@code Hᵀ g ≈ u} is an answer, a start, or a preconditioner (Ramzi et al. 2022).
     *
     * <p>It can be applied to any of the rows, in any order. It is the identity for rows that have just started again, and for rows whose
     * solve overflowed. It is always the same object, valid until the next solve, and must not be used while a solve runs. It sweeps twice
     * over the directions, or once over the pairs.
     *
     * <p>Its quality depends on the number of steps kept. {@code MultiSecant} makes more of them.
     */
    public LinearOperator inverse() {
        return inverse;
    }
}
