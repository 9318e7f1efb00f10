package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome;
import dev.zstar.solvers.implicit.LayerMethods;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Time against memory: a forward and a backward pass of a layer that fits a number of blocks, on one shape, with times in turns. */
final class MemoryCurve implements Fork.Task {
    /** From the least number to the default, and one with long cycles. */
    private static final int[] BLOCKS = {8, 10, 11, 13, 15, 19, 23, 27, 47};
    private static final int DEFAULT = 27;
    private static final long SETTLE_NANOS = 1_000_000_000L;

    private final ArrayList<StudyResult> results = new ArrayList<>();

    @Override
    public Serializable run(String argument) {
        int n = Integer.parseInt(argument.substring(0, argument.indexOf('x')));
        int batch = Integer.parseInt(argument.substring(argument.indexOf('x') + 1));
        try (Engine engine = Engines.best(1); Allocation owned = new Allocation()) {
            Block x = owned.add(KernelSuite.gaussian(new Random(7), batch, 64));
            Block g = owned.add(KernelSuite.gaussian(new Random(11), batch, n));
            Block z = owned.add(engine.allocate(Type.F32, batch, n));
            DenseCell cell = owned.add(SolveSuite.cell(engine, n, batch));
            var sum = new DenseCell.Gradients(owned.add(engine.allocate(Type.F32, n, n)), owned.add(engine.allocate(Type.F32, n, 64)),
                    owned.add(engine.allocate(Type.F32, 1, n)), null);
            List<Runnable> passes = new ArrayList<>();
            int usual = 0;
            for (int blocks : BLOCKS) {
                LayerMethods methods = LayerMethods.within(blocks, Stopping.relative(1e-5).within(1000), GradientMode.DEFAULT);
                var layer = owned.add(EquilibriumLayer.plan(cell, methods));
                z.fill(0);
                Outcome solved = layer.forward(x, z);
                GradientOutcome found = layer.backward(g, sum);
                if (!solved.succeeded() || !found.succeeded()) {
                    throw new StudyException("memory: a pass within " + blocks + " blocks failed: " + solved + ", " + found);
                }
                add(n, batch, blocks, engine, "passEvaluations", solved.evaluations());
                add(n, batch, blocks, engine, "passProducts", found.evaluations());
                add(n, batch, blocks, engine, "passBytes", (double) layer.bytes());
                usual = blocks == DEFAULT ? passes.size() : usual;
                passes.add(() -> {
                    z.fill(0);
                    layer.forward(x, z);
                    layer.backward(g, sum);
                });
            }
            Runnable[] bodies = passes.toArray(Runnable[]::new);
            Stopwatch.settle(SETTLE_NANOS, bodies);
            Stopwatch.SliceTimes times = Stopwatch.run(4_000_000, 30, bodies);
            for (int i = 0; i < BLOCKS.length; i++) {
                add(n, batch, BLOCKS[i], engine, "allocated", (double) times.bytes()[i]);
                add(n, batch, BLOCKS[i], engine, "passRatio", times.nanos()[i][0] / times.nanos()[usual][0]);
                add(n, batch, BLOCKS[i], engine, "passUs", times.nanos()[i][0] * 1e-3);
            }
        }
        return new ForkResults(results);
    }

    private void add(int n, int batch, int blocks, Engine engine, String metric, double value) {
        TreeMap<String, Double> params = new TreeMap<>(Map.of("n", (double) n, "batch", (double) batch, "blocks", (double) blocks));
        String name = "within " + blocks + " blocks n=" + n + " B=" + batch;
        results.add(StudyResult.of("backward", name, engine.name(), 1, params, metric, null, value));
    }
}
