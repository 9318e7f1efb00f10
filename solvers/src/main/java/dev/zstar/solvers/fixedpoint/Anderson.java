package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;
import java.util.function.Consumer;

/**
 * Anderson acceleration (Anderson 1965; Walker and Ni 2011). The next iterate is {@code Σ α_j (z_j + β r_j)} over the last {@code m + 1}
 * iterates, with {@code r_j = f(z_j) - z_j} and weights α that sum to 1. Type II, the usual one, minimises {@code ‖Σ α_j r_j‖}. Type I
 * makes that sum orthogonal to the differences of the iterates (Fang and Saad 2009).
 *
 * <p>Each row has its own α and stops on its own. The method needs only values of f. It holds the last {@code m + 1} residuals and values
 * of f for each row, and a longer window costs more memory traffic per step. Type I moves about twice as much memory per step as type II.
 * The small problem for α is solved in f64.
 */
public final class Anderson extends FixedPointSolver {
    /** Which condition determines α. */
    public enum Variant {
        /**
         * {@code Σ α_j r_j} is orthogonal to the differences of the iterates. This is Broyden's good method with several secant equations
         * at once.
         */
        TYPE_I,
        /**
         * {@code ‖Σ α_j r_j‖} is minimal. This is Broyden's bad method with several secant equations at once. On linear maps it is
         * equivalent to GMRES.
         */
        TYPE_II
    }

    /** The mixing parameter β: how much of the combined residual a step adds. */
    @FunctionalInterface
    public interface Mixing {
        /**
         * β of a step, as a function of the gain, with 0 &lt; β ≤ 2. A β below 1 damps.
         *
         * @param gain {@code ‖Σ α_j r_j‖ / ‖r_k‖}, the part of the residual that the combination leaves, at most 1. For type I the quotient
         *     may be larger; then 1 is passed
         */
        double beta(double gain);

        /** The same β in every step. */
        static Mixing constant(double β) {
            if (!(β > 0 && β <= 2)) {
                throw new IllegalArgumentException("Anderson.Mixing: β is " + β + ", expected 0 < β ≤ 2");
            }
            return new Constant(β);
        }

        /** {@code β = 0.9 - gain / 2}: the less the combination lowers the residual, the smaller β is. */
        static Mixing byGain() {
            return gain -> 0.9 - gain / 2;
        }
    }

    record Constant(double β) implements Mixing {
        @Override
        public double beta(double gain) {
            return β;
        }
    }

    /**
     * How the acceleration works.
     *
     * @param variant type I or II
     * @param window m, the number of earlier iterates used, 1 to 50. Deep equilibrium models in the literature mostly use 5; the default is
     *     10
     * @param adaptive whether the window and the steps adapt to the row. While the residual falls to less than 0.36 of itself in two
     *     evaluations, the row uses at most three earlier iterates. If the residual falls to less than 0.8 of itself, and the combination
     *     still leaves more than 0.4 of it, the row takes plain steps before it combines iterates again: two, or five if the map is cheap
     *     ({@link dev.zstar.solvers.FixedPointMap#rowOperations}) and β is 1. Pratapa, Suryanarayana and Pask (2016) alternate in
     *     the same way, with a fixed period. Ignored for type I, which would need more evaluations with it
     * @param mixing β, constant or a function of the gain
     * @param delay the number of plain steps before the acceleration starts, and again each time the safeguard has restarted the method.
     *     Useful if the start is far from the region where f is nearly linear
     * @param restart the number of steps after which all iterates but the newest are dropped; 0 for never
     * @param growth restart when a residual exceeds this multiple of the smallest one in the window; infinite to disable
     * @param regularisation λ: the diagonal of the normal equations is multiplied by 1 + λ. It is relative because a fixed λ turns the
     *     weights into plain averages as soon as the residual is smaller than λ
     * @param condition κ, the largest condition number. A residual difference is dropped, with all older ones, if it is longer than κ times
     *     its distance from the span of the newer differences
     * @param orthogonal whether a row that drops a difference solves its least-squares problem again with orthogonalised differences. In
     *     f64 this works up to a condition number of 10¹³, the Gram matrix only up to 10⁷. In f32 the vectors themselves hold no more
     *     digits, so nothing is gained. Takes {@code m + 1} more blocks
     * @param safeguard what happens when the residual grows; null for nothing
     */
    public record Options(
            Variant variant,
            int window,
            boolean adaptive,
            Mixing mixing,
            int delay,
            int restart,
            double growth,
            double regularisation,
            double condition,
            boolean orthogonal,
            Safeguard safeguard) {
        /**
         * Type II with an adaptive m of up to 10, β = 1, λ = 0 and κ = 10⁶. {@link FixedPointSolver#plan} says why m is 10.
         *
         * <p>With m = 5, a λ of 10⁻¹⁰ cost an evaluation or two in the last, superlinear steps of three of 49 problems in f64. Any κ from
         * 3·10⁴ to 10⁷ gave the same number of evaluations; 10³ and 10⁸ gave more.
         */
        public static final Options DEFAULT =
                new Options(Variant.TYPE_II, 10, true, Mixing.constant(1), 0, 0, Double.POSITIVE_INFINITY, 0, 1e6, false, null);

        /** Checks the ranges. */
        public Options {
            Arguments.present("Anderson.Options", "variant", variant);
            Arguments.present("Anderson.Options", "mixing", mixing);
            if (window < 1 || window > 50) {
                throw new IllegalArgumentException("Anderson.Options: window is " + window + ", expected 1 to 50");
            }
            Arguments.atLeast("Anderson.Options", "delay", delay, 0);
            if (restart < 0 || restart == 1) {
                throw new IllegalArgumentException("Anderson.Options: restart is " + restart + ", expected at least 2, or 0 for never");
            }
            if (!(growth > 1)) {
                throw new IllegalArgumentException("Anderson.Options: growth is " + growth + ", expected more than 1");
            }
            if (!(regularisation >= 0 && regularisation < 1)) {
                throw new IllegalArgumentException("Anderson.Options: regularisation is " + regularisation + ", expected 0 ≤ λ < 1");
            }
            if (!(condition > 1 && condition <= 1e8)) {
                throw new IllegalArgumentException("Anderson.Options: condition is " + condition
                        + ", expected 1 < κ ≤ 1e8, beyond which a Gram matrix in f64 holds only rounding errors");
            }
            if (orthogonal && variant == Variant.TYPE_I) {
                throw new IllegalArgumentException("Anderson.Options: orthogonal differences with type I, which has no least-squares "
                        + "problem, expected type II");
            }
        }

        /** These options with another variant. */
        public Options withVariant(Variant variant) {
            return with(o -> o.variant = variant);
        }

        /** These options with another window. */
        public Options withWindow(int window) {
            return with(o -> o.window = window);
        }

        /** These options with a window and steps that adapt to the row, or with {@code false} the full window in each step. */
        public Options withAdaptiveWindow(boolean adaptive) {
            return with(o -> o.adaptive = adaptive);
        }

        /** These options with another constant β. */
        public Options withMixing(double β) {
            return withMixing(Mixing.constant(β));
        }

        /** These options with a β that depends on the gain. */
        public Options withMixing(Mixing mixing) {
            return with(o -> o.mixing = mixing);
        }

        /** These options with {@code evaluations} plain steps at first. */
        public Options withDelay(int evaluations) {
            return with(o -> o.delay = evaluations);
        }

        /** These options with a restart after every {@code steps} steps. */
        public Options withRestart(int steps) {
            return with(o -> o.restart = steps);
        }

        /** These options with a restart when the residual has grown by more than this factor. */
        public Options withRestartAtGrowth(double factor) {
            return with(o -> o.growth = factor);
        }

        /** These options with another λ. */
        public Options withRegularisation(double λ) {
            return with(o -> o.regularisation = λ);
        }

        /** These options with another κ. */
        public Options withCondition(double κ) {
            return with(o -> o.condition = κ);
        }

        /** These options with orthogonalised differences for rows whose Gram matrix is too ill-conditioned. */
        public Options withOrthogonal() {
            return with(o -> o.orthogonal = true);
        }

        /** These options with a safeguard. */
        public Options withSafeguard(Safeguard safeguard) {
            return with(o -> o.safeguard = safeguard);
        }

        private Options with(Consumer<Draft> change) {
            Draft o = new Draft();
            change.accept(o);
            return new Options(o.variant, o.window, o.adaptive, o.mixing, o.delay, o.restart, o.growth, o.regularisation, o.condition,
                    o.orthogonal, o.safeguard);
        }

        /** A mutable copy of these options. */
        private final class Draft {
            private Variant variant = Options.this.variant;
            private int window = Options.this.window;
            private boolean adaptive = Options.this.adaptive;
            private Mixing mixing = Options.this.mixing;
            private int delay = Options.this.delay;
            private int restart = Options.this.restart;
            private double growth = Options.this.growth;
            private double regularisation = Options.this.regularisation;
            private double condition = Options.this.condition;
            private boolean orthogonal = Options.this.orthogonal;
            private Safeguard safeguard = Options.this.safeguard;
        }
    }

    private Anderson(Workspace workspace, Options options, Stopping stopping) {
        super(workspace, stopping, options.safeguard(), own -> new AndersonSteps(own, options));
    }

    /**
     * For batches of up to {@code batch} rows of {@code n} elements. Allocates {@code 2 m + 5} blocks, or {@code 3 m + 6} with orthogonal
     * differences. A safeguard takes two more, and so does a step tolerance.
     */
    public static Anderson plan(Engine engine, Type type, int batch, int n, Options options, Stopping stopping) {
        return plan(new Workspace(engine, type, batch, n), options, stopping);
    }

    /** The same in a workspace, such as one of {@link dev.zstar.solvers.SharedMemory}. The solver closes it. */
    public static Anderson plan(Workspace workspace, Options options, Stopping stopping) {
        Arguments.present("plan", "the workspace", workspace);
        Arguments.present("plan", "options", options);
        return workspace.build(own -> new Anderson(own, options, stopping));
    }
}
