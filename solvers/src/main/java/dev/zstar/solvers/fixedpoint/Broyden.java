package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.secant.InverseOperator;

/**
 * Broyden's two methods (Broyden 1965) for {@code F(z) = z - f(z) = 0}, from {@code B₀ = I}. Unlike Anderson they build one approximation
 * of the inverse Jacobian of F. The map f need not contract, and the method needs only values of f. Every step costs one or two vectors of
 * memory per row.
 *
 * <p>Each step adds one secant equation to an approximation of the Jacobian (good) or of its inverse (bad), and changes it as little as
 * possible. With s the step, y the change of F and H the inverse,
 *
 * <ul>
 *   <li>good: {@code H += (s - H y) sᵀ H / (sᵀ H y)};
 *   <li>bad: {@code H += (s - H y) yᵀ / ‖y‖²}.
 * </ul>
 *
 * <p>The good method with restarts stores one vector per step and moves the least memory. All other variants store pairs of vectors.
 *
 * <p>A line search shortens a step until {@code ‖F‖} falls enough (Armijo 1966). A shorter trial is an iterate like any other: a refused
 * row goes back part of the way while other rows take their next step, and all are evaluated together. If no length is accepted, the row
 * takes full steps, as without a search, and updates H from them. If 20 of these do not lower {@code ‖F‖}, the row starts again from its
 * best point with {@code B = I}. If that direction fails as well, the row ends with {@link Status#LINE_SEARCH_FAILED}.
 */
public final class Broyden extends FixedPointSolver {
    /** Which secant update is used. */
    public enum Update {
        /** The change of the Jacobian is smallest: Broyden's first method. The safer choice if f expands. */
        GOOD,
        /**
         * The change of the inverse is smallest: Broyden's second method. Often takes fewer evaluations if {@code I - J} is nearly
         * singular.
         */
        BAD
    }

    /** What happens when the memory is full. */
    public enum Reduction {
        /** Everything is dropped, and the method starts again from the current iterate. */
        RESTART,
        /**
         * The part of {@code H - I} with the largest singular values is kept (van de Rotten and Verduyn Lunel 2005), and so is the last
         * secant equation. Takes fewer evaluations if the memory is short, but more memory and memory traffic per step.
         */
        SVD
    }

    /**
     * How the method works.
     *
     * @param update the good method or the bad one
     * @param memory the number of steps that are stored, 2 to 500
     * @param reduction what is kept when the memory is full. Dropping only the oldest step is not offered: it fails on problems where a
     *     restart succeeds (van de Rotten and Verduyn Lunel 2005)
     * @param rank the number of pairs that a reduction keeps, below {@code memory}. 0 means half of the memory, or none with
     *     {@link Reduction#RESTART}
     * @param lineSearch whether steps are shortened until {@code ‖F‖} falls. This helps far from a solution, where full steps overshoot
     * @param safeguard what happens when the residual grows; null for nothing. Cannot be combined with a line search
     */
    public record Options(Update update, int memory, Reduction reduction, int rank, boolean lineSearch, Safeguard safeguard) {
        /** The good method with 30 steps, restarts and full steps. Deep equilibrium models typically take 10 to 30 steps. */
        public static final Options DEFAULT = new Options(30);

        /** Checks the ranges. */
        public Options {
            Arguments.present("Broyden.Options", "update", update);
            Arguments.present("Broyden.Options", "reduction", reduction);
            if (memory < 2 || memory > 500) {
                throw new IllegalArgumentException("Broyden.Options: memory is " + memory + ", expected 2 to 500");
            }
            if (rank < 0 || rank >= memory) {
                throw new IllegalArgumentException(
                        "Broyden.Options: rank is " + rank + " with a memory of " + memory + " steps, expected 0 to " + (memory - 1));
            }
            if (reduction == Reduction.RESTART && rank > 0) {
                throw new IllegalArgumentException("Broyden.Options: rank is " + rank
                        + " with restarts, which keep no pair, expected 0, or the reduction SVD");
            }
            if (lineSearch && safeguard != null) {
                throw new IllegalArgumentException("Broyden.Options: a line search together with a safeguard, which both take steps back, "
                        + "expected at most one of them");
            }
        }

        /** The good method with restarts, full steps and this memory. */
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
     * one vector. All other variants allocate {@code 2 memory + 4} blocks, and reductions also {@code kept + 1} vectors for the whole
     * batch. Here kept is the rank, or half of the memory if the rank is 0. A line search takes one more block, a safeguard two, and a step
     * tolerance two.
     *
     * @throws IllegalArgumentException for a line search with a fixed number of evaluations, because the last evaluation may be at a point
     *     that the search refuses
     */
    public static Broyden plan(Engine engine, Type type, int batch, int n, Options options, Stopping stopping) {
        return plan(new Workspace(engine, type, batch, n), options, stopping);
    }

    /**
     * The same in a workspace, such as one of {@link dev.zstar.solvers.SharedMemory}. The directions or pairs are not shared, so
     * {@link #inverse} stays valid until the next solve. The solver closes the workspace.
     */
    public static Broyden plan(Workspace workspace, Options options, Stopping stopping) {
        Arguments.present("plan", "the workspace", workspace);
        Arguments.present("plan", "options", options);
        Arguments.present("plan", "the stopping rule", stopping);
        if (options.lineSearch() && stopping.fixed()) {
            throw new IllegalArgumentException("Broyden: a line search with a fixed number of evaluations, although the last one may be at "
                    + "a point that the search refuses, expected tolerances, or no line search");
        }
        return workspace.build(own -> new Broyden(own, new BroydenSteps(own, options), options, stopping));
    }

    /**
     * The approximate inverse Jacobian of the last solve, {@code H ≈ (I - J)⁻¹} at the result of each row of the batch. Its transpose is
     * Hᵀ. In a backward solve {@code (I - Jᵀ) u = g}, {@code Hᵀ g ≈ u} can serve as the answer, as a start, or as a preconditioner (Ramzi
     * et al. 2022).
     *
     * <p>It can be applied to any of the rows, in any order. It is the identity for rows that have just restarted, and for rows whose solve
     * overflowed. It is always the same object, valid until the next solve, and must not be used while a solve runs. It sweeps twice over
     * the directions, or once over the pairs.
     *
     * <p>It is as good as the number of stored steps allows. {@code MultiSecant} gets a better approximation from the same steps.
     */
    public LinearOperator inverse() {
        return inverse;
    }
}
