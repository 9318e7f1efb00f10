package dev.zstar.benchmarks.study;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What effective depth costs: memory and time of a training step against it. A weight-tied network of that depth keeps every state for its
 * backward pass, or a part of them. The equilibrium that it approaches has the same workspaces at any depth. The suite also measures how
 * exact gradients are, and trains families of models by the same code. Each point is measured in its own process.
 */
final class DepthSuite {
    /** The depth at which a quick study measures times. */
    private static final int TIMED = 100;
    /** Of each kind and depth, for its peak memory. */
    private static final int PROCESSES = 3;

    private DepthSuite() {}

    static void run(StudyOptions options, StudyProgress progress, List<StudyResult> results) {
        boolean quick = options.quick();
        int[] depths = quick ? new int[] {20, 100} : new int[] {10, 20, 50, 100, 200};
        // Plain loops would train for an hour.
        List<String> models = Contenders.fast() ? DepthModels.all(quick).keySet().stream().filter(options::wantsCase).toList() : List.of();
        boolean whole = options.filter().isEmpty();
        progress.stage("depth", (whole ? DepthChild.KINDS.size() * depths.length + 1 + (models.isEmpty() ? 0 : 1) : 0) + models.size());
        if (whole) {
            costs(depths, quick, progress, results);
            results.addAll(Fork.call(DepthGradients.class, ForkResults.class, "").results());
            progress.step("gradients against tolerance and layers");
            if (!models.isEmpty()) {
                results.addAll(Fork.call(DepthEdge.class, ForkResults.class, quick ? "quick" : "full").results());
                progress.step("where equilibria end");
            }
        }
        for (String model : models) {
            String argument = DepthFamilies.argument(model, DepthModels.seeds(model, quick), quick);
            results.addAll(Fork.call(DepthFamilies.class, ForkResults.class, argument).results());
            progress.step(model + found(model, results));
        }
    }

    /** Such as {@code : 97.8% correct}. */
    private static String found(String model, List<StudyResult> results) {
        return results.stream()
                .filter(result -> result.caseName().equals(model) && result.metric().equals("accuracy"))
                .map(result -> String.format(Locale.ROOT, ": %.1f%% correct", 100 * result.value()))
                .findFirst()
                .orElse("");
    }

    private static void costs(int[] depths, boolean quick, StudyProgress progress, List<StudyResult> results) {
        for (int depth : depths) {
            for (String kind : DepthChild.KINDS) {
                String argument = DepthChild.argument(kind, depth, DepthChild.BATCH, depth == TIMED || !quick);
                Fork.Measured<DepthChild.Cost> measured = Fork.measure(DepthChild.class, DepthChild.Cost.class, argument);
                DepthChild.Cost cost = measured.value();
                String name = kind + " depth=" + depth;
                EvidenceLog.add(List.of(EvidenceLog.name("depth", name)), measured);
                add(results, name, cost, depth, DepthChild.BATCH, "bytes", (double) cost.live());
                add(results, name, cost, depth, DepthChild.BATCH, "stateBytes", (double) cost.states());
                if (!Double.isNaN(cost.micros())) {
                    add(results, name, cost, depth, DepthChild.BATCH, "stepUs", cost.micros());
                }
                if (!quick && Contenders.fast()) {
                    peak(kind, depth, results);
                }
                progress.step(String.format(Locale.ROOT, "%s: %.1f MiB", name, cost.live() / 0x1p20));
            }
        }
    }

    /** The peak resident memory of some processes, where the system reports it. What the JIT holds at its peak differs between them. */
    private static void peak(String kind, int depth, List<StudyResult> results) {
        String name = kind + " depth=" + depth + " B=" + DepthChild.LARGE;
        String argument = DepthChild.argument(kind, depth, DepthChild.LARGE, false);
        List<DepthChild.Cost> costs = IntStream.range(0, PROCESSES)
                .mapToObj(_ -> Fork.call(DepthChild.class, DepthChild.Cost.class, argument, DepthChild.HEAP.toArray(String[]::new)))
                .toList();
        double[] peaks = costs.stream().mapToDouble(DepthChild.Cost::high).sorted().toArray();
        if (peaks[0] > 0) {
            add(results, name, costs.getFirst(), depth, DepthChild.LARGE, "rss", peaks);
            add(results, name, costs.getFirst(), depth, DepthChild.LARGE, "stateBytes", (double) costs.getFirst().states());
        }
    }

    private static void add(
            List<StudyResult> results, String name, DepthChild.Cost cost, int depth, int batch, String metric, double... sorted) {
        TreeMap<String, Double> params =
                new TreeMap<>(Map.of("depth", (double) depth, "n", (double) DepthChild.N, "batch", (double) batch));
        results.add(StudyResult.of("depth", name, cost.engine(), 1, params, metric, null, sorted));
    }
}
