package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Observer;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;

/**
 * The inexact Newton method for {@code F(z) = z - f(z) = 0} (Dembo, Eisenstat and Steihaug 1982). The step s of
 * {@code (I - J) s = f(z) - z} comes from GMRES, which stops at {@code ‖(I - J) s + F‖ ≤ η ‖F‖}. A step is shortened if {@code ‖F‖} does
 * not fall below the largest of its last five values: it may rise on the way along a curved valley (Grippo, Lampariello and Lucidi 1986).
 * Convergence is superlinear close to a solution, whether f contracts there or not. On dense cells Anderson and Broyden take fewer
 * evaluations. Newton takes fewer if their windows are too short for the spectrum of J, as for a linear map with ρ(J) = 0.999 or an
 * elliptic equation.
 *
 * <p>η is choice 2 of Eisenstat and Walker (1996), {@code 0.9 (‖F_k‖ / ‖F_{k-1}‖)²}, with their safeguard. It is never smaller than the
 * tolerance of the solve requires (Kelley 1995, section 6.3). {@code J v} comes from the map's {@link FixedPointMap#derivatives}, or from
 * differences of f if it has none. Both count as evaluations, as does {@link DifferentiableMap#linearise}. Budgets and patience apply to
 * the sum. When the budget of a row is too small for another Newton step, the row continues with plain steps.
 *
 * <p>A shorter trial is an iterate like any other: a refused row goes back part of the way while other rows take their next step, and all
 * are evaluated together. An {@link Observer} therefore sees trials, but not the evaluations within a step.
 */
public final class NewtonKrylov extends FixedPointSolver {
    /**
     * How steps are computed.
     *
     * @param krylov m, the largest number of products {@code J v} in a step, 1 to 500; each costs one vector of memory per row
     * @param forcing the largest η, which is also the first. 0.9 is cheapest far from the solution; 10⁻¹⁰ makes this the exact Newton
     *     method
     * @param differences whether {@code J v} comes from differences of f even if the map has derivatives
     * @param decrease α: a step of length λ is accepted when {@code ‖F‖} is at most {@code 1 - α λ} of its largest value at the last five
     *     points
     * @param reductions how many times a step may be shortened, 0 to 100. After that, full steps are taken, as without a line search. If 20
     *     of these do not lower {@code ‖F‖}, the row ends with {@link Status#LINE_SEARCH_FAILED}. 0 accepts every full step
     */
    public record Options(int krylov, double forcing, boolean differences, double decrease, int reductions) {
        /**
         * m = 40, η ≤ 0.9, derivatives of the map, α = 10⁻⁴, and 20 reductions, which shorten a step to 10⁻⁶ or less. Some problems need
         * this many products: for Bratu's equation on 63 points, m = 20 took five times the evaluations of m = 40. A largest η of 0.1 saves
         * 5 to 20% of the evaluations on cells that contract, and fails more often on cells that do not.
         */
        public static final Options DEFAULT = new Options(40, 0.9, false, 1e-4, 20);

        /** Checks the ranges. */
        public Options {
            if (krylov < 1 || krylov > 500) {
                throw new IllegalArgumentException("NewtonKrylov.Options: krylov is " + krylov + ", expected 1 to 500");
            }
            if (!(forcing > 0 && forcing < 1)) {
                throw new IllegalArgumentException("NewtonKrylov.Options: forcing is " + forcing + ", expected 0 < η < 1");
            }
            if (!(decrease > 0 && decrease < 0.5)) {
                throw new IllegalArgumentException("NewtonKrylov.Options: decrease is " + decrease + ", expected 0 < α < 0.5");
            }
            if (reductions < 0 || reductions > 100) {
                throw new IllegalArgumentException("NewtonKrylov.Options: reductions is " + reductions + ", expected 0 to 100");
            }
        }

        /** These options with another largest number of products in a step. */
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
     * For batches of up to {@code batch} rows of {@code n} elements. Allocates {@code krylov + 11} blocks. A step tolerance takes two more.
     *
     * @throws IllegalArgumentException for a fixed number of evaluations, because a step takes a varying number, and for recorded states,
     *     because most evaluations are not at iterates
     */
    public static NewtonKrylov plan(Engine engine, Type type, int batch, int n, Options options, Stopping stopping) {
        return plan(new Workspace(engine, type, batch, n), options, stopping);
    }

    /** The same in a workspace, such as one of {@link dev.zstar.solvers.SharedMemory}. The solver closes it. */
    public static NewtonKrylov plan(Workspace workspace, Options options, Stopping stopping) {
        Arguments.present("plan", "the workspace", workspace);
        Arguments.present("plan", "options", options);
        Arguments.present("plan", "the stopping rule", stopping);
        if (stopping.fixed()) {
            throw new IllegalArgumentException("NewtonKrylov: a fixed number of evaluations, although a step takes a varying number, "
                    + "expected tolerances, or Stopping.withinIterations");
        }
        if (!stopping.recorded().isEmpty()) {
            throw new IllegalArgumentException("NewtonKrylov: recorded states at the evaluations " + stopping.recorded()
                    + ", although most evaluations are not at iterates, expected none");
        }
        return workspace.build(own -> new NewtonKrylov(own, options, stopping));
    }
}
