package dev.zstar.benchmarks.study;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What effective depth costs. Memory and time of a training step against it: a weight-tied network of that depth keeps every state for its
 * backward pass, or a part of them, and the equilibrium that it approaches keeps one. How exact gradients are. Families of models, trained
 * by the same code. Each point is measured in its own process.
 */
final class DepthSuite {
    /** The depth at which a quick study measures times. */
    private static final int TIMED = 100;

    private DepthSuite() {}

    static void run(boolean quick, StudyProgress progress, List<StudyResult> results) {
        int[] depths = quick ? new int[] {20, 100} : new int[] {10, 20, 50, 100, 200};
        // Plain loops would train for an hour.
        Set<String> models = Study.fast() ? DepthModels.all(quick).keySet() : Set.of();
        progress.stage("depth", DepthChild.KINDS.size() * depths.length + 1 + (models.isEmpty() ? 0 : 1 + models.size()));
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
                if (!quick && Study.fast()) {
                    peak(kind, depth, results);
                }
                progress.step(String.format(Locale.ROOT, "%s: %.1f MiB", name, cost.live() / 0x1p20));
            }
        }
        results.addAll(Fork.call(DepthGradients.class, ForkResults.class, "").results());
        progress.step("gradients against tolerance and layers");
        if (models.isEmpty()) {
            return;
        }
        results.addAll(Fork.call(DepthEdge.class, ForkResults.class, quick ? "quick" : "full").results());
        progress.step("where equilibria end");
        for (String model : models) {
            String argument = DepthFamilies.argument(model, quick ? 2 : 5, quick);
            results.addAll(Fork.call(DepthFamilies.class, ForkResults.class, argument).results());
            progress.step(model);
        }
    }

    /** The peak resident memory of a process, where the system reports it. */
    private static void peak(String kind, int depth, List<StudyResult> results) {
        DepthChild.Cost cost = Fork.call(DepthChild.class, DepthChild.Cost.class,
                DepthChild.argument(kind, depth, DepthChild.LARGE, false), DepthChild.HEAP.toArray(String[]::new));
        if (cost.high() > 0) {
            String name = kind + " depth=" + depth + " B=" + DepthChild.LARGE;
            add(results, name, cost, depth, DepthChild.LARGE, "rss", (double) cost.high());
            add(results, name, cost, depth, DepthChild.LARGE, "stateBytes", (double) cost.states());
        }
    }

    private static void add(
            List<StudyResult> results, String name, DepthChild.Cost cost, int depth, int batch, String metric, double value) {
        TreeMap<String, Double> params =
                new TreeMap<>(Map.of("depth", (double) depth, "n", (double) DepthChild.N, "batch", (double) batch));
        results.add(StudyResult.of("depth", name, cost.engine(), 1, params, metric, null, value));
    }
}
