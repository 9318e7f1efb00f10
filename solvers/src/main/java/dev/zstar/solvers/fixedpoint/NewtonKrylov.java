package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Observer;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;

/**
 * Newton's method for {@code F(z) = z - f(z) = 0}, inexact (Dembo, Eisenstat and Steihaug 1982): the step s of {@code (I - J) s = f(z) - z}
 * comes from GMRES, which is stopped at {@code ‖(I - J) s + F‖ ≤ η ‖F‖}, and is made shorter where the whole of it does not lower
 * {@code ‖F‖}. Converges superlinearly close to a solution, whether f contracts there or not. Dense cells take fewer evaluations by
 * Anderson and Broyden; it wins where their windows are too short for the spectrum of J: a linear map with ρ(J) = 0.999, or an elliptic
 * equation.
 *
 * <p>η is choice 2 of Eisenstat and Walker (1996), {@code 0.9 (‖F_k‖ / ‖F_{k-1}‖)²}, with their safeguard, and no smaller than the solve's
 * own tolerance asks for (Kelley 1995, section 6.3). {@code J v} comes from the map's {@link FixedPointMap#derivatives}, else from
 * differences of f. Both count as evaluations, as does {@link DifferentiableMap#linearise}, and budgets hold for their sum; once no whole
 * step fits in the budget of a row, it goes on with plain ones. Patience counts all evaluations too.
 *
 * <p>A shorter trial is an iterate like any other: a row that is refused goes back some way while others take their next step, and all
 * are evaluated together. So an {@link Observer} sees trials, but none of the evaluations within a step.
 */
public final class NewtonKrylov extends FixedPointSolver {
    /**
     * How steps are found.
     *
     * @param krylov m, the most products {@code J v} for a step; each costs a vector of memory for every row
     * @param forcing the largest η, and the first: 0.9 spends least far from the solution, 10⁻¹⁰ makes it the exact method
     * @param differences whether {@code J v} comes from differences of f even where the map could tell
     * @param decrease α: a step of length λ is accepted when {@code ‖F‖} falls to {@code 1 - α λ} of what it was
     * @param reductions how often a step may be made shorter. Then whole steps are taken, as without a line search; where 20 of them lead
     *     to nothing better the row ends with {@link Status#LINE_SEARCH_FAILED}. 0 takes every whole step
     */
    public record Options(int krylov, double forcing, boolean differences, double decrease, int reductions) {
        /**
         * m = 40, η ≤ 0.9, derivatives of the map, α = 10⁻⁴, 20 reductions, which are 10⁻⁶ of a step or less. Fewer products hurt where
         * they are needed: for Bratu's equation on 63 points 20 took five times the evaluations that 40 took. A largest η of 0.1 saves
         * 5 to 20% on cells that contract, and fails more often on those that do not.
         */
        public static final Options DEFAULT = new Options(40, 0.9, false, 1e-4, 20);

        /** Checks the ranges. */
        public Options {
            if (krylov < 1 || krylov > 500) {
                throw new IllegalArgumentException("krylov " + krylov + "; expected 1 to 500");
            }
            if (!(forcing > 0 && forcing < 1)) {
                throw new IllegalArgumentException("forcing " + forcing + "; expected 0 < η < 1");
            }
            if (!(decrease > 0 && decrease < 0.5)) {
                throw new IllegalArgumentException("decrease " + decrease + "; expected 0 < α < 0.5");
            }
            if (reductions < 0 || reductions > 100) {
                throw new IllegalArgumentException("reductions " + reductions + "; expected 0 to 100");
            }
        }

        /** These options with another limit for the products of a step. */
        public Options withKrylov(int krylov) {
            return new Options(krylov, forcing, differences, decrease, reductions);
        }

        /** These options with another largest η. */
        public Options withForcing(double forcing) {
            return new Options(krylov, forcing, differences, decrease, reductions);
        }

        /** These options with differences of f, or with the map's derivatives. */
        public Options withDifferences(boolean differences) {
            return new Options(krylov, forcing, differences, decrease, reductions);
        }

        /** These options with another line search. */
        public Options withLineSearch(double decrease, int reductions) {
            return new Options(krylov, forcing, differences, decrease, reductions);
        }
    }

    private NewtonKrylov(Workspace workspace, Options options, Stopping stopping) {
        super(workspace, stopping, null, new NewtonSteps(workspace, options));
    }

    /**
     * Allocates {@code krylov + 11} blocks, for batches of up to {@code batch} rows of {@code n} elements; two more for a tolerance for
     * steps.
     *
     * @throws IllegalArgumentException if the rules ask for a fixed number of evaluations, or for states at some: most are not made at
     *     iterates
     */
    public static NewtonKrylov plan(Engine engine, Type type, int batch, int n, Options options, Stopping stopping) {
        if (stopping.fixed()) {
            throw new IllegalArgumentException("Newton-Krylov with a fixed number of evaluations, of which a step takes as many as it needs; "
                    + "expected tolerances, or a budget of steps");
        }
        if (!stopping.recorded().isEmpty()) {
            throw new IllegalArgumentException("Newton-Krylov recording the states at evaluations " + stopping.recorded()
                    + ", of which most are not made at iterates; expected none");
        }
        return Workspace.build(engine, type, batch, n, workspace -> new NewtonKrylov(workspace, options, stopping));
    }
}
