package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Times solves of {@code z = tanh(Wz + Ux + b)} on one thread by several methods, which take turns in one JVM. */
public final class SolverClock {
    /** The methods. The first is the default. */
    public static final List<String> METHODS = List.of("default", "plain", "anderson(3)", "anderson(5)", "broyden(10)");
    /** The relative residual that ends a solve. */
    public static final double TOLERANCE = 1e-5;

    /** How long a method may take until it stops allocating. */
    private static final long SETTLE_NANOS = 2_000_000_000L;
    private static final int SLICES = 10;

    private SolverClock() {}

    /**
     * A solve of {@code batch} rows of {@code n} elements.
     *
     * @param contraction the approximate spectral radius of W
     */
    public record Problem(int n, int batch, double contraction) {
        private String text() {
            return n + "x" + batch + "x" + contraction;
        }

        private static Problem read(String text) {
            String[] parts = text.split("x", -1);
            return new Problem(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Double.parseDouble(parts[2]));
        }
    }

    /** The problems: each shape with a map that contracts fast, and with one that contracts slowly. */
    public static List<Problem> problems(boolean quick) {
        List<Problem> problems = new ArrayList<>();
        for (int[] shape : quick ? new int[][] {{128, 32}} : new int[][] {{64, 1}, {128, 32}, {512, 32}}) {
            problems.add(new Problem(shape[0], shape[1], 0.4));
            problems.add(new Problem(shape[0], shape[1], 0.9));
        }
        return problems;
    }

    /**
     * Starts a JVM, and waits for it.
     *
     * @param round every second round has the reverse order
     * @return for each problem the nanoseconds of each method; NaN if it failed, or if its code was never compiled
     * @throws StudyException if the JVM fails
     */
    public static double[][] time(List<Problem> problems, int round) {
        return Fork.call(SolverChild.class, double[][].class,
                round + " " + problems.stream().map(Problem::text).collect(Collectors.joining(",")));
    }

    /** Measures all problems once. */
    static final class SolverChild implements Fork.Task {
        @Override
        public Serializable run(String argument) {
            String[] words = argument.split(" ", 2);
            List<double[]> times = new ArrayList<>();
            for (String problem : words[1].split(",", -1)) {
                times.add(measure(Problem.read(problem), Integer.parseInt(words[0]) % 2 == 1));
            }
            return times.toArray(double[][]::new);
        }

        private static double[] measure(Problem problem, boolean reversed) {
            int n = problem.n();
            int batch = problem.batch();
            Stopping until = Stopping.relative(TOLERANCE);
            try (Engine e = Engines.named(Contenders.own(), 1);
                    DenseCell cell = SolveSuite.cell(e, n, batch, problem.contraction());
                    Block zero = e.allocate(Type.F32, batch, n);
                    Block z = e.allocate(Type.F32, batch, n);
                    FixedPointSolver usual = FixedPointSolver.plan(e, Type.F32, batch, n, until);
                    Picard plain = Picard.plan(e, Type.F32, batch, n, Picard.Options.PLAIN, until);
                    Anderson three = Anderson.plan(e, Type.F32, batch, n, Anderson.Options.DEFAULT.withWindow(3), until);
                    Anderson five = Anderson.plan(e, Type.F32, batch, n, SolveChild.FIVE, until);
                    Broyden broyden = Broyden.plan(e, Type.F32, batch, n, new Broyden.Options(10), until)) {
                List<FixedPointSolver> methods = List.of(usual, plain, three, five, broyden);
                double[] nanos = ProductClock.inTurns(methods.stream().map(method -> (Runnable) () -> {
                    z.copyFrom(zero);
                    method.solve(cell, z);
                }).toList(), SETTLE_NANOS, SLICES, reversed);
                for (int m = 0; m < nanos.length; m++) {
                    z.copyFrom(zero);
                    if (!methods.get(m).solve(cell, z).succeeded()) {
                        nanos[m] = Double.NaN;
                    }
                }
                return nanos;
            }
        }
    }
}
