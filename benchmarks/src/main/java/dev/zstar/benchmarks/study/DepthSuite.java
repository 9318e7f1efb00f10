package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.SharedMemory;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.linear.Gmres;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * What effective depth costs. Memory of a forward and backward pass against it: a weight-tied network of that depth keeps every state for
 * its backward pass, and the equilibrium that it approaches keeps one. How exact gradients are. Families of models, trained by the same
 * code. Each point is measured in its own process.
 */
final class DepthSuite {
    private static final int N = 512;
    private static final int BATCH = 64;

    private record PeakMemory(String engine, long live, long high) implements Serializable {}

    private DepthSuite() {}

    static void run(boolean quick, StudyProgress progress, List<StudyResult> results) {
        int[] depths = quick ? new int[] {20, 200} : new int[] {10, 20, 50, 100, 200};
        progress.stage("depth", 2 * depths.length + 1 + DepthFamilies.digits().size() + DepthFamilies.rings().size());
        for (int depth : depths) {
            for (String kind : new String[] {"DEQ", "unrolled"}) {
                PeakMemory memory = Fork.call(DepthChild.class, PeakMemory.class, kind + " " + depth);
                String name = kind + " depth=" + depth;
                add(results, name, memory.engine(), depth, "bytes", (double) memory.live());
                if (memory.high() > 0) {
                    add(results, name, memory.engine(), depth, "rss", (double) memory.high());
                }
                progress.step(String.format(Locale.ROOT, "%s: %.1f MiB", name, memory.live() / 0x1p20));
            }
        }
        results.addAll(Fork.call(DepthGradients.class, ForkResults.class, "").results());
        progress.step("gradients against tolerance and layers");
        DepthFamilies.digits().keySet().forEach(family -> families("digits", family, quick, progress, results));
        DepthFamilies.rings().keySet().forEach(family -> families("rings", family, quick, progress, results));
    }

    private static void families(String data, String family, boolean quick, StudyProgress progress, List<StudyResult> results) {
        String argument = DepthFamilies.argument(data, family, quick ? 2 : 5, DepthFamilies.epochs(family, quick));
        results.addAll(Fork.call(DepthFamilies.class, ForkResults.class, argument).results());
        progress.step(data + ": " + family);
    }

    private static void add(List<StudyResult> results, String name, String engine, int depth, String metric, double value) {
        TreeMap<String, Double> params = new TreeMap<>(Map.of("depth", (double) depth, "n", (double) N, "batch", (double) BATCH));
        results.add(StudyResult.of("depth", name, engine, 1, params, metric, null, value));
    }

    /** Measures one point in its own JVM. */
    static final class DepthChild implements Fork.Task {
        @Override
        public Serializable run(String argument) {
            int depth = Integer.parseInt(argument.substring(argument.indexOf(' ') + 1));
            Random random = new Random(3);
            try (Engine engine = Engines.best(1);
                    Block w = KernelSuite.gaussian(random, N, N);
                    Block u = KernelSuite.gaussian(random, N, 64);
                    Block b = KernelSuite.gaussian(random, 1, N);
                    Block x = KernelSuite.gaussian(random, BATCH, 64);
                    Block g = KernelSuite.gaussian(random, BATCH, N);
                    Block dw = engine.allocate(Type.F32, N, N);
                    Block du = engine.allocate(Type.F32, N, 64);
                    Block db = engine.allocate(Type.F32, 1, N)) {
                w.copyFrom(Arrays.stream(w.toDoubles()).map(value -> 0.45 * value).toArray());
                try (DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, BATCH)) {
                    cell.inject(x);
                    long live = argument.startsWith("DEQ")
                            ? equilibrium(engine, cell, depth, x, g, dw, du, db)
                            : unrolled(engine, cell, depth, x, g, dw, du, db);
                    return new PeakMemory(engine.name(), live, highWater());
                }
            }
        }

        /** Solves to the residual that {@code depth} plain steps reach, and differentiates there. */
        private static long equilibrium(Engine engine, DenseCell cell, int depth, Block x, Block g, Block dw, Block du, Block db) {
            double residual = Math.max(1e-6, Math.pow(0.9, depth));
            try (SharedMemory memory = SharedMemory.allocate(engine, Type.F32, BATCH, N, 25);
                    Anderson forward = Anderson.plan(memory.workspace(), SolveChild.FIVE, Stopping.relative(residual));
                    Gmres backward = Gmres.plan(memory.workspace(), Gmres.Options.DEFAULT, Stopping.relative(1e-4));
                    Block z = engine.allocate(Type.F32, BATCH, N);
                    Block v = engine.allocate(Type.F32, BATCH, N)) {
                forward.solve(cell, z);
                cell.linearise(z);
                backward.solve(cell::vjp, g, v);
                cell.gradients(v, z, x, new DenseCell.Gradients(dw, du, db, null));
                return Block.liveBytes();
            }
        }

        /** Backpropagation through every layer. */
        private static long unrolled(Engine engine, DenseCell cell, int depth, Block x, Block g, Block dw, Block du, Block db) {
            Block[] states = new Block[depth + 1];
            Arrays.setAll(states, _ -> engine.allocate(Type.F32, BATCH, N));
            Rows rows = new Rows(BATCH);
            try (Block v = engine.allocate(Type.F32, BATCH, N);
                    Block next = engine.allocate(Type.F32, BATCH, N)) {
                for (int layer = 0; layer < depth; layer++) {
                    cell.apply(states[layer], states[layer + 1], rows);
                }
                v.copyFrom(g);
                for (int layer = depth; layer > 0; layer--) {
                    cell.linearise(states[layer - 1]);
                    cell.gradients(v, states[layer - 1], x, new DenseCell.Gradients(dw, du, db, null));
                    cell.vjp(v, next, rows);
                    v.copyFrom(next);
                }
                return Block.liveBytes();
            } finally {
                Arrays.stream(states).forEach(Block::close);
            }
        }

        /** The peak resident memory of this process in bytes; 0 if the system does not report it. */
        private static long highWater() {
            try {
                return Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(line -> line.startsWith("VmHWM"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                        .findFirst()
                        .orElse(0);
            } catch (IOException e) {
                return 0;
            }
        }
    }
}
