package dev.zstar.solvers;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import java.time.Duration;
import java.util.Arrays;

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
    public interface Method {
        /** As {@code Anderson.plan} with its options chosen. */
        FixedPointSolver plan(Engine engine, Type type, int n, int batch, Stopping stopping);
    }

    /** An inner solve that does not lower its own residual to this share has nothing to propose. */
    private static final double SOLVED = 0.5;
    /**
     * A correction costs about ten cheap evaluations; one that leaves more than this share of the residual is no better than steps on f
     * itself.
     */
    private static final double PROGRESS = 0.25;
    /** Evaluations without a better residual after which an inner solve ends: it has reached what the type resolves. */
    private static final int PATIENCE = 4;

    /** Where a row is. */
    private enum Stage {
        /** Its next step is a correction. */
        CORRECTING,
        /** Its iterate came from a correction that f has not judged yet. */
        PROPOSED,
        /** It takes the inner method's steps on f. */
        PLAIN
    }

    private final Options options;
    private final FixedPointSolver inner;
    private final Basis τ;
    /** {@code f(z_k)} by row of the batch, for a row that goes back; its z_k is the best iterate, which the result holds. */
    private final Basis values;
    /** Starts and results of inner solves, by row of the batch. */
    private final Block y;
    private final Corrected corrected = new Corrected();
    /** For a method that evaluates within its steps: what it spends is the row's. */
    private final CountedMap counted = new CountedMap(outcome::evaluated);
    private final Rows some;
    private final int[] at;
    private final Stage[] stage;
    private final double[] before;
    private final double[] tolerances;
    private final double[] ones;
    private final double[] minus;
    private final int[] steps;
    private final int[] cheap;
    private int calls;
    private ApproximatedMap pair;

    private MixedPrecision(Plan plan, Options options, Method method, Stopping stopping) {
        super(plan, stopping);
        this.options = options;
        Stopping within = Stopping.relative(0).within(options.maxEvaluations()).withPatience(PATIENCE);
        inner = method.plan(plan.engine, plan.type, plan.n, plan.batch,
                stopping.maxNanos() < Long.MAX_VALUE ? within.within(Duration.ofNanos(stopping.maxNanos())) : within);
        plan.include(inner.plan);
        if (!inner.plan.engine.equals(plan.engine) || inner.plan.type != plan.type || inner.plan.n != plan.n || inner.plan.batch != plan.batch) {
            String got = inner.plan.batch + " rows of " + inner.plan.n + " " + inner.plan.type + " on " + inner.plan.engine.name();
            throw new IllegalArgumentException("mixed precision: the inner plan is for " + got + "; expected what it was asked for, " + plan.batch
                    + " rows of " + plan.n + " " + plan.type + " on " + plan.engine.name());
        }
        τ = plan.basis(1);
        values = plan.basis(1);
        y = plan.block();
        some = new Rows(plan.batch);
        at = new int[plan.batch];
        stage = new Stage[plan.batch];
        before = new double[2 * plan.batch];
        tolerances = new double[plan.batch];
        ones = new double[plan.batch];
        minus = new double[plan.batch];
        Arrays.fill(ones, 1);
        Arrays.fill(minus, -1);
        steps = new int[plan.batch];
        cheap = new int[plan.batch];
    }

    /**
     * With {@link Anderson}, m = 5, inside. Allocates 5 blocks and those of the inner plan: 19 in all, for batches of up to {@code batch}
     * rows of {@code n} elements.
     */
    public static MixedPrecision plan(Engine engine, Type type, int n, int batch, Options options, Stopping stopping) {
        return plan(engine, type, n, batch, options,
                (e, t, width, rows, within) -> Anderson.plan(e, t, width, rows, Anderson.Options.DEFAULT, within), stopping);
    }

    /** With any method inside. Allocates 5 blocks and those of the inner plan. */
    public static MixedPrecision plan(Engine engine, Type type, int n, int batch, Options options, Method method, Stopping stopping) {
        return Plan.build(engine, type, n, batch, plan -> new MixedPrecision(plan, options, method, stopping));
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
        return calls;
    }

    /** Evaluations of the cheap map that row {@code b} spent in the last solve. */
    public int cheapEvaluations(int b) {
        return cheap[b];
    }

    @Override
    void begin(int b) {
        if (outcome.evaluations() == 0) {
            calls = 0;
        }
        stage[b] = Stage.CORRECTING;
        steps[b] = 0;
        cheap[b] = 0;
    }

    /** A row whose proposal is no better than where it came from goes back there. */
    @Override
    void take(int b, int p, Block zk, Block gk, double[] squares) {
        if (stage[b] == Stage.PROPOSED) {
            double is = squares[2 * b];
            stage[b] = Stage.CORRECTING;
            if (!(is < before[2 * b])) {
                recall(b, p, zk);
                gk.copyRow(values.block(), b, p);
                squares[2 * b] = before[2 * b];
                squares[2 * b + 1] = before[2 * b + 1];
                fall(b);
            } else if (is > PROGRESS * PROGRESS * before[2 * b]) {
                fall(b);
            }
        }
        before[2 * b] = squares[2 * b];
        before[2 * b + 1] = squares[2 * b + 1];
    }

    private void fall(int b) {
        stage[b] = Stage.PLAIN;
        inner.begin(b);
    }

    @Override
    int iterations(int b) {
        return steps[b];
    }

    @Override
    Status verdict(int b) {
        return stage[b] == Stage.PLAIN ? inner.verdict(b) : null;
    }

    @Override
    void advance(FixedPointMap f, Block zk, Block gk) {
        FixedPointMap low = f.approximation();
        if (low != null) {
            correct(low, zk, gk);
        }
        some.reset(0);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            steps[b]++;
            if (stage[b] == Stage.PROPOSED) {
                continue;
            }
            if (stage[b] == Stage.CORRECTING) {
                fall(b);
            }
            at[some.count()] = p;
            some.append(b);
        }
        if (some.count() > 0) {
            try {
                inner.step(this, counted.follow(f), zk, gk, some, at);
            } finally {
                counted.follow(null);
            }
        }
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (stage[b] == Stage.PROPOSED) {
                zk.copyRow(y, b, p);
            }
        }
    }

    /** Solves {@code z = f̃(z) + τ} for the rows that are corrected; those for which that came to something have a proposal in y. */
    private void correct(FixedPointMap low, Block zk, Block gk) {
        some.reset(0);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (stage[b] == Stage.CORRECTING) {
                some.append(b);
                y.copyRow(zk, p, b);
                double value = Math.sqrt(before[2 * b + 1]);
                double floor = Math.max(options.floor() * plan.type.unitRoundoff(), goal(b, value) / (2 * value));
                tolerances[b] = Math.min(SOLVED, Math.max(options.share() * Math.sqrt(before[2 * b]) / value, floor));
            }
        }
        if (some.count() == 0) {
            return;
        }
        plan.engine.store(gk, ones, values, 0, rows);
        corrected.low = corrected.counted.follow(low);
        corrected.first = true;
        try {
            inner.solveSome(corrected, y, some, tolerances);
        } finally {
            corrected.low = corrected.counted.follow(null);
        }
        for (int i = 0; i < some.count(); i++) {
            int b = some.index(i);
            if (inner.shortest(b) <= SOLVED * Math.sqrt(before[2 * b])) {
                stage[b] = Stage.PROPOSED;
            }
        }
    }

    /** {@code f̃(z) + τ}, which fixes τ at its first evaluation, in z_k. */
    private final class Corrected implements InputGuard.Own {
        private final CountedMap counted = new CountedMap(this::count);
        private CountedMap low;
        private boolean first;

        private void count(Rows active) {
            calls++;
            for (int p = 0; p < active.count(); p++) {
                cheap[active.index(p)]++;
            }
        }

        /** Those of f̃, as τ is constant. */
        @Override
        public DifferentiableMap derivatives() {
            return low.derivatives();
        }

        @Override
        public void apply(Block z, Block out, Rows active) {
            low.apply(z, out, active);
            if (first) {
                first = false;
                plan.engine.store(out, minus, τ, 0, active);
                plan.engine.mix(values, 1, ones, out, active);
                plan.engine.multiAxpy(τ, 1, ones, out, active, null);
                plan.engine.store(out, ones, τ, 0, active);
                plan.engine.mix(values, 1, ones, out, active);
            } else {
                plan.engine.multiAxpy(τ, 1, ones, out, active, null);
            }
        }
    }
}
