package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.families.Compression;
import dev.zstar.benchmarks.families.Edge;
import dev.zstar.benchmarks.families.EdgeGradients;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where equilibria end: training that pushes the Lipschitz constant of a cell through 1, gradients as the spectral radius approaches 1,
 * backward solves that end early, and starts that lead to different equilibria. In addition, weights that a smaller network generates.
 */
final class DepthEdge implements Fork.Task {
    private final ArrayList<StudyResult> results = new ArrayList<>();

    @Override
    public Serializable run(String argument) {
        boolean quick = argument.equals("quick");
        try (Engine engine = Engines.best(1)) {
            int steps = quick ? 60 : 200;
            for (Edge.Guard guard : Edge.Guard.values()) {
                Edge.Moment last = Edge.push(engine, guard, steps, steps, 1).getLast();
                String name = "edge: training, guard " + guard.name().toLowerCase(Locale.ROOT).replace('_', ' ');
                add(engine, name, Map.of("steps", (double) steps), Map.of("loss", last.loss(), "lipschitz", last.lipschitz(), "radius",
                        last.radius(), "plain", (double) last.plain(), "accelerated", (double) last.accelerated()));
            }
            double[] tolerances = {1e-2, 1e-4, 1e-6};
            for (EdgeGradients.Noise one : EdgeGradients.noise(engine, new double[] {0.5, 0.9, 0.99}, tolerances, 1)) {
                add(engine, String.format(Locale.ROOT, "edge: gradient at ρ = %s, tolerance %.0e", one.radius(), one.tolerance()),
                        Map.of("radius", one.radius(), "tolerance", one.tolerance()), Map.of("gradientNoise", one.error()));
            }
            for (EdgeGradients.Truncated one : EdgeGradients.truncated(engine, 0.95, new int[] {1, 2, 5, 10}, 1)) {
                add(engine, one.steps() == 0 ? "edge: backward solve to its end" : "edge: backward solve of " + one.steps() + " steps",
                        Map.of("steps", (double) one.steps()),
                        Map.of("backwardResidual", one.residual(), "backwardError", one.error(), "backwardCosine", one.cosine()));
            }
            for (double gain : new double[] {0.9, 2}) {
                Edge.Basins basins = Edge.basins(engine, gain, 2, 32, 1);
                add(engine, "edge: 32 starts, gain " + gain, Map.of("gain", gain),
                        Map.of("converged", (double) basins.converged(), "distinct", (double) basins.distinct()));
            }
            Compression c = Compression.measure(engine, 12, 16, quick ? 200 : 600, 1);
            add(engine, "generated weights of " + c.tasks() + " cells", Map.of("tasks", (double) c.tasks()), Map.of("generated",
                    (double) c.generated(), "generator", (double) c.parameters(), "sharedError", c.sharedError() / c.variance(),
                    "separateError", c.separateError() / c.variance()));
        }
        return new ForkResults(results);
    }

    private void add(Engine engine, String name, Map<String, Double> params, Map<String, Double> values) {
        List.copyOf(new TreeMap<>(values).entrySet()).forEach(value -> results.add(StudyResult.of("depth", name, engine.name(), 1,
                new TreeMap<>(params), value.getKey(), null, value.getValue())));
        Fork.keep(new ForkResults(results));
    }
}
