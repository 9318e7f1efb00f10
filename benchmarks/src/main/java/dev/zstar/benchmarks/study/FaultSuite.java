package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.problems.Problem;
import dev.zstar.benchmarks.problems.ProblemSet;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A million {@link RandomSolves}, one in five of them of {@link RandomSystems}, which check the guarantees of the solvers with maps that
 * fail, and one in twenty of {@link RandomGroups}. Nothing is timed, so two JVMs run at once, each with its own engines. The memory that
 * solves leave allocated is counted in a process where nothing else allocates.
 *
 * <p>The suite also counts how many of {@value #CELLS} inhibitory ReLU cells the default solver solves in each type.
 */
final class FaultSuite {
    private static final int SOLVES = 1_000_000;
    private static final int QUICK = 20_000;
    /** Solves of one JVM. Each JVM compiles the solvers again, so there are only four; they also show progress. */
    private static final int PART = 250_000;
    /** One solve of this many is linear. */
    private static final int LINEAR = 5;
    /** One solve of this many runs in groups of rows, and then together. */
    private static final int GROUPED = 20;
    /** Inhibitory cells. */
    static final int CELLS = 400;

    /** What one JVM counted, with the bytes that solves left allocated. */
    private record FaultCounts(
            long rows, TreeMap<Status, Long> statuses, long exceptions, long violations, ArrayList<String> descriptions, long left)
            implements Serializable {}

    private FaultSuite() {}

    static void run(boolean quick, StudyProgress progress, List<StudyResult> results) {
        int solves = quick ? QUICK : SOLVES;
        int part = quick ? QUICK / 2 : PART;
        progress.stage("random solves", solves / part);
        List<FaultCounts> all = new ArrayList<>();
        try (ExecutorService pair = Executors.newFixedThreadPool(2)) {
            List<Future<FaultCounts>> parts = new ArrayList<>();
            for (int from = 0; from < solves; from += part) {
                String seeds = from + " " + part;
                parts.add(pair.submit(() -> Fork.call(FaultChild.class, FaultCounts.class, seeds)));
            }
            for (Future<FaultCounts> one : parts) {
                FaultCounts found = get(pair, one);
                all.add(found);
                progress.step(found.descriptions().isEmpty() ? part + " solves" : found.descriptions().getFirst());
            }
        }
        TreeMap<Status, Long> statuses = new TreeMap<>();
        all.forEach(found -> found.statuses().forEach((status, count) -> statuses.merge(status, count, Long::sum)));
        add(results, "solves", solves);
        add(results, "rows", all.stream().mapToLong(FaultCounts::rows).sum());
        statuses.forEach((status, count) -> add(results, "ended." + status, count));
        add(results, "exceptions", all.stream().mapToLong(FaultCounts::exceptions).sum());
        add(results, "brokenPromises", all.stream().mapToLong(FaultCounts::violations).sum());
        add(results, "bytesLeft", all.stream().mapToLong(FaultCounts::left).sum());
        try (Engine engine = Engines.best(1)) {
            for (Type type : Type.values()) {
                results.add(StudyResult.of("forward", "inhibitory cells", engine.name(), 1, new TreeMap<>(Map.of("n", 8.0)),
                        "solvedOf" + CELLS + "." + type, null, (double) inhibitory(engine, type)));
            }
        }
    }

    /** How many of the inhibitory cells the default solver solves. */
    static int inhibitory(Engine engine, Type type) {
        int solved = 0;
        for (long seed = 0; seed < CELLS; seed++) {
            Problem cell = ProblemSet.inhibitory(seed);
            try (FixedPointSolver solver = FixedPointSolver.plan(engine, type, 1, cell.n(),
                    Stopping.relative(ProblemSuite.tolerance(type)));
                    Block z = cell.start(engine, type)) {
                solved += solver.solve(cell.map(), z).succeeded() ? 1 : 0;
            }
        }
        return solved;
    }

    private static FaultCounts get(ExecutorService pair, Future<FaultCounts> one) {
        try {
            return one.get();
        } catch (ExecutionException e) {
            pair.shutdownNow();
            throw switch (e.getCause()) {
                case StudyException known -> known;
                case OutOfTime late -> late;
                default -> new StudyException("forward: the random solves failed: " + e.getCause());
            };
        } catch (InterruptedException e) {
            pair.shutdownNow();
            Thread.currentThread().interrupt();
            throw new StudyException("the study was interrupted");
        }
    }

    private static void add(List<StudyResult> results, String metric, long value) {
        results.add(StudyResult.of("forward", "random solves", Contenders.own(), 1, new TreeMap<>(Map.of()), metric, null, (double) value));
    }

    /** Solves for some of the seeds, in its own JVM. */
    static final class FaultChild implements Fork.Task {
        @Override
        public boolean timed() {
            return false;
        }

        @Override
        public Serializable run(String argument) {
            int gap = argument.indexOf(' ');
            long from = Long.parseLong(argument.substring(0, gap));
            long count = Long.parseLong(argument.substring(gap + 1));
            long before = Block.liveBytes();
            RandomSolves solves;
            RandomSystems systems;
            RandomGroups groups = new RandomGroups(Contenders.own());
            try (groups; Engine engine = Engines.named(Contenders.own(), 1)) {
                solves = new RandomSolves(engine);
                systems = new RandomSystems(engine);
                for (long seed = from; seed < from + count; seed++) {
                    if (seed % LINEAR == 0) {
                        systems.solve(seed);
                    } else if (seed % GROUPED == 1) {
                        groups.solve(seed);
                    } else {
                        solves.solve(seed);
                    }
                }
            }
            List<Tally> tallies = List.of(solves.tally(), systems.tally(), groups.tally());
            TreeMap<Status, Long> statuses = new TreeMap<>();
            ArrayList<String> descriptions = new ArrayList<>();
            for (Tally tally : tallies) {
                tally.statuses().forEach((status, rows) -> statuses.merge(status, rows, Long::sum));
                descriptions.addAll(tally.descriptions());
            }
            return new FaultCounts(tallies.stream().mapToLong(Tally::rows).sum(), statuses, solves.exceptions() + groups.exceptions(),
                    tallies.stream().mapToLong(Tally::violations).sum(), descriptions, Block.liveBytes() - before);
        }
    }
}
