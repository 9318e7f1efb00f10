package dev.zstar.reports;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Anderson;
import dev.zstar.solvers.DenseCell;
import dev.zstar.solvers.Gmres;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Picard;
import dev.zstar.solvers.Stopping;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One equilibrium, solved and differentiated. */
@Command(
        name = "solve",
        description = "Solves z = tanh(Wz + b) for random or given weights, then its adjoint.",
        mixinStandardHelpOptions = true)
final class SolveCommand implements java.util.concurrent.Callable<Integer> {
    /** Forward solvers. */
    enum Solver { anderson, picard }

    @Option(names = "--n", defaultValue = "256", description = "Elements of the state (default: ${DEFAULT-VALUE}).")
    private int n;

    @Option(names = "--batch", defaultValue = "1", description = "Rows, each with its own b (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--gain", defaultValue = "0.9",
            description = "Size of random weights: their spectral radius, about (default: ${DEFAULT-VALUE}).")
    private double gain;

    @Option(names = "--weights", paramLabel = "FILE", description = "W instead, as comma-separated lines of n numbers.")
    private Path weights;

    @Option(names = "--solver", defaultValue = "anderson", description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Solver solver;

    @Option(names = "--window", defaultValue = "5", description = "Anderson's window (default: ${DEFAULT-VALUE}).")
    private int window;

    @Option(names = "--tolerance", defaultValue = "1e-6", description = "Relative residual to reach (default: ${DEFAULT-VALUE}).")
    private double tolerance;

    @Option(names = "--evaluations", defaultValue = "1000", description = "Budget (default: ${DEFAULT-VALUE}).")
    private int evaluations;

    @Option(names = "--engine", description = "By name (default: the best).")
    private String engine;

    @Option(names = "--threads", defaultValue = "1", description = "(default: ${DEFAULT-VALUE}).")
    private int threads;

    @Option(names = "--seed", defaultValue = "1", description = "Of what is random (default: ${DEFAULT-VALUE}).")
    private long seed;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        Random random = new Random(seed);
        PrintWriter out = spec.commandLine().getOut();
        try (Engine e = engine == null ? Engines.best(threads) : Engines.named(engine, threads);
                Block w = weights == null ? gaussian(random, n, gain) : read(weights)) {
            int size = w.rows();
            Stopping stopping = Stopping.relative(tolerance).within(evaluations);
            try (Block u = Block.allocate(Type.F32, size, 1);
                    Block b = Block.allocate(Type.F32, 1, size);
                    Block x = Block.allocate(Type.F32, batch, 1);
                    Block g = e.allocate(Type.F32, batch, size);
                    Block z = e.allocate(Type.F32, batch, size);
                    Block v = e.allocate(Type.F32, batch, size)) {
                for (int i = 0; i < size; i++) {
                    u.set(i, 0, random.nextGaussian());
                    b.set(0, i, random.nextGaussian());
                }
                for (int p = 0; p < batch; p++) {
                    x.set(p, 0, random.nextGaussian());
                    for (int i = 0; i < size; i++) {
                        g.set(p, i, random.nextGaussian());
                    }
                }
                try (DenseCell cell = new DenseCell(e, Activation.TANH, w, u, b, batch);
                        Anderson anderson = Anderson.plan(e, Type.F32, size, batch, Anderson.Options.DEFAULT.withWindow(window), stopping);
                        Picard picard = Picard.plan(e, Type.F32, size, batch, 1, stopping);
                        Gmres gmres = Gmres.plan(e, Type.F32, size, batch, 20, Stopping.relative(Math.max(tolerance, 1e-5)).within(evaluations))) {
                    cell.inject(x);
                    long start = System.nanoTime();
                    Outcome forward = solver == Solver.anderson ? anderson.solve(cell, z) : picard.solve(cell, z);
                    double forwardMillis = (System.nanoTime() - start) * 1e-6;
                    out.printf("forward   %s, %.2f ms on %s (the first solve of this process)%n", forward, forwardMillis, e.name());
                    if (!forward.succeeded()) {
                        out.flush();
                        return 1;
                    }
                    cell.linearise(z);
                    start = System.nanoTime();
                    Outcome backward = gmres.solve(cell::vjp, g, v);
                    out.printf("backward  %s, %.2f ms%n", backward, (System.nanoTime() - start) * 1e-6);
                    out.flush();
                    return backward.succeeded() ? 0 : 1;
                }
            }
        }
    }

    private static Block gaussian(Random random, int n, double gain) {
        Block w = Block.allocate(Type.F32, n, n);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                w.set(i, j, gain * random.nextGaussian() / Math.sqrt(n));
            }
        }
        return w;
    }

    static Block read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file).stream().filter(line -> !line.isBlank()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException("the weights " + file + " cannot be read (" + e.getClass().getSimpleName() + ")", e);
        }
        int n = lines.size();
        Block w = Block.allocate(Type.F32, n, n);
        for (int i = 0; i < n; i++) {
            String[] fields = lines.get(i).split(",", -1);
            if (fields.length != n) {
                throw new IllegalArgumentException(file + ", line " + (i + 1) + ": " + fields.length + " numbers, expected " + n
                        + ", as many as lines");
            }
            for (int j = 0; j < n; j++) {
                try {
                    w.set(i, j, Double.parseDouble(fields[j]));
                } catch (NumberFormatException e) {
                    throw new IllegalArgumentException(file + ", line " + (i + 1) + ", column " + (j + 1) + ": '" + fields[j]
                            + "' is not a number", e);
                }
            }
        }
        return w;
    }
}
