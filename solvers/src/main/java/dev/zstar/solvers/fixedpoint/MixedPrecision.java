package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.ApproximatedMap;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;

/**
 * Finds the fixed point of f with few evaluations of f and many of a cheap map f̃ close to f: for example the same cell with W in bf16 or
 * in 8-bit integers. Used alone, such weights would move the fixed point by a relative 10⁻³ to 10⁻². Here the result is the fixed point of
 * f itself. With {@code τ_k = f(z_k) - f̃(z_k)}, the next iterate approximately solves {@code z = f̃(z) + τ_k}. The only z that this leaves
 * unchanged is the fixed point of f (defect correction, Stetter 1978; the τ of Brandt 1977). Convergence is tested only with the residual
 * of f itself.
 *
 * <p>Each correction multiplies the error by about {@code ‖(I - J̃)⁻¹ (J - J̃)‖}. The inner solve starts at z_k, so its first evaluation
 * yields {@code f̃(z_k)} and with it τ. Its first step goes to f(z_k), like that of a plain solve.
 *
 * <p>A correction is a proposal. If the residual of f at the proposal is no smaller than before, the row goes back. For the rest of the
 * solve, a row switches to the inner method on f itself in three cases. It had to go back; its inner solve did not lower the residual; or
 * the residual of f fell by less than a factor of four. If the first correction is useless, a row therefore takes exactly the steps of a
 * plain solve, at most one evaluation later.
 */
public final class MixedPrecision extends FixedPointSolver {
    /** The default inner method: Anderson with m = 5, for which the numbers of {@link Options#DEFAULT} were measured. */
    public static final Anderson.Options INNER = Anderson.Options.DEFAULT.withWindow(5);

    /**
     * How far an inner solve goes.
     *
     * @param share the share of the current residual to which an inner solve lowers the residual of {@code f̃ + τ}, up to 0.5
     * @param floor the smallest relative tolerance of an inner solve, in units of the roundoff of the type. The tolerance is also never
     *     below half of the row's own
     * @param maxEvaluations the most evaluations of the cheap map in one inner solve, at least 2
     */
    public record Options(double share, double floor, int maxEvaluations) {
        /**
         * A share of 0.01, a floor of 2 units, 20 evaluations. At n = 1024 (tanh, radius 0.95, to 10⁻⁶), shares from 0.005 to 0.05 took 5
         * to 7 evaluations of f and 40 to 46 of the cheap map. At n = 4096 that tolerance is close to what f32 resolves. There, inner
         * solves of up to 60 evaluations took 95 to 119 evaluations in bf16 in total; inner solves of up to 20 took 55 to 71, with the same
         * number of evaluations of f.
         */
        public static final Options DEFAULT = new Options(0.01, 2, 20);

        /** Checks the ranges. */
        public Options {
            if (!(share > 0 && share <= 0.5)) {
                throw new IllegalArgumentException("MixedPrecision.Options: share is " + share + ", expected 0 < share ≤ 0.5");
            }
            if (!(floor >= 0 && floor <= 1e6)) {
                throw new IllegalArgumentException(
                        "MixedPrecision.Options: floor is " + floor + " units of roundoff, expected 0 to 1000000");
            }
            Arguments.atLeast("MixedPrecision.Options", "maxEvaluations", maxEvaluations, 2);
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
        /** Plans a solver like {@code Anderson.plan}, with fixed options. */
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
     * Plans with {@link #INNER} as the inner method, for batches of up to {@code batch} rows of {@code n} elements. Allocates 21 blocks: 6,
     * and the 15 of the inner solver.
     */
    public static MixedPrecision plan(Engine engine, Type type, int batch, int n, Options options, Stopping stopping) {
        return plan(engine, type, batch, n, options,
                (e, t, rows, width, within) -> Anderson.plan(e, t, rows, width, INNER, within), stopping);
    }

    /** Plans with any inner method. Allocates 6 blocks, plus those of the inner solver. */
    public static MixedPrecision plan(Engine engine, Type type, int batch, int n, Options options, InnerMethod method, Stopping stopping) {
        Arguments.present("plan", "options", options);
        Arguments.present("plan", "the inner method", method);
        Arguments.present("plan", "the stopping rule", stopping);
        return Workspace.build(engine, type, batch, n,
                workspace -> new MixedPrecision(workspace, new CorrectionSteps(workspace, options, method, stopping), stopping));
    }

    /**
     * Solves {@code z = f(z)} from {@code start} with the help of {@code cheap}. The outcome counts evaluations of f and reports residuals
     * of f. A time budget is checked after each evaluation of f.
     *
     * <p>This is the same as a solve of {@code new ApproximatedMap(f, cheap)}. Use that for an observer, for tolerances by row, and for a
     * stream. Any map may offer a cheap one, its {@link FixedPointMap#approximation}. If it offers none, the inner method solves for f
     * alone.
     */
    public Outcome solve(FixedPointMap f, FixedPointMap cheap, Block start) {
        ApproximatedMap map = pair;
        if (map == null || !map.exact().equals(f) || !map.cheap().equals(cheap)) {
            map = new ApproximatedMap(f, cheap);
            pair = map;
        }
        return solve(map, start);
    }

    /** The number of calls of the cheap map in the last solve; each evaluates all rows that take part. */
    public int cheapEvaluations() {
        return steps.calls();
    }

    /** The number of evaluations of the cheap map that row {@code b} took part in, in the last solve. */
    public int cheapEvaluations(int b) {
        return steps.cheap(Arguments.row("cheapEvaluations", b, outcome().batch()));
    }
}
