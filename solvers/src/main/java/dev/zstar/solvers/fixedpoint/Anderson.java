package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import java.util.Objects;

/**
 * Anderson acceleration (Anderson 1965; Walker and Ni 2011): the next iterate is {@code Σ α_j (z_j + β r_j)} over the last
 * {@code m + 1} iterates, with {@code r_j = f(z_j) - z_j} and α that sum to 1. Type II, the usual one, minimises {@code ‖Σ α_j r_j‖}; type
 * I makes that sum orthogonal to the differences of the iterates (Fang and Saad 2009).
 *
 * <p>Each row has its own α and its own end. What is kept are the residuals themselves and the values {@code g_j = f(z_j)}, in a ring
 * of m + 1, so that one sweep over the batch forms r and its Gram row, and one more the next iterate: {@code (2m + 6) n} elements a
 * row and step; type I takes two more sweeps, {@code (2m + 4) n}. The small problem is solved in f64 from the Gram matrix of the
 * differences {@code r_k - r_j}.
 */
public final class Anderson extends FixedPointSolver {
    /** Which condition determines α. */
    public enum Variant {
        /** The residuals' combination is orthogonal to the differences of iterates: Broyden's good method with several secants. */
        TYPE_I,
        /**
         * The residuals' combination is the shortest: Broyden's bad method with several secants, and on linear maps equivalent to GMRES.
         */
        TYPE_II
    }

    /** How much of the combined residual is added. */
    @FunctionalInterface
    public interface Mixing {
        /**
         * β for a step, 0 &lt; β ≤ 2; below 1 damps.
         *
         * @param gain {@code ‖Σ α_j r_j‖ / ‖r_k‖}, how much the combination leaves of the residual; where that is more than 1, as type I
         *     may, 1
         */
        double share(double gain);

        /** The same share in every step. */
        static Mixing constant(double β) {
            if (!(β > 0 && β <= 2)) {
                throw new IllegalArgumentException("mixing " + β + "; expected 0 < β ≤ 2");
            }
            return new Constant(β);
        }

        /** {@code 0.9 - gain / 2}: the less a combination helps, the less of it is trusted. */
        static Mixing byGain() {
            return gain -> 0.9 - gain / 2;
        }
    }

    record Constant(double β) implements Mixing {
        @Override
        public double share(double gain) {
            return β;
        }
    }

    /**
     * How the acceleration works.
     *
     * @param variant type I or II
     * @param window m, the earlier iterates used; 5 is the usual choice for deep equilibrium models
     * @param mixing β, the share of the residual that is added, constant or by the gain
     * @param delay evaluations before iterates are remembered, also after a safeguard made the method start anew; until then steps are
     *     plain. For maps that start far from where they are nearly linear
     * @param restart steps after which all but the newest iterate are forgotten; 0 never
     * @param growth all but the newest iterate are forgotten where a residual is longer than this many times the shortest remembered;
     *     infinite for never
     * @param regularisation λ, a share of itself that is added to the diagonal of the normal equations. Relative, since a
     *     fixed λ turns the weights into plain averages as soon as the residual is smaller than it
     * @param condition differences of residuals are left out, the oldest first, from where one is longer than this many times its distance
     *     from the newer ones
     * @param orthogonal whether rows where that happens solve the problem again with differences that are orthogonalised as vectors, which
     *     holds for a condition of 10¹³ in f64 where the Gram matrix holds for 10⁷; takes {@code m + 1} blocks more. In f32 the vectors
     *     themselves know no more
     * @param safeguard what happens where the residual grows, or null for nothing
     */
    public record Options(
            Variant variant,
            int window,
            Mixing mixing,
            int delay,
            int restart,
            double growth,
            double regularisation,
            double condition,
            boolean orthogonal,
            Safeguard safeguard) {
        /**
         * Type II with m = 5, β = 1, λ = 0 and κ = 10⁶. A λ of 10⁻¹⁰ cost an evaluation or two in the last, superlinear steps of three
         * problems of 49 in f64; with any κ from 3·10⁴ to 10⁷ they take the same evaluations, with 10³ and 10⁸ more.
         */
        public static final Options DEFAULT =
                new Options(Variant.TYPE_II, 5, Mixing.constant(1), 0, 0, Double.POSITIVE_INFINITY, 0, 1e6, false, null);

        /** Checks the ranges. */
        public Options {
            if (window < 1 || window > 50) {
                throw new IllegalArgumentException("window " + window + "; expected 1 to 50");
            }
            if (delay < 0) {
                throw new IllegalArgumentException("a delay of " + delay + " evaluations; expected at least 0");
            }
            if (restart < 0 || restart == 1) {
                throw new IllegalArgumentException("a restart after " + restart + " steps; expected at least 2, or 0 for never");
            }
            if (!(growth > 1)) {
                throw new IllegalArgumentException("a restart at a growth of " + growth + "; expected more than 1");
            }
            if (!(regularisation >= 0 && regularisation < 1)) {
                throw new IllegalArgumentException("regularisation " + regularisation + "; expected 0 ≤ λ < 1");
            }
            if (!(condition > 1 && condition <= 1e8)) {
                throw new IllegalArgumentException("condition " + condition + "; expected 1 < κ ≤ 1e8, beyond which a Gram matrix in f64 is rounding");
            }
            if (orthogonal && variant == Variant.TYPE_I) {
                throw new IllegalArgumentException("type I has no least-squares problem; expected type II beside orthogonal differences");
            }
            Objects.requireNonNull(mixing, "mixing");
        }

        /** These options with the other variant. */
        public Options withVariant(Variant variant) {
            return new Options(variant, window, mixing, delay, restart, growth, regularisation, condition, orthogonal, safeguard);
        }

        /** These options with another window. */
        public Options withWindow(int window) {
            return new Options(variant, window, mixing, delay, restart, growth, regularisation, condition, orthogonal, safeguard);
        }

        /** These options with another constant mixing. */
        public Options withMixing(double β) {
            return withMixing(Mixing.constant(β));
        }

        /** These options with a mixing that looks at the gain. */
        public Options withMixing(Mixing mixing) {
            return new Options(variant, window, mixing, delay, restart, growth, regularisation, condition, orthogonal, safeguard);
        }

        /** These options with plain steps at first. */
        public Options withDelay(int evaluations) {
            return new Options(variant, window, mixing, evaluations, restart, growth, regularisation, condition, orthogonal, safeguard);
        }

        /** These options, forgetting every so many steps. */
        public Options withRestart(int steps) {
            return new Options(variant, window, mixing, delay, steps, growth, regularisation, condition, orthogonal, safeguard);
        }

        /** These options, forgetting where the residual grew by more than this factor. */
        public Options withRestartAtGrowth(double factor) {
            return new Options(variant, window, mixing, delay, restart, factor, regularisation, condition, orthogonal, safeguard);
        }

        /** These options with another λ. */
        public Options withRegularisation(double λ) {
            return new Options(variant, window, mixing, delay, restart, growth, λ, condition, orthogonal, safeguard);
        }

        /** These options with another largest condition. */
        public Options withCondition(double κ) {
            return new Options(variant, window, mixing, delay, restart, growth, regularisation, κ, orthogonal, safeguard);
        }

        /** These options, orthogonalising where the Gram matrix is not good enough. */
        public Options withOrthogonal() {
            return new Options(variant, window, mixing, delay, restart, growth, regularisation, condition, true, safeguard);
        }

        /** These options with a safeguard. */
        public Options withSafeguard(Safeguard safeguard) {
            return new Options(variant, window, mixing, delay, restart, growth, regularisation, condition, orthogonal, safeguard);
        }
    }

    private Anderson(Workspace workspace, Options options, Stopping stopping) {
        super(workspace, stopping, options.safeguard(), new AndersonSteps(workspace, options));
    }

    /**
     * Allocates {@code 2 m + 5} blocks, {@code 3 m + 6} with orthogonal differences, two more with a safeguard, for batches of up to
     * {@code batch} rows of {@code n} elements.
     */
    public static Anderson plan(Engine engine, Type type, int batch, int n, Options options, Stopping stopping) {
        return Workspace.build(engine, type, batch, n, workspace -> new Anderson(workspace, options, stopping));
    }
}
