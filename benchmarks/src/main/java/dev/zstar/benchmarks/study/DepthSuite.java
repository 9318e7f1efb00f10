package dev.zstar.benchmarks.study;

import java.util.List;
import java.util.Locale;
import java.util.Map;
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
        int trained = Study.fast() ? 1 + DepthFamilies.digits().size() + DepthFamilies.rings().size() : 0;
        progress.stage("depth", DepthChild.KINDS.size() * depths.length + 1 + trained);
        for (int depth : depths) {
            for (String kind : DepthChild.KINDS) {
                String argument = DepthChild.argument(kind, depth, depth == TIMED || !quick);
                Fork.Measured<DepthChild.Cost> measured = Fork.measure(DepthChild.class, DepthChild.Cost.class, argument);
                DepthChild.Cost cost = measured.value();
                String name = kind + " depth=" + depth;
                EvidenceLog.add(List.of(EvidenceLog.name("depth", name)), measured);
                add(results, name, cost, depth, "bytes", (double) cost.live());
                add(results, name, cost, depth, "stateBytes", (double) cost.states());
                if (!Double.isNaN(cost.micros())) {
                    add(results, name, cost, depth, "stepUs", cost.micros());
                }
                if (cost.high() > 0) {
                    add(results, name, cost, depth, "rss", (double) cost.high());
                }
                progress.step(String.format(Locale.ROOT, "%s: %.1f MiB", name, cost.live() / 0x1p20));
            }
        }
        results.addAll(Fork.call(DepthGradients.class, ForkResults.class, "").results());
        progress.step("gradients against tolerance and layers");
        if (trained == 0) {
            return;
        }
        results.addAll(Fork.call(DepthEdge.class, ForkResults.class, quick ? "quick" : "full").results());
        progress.step("where equilibria end");
        DepthFamilies.digits().keySet().forEach(family -> families("digits", family, quick, progress, results));
        DepthFamilies.rings().keySet().forEach(family -> families("rings", family, quick, progress, results));
    }

    private static void families(String data, String family, boolean quick, StudyProgress progress, List<StudyResult> results) {
        String argument = DepthFamilies.argument(data, family, quick ? 2 : 5, DepthFamilies.epochs(data, family, quick));
        results.addAll(Fork.call(DepthFamilies.class, ForkResults.class, argument).results());
        progress.step(data + ": " + family);
    }

    private static void add(List<StudyResult> results, String name, DepthChild.Cost cost, int depth, String metric, double value) {
        TreeMap<String, Double> params =
                new TreeMap<>(Map.of("depth", (double) depth, "n", (double) DepthChild.N, "batch", (double) DepthChild.BATCH));
        results.add(StudyResult.of("depth", name, cost.engine(), 1, params, metric, null, value));
    }
}
