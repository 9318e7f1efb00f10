package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.MixedPrecision;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.linear.Gmres;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Both solves of an equilibrium {@code z = tanh(Wz + Ux + b)}: time, evaluations, depth, memory, and the solver's own share. */
final class SolveSuite {
    private static final double TOLERANCE = 1e-6;
    private static final double ADJOINT_TOLERANCE = 1e-4;
    /** Spectral radius of W, about. */
    private static final double RADIUS = 0.95;
    /** Evaluations of a solve of a fixed length. */
    private static final int STEADY = 30;
    /**
     * The least vectors that a step of Anderson with m = 5 moves: r, the differences and their products in one sweep, and the mix in one.
     */
    private static final double LEAST = 2 * 5 + 3;
    /** The options of Anderson with m = 5. */
    private static final Anderson.Options FIVE = Anderson.Options.DEFAULT.withWindow(5);
    /** How long a solve may take to stop allocating. */
    private static final long WARM_NANOS = 15_000_000_000L;

    private record Found(ArrayList<Result> results, ArrayList<Trace> traces) implements Serializable {}

    private SolveSuite() {}

    static void run(StudyOptions options, Progress progress, List<Result> results, List<Trace> traces) {
        List<String> shapes = new ArrayList<>(List.of("64x1", "512x32"));
        if (!options.quick()) {
            shapes.add("1024x64");
            shapes.add("1024x1");
            shapes.add("2048x1");
        }
        List<String> narrow = options.quick() ? List.of("1024x1") : List.of("1024x1", "4096x1");
        progress.stage("solves", shapes.size() + narrow.size());
        for (String shape : narrow) {
            Found found = Fork.call(MixedChild.class, Found.class, shape);
            found.results().stream().filter(result -> options.wants(result.suite())).forEach(results::add);
            progress.step(shape.replace("x", " × ") + " in mixed precision");
        }
        for (String shape : shapes) {
            Found found = Fork.call(Child.class, Found.class, shape);
            found.results().stream().filter(result -> options.wants(result.suite())).forEach(results::add);
            traces.addAll(found.traces());
            progress.step(shape.replace("x", " × "));
        }
    }

    /** One shape on every engine, in its own JVM. */
    static final class Child implements Fork.Task {
        private final ArrayList<Result> results = new ArrayList<>();
        private final ArrayList<Trace> traces = new ArrayList<>();
        private TreeMap<String, Double> params;
        private String engine;

        @Override
        public Serializable run(String argument) {
            int n = Integer.parseInt(argument.substring(0, argument.indexOf('x')));
            int batch = Integer.parseInt(argument.substring(argument.indexOf('x') + 1));
            params = new TreeMap<>(Map.of("n", (double) n, "batch", (double) batch, "radius", RADIUS));
            for (String name : Study.engines()) {
                engine = name;
                try (Engine e = Engines.named(name, 1);
                        DenseCell cell = cell(e, n, batch);
                        Block zero = e.allocate(Type.F32, batch, n);
                        Block z = e.allocate(Type.F32, batch, n)) {
                    forward(e, cell, zero, z, n, batch);
                    backward(e, cell, z, n, batch);
                }
            }
            return new Found(results, traces);
        }

        static DenseCell cell(Engine e, int n, int batch, Format... also) {
            Random random = new Random(7);
            try (Block w = KernelSuite.gaussian(random, n, n);
                    Block u = KernelSuite.gaussian(random, n, 64);
                    Block b = KernelSuite.gaussian(random, 1, n);
                    Block x = KernelSuite.gaussian(random, batch, 64)) {
                // The symmetric part of a Gaussian matrix with entries of variance 1/n has eigenvalues up to ±√2.
                double[] a = w.toDoubles();
                for (int i = 0; i < n; i++) {
                    for (int j = 0; j < n; j++) {
                        w.set(i, j, RADIUS / Math.sqrt(2) * (a[i * n + j] + a[j * n + i]) / 2);
                    }
                }
                DenseCell cell = new DenseCell(e, Activation.TANH, w, u, b, batch, also);
                cell.inject(x);
                return cell;
            }
        }

        private void forward(Engine e, DenseCell cell, Block zero, Block z, int n, int batch) {
            String name = "anderson(5) n=" + n + " B=" + batch;
            try (Anderson anderson = Anderson.plan(e, Type.F32, batch, n, FIVE, Stopping.relative(TOLERANCE));
                    Anderson traced = Anderson.plan(e, Type.F32, batch, n, FIVE, Stopping.relative(TOLERANCE).traced());
                    Anderson steady = Anderson.plan(e, Type.F32, batch, n, FIVE, Stopping.fixed(STEADY));
                    Picard plain = Picard.plan(e, Type.F32, batch, n, 1, Stopping.relative(TOLERANCE).within(2000).traced());
                    Block out = e.allocate(Type.F32, batch, n)) {
                if (engine.equals(Study.own())) {
                    methods(e, cell, zero, z, n, batch);
                }
                z.copyFrom(zero);
                Outcome first = traced.solve(cell, z);
                if (!first.succeeded()) {
                    throw new StudyException(name + " on " + engine + ": " + first);
                }
                if (engine.equals(Study.own())) {
                    trace(name, "anderson(5)", first);
                    z.copyFrom(zero);
                    trace(name, "picard", plain.solve(cell, z));
                }
                OptionalInt depth = Picard.equivalentDepth(e, cell, zero, TOLERANCE, 2000);
                int evaluations = first.evaluations();
                Rows all = new Rows(batch);
                Runnable solve = () -> {
                    z.copyFrom(zero);
                    anderson.solve(cell, z);
                };
                Stopwatch.settle(WARM_NANOS, solve);
                // No row leaves here, so that all evaluations are of whole batches.
                Stopwatch.Times times = Stopwatch.run(4_000_000, 100, solve, () -> {
                    z.copyFrom(zero);
                    steady.solve(cell, z);
                }, () -> cell.apply(z, out, all));
                double[][] nanos = times.nanos();
                double overhead = nanos[1][0] / (STEADY * nanos[2][0]);
                add("forward", name, "us", nanos[0], 1e-3);
                single("forward", name, "nfev", evaluations);
                single("forward", name, "overhead", overhead);
                double traffic = traffic(e, cell, zero, z, n, batch);
                single("forward", name, "traffic", traffic);
                single("forward", name, "trafficRatio", traffic / LEAST);
                single("forward", name, "allocated", (double) times.bytes()[0]);
                long bytes = anderson.bytes() + cell.bytes() + z.bytes();
                single("forward", name, "bytes", (double) bytes);
                if (depth.isPresent()) {
                    single("forward", name, "depth", depth.getAsInt());
                    single("forward", name, "depthThroughput", batch * depth.getAsInt() / (nanos[0][0] * 1e-9));
                    single("forward", name, "bytesPerDepth", (double) bytes / depth.getAsInt());
                }
            }
        }

        /** Times of whole solves by different methods, in turns. */
        private void methods(Engine e, DenseCell cell, Block zero, Block z, int n, int batch) {
            Stopping until = Stopping.relative(TOLERANCE);
            LinkedHashMap<String, FixedPointSolver> methods = new LinkedHashMap<>();
            methods.put("anderson(5)", Anderson.plan(e, Type.F32, batch, n, FIVE, until));
            methods.put("default", FixedPointSolver.plan(e, Type.F32, batch, n, until));
            methods.put("type I", Anderson.plan(e, Type.F32, batch, n, ProblemSuite.TYPE_I, until));
            methods.put("good", Broyden.plan(e, Type.F32, batch, n, Broyden.Options.DEFAULT, until));
            methods.put("bad, SVD", Broyden.plan(e, Type.F32, batch, n, ProblemSuite.BAD, until));
            Runnable[] solves = methods.values().stream().map(method -> (Runnable) () -> {
                z.copyFrom(zero);
                method.solve(cell, z);
            }).toArray(Runnable[]::new);
            Stopwatch.settle(WARM_NANOS, solves);
            Stopwatch.Times times = Stopwatch.run(4_000_000, 30, solves);
            double[][] nanos = times.nanos();
            int i = 0;
            for (Map.Entry<String, FixedPointSolver> method : methods.entrySet()) {
                String name = method.getKey() + " of n=" + n + " B=" + batch;
                z.copyFrom(zero);
                single("forward", name, "nfev", method.getValue().solve(cell, z).evaluations());
                single("forward", name, "blocks", (double) method.getValue().bytes() / Block.bytes(Type.F32, batch, n));
                add("forward", name, "methodUs", nanos[i], 1e-3);
                single("forward", name, "allocated", (double) times.bytes()[i]);
                single("forward", name, "methodRatio", nanos[i++][0] / nanos[0][0]);
                method.getValue().close();
            }
        }

        /** Vectors that the solver itself moves in one step of one row, once its window is full: of two solves, the difference. */
        private static double traffic(Engine e, DenseCell cell, Block zero, Block z, int n, int batch) {
            long[] elements = new long[2];
            for (int i = 0; i < 2; i++) {
                Traffic traffic = new Traffic(e);
                try (Anderson anderson = Anderson.plan(
                        traffic.engine(), Type.F32, batch, n, FIVE, Stopping.fixed(STEADY - 10 * i))) {
                    z.copyFrom(zero);
                    anderson.solve(cell, z);
                }
                elements[i] = traffic.elements();
            }
            return (elements[0] - elements[1]) / (10.0 * batch * n);
        }

        private void backward(Engine e, DenseCell cell, Block z, int n, int batch) {
            String name = "gmres(20) n=" + n + " B=" + batch;
            cell.linearise(z);
            LinearOperator adjoint = cell::vjp;
            try (Gmres gmres = Gmres.plan(e, Type.F32, batch, n, 20, Stopping.relative(ADJOINT_TOLERANCE));
                    Block g = KernelSuite.gaussian(new Random(11), batch, n);
                    Block u = e.allocate(Type.F32, batch, n);
                    Block out = e.allocate(Type.F32, batch, n)) {
                Outcome outcome = gmres.solve(adjoint, g, u);
                if (!outcome.succeeded()) {
                    throw new StudyException(name + " on " + engine + ": " + outcome);
                }
                double residual = outcome.worstResidual();
                int evaluations = outcome.evaluations();
                long rows = outcome.rowEvaluations();
                Rows all = new Rows(batch);
                Runnable solve = () -> gmres.solve(adjoint, g, u);
                Stopwatch.settle(WARM_NANOS, solve);
                Stopwatch.Times times = Stopwatch.run(4_000_000, 100, solve, () -> cell.vjp(g, out, all));
                double[][] nanos = times.nanos();
                add("backward", name, "us", nanos[0], 1e-3);
                single("backward", name, "nfev", evaluations);
                single("backward", name, "residual", residual);
                single("backward", name, "overhead", nanos[0][0] / (nanos[1][0] * rows / batch));
                single("backward", name, "allocated", (double) times.bytes()[0]);
            }
        }

        private void trace(String problem, String solver, Outcome outcome) {
            traces.add(new Trace(solver, problem.substring(problem.indexOf(' ') + 1), Arrays.stream(outcome.trace()).boxed().toList()));
        }

        private void add(String suite, String name, String metric, double[] sorted, double unit) {
            results.add(Result.of(suite, name, engine, 1, params, metric, null, Arrays.stream(sorted).map(nanos -> nanos * unit).toArray()));
        }

        private void single(String suite, String name, String metric, double value) {
            results.add(Result.of(suite, name, engine, 1, params, metric, null, value));
        }
    }

    /**
     * One row of a cell whose weights lie beyond the second-level cache, to the same residual with the f32 weights alone and with narrower
     * ones that they correct: time in turns, evaluations of both, and the bytes of weights that those read. Their times are a metric of
     * their own, since who reads "us" expects an overhead, allocated bytes and a depth beside it.
     */
    static final class MixedChild implements Fork.Task {
        private static final List<Format> FORMATS = List.of(Format.BF16, Format.INT8);

        private final ArrayList<Result> results = new ArrayList<>();
        private String name;
        private TreeMap<String, Double> params;

        @Override
        public Serializable run(String argument) {
            int n = Integer.parseInt(argument.substring(0, argument.indexOf('x')));
            int batch = Integer.parseInt(argument.substring(argument.indexOf('x') + 1));
            name = "mixed n=" + n + " B=" + batch;
            params = new TreeMap<>(Map.of("n", (double) n, "batch", (double) batch, "radius", RADIUS));
            Stopping stopping = Stopping.relative(TOLERANCE);
            try (Engine e = Engines.named(Study.own(), 1);
                    DenseCell cell = Child.cell(e, n, batch, FORMATS.toArray(Format[]::new));
                    Anderson anderson = Anderson.plan(e, Type.F32, batch, n, FIVE, stopping);
                    MixedPrecision mixed = MixedPrecision.plan(e, Type.F32, batch, n, MixedPrecision.Options.DEFAULT, stopping);
                    Block z = e.allocate(Type.F32, batch, n)) {
                FixedPointMap bf16 = cell.in(Format.BF16);
                FixedPointMap int8 = cell.in(Format.INT8);
                Runnable[] ways = {
                    () -> solve(() -> anderson.solve(cell, z), z), () -> solve(() -> mixed.solve(cell, bf16, z), z), () -> solve(() -> mixed.solve(cell, int8, z), z)
                };
                Stopwatch.settle(WARM_NANOS, ways);
                Stopwatch.Times times = Stopwatch.run(4_000_000, 30, ways);
                double[][] nanos = times.nanos();
                Outcome pure = solve(() -> anderson.solve(cell, z), z);
                double alone = (double) pure.evaluations() * cell.weightBytes(Format.FULL);
                add("f32", "mixedUs", Arrays.stream(nanos[0]).map(t -> t * 1e-3).toArray());
                add("f32", "allocated", (double) times.bytes()[0]);
                add("f32", "nfev", pure.evaluations());
                add("f32", "residual", pure.worstResidual());
                add("f32", "weightBytes", alone);
                for (int i = 0; i < FORMATS.size(); i++) {
                    FixedPointMap cheap = cell.in(FORMATS.get(i));
                    Outcome outcome = solve(() -> mixed.solve(cell, cheap, z), z);
                    String way = FORMATS.get(i).toString();
                    double read = (double) outcome.evaluations() * cell.weightBytes(Format.FULL)
                            + (double) mixed.cheapEvaluations() * cell.weightBytes(FORMATS.get(i));
                    add(way, "mixedUs", Arrays.stream(nanos[i + 1]).map(t -> t * 1e-3).toArray());
                    add(way, "allocated", (double) times.bytes()[i + 1]);
                    add(way, "ratio", nanos[0][0] / nanos[i + 1][0]);
                    add(way, "nfev", outcome.evaluations());
                    add(way, "cheapNfev", mixed.cheapEvaluations());
                    add(way, "residual", outcome.worstResidual());
                    add(way, "weightBytes", read);
                    add(way, "weightBytesRatio", alone / read);
                }
            }
            return new Found(results, new ArrayList<>());
        }

        private Outcome solve(Supplier<Outcome> solve, Block z) {
            z.fill(0);
            Outcome outcome = solve.get();
            if (!outcome.succeeded()) {
                throw new StudyException(name + ": " + outcome);
            }
            return outcome;
        }

        private void add(String way, String metric, double... values) {
            results.add(Result.of("forward", name + " " + way, Study.own(), 1, params, metric, null, values));
        }
    }
}
