package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.ApproximatedMap;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;

/**
 * Finds the fixed point of f with few evaluations of f and many of a cheap map f̃ that is nearly f: for example the same cell with W in
 * bf16 or in 8-bit integers. Alone, such weights move the fixed point by 10⁻³ to 10⁻². Here they do not. With
 * {@code τ_k = f(z_k) - f̃(z_k)}, the next iterate approximately solves {@code z = f̃(z) + τ_k}. The only z that this leaves unchanged is
 * the fixed point of f (defect correction, Stetter 1978; the τ of Brandt 1977). Convergence is tested with the residual of f itself, and
 * with nothing else.
 *
 * <p>Each correction multiplies the error by about {@code ‖(I - J̃)⁻¹ (J - J̃)‖}. The inner solve starts at z_k, so its first evaluation
 * yields {@code f̃(z_k)} and with it τ. Its first step goes to f(z_k), like that of a plain solve.
 *
 * <p>A correction is a proposal. If the residual of f there is no smaller than before, the row goes back. A row switches to the inner
 * method's steps on f itself, for the rest of the solve, in three cases: it went back, its inner solve failed to lower the residual, or
 * the residual of f did not fall to a quarter. So if the first correction is useless, a row takes exactly the steps of a plain solve, at
 * most one evaluation later.
 */
public final class MixedPrecision extends FixedPointSolver {
    /** The default inner method: Anderson with m = 5, for which the numbers of {@link Options#DEFAULT} were measured. */
    public static final Anderson.Options INNER = Anderson.Options.DEFAULT.withWindow(5);

    /**
     * How far an inner solve goes.
     *
     * @param share the part of the present residual to which an inner solve lowers the residual of {@code f̃ + τ}
     * @param floor the smallest relative tolerance of an inner solve, in units of roundoff of the type. It is never below half of the row's
     *     own tolerance either
     * @param maxEvaluations the most evaluations of the cheap map in one inner solve
     */
    public record Options(double share, double floor, int maxEvaluations) {
        /**
         * A share of 0.01, a floor of 2 units, 20 evaluations. At n = 1024 (tanh, radius 0.95, to 10⁻⁶), shares from 0.005 to 0.05 took 5
         * to 7 evaluations of f and 40 to 46 of the cheap map. At n = 4096 that tolerance is near what f32 resolves. There, inner solves of
         * up to 60 evaluations took 95 to 119 of bf16 in all; those of up to 20 took 55 to 71, with the same number of f.
         */
        public static final Options DEFAULT = new Options(0.01, 2, 20);

        /** Checks the ranges. */
        public Options {
            if (!(share > 0 && share <= 0.5)) {
                throw new IllegalArgumentException("share " + share + " of the residual; expected 0 < share ≤ 0.5");
            }
            if (!(floor >= 0 && floor <= 1e6)) {
                throw new IllegalArgumentException("a floor of " + floor + " units of roundoff; expected 0 to 1000000");
            }
            if (maxEvaluations < 2) {
                throw new IllegalArgumentException("inner solves of " + maxEvaluations + " evaluations; expected at least 2");
            }
        }

        /** These options with another share. */
        public Options withShare(double share) {
            return new Options(share, floor, maxEvaluations);
        }

        /** These options with another floor. */
        public Options withFloor(double floor) {
            return new Options(share, floor, maxEvaluations);
        }

        /** These options with another budget for an inner solve. */
        public Options within(int evaluations) {
            return new Options(share, floor, evaluations);
        }
    }

    /** Plans the inner method for a shape and a stopping rule. */
    @FunctionalInterface
    public interface InnerMethod {
        /** Like {@code Anderson.plan}, with its options chosen. */
        FixedPointSolver plan(Engine engine, Type type, int batch, int n, Stopping stopping);
    }

    private final CorrectionSteps steps;
    private ApproximatedMap pair;

    private MixedPrecision(Workspace workspace, CorrectionSteps steps, Stopping stopping) {
        super(workspace, stopping, null, steps);
        this.steps = steps;
        steps.watch(outcome());
    }

    /**
     * Plans with {@link #INNER} as the inner method, for batches of up to {@code batch} rows of {@code n} elements. Allocates 21 blocks: 6
     * and those of the inner solver.
     */
    public static MixedPrecision plan(Engine engine, Type type, int batch, int n, Options options, Stopping stopping) {
        return plan(engine, type, batch, n, options,
                (e, t, rows, width, within) -> Anderson.plan(e, t, rows, width, INNER, within), stopping);
    }

    /** Plans with any inner method. Allocates 6 blocks and those of the inner solver. */
    public static MixedPrecision plan(Engine engine, Type type, int batch, int n, Options options, InnerMethod method, Stopping stopping) {
        return Workspace.build(engine, type, batch, n,
                workspace -> new MixedPrecision(workspace, new CorrectionSteps(workspace, options, method, stopping), stopping));
    }

    /**
     * Solves {@code z = f(z)} from {@code start} with the help of {@code cheap}. The outcome's evaluations and residuals are those of f.
     * Budgets of time are checked after each evaluation of f.
     *
     * <p>This is the same as a solve of {@code new ApproximatedMap(f, cheap)}. Use that for an observer, for tolerances by row, and for a
     * stream. Any map may offer a cheap one, its {@link FixedPointMap#approximation}. If it offers none, the solve is one of the inner
     * method.
     */
    public Outcome solve(FixedPointMap f, FixedPointMap cheap, Block start) {
        ApproximatedMap map = pair;
        if (map == null || !map.exact().equals(f) || !map.cheap().equals(cheap)) {
            map = new ApproximatedMap(f, cheap);
            pair = map;
        }
        return solve(map, start);
    }

    /** Evaluations of the cheap map in the last solve: the number of its calls, each for all rows that took part. */
    public int cheapEvaluations() {
        return steps.calls();
    }

    /** Evaluations of the cheap map that row {@code b} spent in the last solve. */
    public int cheapEvaluations(int b) {
        return steps.cheap(b);
    }
}
