package dev.zstar.reports;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
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
    /** The largest radius; random weights with it are far below the largest f32. */
    private static final double MOST_RADIUS = 1e30;

    /** The longest time of repeated solves. */
    private static final double MOST_SECONDS = 60;

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
                description = "File with W: npy, npz, safetensors, or a text of n lines of n numbers, separated by commas, semicolons, "
                        + "tabs or spaces.")
        private Path weights;

        @Option(names = "--tensor", paramLabel = "NAME",
                description = "W in a file of several square matrices.")
        private String tensor;

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

        @Option(names = "--engine", split = ",", paramLabel = "NAME", description = "Engines: simd, openblas, scalar (default: the "
                + "first of these that can run here).")
        private List<String> engines = List.of();

        @Option(names = "--threads", paramLabel = "N", defaultValue = "1",
                description = "Threads of the engine (default: ${DEFAULT-VALUE}).")
        private int threads = 1;

        @Option(names = "--steady", paramLabel = "SECONDS", defaultValue = "3",
                description = "Time for repeated solves, which give the steady speed; 0 for none (default: ${DEFAULT-VALUE}).")
        private double steady = 3;
    }

    @ArgGroup(validate = false, order = 1, heading = "%nThe problem%n")
    private final ProblemOptions problem = new ProblemOptions();

    @ArgGroup(validate = false, order = 2, heading = "%nThe method and its options%n")
    private final MethodOptions method = new MethodOptions();

    @ArgGroup(validate = false, order = 3, heading = "%nThe gradient%n")
    private final GradientOptions gradient = new GradientOptions();

    @ArgGroup(validate = false, order = 4, heading = "%nThe run%n")
    private final RunOptions run = new RunOptions();

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        check(spec.commandLine().getParseResult());
        boolean succeeded = true;
        List<String> names = run.engines.isEmpty() ? List.of("") : run.engines;
        for (int i = 0; i < names.size(); i++) {
            String first = i == 0 ? " (first solve of this process)" : " (first solve on this engine)";
            succeeded &= solve(names.get(i), first);
        }
        return succeeded ? 0 : 1;
    }

    /** Every engine gets the same numbers. */
    private boolean solve(String name, String remark) {
        Random random = new Random(problem.seed);
        Stopping until = Stopping.relative(run.tolerance).within(run.evaluations);
        try (Engine engine = engine(name);
                Block w = weights(random);
                SolveRun solve = SolveRun.of(engine, w, problem.batch, random, method, gradient, until,
                        Math.round(run.steady * 1e9), spec.commandLine().getOut())) {
            return solve.forward(remark) && solve.backward();
        }
    }

    /** Throws if a value is out of range, or would have no effect. */
    private void check(ParseResult given) {
        method.check(given);
        gradient.check(method);
        Limits.requireAtLeast("--n", problem.n, 1);
        Limits.requireAtLeast("--batch", problem.batch, 1);
        Limits.requireAtLeast("--evaluations", run.evaluations, 1);
        if (!(problem.radius >= 0 && problem.radius <= MOST_RADIUS)) {
            throw new IllegalArgumentException("--radius " + problem.radius + "; expected a number from 0 to " + MOST_RADIUS);
        }
        Limits.requireThreads("--threads", run.threads);
        if (!(run.steady >= 0 && run.steady <= MOST_SECONDS)) {
            throw new IllegalArgumentException("--steady " + run.steady + "; expected a number of seconds from 0 to " + MOST_SECONDS);
        }
        if (problem.tensor != null && (problem.weights == null || !WeightsTensor.isNamed(problem.weights))) {
            throw new IllegalArgumentException("--tensor " + problem.tensor + (problem.weights == null ? " without --weights"
                    : " with --weights " + problem.weights) + "; expected an npy, npz or safetensors file");
        }
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

    private Engine engine(String name) {
        Engine engine = name.isEmpty() ? Engines.best(run.threads) : Engines.named(name.strip(), run.threads);
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
            return SolveRun.random(random, problem.n, problem.n, problem.radius / Math.sqrt(problem.n));
        }
        boolean tensors = WeightsTensor.isNamed(problem.weights);
        Block w = tensors ? WeightsTensor.read(problem.weights, problem.tensor) : WeightsFile.read(problem.weights);
        try {
            requireMemory(w.rows());
            return w;
        } catch (RuntimeException e) {
            w.close();
            throw e;
        }
    }

    /** Throws if there is no memory for W, its packed copy and the vectors that GMRES keeps, the least that a solve needs. */
    private void requireMemory(int n) {
        long states = (GradientOptions.GMRES_STEPS + 2) * Block.bytes(Type.F32, problem.batch, n);
        Limits.requireMemory("a solve with n = " + n + " and " + problem.batch + (problem.batch == 1 ? " row" : " rows"),
                2 * Block.bytes(Type.F32, n, n) + states);
    }
}
