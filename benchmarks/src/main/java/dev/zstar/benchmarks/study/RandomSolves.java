package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Anderson;
import dev.zstar.solvers.Broyden;
import dev.zstar.solvers.FixedPointSolver;
import dev.zstar.solvers.NewtonKrylov;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Picard;
import dev.zstar.solvers.Safeguard;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Solves with everything drawn at random: map, shape, type, method, options, stopping rules, start, faults. Each must end with a named status for every row,
 * within its budget, with what it claims being true, and give back its memory.
 */
final class RandomSolves {
    /** Failures that are told in full. */
    private static final int TOLD = 5;
    /** The method that makes as many evaluations as it needs, and takes no fixed number. */
    private static final int NEWTON = 2;

    private final Engine engine;
    private final Map<Status, Long> statuses = new EnumMap<>(Status.class);
    private final List<String> broken = new ArrayList<>();
    private long rows;

    RandomSolves(Engine engine) {
        this.engine = engine;
    }

    /** How many rows ended with each status. */
    Map<Status, Long> statuses() {
        return statuses;
    }

    /** The rows of all batches. */
    long rows() {
        return rows;
    }

    /** The first solves that did not hold what they must, in words. */
    List<String> broken() {
        return broken;
    }

    /** One solve; the same for the same seed. */
    void solve(long seed) {
        Random random = new Random(seed);
        int n = 1 + random.nextInt(random.nextInt(8) == 0 ? 40 : 6);
        int batch = 1 + random.nextInt(5);
        Type type = random.nextBoolean() ? Type.F32 : Type.F64;
        Stopping drawn = stopping(random);
        int method = random.nextInt(4);
        Stopping stopping = method == NEWTON && (drawn.fixed() || !drawn.recorded().isEmpty()) ? Stopping.relative(1e-6).within(drawn.maxEvaluations()) : drawn;
        RandomMap map = new RandomMap(random, n, batch);
        long before = Block.liveBytes();
        try (FixedPointSolver solver = solver(method, random, type, n, batch, stopping);
                Block start = start(random, type, n, batch);
                Block z = engine.allocate(type, batch, n)) {
            z.copyFrom(start);
            try {
                int calls = random.nextInt(10) == 0 ? 1 + random.nextInt(8) : Integer.MAX_VALUE;
                Outcome outcome = solver.solve(map, z, (progress, at, active) -> progress.evaluations() < calls);
                check(seed, solver, stopping, map, start, z, outcome);
            } catch (RandomMap.Thrown e) {
                // Came out as it went in; the plan must still work.
                z.fill(0);
                Outcome outcome = solver.solve((in, out, active) -> out.fill(1), z);
                hold(outcome.evaluations() >= 1, seed, solver, "does not solve after its map threw");
            }
        } catch (RuntimeException e) {
            hold(false, seed, null, "threw " + e);
        }
        hold(Block.liveBytes() == before, seed, null, "left " + (Block.liveBytes() - before) + " bytes");
    }

    private void check(long seed, FixedPointSolver solver, Stopping stopping, RandomMap map, Block start, Block z, Outcome outcome) {
        hold(map.calls() == outcome.evaluations(), seed, solver, "counted " + outcome.evaluations() + " of " + map.calls() + " evaluations");
        try (Block g = engine.allocate(z.type(), z.rows(), z.cols())) {
            RandomSolves.apply(map, z, g);
            for (int b = 0; b < z.rows(); b++) {
                Status status = outcome.status(b);
                rows++;
                hold(outcome.evaluations(b) <= stopping.maxEvaluations(), seed, solver, "spent " + outcome.evaluations(b) + " evaluations on row " + b);
                if (status == null) {
                    hold(false, seed, solver, "has no status for row " + b);
                    continue;
                }
                statuses.merge(status, 1L, Long::sum);
                boolean finite = isFinite(z, b);
                hold(finite || !isFinite(start, b) || status == Status.NONFINITE_INPUT || stopping.fixed(), seed, solver, "gave back NaN with " + status);
                if (finite && map.isContinuous(b) && outcome.residual(b) < 1e3) {
                    double residual = residual(z, g, b);
                    // A residual may have been rounded to the block's type, and the point made from it and the value.
                    double roundoff = 100 * z.type().unitRoundoff();
                    hold(Math.abs(residual - outcome.residual(b)) <= roundoff * (1 + residual), seed, solver,
                            "claims a residual of " + outcome.residual(b) + " in row " + b + ", where it is " + residual + ", with " + status);
                    if (status == Status.CONVERGED_RELATIVE) {
                        hold(outcome.residual(b) <= stopping.relative(), seed, solver, "claims success at " + outcome.residual(b));
                    }
                }
            }
        }
    }

    private static void apply(RandomMap map, Block z, Block g) {
        try {
            map.apply(z, g, new Rows(z.rows()));
        } catch (RandomMap.Thrown e) {
            // A row that throws is not looked at.
        }
    }

    private static boolean isFinite(Block z, int b) {
        for (int i = 0; i < z.cols(); i++) {
            if (!Double.isFinite(z.get(b, i))) {
                return false;
            }
        }
        return true;
    }

    private static double residual(Block z, Block g, int b) {
        double steps = 0;
        double values = 0;
        for (int i = 0; i < z.cols(); i++) {
            double step = g.get(b, i) - z.get(b, i);
            steps += step * step;
            values += g.get(b, i) * g.get(b, i);
        }
        return steps == 0 ? 0 : Math.sqrt(steps / values);
    }

    private Block start(Random random, Type type, int n, int batch) {
        Block start = engine.allocate(type, batch, n);
        for (int b = 0; b < batch; b++) {
            double size = random.nextInt(4) == 0 ? 0 : Math.pow(10, random.nextInt(7) - 3);
            for (int i = 0; i < n; i++) {
                start.set(b, i, random.nextInt(200) == 0 ? Double.NaN : size * random.nextGaussian());
            }
        }
        return start;
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

    private FixedPointSolver solver(int method, Random random, Type type, int n, int batch, Stopping stopping) {
        return switch (method) {
            case 0 -> Picard.plan(engine, type, n, batch, 1 - 0.9 * random.nextDouble(), stopping);
            case 1 -> Anderson.plan(engine, type, n, batch, anderson(random), stopping);
            case NEWTON -> NewtonKrylov.plan(engine, type, n, batch, newton(random), stopping);
            default -> Broyden.plan(engine, type, n, batch, new Broyden.Options(2 + random.nextInt(12)), stopping);
        };
    }

    private static Anderson.Options anderson(Random random) {
        Anderson.Options options = Anderson.Options.DEFAULT.withWindow(1 + random.nextInt(8));
        options = random.nextInt(3) == 0 ? options.withVariant(Anderson.Variant.TYPE_I) : options;
        options = random.nextInt(4) == 0 && options.variant() == Anderson.Variant.TYPE_II ? options.withOrthogonal() : options;
        options = random.nextInt(4) == 0 ? options.withMixing(0.1 + random.nextDouble()) : options;
        options = random.nextInt(6) == 0 ? options.withMixing(Anderson.Mixing.byGain()) : options;
        options = random.nextInt(6) == 0 ? options.withDelay(random.nextInt(5)) : options;
        options = random.nextInt(6) == 0 ? options.withRestart(2 + random.nextInt(6)) : options;
        options = random.nextInt(6) == 0 ? options.withRestartAtGrowth(1 + random.nextDouble()) : options;
        options = random.nextInt(6) == 0 ? options.withRegularisation(random.nextDouble() / 2) : options;
        options = random.nextInt(4) == 0 ? options.withSafeguard(new Safeguard(1 + 3 * random.nextDouble(), 1 - 0.9 * random.nextDouble())) : options;
        return random.nextInt(6) == 0 ? options.withCondition(1.5 + 1e7 * random.nextDouble()) : options;
    }

    private static NewtonKrylov.Options newton(Random random) {
        NewtonKrylov.Options options = NewtonKrylov.Options.DEFAULT.withKrylov(1 + random.nextInt(12));
        options = random.nextInt(3) == 0 ? options.withForcing(0.99 * random.nextDouble() + 1e-6) : options;
        return random.nextInt(3) == 0 ? options.withLineSearch(1e-4, random.nextInt(10)) : options;
    }

    private void hold(boolean holds, long seed, FixedPointSolver solver, String what) {
        if (!holds && broken.size() < TOLD) {
            broken.add("solve " + seed + (solver == null ? "" : " by " + solver.getClass().getSimpleName()) + " " + what);
        }
    }
}
