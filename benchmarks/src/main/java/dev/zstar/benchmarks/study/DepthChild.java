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
    static final int N = Contenders.fast() ? 512 : 64;
    /** Rows where times and blocks are measured. */
    static final int BATCH = Contenders.fast() ? 64 : 8;
    /** Rows where the memory of the process is measured: a block has 2 MiB then, and the memory of the JVM itself varies by a few. */
    static final int LARGE = Contenders.fast() ? 1024 : 8;
    /** The whole heap is resident from the start, so that it adds the same to every process. */
    static final List<String> HEAP = List.of("-Xms192m", "-Xmx192m", "-XX:+AlwaysPreTouch");

    /** A tenth of the blocks of 100 layers. */
    private static final int FEW = 10;
    private static final int DEFAULT = 27;
    /** Until the JIT has compiled the kernels. */
    private static final long SETTLE_NANOS = 2_000_000_000L;
    /** Of the steps that are timed. */
    private static final long NANOS = 1_000_000_000L;
    /** Of A + Aᵀ, with A Gaussian: then W is symmetric, and ρ(J) is about 0.92. */
    private static final double SCALE = 0.335;
    /** Small inputs keep the slopes of tanh near 1, so that plain steps need hundreds of layers. */
    private static final double INPUT = 0.05;

    /** The kinds that are compared, by the start of their names. */
    static final List<String> KINDS = List.of("DEQ", "DEQ in 10 blocks", "unrolled", "checkpointed");

    /**
     * What was measured.
     *
     * @param live bytes of all blocks and weights at the end of the step
     * @param states bytes of the layer: states, histories, what is kept for the backward pass
     * @param high the peak resident memory of the process; 0 if the system does not report it
     * @param micros the median time of a step; NaN if it was not timed
     */
    record Cost(String engine, long live, long states, long high, double micros) implements Serializable {}

    /** The argument for a kind and a depth. */
    static String argument(String kind, int depth, int batch, boolean timed) {
        return (timed ? "timed " : "untimed ") + depth + " " + batch + " " + kind;
    }

    /** An equilibrium is solved to a residual; a network has {@code depth} tied layers. */
    private static LayerMethods methods(String kind, int depth, double residual) {
        Stopping stopping = Stopping.relative(residual);
        return switch (kind) {
            case "DEQ" -> LayerMethods.within(DEFAULT, stopping, GradientMode.DEFAULT);
            case "DEQ in 10 blocks" -> LayerMethods.within(FEW, stopping, GradientMode.DEFAULT);
            case "unrolled" ->
                LayerMethods.of(room -> Picard.plan(room, Picard.Options.damped(1), stopping), new GradientMode.Unrolled(depth));
            case "checkpointed" ->
                LayerMethods.of(room -> Picard.plan(room, Picard.Options.damped(1), stopping), new GradientMode.Checkpointed(depth));
            default -> throw new AssertionError(kind);
        };
    }

    @Override
    public Serializable run(String argument) {
        String[] words = argument.split(" ", 4);
        boolean timed = words[0].equals("timed");
        int depth = Integer.parseInt(words[1]);
        int batch = Integer.parseInt(words[2]);
        Random random = new Random(3);
        try (Engine engine = Engines.best(1);
                Block w = KernelSuite.gaussian(random, N, N);
                Block u = KernelSuite.gaussian(random, N, 64);
                Block b = KernelSuite.gaussian(random, 1, N);
                Block x = KernelSuite.gaussian(random, batch, 64);
                Block g = KernelSuite.gaussian(random, batch, N);
                Block dw = engine.allocate(Type.F32, N, N);
                Block du = engine.allocate(Type.F32, N, 64);
                Block db = engine.allocate(Type.F32, 1, N);
                Block z = engine.allocate(Type.F32, batch, N)) {
            w.copyFrom(symmetric(w.toDoubles()));
            x.copyFrom(Arrays.stream(x.toDoubles()).map(value -> INPUT * value).toArray());
            b.fill(0);
            DenseCell.Gradients sum = new DenseCell.Gradients(dw, du, db, null);
            try (DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, batch)) {
                double residual = residual(engine, cell, depth, x, z);
                try (EquilibriumLayer<DenseCell.Gradients> layer = EquilibriumLayer.plan(cell, methods(words[3], depth, residual))) {
                    Runnable step = () -> {
                        z.fill(0);
                        layer.forward(x, z);
                        layer.backward(g, sum);
                    };
                    step.run();
                    double micros = timed ? median(step) : Double.NaN;
                    return new Cost(engine.name(), Block.liveBytes(), layer.bytes(), highWater(), micros);
                }
            }
        }
    }

    private static double[] symmetric(double[] a) {
        double[] w = new double[a.length];
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) {
                w[i * N + j] = SCALE * (a[i * N + j] + a[j * N + i]);
            }
        }
        return w;
    }

    /** The relative residual that {@code depth} plain steps reach, but at least what f32 can. */
    private static double residual(Engine engine, DenseCell cell, int depth, Block x, Block z) {
        try (Picard plain = Picard.plan(engine, Type.F32, x.rows(), N, 1, Stopping.fixed(depth))) {
            cell.inject(x);
            z.fill(0);
            return Math.max(1e-6, plain.solve(cell, z).worstResidual());
        }
    }

    private static double median(Runnable step) {
        long end = System.nanoTime() + SETTLE_NANOS;
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
