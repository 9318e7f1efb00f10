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
 * Finds the fixed point of f with few evaluations of f and many of a cheap map that is nearly f: the same cell with W in bf16 or in 8-bit
 * integers. Alone, such weights move the fixed point, by 10⁻³ to 10⁻². Here they do not: with {@code τ_k = f(z_k) - f̃(z_k)}, the next
 * iterate solves {@code z = f̃(z) + τ_k} to a share of the present residual, and the only z at which that changes nothing is the fixed
 * point of f (defect correction, Stetter 1978; the τ of Brandt 1977). Rows are judged by the residual of f itself, and by nothing else.
 *
 * <p>Each correction multiplies the error by about {@code ‖(I - J̃)⁻¹ (J - J̃)‖}. The inner solve starts at z_k, so its first evaluation
 * yields {@code f̃(z_k)} and with it τ, and its first step, to f(z_k), is that of a plain solve.
 *
 * <p>A correction is a proposal. If f's residual there is no smaller than before, the row goes back; then, and if the inner solve came to
 * nothing or the residual did not fall to a quarter, the row takes the inner method's steps on f itself for the rest of the solve. So with
 * a cheap map whose first correction is of no use a row takes the very steps of a plain solve, one evaluation late at most.
 */
public final class MixedPrecision extends FixedPointSolver {
    /**
     * How far an inner solve goes.
     *
     * @param share of the present residual, to which an inner solve lowers the residual of the corrected cheap map
     * @param floor the smallest relative tolerance that an inner solve is given, in units of roundoff of the type. Half the row's own
     *     tolerance is a floor as well
     * @param maxEvaluations the most evaluations of the cheap map in one inner solve
     */
    public record Options(double share, double floor, int maxEvaluations) {
        /**
         * A share of 0.01, a floor of 2 units, 20 evaluations. Shares from 0.005 to 0.05 took 5 to 7 evaluations of f and 40 to 46 cheap
         * ones at n = 1024 (tanh, radius 0.95, to 10⁻⁶). At n = 4096 that is near what f32 resolves, and inner solves of up to 60
         * evaluations took 95 to 119 of bf16 in all where those of 20 take 55 to 71, for as many of f.
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

        /** These options with another budget of an inner solve. */
        public Options within(int evaluations) {
            return new Options(share, floor, evaluations);
        }
    }

    /** Makes the plan of the inner method, for this shape and with these rules. */
    @FunctionalInterface
    public interface InnerMethod {
        /** As {@code Anderson.plan} with its options chosen. */
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
     * With {@link Anderson}, m = 5, inside. Allocates 6 blocks and those of the inner plan: 21 in all, for batches of up to {@code batch}
     * rows of {@code n} elements.
     */
    public static MixedPrecision plan(Engine engine, Type type, int batch, int n, Options options, Stopping stopping) {
        return plan(engine, type, batch, n, options,
                (e, t, rows, width, within) -> Anderson.plan(e, t, rows, width, Anderson.Options.DEFAULT, within), stopping);
    }

    /** With any method inside. Allocates 6 blocks and those of the inner plan. */
    public static MixedPrecision plan(Engine engine, Type type, int batch, int n, Options options, InnerMethod method, Stopping stopping) {
        return Workspace.build(engine, type, batch, n, workspace -> new MixedPrecision(workspace, new CorrectionSteps(workspace, options, method, stopping), stopping));
    }

    /**
     * Solves {@code z = f(z)} from {@code start} with the help of {@code cheap}. The outcome's evaluations and residuals are those of f.
     * Time is looked at after each evaluation of f. The same as a solve of {@code new ApproximatedMap(f, cheap)}, which is also how to give
     * both to a solve with an observer or tolerances by row, and to a stream. Any map may have a cheap one of its own, its
     * {@link FixedPointMap#approximation}; a solve of one without is one of the inner method.
     */
    public Outcome solve(FixedPointMap f, FixedPointMap cheap, Block start) {
        ApproximatedMap map = pair;
        if (map == null || !map.exact().equals(f) || !map.cheap().equals(cheap)) {
            map = new ApproximatedMap(f, cheap);
            pair = map;
        }
        return solve(map, start);
    }

    /** Evaluations of the cheap map in the last solve: its calls, each for the rows that took part. */
    public int cheapEvaluations() {
        return steps.calls();
    }

    /** Evaluations of the cheap map that row {@code b} spent in the last solve. */
    public int cheapEvaluations(int b) {
        return steps.cheap(b);
    }
}
