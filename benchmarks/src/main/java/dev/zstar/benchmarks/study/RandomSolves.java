package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.ApproximatedMap;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.MixedPrecision;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Random solves: map, shape, type, method, options, stopping rules, start and faults are drawn at random, and the solve runs as a batch or
 * as a stream.
 *
 * <p>Every row must end with a named status, within its budget. What the status claims must be true. All memory must be returned. An
 * exception of the map, an observer or a stream handler must come out unchanged. The solver must then solve with the same bits as a new
 * one. In one solve of four, one row is solved again as a batch of one, and must have the same bits.
 */
final class RandomSolves {
    private final Engine engine;
    private final Tally tally = new Tally();
    private long exceptions;

    RandomSolves(Engine engine) {
        this.engine = engine;
    }

    /** How the rows of all batches and streams ended. */
    Tally tally() {
        return tally;
    }

    /** The solves that ended with an exception of the map, an observer or a stream handler, as they should. */
    long exceptions() {
        return exceptions;
    }

    /** Runs one solve or one stream; the same seed gives the same. */
    void solve(long seed) {
        Random random = new Random(seed);
        RandomPlan plan = RandomPlan.draw(random);
        long before = Block.liveBytes();
        try (FixedPointSolver solver = plan.plan(engine)) {
            boolean stream = random.nextInt(4) == 0 && plan.fitsStreams();
            int problems = stream ? plan.batch() + random.nextInt(8) : plan.batch();
            long drawn = random.nextLong();
            RandomMap map = new RandomMap(new Random(drawn), plan.type(), plan.n(), problems, true);
            try (Block starts = starts(engine, random, plan.type(), problems, plan.n(), map::size);
                    Block z = engine.allocate(plan.type(), plan.batch(), plan.n())) {
                ForwardAttempt attempt = new ForwardAttempt(seed, plan, solver, map, starts, z);
                if (stream) {
                    attempt.stream(random);
                } else {
                    attempt.batch(random);
                }
                attempt.solveAlone(new RandomMap(new Random(drawn), plan.type(), plan.n(), problems, true));
            } catch (RandomMap.Thrown e) {
                exceptions++;
                solveAgain(seed, plan, solver);
            }
        } catch (RuntimeException e) {
            require(false, seed, plan, "threw " + e);
        }
        require(Block.liveBytes() == before, seed, plan, "left " + (Block.liveBytes() - before) + " bytes");
    }

    /** A solve that was interrupted must not influence the next one. */
    private void solveAgain(long seed, RandomPlan plan, FixedPointSolver solver) {
        if (plan.stopping().maxNanos() < Long.MAX_VALUE) {
            // Time decides where the solve ends.
            return;
        }
        try (FixedPointSolver fresh = plan.plan(engine);
                Block z = starts(engine, new Random(seed), plan.type(), plan.batch(), plan.n(), _ -> 1);
                Block expected = engine.allocate(plan.type(), plan.batch(), plan.n())) {
            expected.copyFrom(z);
            Outcome outcome = solver.solve(harmless(seed, plan), z);
            Outcome other = fresh.solve(harmless(seed, plan), expected);
            boolean same = outcome.evaluations() == other.evaluations() && Arrays.equals(z.toDoubles(), expected.toDoubles());
            for (int b = 0; b < plan.batch(); b++) {
                same &= outcome.status(b) != null && outcome.status(b) == other.status(b);
            }
            require(same, seed, plan, "solves differently from a new solver after an exception");
        }
    }

    private static FixedPointMap harmless(long seed, RandomPlan plan) {
        RandomMap map = new RandomMap(new Random(seed), plan.type(), plan.n(), plan.batch(), false);
        return new ApproximatedMap(map, map.cheap());
    }

    /** Random starts near the size of each problem's numbers, or 0. */
    static Block starts(Engine engine, Random random, Type type, int problems, int n, IntToDoubleFunction sizes) {
        Block start = engine.allocate(type, problems, n);
        for (int b = 0; b < problems; b++) {
            double size = random.nextInt(4) == 0 ? 0 : Math.pow(10, random.nextInt(7) - 3);
            size *= random.nextInt(4) > 0 ? sizes.applyAsDouble(b) : 1;
            for (int i = 0; i < n; i++) {
                double most = type == Type.F32 ? Float.MAX_VALUE : Double.MAX_VALUE;
                start.set(b, i, random.nextInt(200) == 0 ? Double.NaN : Math.clamp(size * random.nextGaussian(), -most, most));
            }
        }
        return start;
    }

    private void require(boolean holds, long seed, RandomPlan plan, String what) {
        if (!holds) {
            violated(what.replaceAll("[0-9][-0-9.E]*", "#"), seed, plan, what);
        }
    }

    private void violated(String kind, long seed, RandomPlan plan, String what) {
        String shape = plan.batch() + " × " + plan.n() + " " + plan.type();
        tally.addViolation(kind, "solve " + seed + " (" + plan.method() + ", " + shape + ") " + what);
    }

    /** One solve while it runs. */
    private final class ForwardAttempt {
        private final long seed;
        private final RandomPlan plan;
        private final Stopping stopping;
        private final FixedPointSolver solver;
        private final RandomMap map;
        private final Block starts;
        private final Block z;
        private double[] tolerances;
        private boolean hasCheap;
        /** Whether an observer ends some rows. */
        private boolean hasExits;
        /** The problem that is solved again, in one solve of four. */
        private final int watched;
        /** How the watched problem ended. */
        private Status end;

        private int spent;
        private double[] found;

        ForwardAttempt(long seed, RandomPlan plan, FixedPointSolver solver, RandomMap map, Block starts, Block z) {
            this.seed = seed;
            this.plan = plan;
            stopping = plan.stopping();
            this.solver = solver;
            this.map = map;
            this.starts = starts;
            this.z = z;
            watched = (int) Math.floorMod(seed, 4L * starts.rows());
        }

        /** The map. In three of four solves in mixed precision it has a cheap map. */
        private FixedPointMap drawMap(Random random) {
            hasCheap = plan.method() == RandomPlan.ForwardMethod.MIXED && random.nextInt(4) > 0;
            return hasCheap ? new ApproximatedMap(map, map.cheap()) : map;
        }

        void batch(Random random) {
            z.copyFrom(starts);
            FixedPointMap f = drawMap(random);
            Outcome outcome;
            if (random.nextInt(8) == 0) {
                tolerances = random.doubles(plan.batch(), -10, -1).map(x -> Math.pow(10, x)).toArray();
                outcome = solver.solve(f, z, tolerances);
            } else {
                hasExits = random.nextInt(8) == 0;
                outcome = solver.solve(f, z, observer(random));
            }
            checkCounts(outcome);
            for (int b = 0; b < z.rows(); b++) {
                check(b, b, z, outcome);
            }
        }

        private RowObserver observer(Random random) {
            int cancels = random.nextInt(10) == 0 ? 1 + random.nextInt(8) : Integer.MAX_VALUE;
            int throwsAt = random.nextInt(40) == 0 ? 1 + random.nextInt(8) : Integer.MAX_VALUE;
            int[] calls = {0};
            return cancels == throwsAt && !hasExits && random.nextBoolean() ? null : (progress, at, active, exits) -> {
                if (++calls[0] == throwsAt) {
                    throw new RandomMap.Thrown();
                }
                stopSome(map, progress, active, exits);
                if (calls[0] >= cancels) {
                    exits.cancel();
                }
            };
        }

        /** Ends one problem of three after a number of evaluations that depends on the problem alone. */
        private void stopSome(RandomMap of, Outcome progress, Rows active, Exits exits) {
            for (int p = 0; hasExits && p < active.count(); p++) {
                int b = active.index(p);
                Random own = new Random(31 * seed + of.problem[b]);
                if (own.nextInt(3) == 0 && progress.evaluations(b) > own.nextInt(12)) {
                    exits.stop(p);
                }
            }
        }

        void stream(Random random) {
            FixedPointMap f = drawMap(random);
            Outcome[] last = {null};
            RandomFeed feed = new RandomFeed(random, map, starts, z.rows(), (index, slot, states, outcome) -> {
                last[0] = outcome;
                check(index, slot, states, outcome);
                // An observer that ends a row without an accepted point cancels it.
                boolean stopped = hasExits && !(outcome.residual(slot) < Double.POSITIVE_INFINITY);
                require(outcome.status(slot) != Status.TIME_BUDGET && (outcome.status(slot) != Status.CANCELLED || stopped), seed, plan,
                        "obeyed the time budget or an observer in a stream");
            });
            hasExits = random.nextInt(8) == 0;
            solver.stream(f, z, feed, hasExits ? (progress, at, active, exits) -> stopSome(map, progress, active, exits) : null);
            require(feed.isComplete(), seed, plan, "lost a problem of the stream or returned one twice");
            if (last[0] != null) {
                checkCounts(last[0]);
            }
        }

        /** Solves the watched problem again, as a batch of one. */
        void solveAlone(RandomMap same) {
            if (end == null || end == Status.CANCELLED || stopping.maxNanos() < Long.MAX_VALUE || same.isNoisy(watched, hasCheap)) {
                return;
            }
            Block one = z.head(1);
            one.copyRow(starts, watched, 0);
            same.assign(0, watched);
            FixedPointMap f = hasCheap ? new ApproximatedMap(same, same.cheap()) : same;
            RowObserver observer = (progress, at, active, exits) -> stopSome(same, progress, active, exits);
            Outcome outcome = tolerances == null ? solver.solve(f, one, observer)
                    : solver.solve(f, one, new double[] {tolerances[watched]});
            boolean samePoint = Arrays.equals(row(one, 0), found);
            require(outcome.status(0) == end && outcome.evaluations(0) == spent && samePoint, seed, plan,
                    "ends problem " + watched + " with " + end + " after " + spent + " evaluations, and alone with " + outcome.status(0)
                            + " after " + outcome.evaluations(0) + (samePoint ? "" : " at another point"));
        }

        private void checkCounts(Outcome outcome) {
            require(map.calls() == outcome.evaluations(), seed, plan,
                    "counted " + outcome.evaluations() + " of " + map.calls() + " evaluations");
            if (solver instanceof MixedPrecision mixed) {
                require(map.cheapCalls() == mixed.cheapEvaluations(), seed, plan,
                        "counted " + mixed.cheapEvaluations() + " of " + map.cheapCalls() + " cheap evaluations");
            }
        }

        /** The result of a problem, in row {@code b} of {@code states}. */
        private void check(int index, int b, Block states, Outcome outcome) {
            Status status = outcome.status(b);
            tally.addRow(status);
            require(outcome.evaluations(b) <= stopping.maxEvaluations(), seed, plan,
                    "spent " + outcome.evaluations(b) + " evaluations on row " + b);
            if (status == null) {
                require(false, seed, plan, "has no status for row " + b);
                return;
            }
            if (index == watched) {
                end = status;
                spent = outcome.evaluations(b);
                found = row(states, b);
            }
            checkPromises(index, b, states, outcome);
        }

        /** Checks everything that the status and the residual claim. */
        private void checkPromises(int index, int b, Block states, Outcome outcome) {
            double[] value = new double[states.cols()];
            for (int i = 0; i < value.length; i++) {
                value[i] = map.valueAt(index, states, b, i);
            }
            if (!map.isDeterministic(index)) {
                return;
            }
            double tolerance = tolerances == null ? stopping.relative() : tolerances[b];
            StatusCheck check = new StatusCheck(plan, tolerance, map.log(index), row(starts, index), row(states, b), value,
                    outcome.status(b), outcome.evaluations(b));
            String violation = check.violation(outcome.residual(b));
            if (violation != null) {
                violated(outcome.status(b) + ": " + violation, seed, plan,
                        violation + ": problem " + index + ", " + map.describe(index) + ", " + check.description(outcome.residual(b)));
            }
        }
    }

    private static double[] row(Block z, int b) {
        return IntStream.range(0, z.cols()).mapToDouble(i -> z.get(b, i)).toArray();
    }
}
