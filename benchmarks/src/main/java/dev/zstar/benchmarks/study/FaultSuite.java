package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.problems.Problem;
import dev.zstar.benchmarks.problems.Problems;
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
 * {@link RandomSolves} by the million, one in five of {@link RandomSystems}: what solvers promise, held against maps that break. Nothing is
 * timed, so two JVMs run at once, with an engine each, and what each leaves behind is counted in a process where nothing else allocates.
 *
 * <p>And how many of {@value #CELLS} inhibitory ReLU cells the default solver solves, in each type.
 */
final class FaultSuite {
    private static final int SOLVES = 1_000_000;
    private static final int QUICK = 20_000;
    /** Solves of one JVM, each of which compiles the solvers anew: four are fewer than eight, and show how far it is. */
    private static final int PART = 250_000;
    /** One solve of this many is of a linear system. */
    private static final int LINEAR = 5;
    /** Inhibitory cells. */
    static final int CELLS = 400;

    private record Found(long rows, TreeMap<Status, Long> statuses, long thrown, long broken, ArrayList<String> told, long left) implements Serializable {}

    private FaultSuite() {}

    static void run(boolean quick, Progress progress, List<Result> results) {
        int solves = quick ? QUICK : SOLVES;
        int part = quick ? QUICK / 2 : PART;
        progress.stage("random solves", solves / part);
        List<Found> all = new ArrayList<>();
        try (ExecutorService pair = Executors.newFixedThreadPool(2)) {
            List<Future<Found>> parts = new ArrayList<>();
            for (int from = 0; from < solves; from += part) {
                String seeds = from + " " + part;
                parts.add(pair.submit(() -> Fork.call(Child.class, Found.class, seeds)));
            }
            for (Future<Found> one : parts) {
                Found found = get(pair, one);
                all.add(found);
                progress.step(found.told().isEmpty() ? part + " solves" : found.told().getFirst());
            }
        }
        TreeMap<Status, Long> statuses = new TreeMap<>();
        all.forEach(found -> found.statuses().forEach((status, count) -> statuses.merge(status, count, Long::sum)));
        add(results, "solves", solves);
        add(results, "rows", all.stream().mapToLong(Found::rows).sum());
        statuses.forEach((status, count) -> add(results, "ended." + status, count));
        add(results, "exceptions", all.stream().mapToLong(Found::thrown).sum());
        add(results, "brokenPromises", all.stream().mapToLong(Found::broken).sum());
        add(results, "bytesLeft", all.stream().mapToLong(Found::left).sum());
        try (Engine engine = Engines.best(1)) {
            for (Type type : Type.values()) {
                results.add(Result.of("forward", "inhibitory cells", engine.name(), 1, new TreeMap<>(Map.of("n", 8.0)),
                        "solvedOf" + CELLS + "." + type, null, (double) inhibitory(engine, type)));
            }
        }
    }

    /** How many of the inhibitory cells {@link FixedPointSolver#plan} solves. */
    static int inhibitory(Engine engine, Type type) {
        int solved = 0;
        for (long seed = 0; seed < CELLS; seed++) {
            Problem cell = Problems.inhibitory(seed);
            try (FixedPointSolver solver = FixedPointSolver.plan(engine, type, 1, cell.n(),
                    Stopping.relative(ProblemSuite.tolerance(type)));
                    Block z = cell.start(engine, type)) {
                solved += solver.solve(cell.map(), z).succeeded() ? 1 : 0;
            }
        }
        return solved;
    }

    private static Found get(ExecutorService pair, Future<Found> one) {
        try {
            return one.get();
        } catch (ExecutionException e) {
            pair.shutdownNow();
            throw e.getCause() instanceof StudyException known ? known : new StudyException("random solves failed: " + e.getCause());
        } catch (InterruptedException e) {
            pair.shutdownNow();
            Thread.currentThread().interrupt();
            throw new StudyException("the study was interrupted");
        }
    }

    private static void add(List<Result> results, String metric, long value) {
        results.add(Result.of("forward", "random solves", Study.own(), 1, new TreeMap<>(Map.of()), metric, null, (double) value));
    }

    /** Some of the seeds, in a JVM of its own. */
    static final class Child implements Fork.Task {
        @Override
        public Serializable run(String argument) {
            int gap = argument.indexOf(' ');
            long from = Long.parseLong(argument.substring(0, gap));
            long count = Long.parseLong(argument.substring(gap + 1));
            long before = Block.liveBytes();
            RandomSolves solves;
            RandomSystems systems;
            try (Engine engine = Engines.named(Study.own(), 1)) {
                solves = new RandomSolves(engine);
                systems = new RandomSystems(engine);
                for (long seed = from; seed < from + count; seed++) {
                    if (seed % LINEAR == 0) {
                        systems.solve(seed);
                    } else {
                        solves.solve(seed);
                    }
                }
            }
            TreeMap<Status, Long> statuses = new TreeMap<>(solves.statuses());
            systems.statuses().forEach((status, rows) -> statuses.merge(status, rows, Long::sum));
            ArrayList<String> told = new ArrayList<>(solves.told());
            told.addAll(systems.told());
            return new Found(solves.rows() + systems.rows(), statuses, solves.thrown(), solves.broken() + systems.broken(), told,
                    Block.liveBytes() - before);
        }
    }
}
