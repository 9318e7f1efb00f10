package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.secant.InverseOperator;

/**
 * Broyden's two methods (Broyden 1965) for {@code F(z) = z - f(z) = 0}, from {@code B₀ = I}: secant methods, which need no window to be
 * chosen and do not mind maps that do not contract, at the price of a vector of memory or two for every step.
 *
 * <p>Each step teaches an approximation of the Jacobian (good) or of its inverse (bad) one more equation, and leaves it as it is elsewhere.
 * With s the step, y the change of F and H the inverse,
 *
 * <ul>
 *   <li>good: {@code H += (s - H y) sᵀ H / (sᵀ H y)};
 *   <li>bad: {@code H += (s - H y) yᵀ / ‖y‖²}.
 * </ul>
 *
 * <p>The good method with restarts keeps directions only, which are swept twice in a step: {@code (2k + 16) n} elements for k directions,
 * loop included. All others keep pairs of vectors. The bad method reads each of those once, {@code (2k + 26) n}, the good one twice,
 * {@code (4k + 24) n}. A reduction to half of the memory m adds about {@code 4 m n} to each step between two.
 *
 * <p>With a line search a step is made shorter until {@code ‖F‖} falls enough (Armijo 1966). A shorter trial is an iterate like any other:
 * a row that is refused goes back some way while others take their next step, and all are evaluated together. Where no length will do the
 * row takes whole steps, as without a search, and learns from them. Where 20 of them lead to nothing better it starts again, with
 * {@code B = I}, from its best point; where that direction fails too, it ends with {@link Status#LINE_SEARCH_FAILED}.
 */
public final class Broyden extends FixedPointSolver {
    /** What a step teaches. */
    public enum Update {
        /** The Jacobian changes least: Broyden's first method. The safer choice where f expands. */
        GOOD,
        /** Its inverse changes least: Broyden's second method. Often takes fewer evaluations where {@code I - J} is nearly singular. */
        BAD
    }

    /** What happens when there is no room for another step. */
    public enum Reduction {
        /** All is forgotten, and the method starts again from where it is. */
        RESTART,
        /**
         * The part of {@code H - I} with the largest singular values is kept (van de Rotten and Verduyn Lunel 2005), and the last equation
         * with it. Takes fewer evaluations where memory is short, and more memory and traffic for each.
         */
        SVD
    }

    /**
     * What is learnt and remembered, and how far steps go.
     *
     * @param update the good method or the bad
     * @param memory steps that are kept, 2 to 500
     * @param reduction what is kept of them when there is no room for another. To drop the oldest instead is known to fail where a restart
     *     does not
     * @param rank how many pairs a reduction keeps, below memory; 0 for half of it, and with {@link Reduction#RESTART}
     * @param lineSearch whether steps are made shorter until {@code ‖F‖} falls. Finds the way from far away, where whole steps overshoot
     * @param safeguard what happens where the residual grows, or null for nothing; not beside a line search
     */
    public record Options(Update update, int memory, Reduction reduction, int rank, boolean lineSearch, Safeguard safeguard) {
        /** The good method with 30 steps, restarts and whole steps: deep equilibrium models at the usual tolerances take 10 to 30. */
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

        /** These options with restarts, or with reductions to half of the memory. */
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

        /** Pairs that a full memory is reduced to. */
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
     * Allocates, for batches of up to {@code batch} rows of {@code n} elements, {@code memory + 3} blocks and one vector for the good
     * method with restarts, and {@code 2 memory + 4} blocks for all others, with {@code rank + 1} vectors for reductions, not for each row
     * but in all. One block more for a line search, two more for a safeguard, and for a tolerance for steps.
     *
     * @throws IllegalArgumentException if a line search meets a fixed number of evaluations, of which the last may be at a point that it
     *     refuses
     */
    public static Broyden plan(Engine engine, Type type, int batch, int n, Options options, Stopping stopping) {
        if (options.lineSearch() && stopping.fixed()) {
            throw new IllegalArgumentException("Broyden with a line search and a fixed number of evaluations, the last of which may be at a "
                    + "point that the search refuses; expected tolerances, or no line search");
        }
        return Workspace.build(engine, type, batch, n, workspace -> new Broyden(workspace, new BroydenSteps(workspace, options), options, stopping));
    }

    /**
     * What the last solve has learnt of the inverse Jacobian, for each row of the batch {@code H ≈ (I - J)⁻¹} at its result, with Hᵀ as its
     * transpose: in a backward solve {@code (I - Jᵀ) u = g} it is {@code Hᵀ g ≈ u}, an answer, a start, or a preconditioner (Ramzi et al.
     * 2022). Any of the rows, in any order; the identity for rows that have just started again, and where the solve overflowed. Valid until
     * the next solve, always the same object, and not for use while a solve runs. Sweeps twice over the directions, or once over the pairs.
     *
     * <p>How good it is depends on how many steps are remembered: {@code MultiSecant} makes more of them.
     */
    public LinearOperator inverse() {
        return inverse;
    }
}
