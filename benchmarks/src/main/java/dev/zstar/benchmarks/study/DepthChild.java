package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.LayerMethods;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Memory and time of a training step at one effective depth, in a process of its own. */
final class DepthChild implements Fork.Task {
    /** Plain loops take a hundred times as long. */
    static final int N = Study.fast() ? 512 : 64;
    static final int BATCH = Study.fast() ? 64 : 8;

    /** The least memory in which a layer with the default gradient fits. */
    private static final int FEW = 8;
    private static final int DEFAULT = 27;
    /** Long enough for the JIT, and for a median of many steps. */
    private static final long NANOS = 700_000_000L;

    /** The kinds that are compared, by the start of their names. */
    static final List<String> KINDS = List.of("DEQ", "DEQ in 8 blocks", "unrolled", "checkpointed");

    /**
     * What was measured.
     *
     * @param live bytes of all blocks and weights at the end of the step
     * @param states bytes of the layer: states, histories, what is kept for the backward pass
     * @param high the peak resident memory of the process; 0 if the system does not report it
     * @param micros the median time of a step
     */
    record Cost(String engine, long live, long states, long high, double micros) implements Serializable {}

    /** The argument for a kind and a depth. */
    static String argument(String kind, int depth) {
        return depth + " " + kind;
    }

    /** An equilibrium is solved to the residual that {@code depth} plain steps reach; a network has {@code depth} tied layers. */
    private static LayerMethods methods(String kind, int depth) {
        Stopping stopping = Stopping.relative(Math.max(1e-6, Math.pow(0.9, depth)));
        return switch (kind) {
            case "DEQ" -> LayerMethods.within(DEFAULT, stopping, GradientMode.exact(1e-4));
            case "DEQ in 8 blocks" -> LayerMethods.within(FEW, stopping, GradientMode.exact(1e-4));
            case "unrolled" ->
                LayerMethods.of(room -> Picard.plan(room, Picard.Options.damped(1), stopping), new GradientMode.Unrolled(depth));
            case "checkpointed" ->
                LayerMethods.of(room -> Picard.plan(room, Picard.Options.damped(1), stopping), new GradientMode.Checkpointed(depth));
            default -> throw new AssertionError(kind);
        };
    }

    @Override
    public Serializable run(String argument) {
        int cut = argument.indexOf(' ');
        int depth = Integer.parseInt(argument.substring(0, cut));
        Random random = new Random(3);
        try (Engine engine = Engines.best(1);
                Block w = KernelSuite.gaussian(random, N, N);
                Block u = KernelSuite.gaussian(random, N, 64);
                Block b = KernelSuite.gaussian(random, 1, N);
                Block x = KernelSuite.gaussian(random, BATCH, 64);
                Block g = KernelSuite.gaussian(random, BATCH, N);
                Block dw = engine.allocate(Type.F32, N, N);
                Block du = engine.allocate(Type.F32, N, 64);
                Block db = engine.allocate(Type.F32, 1, N);
                Block z = engine.allocate(Type.F32, BATCH, N)) {
            w.copyFrom(Arrays.stream(w.toDoubles()).map(value -> 0.45 * value).toArray());
            DenseCell.Gradients sum = new DenseCell.Gradients(dw, du, db, null);
            try (DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, BATCH);
                    EquilibriumLayer<DenseCell.Gradients> layer =
                            EquilibriumLayer.plan(cell, methods(argument.substring(cut + 1), depth))) {
                double micros = median(() -> {
                    z.fill(0);
                    layer.forward(x, z);
                    layer.backward(g, sum);
                });
                return new Cost(engine.name(), Block.liveBytes(), layer.bytes(), highWater(), micros);
            }
        }
    }

    private static double median(Runnable step) {
        long end = System.nanoTime() + NANOS;
        while (System.nanoTime() < end) {
            step.run();
        }
        double[] micros = new double[1000];
        int count = 0;
        end += NANOS;
        while (count < 5 || count < micros.length && System.nanoTime() < end) {
            long start = System.nanoTime();
            step.run();
            micros[count++] = (System.nanoTime() - start) * 1e-3;
        }
        double[] sorted = Arrays.copyOf(micros, count);
        Arrays.sort(sorted);
        return Stopwatch.median(sorted);
    }

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
