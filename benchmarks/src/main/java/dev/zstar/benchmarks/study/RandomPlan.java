package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.MixedPrecision;
import dev.zstar.solvers.fixedpoint.NewtonKrylov;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.fixedpoint.Safeguard;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/**
 * A random shape, and a random method with options and stopping rules that fit together.
 *
 * @param seed seed of the options
 */
record RandomPlan(Type type, int n, int batch, ForwardMethod method, Stopping stopping, long seed) {
    /** The fixed-point methods. */
    enum ForwardMethod {
        PICARD,
        ANDERSON,
        BROYDEN,
        /** Has no mode with a fixed number of evaluations, and records no states. */
        NEWTON,
        MIXED;

        private static final List<ForwardMethod> ALL = List.of(values());
        /** The methods that mixed precision may use inside. */
        private static final List<ForwardMethod> INNER = List.of(PICARD, ANDERSON, BROYDEN, NEWTON);
    }

    /** Draws a plan. Most are small, since faults show at any size. Some rows are longer than two vectors. */
    static RandomPlan draw(Random random) {
        int n = 1 + random.nextInt(random.nextInt(8) == 0 ? 40 : 6);
        int batch = 1 + random.nextInt(5);
        Type type = random.nextBoolean() ? Type.F32 : Type.F64;
        Stopping drawn = stopping(random);
        ForwardMethod method = ForwardMethod.ALL.get(random.nextInt(ForwardMethod.ALL.size()));
        boolean unsupported = method == ForwardMethod.NEWTON && (drawn.fixed() || !drawn.recorded().isEmpty());
        Stopping stopping = unsupported ? Stopping.relative(1e-6).within(drawn.maxEvaluations()) : drawn;
        return new RandomPlan(type, n, batch, method, stopping, random.nextLong());
    }

    /** Draws a method that solves rows in groups, with a stopping rule that lets it. */
    static RandomPlan forGroups(Random random, Type type, int n, int batch) {
        RandomPlan plan;
        do {
            ForwardMethod method = random.nextBoolean() ? ForwardMethod.ANDERSON : ForwardMethod.PICARD;
            plan = new RandomPlan(type, n, batch, method, stopping(random), random.nextLong());
        } while (!plan.fitsStreams());
        return plan;
    }

    /** Whether a stream accepts the stopping rule. */
    boolean fitsStreams() {
        return stopping.maxNanos() == Long.MAX_VALUE && !stopping.trace() && stopping.recorded().isEmpty();
    }

    /** Plans the solver, with the same options every time. */
    FixedPointSolver plan(Engine engine) {
        return plan(method, new Random(seed), engine, type, n, batch, stopping);
    }

    private static FixedPointSolver plan(
            ForwardMethod method, Random random, Engine engine, Type type, int n, int batch, Stopping stopping) {
        return switch (method) {
            case PICARD -> Picard.plan(engine, type, batch, n, 1 - 0.9 * random.nextDouble(), stopping);
            case ANDERSON -> Anderson.plan(engine, type, batch, n, anderson(random), stopping);
            case BROYDEN -> Broyden.plan(engine, type, batch, n, broyden(random, stopping), stopping);
            case NEWTON -> NewtonKrylov.plan(engine, type, batch, n, newton(random), stopping);
            case MIXED -> {
                ForwardMethod inner = ForwardMethod.INNER.get(random.nextInt(ForwardMethod.INNER.size()));
                yield MixedPrecision.plan(engine, type, batch, n, mixed(random),
                        (e, t, rows, width, within) -> plan(inner, random, e, t, width, rows, within), stopping);
            }
        };
    }

    private static Stopping stopping(Random random) {
        int budget = 1 + random.nextInt(40);
        if (random.nextInt(10) == 0) {
            return Stopping.fixed(budget);
        }
        Stopping stopping = Stopping.relative(random.nextInt(10) == 0 ? 0 : Math.pow(10, -1 - 9 * random.nextDouble())).within(budget);
        stopping = random.nextInt(6) == 0 ? stopping.orAbsolute(Math.pow(10, -8 * random.nextDouble())) : stopping;
        stopping = random.nextInt(6) == 0 ? stopping.orStep(Math.pow(10, -1 - 8 * random.nextDouble())) : stopping;
        stopping = random.nextInt(6) == 0 ? stopping.withPatience(1 + random.nextInt(10)) : stopping;
        stopping = random.nextInt(6) == 0 ? stopping.withinIterations(1 + random.nextInt(20)) : stopping;
        stopping = random.nextInt(20) == 0 ? stopping.within(Duration.ofNanos(1 + random.nextInt(50_000))) : stopping;
        stopping = random.nextInt(6) == 0 ? stopping.traced() : stopping;
        return random.nextInt(10) == 0 ? stopping.recording(1, 3) : stopping;
    }

    /** One of {@code some} sizes from {@code least} on, or, once in eight, of {@code many}, far more than unknowns or evaluations. */
    private static int memory(Random random, int least, int some, int many) {
        return least + random.nextInt(random.nextInt(8) == 0 ? many : some);
    }

    private static Anderson.Options anderson(Random random) {
        Anderson.Options options = Anderson.Options.DEFAULT.withWindow(memory(random, 1, 8, 50));
        options = random.nextInt(3) == 0 ? options.withVariant(Anderson.Variant.TYPE_I) : options;
        options = random.nextInt(4) == 0 && options.variant() == Anderson.Variant.TYPE_II ? options.withOrthogonal() : options;
        options = random.nextInt(4) == 0 ? options.withMixing(0.1 + random.nextDouble()) : options;
        options = random.nextInt(6) == 0 ? options.withMixing(Anderson.Mixing.byGain()) : options;
        options = random.nextInt(6) == 0 ? options.withDelay(random.nextInt(5)) : options;
        options = random.nextInt(6) == 0 ? options.withRestart(2 + random.nextInt(6)) : options;
        options = random.nextInt(6) == 0 ? options.withRestartAtGrowth(1 + random.nextDouble()) : options;
        options = random.nextInt(6) == 0 ? options.withRegularisation(random.nextDouble() / 2) : options;
        options = random.nextInt(4) == 0 ? options.withSafeguard(safeguard(random)) : options;
        return random.nextInt(6) == 0 ? options.withCondition(1.5 + 1e7 * random.nextDouble()) : options;
    }

    private static Safeguard safeguard(Random random) {
        return new Safeguard(1 + 3 * random.nextDouble(), 1 - 0.9 * random.nextDouble());
    }

    private static Broyden.Options broyden(Random random, Stopping stopping) {
        Broyden.Options options = new Broyden.Options(memory(random, 2, 12, 200));
        options = random.nextBoolean() ? options.withUpdate(Broyden.Update.BAD) : options;
        options = random.nextInt(3) == 0 ? options.withReduction(Broyden.Reduction.SVD) : options;
        options = random.nextInt(6) == 0 ? options.withRank(1 + random.nextInt(options.memory() - 1)) : options;
        return options.withLineSearch(random.nextInt(3) == 0 && !stopping.fixed());
    }

    private static NewtonKrylov.Options newton(Random random) {
        NewtonKrylov.Options options = NewtonKrylov.Options.DEFAULT.withKrylov(memory(random, 1, 12, 200))
                .withDifferences(random.nextBoolean());
        options = random.nextInt(3) == 0 ? options.withForcing(0.99 * random.nextDouble() + 1e-6) : options;
        return random.nextInt(3) == 0 ? options.withLineSearch(1e-4, random.nextInt(10)) : options;
    }

    private static MixedPrecision.Options mixed(Random random) {
        MixedPrecision.Options options = MixedPrecision.Options.DEFAULT.within(2 + random.nextInt(20));
        return random.nextInt(3) == 0 ? options.withShare(0.5 - 0.499 * random.nextDouble()).withFloor(random.nextInt(10)) : options;
    }
}
