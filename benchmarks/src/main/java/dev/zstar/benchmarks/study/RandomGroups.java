package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.linear.LinearSolver;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Random solves in groups of rows: forward and linear, with any number of threads and any size of a group. Each row must end as it does
 * when one thread solves all rows together, to the last bit. If a map throws in one group, that exception must reach the caller when no
 * thread evaluates the map any more, and the next solve must be like any other.
 */
final class RandomGroups implements AutoCloseable {
    private static final int[] THREADS = {1, 2, 3, 5};

    private final Engine alone;
    private final Engine[] engines;
    private final Tally tally = new Tally();
    private long exceptions;

    /** How a solve ended. */
    private record End(Outcome outcome, RuntimeException thrown) {}

    /** A solve into a block, which holds the starts. */
    @FunctionalInterface
    private interface Solve {
        Outcome into(Block z);
    }

    RandomGroups(String engine) {
        alone = Engines.named(engine, 1);
        engines = Arrays.stream(THREADS).mapToObj(threads -> Engines.named(engine, threads)).toArray(Engine[]::new);
    }

    Tally tally() {
        return tally;
    }

    /** The solves that ended with an exception of the map, as they should. */
    long exceptions() {
        return exceptions;
    }

    /** Runs one solve in groups, and the same one together; the same seed gives the same. */
    void solve(long seed) {
        Random random = new Random(seed);
        int n = 1 + random.nextInt(random.nextInt(8) == 0 ? 40 : 6);
        int planned = 16 + random.nextInt(random.nextInt(16) == 0 ? 300 : 30);
        int rows = random.nextBoolean() ? planned : 1 + random.nextInt(planned);
        Type type = random.nextBoolean() ? Type.F32 : Type.F64;
        Engine engine = new SmallCacheEngine(engines[random.nextInt(engines.length)], 1L << 8 + random.nextInt(16));
        boolean forward = random.nextBoolean();
        String name = "groups " + seed + " (" + (forward ? "forward" : "linear") + ", " + rows + " of " + planned + " × " + n + " " + type
                + ", " + engine.threads() + " threads) ";
        long before = Block.liveBytes();
        try {
            if (forward) {
                forward(name, random, engine, type, planned, rows, n);
            } else {
                linear(name, random, engine, type, planned, rows, n);
            }
        } catch (RuntimeException e) {
            tally.addViolation("threw " + e.getClass().getSimpleName(), name + "threw " + e);
        }
        if (Block.liveBytes() != before) {
            tally.addViolation("left memory", name + "left " + (Block.liveBytes() - before) + " bytes");
        }
    }

    // ---- forward

    private void forward(String name, Random random, Engine engine, Type type, int planned, int rows, int n) {
        RandomPlan plan = RandomPlan.forGroups(random, type, n, planned);
        long drawn = random.nextLong();
        double[] tolerances = random.nextInt(4) == 0 ? random.doubles(rows, -10, -1).map(x -> Math.pow(10, x)).toArray() : null;
        RandomMap map = new RandomMap(new Random(drawn), type, n, rows, true);
        RandomMap same = new RandomMap(new Random(drawn), type, n, rows, true);
        try (FixedPointSolver groups = plan.plan(engine); FixedPointSolver one = plan.plan(alone);
                Block start = RandomSolves.starts(alone, random, type, rows, n, map::size);
                Block z = alone.allocate(type, rows, n); Block expected = alone.allocate(type, rows, n)) {
            z.copyFrom(start);
            expected.copyFrom(start);
            AtomicInteger running = new AtomicInteger();
            FixedPointMap f = FixedPointMap.reentrant((in, out, which) -> counted(running, () -> map.apply(in, out, which)));
            End ended = end(at -> groups.solve(f, at, tolerances), z);
            requireStill(name, running);
            End together = end(at -> one.solve(same, at, tolerances), expected);
            compare(name, ended, together, z, expected, map);
            if (ended.thrown != null) {
                RandomMap harmless = new RandomMap(new Random(drawn), type, n, rows, false);
                z.fill(0.5);
                expected.fill(0.5);
                compare(name + "after an exception ", end(at -> groups.solve(FixedPointMap.reentrant(harmless), at), z),
                        end(at -> one.solve(harmless, at), expected), z, expected, harmless);
            }
        }
    }

    // ---- linear

    private void linear(String name, Random random, Engine engine, Type type, int planned, int rows, int n) {
        RandomSystems.Plan plan = RandomSystems.Plan.forGroups(random, type, n, planned);
        long drawn = random.nextLong();
        RandomSystem t = new RandomSystem(new Random(drawn), type, n, rows);
        RandomSystem same = new RandomSystem(new Random(drawn), type, n, rows);
        int throwsAt = random.nextInt(6) == 0 ? 1 + random.nextInt(6) : 0;
        int throwing = random.nextInt(rows);
        boolean resumed = random.nextInt(3) == 0;
        try (LinearSolver groups = plan.plan(engine); LinearSolver one = plan.plan(alone);
                Block rhs = RandomSystems.rightHandSides(alone, random, type, n, rows);
                Block u = alone.allocate(type, rows, n); Block expected = alone.allocate(type, rows, n)) {
            for (int b = 0; resumed && b < rows; b++) {
                for (int i = 0; i < n; i++) {
                    u.set(b, i, random.nextInt(100) == 0 ? Double.NaN : random.nextGaussian());
                }
            }
            expected.copyFrom(u);
            AtomicInteger running = new AtomicInteger();
            LinearOperator shared = LinearOperator.reentrant(throwing(t, throwing, throwsAt, running));
            End ended = end(at -> resumed ? groups.resume(shared, rhs, at) : groups.solve(shared, rhs, at), u);
            requireStill(name, running);
            LinearOperator counted = throwing(same, throwing, throwsAt, new AtomicInteger());
            End together = end(at -> resumed ? one.resume(counted, rhs, at) : one.solve(counted, rhs, at), expected);
            compare(name, ended, together, u, expected, null);
            if (ended.thrown != null) {
                RandomSystem other = new RandomSystem(new Random(drawn + 1), type, n, rows);
                RandomSystem otherSame = new RandomSystem(new Random(drawn + 1), type, n, rows);
                compare(name + "after an exception ", end(at -> groups.solve(LinearOperator.reentrant(other), rhs, at), u),
                        end(at -> one.solve(otherSame, rhs, at), expected), u, expected, null);
            }
        }
    }

    /** An operator that throws at a product of one row. */
    private static LinearOperator throwing(RandomSystem t, int row, int at, AtomicInteger running) {
        int[] products = {0};
        LinearOperator apply = (u, out, rows) -> counted(running, () -> {
            strike(rows, row, at, products);
            t.apply(u, out, rows);
        });
        return LinearOperator.of(apply, (u, out, rows) -> counted(running, () -> {
            strike(rows, row, at, products);
            t.applyTransposed(u, out, rows);
        }));
    }

    private static void strike(Rows rows, int row, int at, int[] products) {
        for (int p = 0; p < rows.count(); p++) {
            if (rows.index(p) == row && ++products[0] == at) {
                throw new RandomMap.Thrown();
            }
        }
    }

    // ---- both

    private static void counted(AtomicInteger running, Runnable call) {
        running.incrementAndGet();
        try {
            call.run();
        } finally {
            running.decrementAndGet();
        }
    }

    private void requireStill(String name, AtomicInteger running) {
        if (running.get() != 0) {
            tally.addViolation("still running", name + "returned while " + running.get() + " threads evaluate the map");
        }
    }

    private static End end(Solve solve, Block z) {
        try {
            return new End(solve.into(z), null);
        } catch (RandomMap.Thrown e) {
            return new End(null, e);
        }
    }

    /** @param map whose noise differs from solve to solve; null if there is none */
    private void compare(String name, End ended, End together, Block z, Block expected, RandomMap map) {
        if (ended.thrown != null || together.thrown != null) {
            exceptions++;
            boolean byChance = map != null && IntStream.range(0, z.rows()).anyMatch(map::mayThrow);
            if (!byChance && (ended.thrown == null || together.thrown == null)) {
                tally.addViolation("exception", name + "threw in groups: " + ended.thrown + ", together: " + together.thrown);
            }
            return;
        }
        for (int b = 0; b < z.rows(); b++) {
            tally.addRow(ended.outcome.status(b));
            if (map != null && !map.isDeterministic(b)) {
                continue;
            }
            boolean same = ended.outcome.status(b) != null && ended.outcome.status(b) == together.outcome.status(b)
                    && ended.outcome.evaluations(b) == together.outcome.evaluations(b)
                    && ended.outcome.cycles(b) == together.outcome.cycles(b)
                    && Double.compare(ended.outcome.residual(b), together.outcome.residual(b)) == 0
                    && Arrays.equals(EvaluationLog.row(z, b), EvaluationLog.row(expected, b));
            if (!same) {
                tally.addViolation("another end", name + "ends row " + b + " with " + ended.outcome.status(b) + " after "
                        + ended.outcome.evaluations(b) + " evaluations, residual " + ended.outcome.residual(b) + ", and together with "
                        + together.outcome.status(b) + " after " + together.outcome.evaluations(b) + ", residual "
                        + together.outcome.residual(b));
            }
        }
    }

    @Override
    public void close() {
        alone.close();
        for (Engine engine : engines) {
            engine.close();
        }
    }
}
