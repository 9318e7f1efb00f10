package dev.zstar.reports;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.diagnosis.Diagnosis;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.linear.Gmres;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** Solves and differentiates one equilibrium by a chosen method, and explains a slow or failed solve. */
@Command(
        name = "solve",
        description = "Solves z = tanh(Wz + b) for random or given weights, then its adjoint.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        abbreviateSynopsis = true)
final class SolveCommand implements Callable<Integer> {
    /** A successful solve with more evaluations is explained. Cells with a radius of 0.9 take 10 to 30. */
    private static final int SLOW = 50;
    /** Larger budgets get no trace, which takes 8 bytes for each evaluation. */
    private static final int TRACED = 1 << 20;

    /** Steps of a cycle in the backward solve. */
    private static final int GMRES_STEPS = 20;
    /** The largest radius; random weights with it are far below the largest f32. */
    private static final double MOST_RADIUS = 1e30;

    /** The indent of an explanation. */
    private static final String INDENT = " ".repeat(10);

    /** What is solved. */
    private static final class ProblemOptions {
        @Option(names = "--n", paramLabel = "N", defaultValue = "256", description = "Elements of the state (default: ${DEFAULT-VALUE}).")
        private int n = 256;

        @Option(names = "--batch", paramLabel = "B", defaultValue = "1",
                description = "Rows, each with its own b (default: ${DEFAULT-VALUE}).")
        private int batch = 1;

        @Option(names = "--radius", paramLabel = "RHO", defaultValue = "0.9",
                description = "Approximate spectral radius of random weights (default: ${DEFAULT-VALUE}).")
        private double radius = 0.9;

        @Option(names = "--weights", paramLabel = "FILE",
                description = "File with W: n lines of n numbers, separated by commas, semicolons, tabs or spaces, the same in every line.")
        private Path weights;

        @Option(names = "--seed", paramLabel = "S", defaultValue = "1",
                description = "Seed of the random numbers (default: ${DEFAULT-VALUE}).")
        private long seed = 1;
    }

    /** When a solve ends, and what computes it. */
    private static final class RunOptions {
        @Option(names = "--tolerance", paramLabel = "TOL", defaultValue = "1e-6",
                description = "Relative residual at which both solves stop (default: ${DEFAULT-VALUE}).")
        private double tolerance = 1e-6;

        @Option(names = "--evaluations", paramLabel = "K", defaultValue = "1000",
                description = "Maximum number of evaluations for each solve (default: ${DEFAULT-VALUE}).")
        private int evaluations = 1000;

        @Option(names = "--engine", paramLabel = "NAME", description = "Engine: simd, openblas or scalar (default: the first of these "
                + "that can run here).")
        private String engine;

        @Option(names = "--threads", paramLabel = "N", defaultValue = "1",
                description = "Threads of the engine (default: ${DEFAULT-VALUE}).")
        private int threads = 1;
    }

    @ArgGroup(validate = false, order = 1, heading = "%nThe problem%n")
    private final ProblemOptions problem = new ProblemOptions();

    @ArgGroup(validate = false, order = 2, heading = "%nThe method and its options%n")
    private final MethodOptions method = new MethodOptions();

    @ArgGroup(validate = false, order = 3, heading = "%nThe run%n")
    private final RunOptions run = new RunOptions();

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        check(spec.commandLine().getParseResult());
        Random random = new Random(problem.seed);
        try (Engine engine = engine();
                Block w = weights(random);
                DenseCell cell = cell(engine, w, random);
                Block z = engine.allocate(Type.F32, problem.batch, w.rows())) {
            if (!forward(engine, cell, z)) {
                PrintWriter out = spec.commandLine().getOut();
                out.println("backward  not solved, since the forward solve failed");
                out.flush();
                return 1;
            }
            return backward(engine, cell, z, random) ? 0 : 1;
        }
    }

    /** Throws if a value is out of range, or would have no effect. */
    private void check(ParseResult given) {
        method.check(given);
        Limits.requireAtLeast("--n", problem.n, 1);
        Limits.requireAtLeast("--batch", problem.batch, 1);
        Limits.requireAtLeast("--evaluations", run.evaluations, 1);
        if (!(problem.radius >= 0 && problem.radius <= MOST_RADIUS)) {
            throw new IllegalArgumentException("--radius " + problem.radius + "; expected a number from 0 to " + MOST_RADIUS);
        }
        Limits.requireThreads("--threads", run.threads);
        for (String unused : List.of("--n", "--radius")) {
            if (problem.weights != null && given.hasMatchedOption(unused)) {
                throw new IllegalArgumentException(unused + " applies to random weights, which --weights replaces; "
                        + "expected only one of the two");
            }
        }
        if (problem.weights == null) {
            requireMemory(problem.n);
        }
    }

    private Engine engine() {
        Engine engine = run.engine == null ? Engines.best(run.threads) : Engines.named(run.engine, run.threads);
        if (engine.threads() < run.threads) {
            int threads = engine.threads();
            engine.close();
            throw new IllegalArgumentException(
                    "--threads " + run.threads + "; expected at most " + threads + ", the number of threads that the " + engine.name()
                            + " engine uses");
        }
        return engine;
    }

    private Block weights(Random random) {
        if (problem.weights == null) {
            return gaussian(random, problem.n, problem.radius);
        }
        Block w = WeightsFile.read(problem.weights);
        requireMemory(w.rows());
        return w;
    }

    /** Throws if there is no memory for W, its packed copy and the vectors that GMRES keeps, the least that a solve needs. */
    private void requireMemory(int n) {
        long states = (GMRES_STEPS + 2) * Block.bytes(Type.F32, problem.batch, n);
        Limits.requireMemory("a solve with n = " + n + " and " + problem.batch + (problem.batch == 1 ? " row" : " rows"),
                2 * Block.bytes(Type.F32, n, n) + states);
    }

    /** The cell, with a b for each row injected. */
    private DenseCell cell(Engine engine, Block w, Random random) {
        try (Block u = random(random, w.rows(), 1, 1);
                Block b = random(random, 1, w.rows(), 1);
                Block x = random(random, problem.batch, 1, 1)) {
            DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, problem.batch, method.formats());
            cell.inject(x);
            return cell;
        }
    }

    private boolean forward(Engine engine, DenseCell cell, Block z) {
        Stopping stopping = Stopping.relative(run.tolerance).within(run.evaluations);
        FixedPointMap map = method.map(cell);
        Stopping until = run.evaluations <= TRACED ? stopping.traced() : stopping;
        try (FixedPointSolver solver = method.plan(engine, cell.n(), problem.batch, until)) {
            long start = System.nanoTime();
            Outcome outcome = solver.solve(map, z);
            long nanos = System.nanoTime() - start;
            report("forward", method + " on " + engine.name(), outcome, method.evaluations(solver, outcome.evaluations()), nanos,
                    " (first solve of this process)");
            if (!outcome.succeeded() || outcome.evaluations() > SLOW) {
                // Derivatives of the cell are exact; those of other maps would be differences.
                Diagnosis.of(solver, cell, z).sentences().forEach(this::explain);
            }
            return outcome.succeeded();
        }
    }

    private boolean backward(Engine engine, DenseCell cell, Block z, Random random) {
        Stopping stopping = Stopping.relative(run.tolerance).within(run.evaluations);
        try (Gmres gmres = Gmres.plan(engine, Type.F32, problem.batch, cell.n(), GMRES_STEPS, stopping);
                Block g = random(random, problem.batch, cell.n(), 1);
                Block v = engine.allocate(Type.F32, problem.batch, cell.n())) {
            cell.linearise(z);
            long start = System.nanoTime();
            Outcome outcome = gmres.solve(cell::vjp, g, v);
            long nanos = System.nanoTime() - start;
            report("backward", "gmres(" + GMRES_STEPS + ")", outcome, outcome.evaluations() + " evaluations", nanos, "");
            return outcome.succeeded();
        }
    }

    /** Prints a line for a solve: the method, how many rows ended with each status, and the cost. */
    private void report(String direction, String who, Outcome outcome, String evaluations, long nanos, String remark) {
        Map<Status, Integer> ends = new EnumMap<>(Status.class);
        for (int b = 0; b < outcome.batch(); b++) {
            ends.merge(outcome.status(b), 1, Integer::sum);
        }
        String rows = ends.entrySet().stream()
                .map(end -> (outcome.batch() == 1 ? "" : end.getValue() + " of " + outcome.batch() + " rows ") + end.getKey())
                .collect(Collectors.joining(", "));
        PrintWriter out = spec.commandLine().getOut();
        out.printf(Locale.ROOT, "%-9s %s: %s, %s, largest relative residual %.2e, %.2f ms%s%n",
                direction, who, rows, evaluations, outcome.worstResidual(), nanos * 1e-6, remark);
        out.flush();
    }

    /** Prints an indented sentence in lines that fit a terminal. */
    private void explain(String sentence) {
        PrintWriter out = spec.commandLine().getOut();
        StringBuilder line = new StringBuilder(INDENT);
        for (String word : sentence.split(" ", -1)) {
            if (line.length() > INDENT.length() && line.length() + word.length() >= Zstar.WIDTH) {
                out.println(line);
                line.setLength(INDENT.length());
            }
            line.append(line.length() > INDENT.length() ? " " : "").append(word);
        }
        out.println(line);
        out.flush();
    }

    private static Block gaussian(Random random, int n, double radius) {
        return random(random, n, n, radius / Math.sqrt(n));
    }

    /** A block of normally distributed numbers with this standard deviation. */
    private static Block random(Random random, int rows, int cols, double deviation) {
        Block block = Block.allocate(Type.F32, rows, cols);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                block.set(i, j, deviation * random.nextGaussian());
            }
        }
        return block;
    }
}
