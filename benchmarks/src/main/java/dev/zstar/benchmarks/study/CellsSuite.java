package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Engines;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Cells that are described as graphs. The dense cell is compared with the same cell without a graph, and a cell like a layer of a
 * transformer with the ceiling of multiply-adds and with PyTorch. Each fork of the latter is a JVM and then a Python process for each
 * number of threads; ratios are formed within a fork.
 */
final class CellsSuite {
    private static final String SUITE = "cells";
    private static final String TORCH = "torch";
    /** The names of the large cell's cases, without their threads. */
    private static final String EVALUATION = "transformer evaluation, ";
    private static final String VJP = "transformer vjp, ";
    private static final String POINT_VJP = "transformer vjp of a kept point, ";

    /**
     * How much is measured.
     *
     * @param shapes of the dense cell, n × batch
     * @param torchSeconds how long PyTorch repeats each operation
     */
    record Extent(List<String> shapes, int denseForks, TransformerCell transformer, int transformerForks, double torchSeconds) {
        static Extent of(boolean quick) {
            return quick ? new Extent(List.of("64x1", "512x32"), 2, TransformerCell.FULL, 1, 0.3)
                    : new Extent(List.of("64x1", "512x32", "1024x64"), 3, TransformerCell.FULL, 3, 0.3);
        }
    }

    /** One number of threads in one fork. {@code torch} is null if PyTorch was not run. */
    private record Pair(TransformerChild.Figures own, TorchCell.Times torch) {}

    private final List<StudyResult> results;
    private final List<String> remarks;
    private final StudyProgress progress;
    /** Null if PyTorch cannot be run. */
    private TorchCell torch;

    private CellsSuite(StudyProgress progress, List<StudyResult> results, List<String> remarks) {
        this.progress = progress;
        this.results = results;
        this.remarks = remarks;
    }

    static void run(boolean quick, StudyProgress progress, List<StudyResult> results, List<String> remarks) {
        run(Extent.of(quick), TorchCell::ofCheckout, progress, results, remarks);
    }

    /** @param torch finds PyTorch, or throws {@link StudyException} with the reason why not */
    static void run(
            Extent extent, Supplier<TorchCell> torch, StudyProgress progress, List<StudyResult> results, List<String> remarks) {
        // On plain loops the large cell takes minutes.
        boolean large = Contenders.fast();
        progress.stage(SUITE, extent.denseForks() + (large ? extent.transformerForks() : 0));
        CellsSuite suite = new CellsSuite(progress, results, remarks);
        suite.dense(extent);
        if (large) {
            suite.transformer(extent, torch);
        } else {
            remarks.add("the cell like a layer of a transformer is left out: it takes minutes on the " + Contenders.own() + " engine");
        }
    }

    private void dense(Extent extent) {
        Map<String, List<DenseCellChild.Race>> byCase = new LinkedHashMap<>();
        Fork.repeat(extent.denseForks(), () -> {
            Fork.Measured<?> races = Fork.measure(DenseCellChild.class, ArrayList.class, String.join(",", extent.shapes()));
            double most = 0;
            List<String> names = new ArrayList<>();
            for (Object one : (ArrayList<?>) races.value()) {
                DenseCellChild.Race race = (DenseCellChild.Race) one;
                String name = "dense " + race.operation() + " n=" + race.n() + " B=" + race.batch();
                byCase.computeIfAbsent(name, _ -> new ArrayList<>()).add(race);
                names.add(EvidenceLog.name(SUITE, name));
                most = Math.max(most, race.graph().nanos() / race.hand().nanos());
            }
            EvidenceLog.add(names, races);
            progress.step(String.format(Locale.ROOT, "a graph takes at most %.2f × the time of the cell by hand", most));
        });
        byCase.forEach((name, races) -> {
            TreeMap<String, Double> params = new TreeMap<>(
                    Map.of("n", (double) races.getFirst().n(), "batch", (double) races.getFirst().batch()));
            cost(name, "graph", 1, params, races, DenseCellChild.Race::graph);
            cost(name, "handwritten", 1, params, races, DenseCellChild.Race::hand);
            add(name, "graph/handwritten", 1, params, "timeRatio", null, races, race -> race.graph().nanos() / race.hand().nanos());
        });
    }

    private void transformer(Extent extent, Supplier<TorchCell> found) {
        TransformerCell cell = extent.transformer();
        int most = Engines.processors();
        List<Integer> threads = most == 1 ? List.of(1) : List.of(1, most);
        String argument = cell + threads.stream().map(count -> " " + count).collect(Collectors.joining());
        attempt(() -> torch = found.get());
        Map<Integer, List<Pair>> byThreads = new LinkedHashMap<>();
        Fork.repeat(extent.transformerForks(), () -> {
            String detail = "";
            Fork.Measured<?> measured = Fork.measure(TransformerChild.class, ArrayList.class, argument);
            EvidenceLog.add(threads.stream().flatMap(count -> Stream.of(EVALUATION, VJP, POINT_VJP)
                    .map(operation -> EvidenceLog.name(SUITE, operation + called(count)))).toList(), measured);
            for (Object one : (ArrayList<?>) measured.value()) {
                TransformerChild.Figures own = (TransformerChild.Figures) one;
                TorchCell.Times[] times = new TorchCell.Times[1];
                if (torch != null) {
                    attempt(() -> times[0] = torch.run(cell, own.threads(), extent.torchSeconds()));
                }
                byThreads.computeIfAbsent(own.threads(), _ -> new ArrayList<>()).add(new Pair(own, times[0]));
                detail = String.format(Locale.ROOT, "%.0f GFLOP/s on %s", cell.evaluationWork() / own.evaluation().nanos(),
                        called(own.threads()));
            }
            progress.step(detail);
        });
        byThreads.forEach((count, pairs) -> report(cell, count, pairs));
        if (torch != null) {
            String version = byThreads.get(1).getFirst().torch().version();
            remarks.add("PyTorch is version " + version + ", run by " + torch.python());
        }
    }

    /** Goes on without PyTorch if it cannot be run, and says why. */
    private void attempt(Runnable step) {
        try {
            step.run();
        } catch (StudyException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw e;
            }
            torch = null;
            remarks.add("PyTorch is not compared: " + e.getMessage());
        }
    }

    private void report(TransformerCell cell, int threads, List<Pair> pairs) {
        TreeMap<String, Double> params = new TreeMap<>(Map.of("tokens", (double) cell.tokens(), "width", (double) cell.width(),
                "heads", (double) cell.heads(), "hidden", (double) cell.hidden(), "batch", (double) cell.batch()));
        String evaluation = EVALUATION + called(threads);
        String vjp = VJP + called(threads);
        String pointVjp = POINT_VJP + called(threads);
        rate(evaluation, threads, params, cell.evaluationWork(), pairs, pair -> pair.own().evaluation());
        compare(evaluation, threads, params, cell.evaluationWork(), pairs, pair -> pair.own().evaluation(), TorchCell.Times::evaluation);
        rate(vjp, threads, params, cell.vjpWork(), pairs, pair -> pair.own().vjp());
        compare(vjp, threads, params, cell.vjpWork(), pairs, pair -> pair.own().vjp(), TorchCell.Times::vjp);
        add(vjp, Contenders.own(), threads, params, "bytes", null, pairs, pair -> pair.own().everythingBytes());
        cost(pointVjp, Contenders.own(), threads, params, pairs, pair -> pair.own().pointVjp());
        add(pointVjp, Contenders.own(), threads, params, "bytes", null, pairs, pair -> pair.own().pointBytes());
        add(pointVjp, "point/everything", threads, params, "timeRatio", null, pairs,
                pair -> pair.own().pointVjp().nanos() / pair.own().vjp().nanos());
    }

    private void rate(
            String name, int threads, SortedMap<String, Double> params, double work, List<Pair> pairs, Function<Pair, CallCost> own) {
        double limit = Stopwatch.median(pairs.stream().mapToDouble(pair -> pair.own().ceiling()).sorted().toArray());
        add(name, Contenders.own(), threads, params, "gflops", limit, pairs, pair -> work / own.apply(pair).nanos());
        cost(name, Contenders.own(), threads, params, pairs, own);
    }

    /** PyTorch's rate and time, and the ratio of the times, of the forks in which it was run. */
    private void compare(
            String name, int threads, SortedMap<String, Double> params, double work, List<Pair> pairs, Function<Pair, CallCost> own,
            ToDoubleFunction<TorchCell.Times> theirs) {
        List<Pair> both = pairs.stream().filter(pair -> pair.torch() != null).toList();
        if (!both.isEmpty()) {
            add(name, TORCH, threads, params, "gflops", null, both, pair -> work / theirs.applyAsDouble(pair.torch()));
            add(name, TORCH, threads, params, "us", null, both, pair -> theirs.applyAsDouble(pair.torch()) / 1e3);
            add(name, TORCH + "/" + Contenders.own(), threads, params, "timeRatio", null, both,
                    pair -> theirs.applyAsDouble(pair.torch()) / own.apply(pair).nanos());
        }
    }

    private <T> void cost(
            String name, String engine, int threads, SortedMap<String, Double> params, List<T> forks, Function<T, CallCost> cost) {
        add(name, engine, threads, params, "us", null, forks, fork -> cost.apply(fork).nanos() / 1e3);
        // The maximum of the forks: a fork that allocated spoils the figure.
        double bytes = forks.stream().mapToDouble(fork -> cost.apply(fork).bytes()).max().orElseThrow();
        results.add(StudyResult.of(SUITE, name, engine, threads, params, "allocated", null, bytes));
    }

    private <T> void add(
            String name, String engine, int threads, SortedMap<String, Double> params, String metric, Double limit, List<T> forks,
            ToDoubleFunction<T> value) {
        double[] sorted = forks.stream().mapToDouble(value).sorted().toArray();
        results.add(StudyResult.of(SUITE, name, engine, threads, params, metric, limit, sorted));
    }

    private static String called(int threads) {
        return threads == 1 ? "1 thread" : threads + " threads";
    }
}
