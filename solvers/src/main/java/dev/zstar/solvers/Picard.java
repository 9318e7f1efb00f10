package dev.zstar.solvers;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * Plain iteration {@code z ← z + β (f(z) - z)}; with {@code β < 1} damped (Krasnoselskii 1955). Converges where the map contracts,
 * at the rate of its Lipschitz constant; the yardstick for all others, and what {@linkplain #equivalentDepth equivalent depth} counts.
 *
 * <p>β may be chosen by the residuals, for each row in each step (Irons and Tuck 1969; Aitken's process for vectors):
 * {@code β_k = -β_{k-1} ⟨r_{k-1}, r_k - r_{k-1}⟩ / ‖r_k - r_{k-1}‖²}, the secant method where the residual keeps its direction. It costs a
 * sweep and a vector of memory.
 */
public final class Picard extends FixedPointSolver {
    /**
     * How far a step goes.
     *
     * @param damping β, or the first one
     * @param adaptive whether the residuals choose β from the second step on
     * @param least the smallest β that they may choose
     * @param most the largest
     */
    public record Options(double damping, boolean adaptive, double least, double most) {
        /** Whole steps. */
        public static final Options PLAIN = damped(1);

        /**
         * Steps from 0.05 to 100, the first one whole. With at most 1, 5 and 20 it took 1.7, 1.15 and 1.04 times as many evaluations
         * (geometric mean over 98 problems), and solved 89, 92 and 92 of them, as with 100.
         */
        public static final Options ADAPTIVE = new Options(1, true, 0.05, 100);

        /** Checks the ranges. */
        public Options {
            if (!(damping > 0 && damping <= 1)) {
                throw new IllegalArgumentException("damping " + damping + "; expected 0 < β ≤ 1");
            }
            if (adaptive && !(least > 0 && least <= damping && damping <= most && most <= 1000)) {
                throw new IllegalArgumentException("steps from " + least + " to " + most + ", the first " + damping + "; expected 0 < least ≤ first ≤ most ≤ 1000");
            }
        }

        /** The same β in every step. */
        public static Options damped(double β) {
            return new Options(β, false, β, β);
        }

        /** These options, the residuals choosing within these limits. */
        public Options withinSteps(double least, double most) {
            return new Options(damping, true, least, most);
        }
    }

    private final Options options;
    private final Adaptation adaptation;

    private Picard(Plan plan, Options options, Stopping stopping) {
        super(plan, stopping);
        this.options = options;
        adaptation = options.adaptive() ? new Adaptation(plan, options) : null;
    }

    /** Allocates two blocks, three where the residuals choose β, for batches of up to {@code batch} rows of {@code n} elements. */
    public static Picard plan(Engine engine, Type type, int n, int batch, Options options, Stopping stopping) {
        return Plan.build(engine, type, n, batch, plan -> new Picard(plan, options, stopping));
    }

    /** The same with one β for all steps. */
    public static Picard plan(Engine engine, Type type, int n, int batch, double β, Stopping stopping) {
        return plan(engine, type, n, batch, Options.damped(β), stopping);
    }

    @Override
    double damping() {
        return options.adaptive() ? Double.NaN : options.damping();
    }

    @Override
    void begin(int b) {
        if (adaptation != null) {
            adaptation.begin(b);
        }
    }

    @Override
    void take(int b, int p, Block zk, Block gk, double[] squares) {
        if (adaptation != null) {
            adaptation.square[b] = squares[2 * b];
        }
    }

    @Override
    void advance(FixedPointMap f, Block zk, Block gk) {
        if (adaptation != null) {
            adaptation.step(zk, gk);
        } else if (options.damping() == 1) {
            swap();
        } else {
            plan.engine.axpby(options.damping(), gk, 1 - options.damping(), zk);
        }
    }

    /**
     * The equivalent depth {@code L_eq(ε)}: the plain steps from {@code start} until every row's relative residual is at most ε, and
     * so the depth of the weight-tied network that a solve to ε replaces. Empty where {@code limit} steps do not get there.
     *
     * @param start is left unchanged
     */
    public static OptionalInt equivalentDepth(Engine engine, FixedPointMap f, Block start, double ε, int limit) {
        try (Picard picard = plan(engine, start.type(), start.cols(), start.rows(), 1, Stopping.relative(ε).within(limit));
                Block z = engine.allocate(start.type(), start.rows(), start.cols())) {
            z.copyFrom(start);
            Outcome outcome = picard.solve(f, z);
            return outcome.succeeded() ? OptionalInt.of(outcome.evaluations()) : OptionalInt.empty();
        }
    }

    /** β for each row, from its last two residuals. */
    private final class Adaptation {
        private final Options options;
        /** r of the step before. */
        private final Basis last;
        private final double[] products;
        /** ‖r‖² of this step, and of the one before; NaN if there is none. */
        private final double[] square;
        private final double[] before;
        private final double[] β;
        private final double[] steps;
        private final double[] ones;

        Adaptation(Plan plan, Options options) {
            this.options = options;
            last = plan.basis(1);
            products = new double[plan.batch];
            square = new double[plan.batch];
            before = new double[plan.batch];
            β = new double[plan.batch];
            steps = new double[plan.batch];
            ones = new double[plan.batch];
            Arrays.fill(ones, 1);
        }

        void begin(int b) {
            before[b] = Double.NaN;
            β[b] = options.damping();
        }

        void step(Block zk, Block gk) {
            plan.engine.axpby(-1, zk, 1, gk);
            plan.engine.multiDot(last, 1, gk, rows, products);
            for (int p = 0; p < rows.count(); p++) {
                int b = rows.index(p);
                double change = square[b] - 2 * products[b] + before[b];
                // NaN in the first step; 0 where the residual did not change.
                if (change > 0) {
                    β[b] = Math.clamp(-β[b] * (products[b] - before[b]) / change, options.least(), options.most());
                }
                before[b] = square[b];
                steps[p] = β[b];
            }
            plan.engine.store(gk, ones, last, 0, rows);
            plan.engine.axpby(steps, gk, ones, zk);
        }
    }
}
