package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;

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
        private int kept() {
            return reduction == Reduction.RESTART ? 0 : rank == 0 ? memory / 2 : rank;
        }
    }

    /** Of the line search: α, and how often a step is made shorter, to a thousandth or less, before its direction is given up. */
    private static final double DECREASE = 1e-4;
    private static final int REDUCTIONS = 6;

    private final InverseJacobian inverse;
    private final LinearOperator applied;
    /** By row of the batch: whether the point just taken in is refused; the length of the step to it, or of the next trial if it is. */
    private final boolean[] refused;
    private final double[] λ;
    /** Null without a line search, and so is what follows. */
    private final LineSearch search;
    /** The best points, by row of the batch, and their ‖F‖. */
    private final Block points;
    private final double[] shortest;
    /**
     * By row of the batch: accepted steps, -1 before the first evaluation; whether the row is on the way back to its best point; whether it
     * is given up.
     */
    private final int[] steps;
    private final boolean[] returning;
    private final boolean[] failed;

    private Broyden(Plan plan, Options options, Stopping stopping) {
        super(plan, stopping, options.safeguard());
        inverse = options.update() == Update.GOOD && options.reduction() == Reduction.RESTART
                ? new StepProduct(plan, options.memory())
                : new PairSum(plan, options.update() == Update.GOOD, options.memory(), options.kept());
        applied = new InverseOperator(plan, inverse);
        refused = new boolean[plan.batch];
        λ = new double[plan.batch];
        boolean searches = options.lineSearch();
        search = searches ? new LineSearch(plan.batch, DECREASE, REDUCTIONS) : null;
        points = searches ? plan.block() : null;
        shortest = searches ? new double[plan.batch] : null;
        steps = searches ? new int[plan.batch] : null;
        returning = searches ? new boolean[plan.batch] : null;
        failed = searches ? new boolean[plan.batch] : null;
    }

    /**
     * Allocates, for batches of up to {@code batch} rows of {@code n} elements, {@code memory + 2} blocks and one vector for the good
     * method with restarts, and {@code 2 memory + 3} blocks for all others, with {@code rank + 1} vectors for reductions, not for each row
     * but in all. One block more for a line search, two more for a safeguard, and for a tolerance for steps.
     *
     * @throws IllegalArgumentException if a line search meets a fixed number of evaluations, of which the last may be at a point that it
     *     refuses
     */
    public static Broyden plan(Engine engine, Type type, int n, int batch, Options options, Stopping stopping) {
        if (options.lineSearch() && stopping.fixed()) {
            throw new IllegalArgumentException("Broyden with a line search and a fixed number of evaluations, of which the last may be at a "
                    + "point that is refused; expected tolerances, or no line search");
        }
        return Plan.build(engine, type, n, batch, plan -> new Broyden(plan, options, stopping));
    }

    /**
     * What the last solve has learnt of the inverse Jacobian, for each row of the batch {@code H ≈ (I - J)⁻¹} at its result, with Hᵀ as its
     * transpose: in a backward solve {@code (I - Jᵀ) u = g} it is {@code Hᵀ g ≈ u}, an answer, a start, or a preconditioner (Ramzi et al.
     * 2022). Any of the rows, in any order; the identity for rows that have just started again, and where the solve overflowed. Valid until
     * the next solve, always the same object, and not for use while a solve runs. Sweeps twice over the directions, or once over the pairs.
     *
     * <p>How good it is depends on how many steps are remembered: {@link MultiSecant} makes more of them.
     */
    public LinearOperator inverse() {
        return applied;
    }

    @Override
    void begin(int b) {
        inverse.forget(b);
        λ[b] = 1;
        if (search != null) {
            refused[b] = false;
            shortest[b] = Double.POSITIVE_INFINITY;
            steps[b] = -1;
            returning[b] = false;
            failed[b] = false;
            search.begin(b);
        }
    }

    @Override
    void take(int b, int p, Block zk, Block gk, double[] squares) {
        if (search != null) {
            double norm = Math.sqrt(squares[2 * b]);
            look(b, norm);
            if (!refused[b] && norm < shortest[b]) {
                points.copyRow(zk, p, b);
                shortest[b] = norm;
            }
        }
    }

    /** Row {@code b} learns {@code ‖F‖} at its trial. */
    private void look(int b, double norm) {
        LineSearch.Move move = search.look(b, norm);
        refused[b] = move != LineSearch.Move.ACCEPT;
        if (!refused[b]) {
            if (returning[b]) {
                inverse.forget(b);
            }
            steps[b] += returning[b] ? 0 : 1;
            λ[b] = search.length(b);
            returning[b] = false;
            search.next(b);
            return;
        }
        failed[b] = move == LineSearch.Move.FAIL;
        returning[b] = move == LineSearch.Move.LOST;
        if (returning[b]) {
            search.giveBack(b);
        }
        λ[b] = search.length(b);
    }

    @Override
    boolean refused(int b) {
        return refused[b];
    }

    @Override
    Status verdict(int b) {
        return search != null && failed[b] ? Status.LINE_SEARCH_FAILED : null;
    }

    @Override
    int iterations(int b) {
        return search == null ? super.iterations(b) : steps[b];
    }

    @Override
    void advance(FixedPointMap f, Block zk, Block gk) {
        if (search != null) {
            rebase(zk, gk);
        }
        plan.engine.axpby(-1, zk, 1, gk);
        inverse.direct(gk, rows, refused, λ);
        plan.engine.axpby(1, gk, 1, zk);
    }

    /** Rows that are refused go back to their best point, with no residual, whatever it was. */
    private void rebase(Block zk, Block gk) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (refused[b]) {
                zk.copyRow(points, b, p);
                gk.copyRow(zk, p, p);
            }
        }
    }
}
