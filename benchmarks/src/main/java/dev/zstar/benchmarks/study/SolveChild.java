package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
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
import dev.zstar.solvers.fixedpoint.LinearFixedPoint;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.linear.LinearSolver;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;

/** Measures one shape on every engine in its own JVM. */
final class SolveChild implements Fork.Task {
    /** The options of Anderson with m = 5 in every step, as in textbooks. */
    static final Anderson.Options FIVE = Anderson.Options.DEFAULT.withWindow(5).withAdaptiveWindow(false);
    /** Plain steps, which the others accelerate. */
    private static final String PLAIN = "picard";
    private static final double ADJOINT_TOLERANCE = 1e-4;
    /** Plain steps at most. */
    private static final int LONGEST = 2000;
    /** Evaluations of a solve of fixed length. */
    private static final int STEADY = 30;
    /**
     * The fewest vectors that a step of Anderson with m = 5 can move: r, the differences and their products in one sweep, and the mix in
     * another.
     */
    private static final double LEAST = 2 * 5 + 3;

    private final ArrayList<StudyResult> results = new ArrayList<>();
    private final ArrayList<Trace> traces = new ArrayList<>();
    private TreeMap<String, Double> params;
    private String engine;

    @Override
    public Serializable run(String argument) {
        int n = Integer.parseInt(argument.substring(0, argument.indexOf('x')));
        int batch = Integer.parseInt(argument.substring(argument.indexOf('x') + 1));
        params = new TreeMap<>(Map.of("n", (double) n, "batch", (double) batch, "radius", SolveSuite.RADIUS));
        for (String name : Contenders.all()) {
            engine = name;
            try (Engine e = Engines.named(name, 1);
                    DenseCell cell = SolveSuite.cell(e, n, batch);
                    Block zero = e.allocate(Type.F32, batch, n);
                    Block z = e.allocate(Type.F32, batch, n)) {
                forward(e, cell, zero, z, n, batch);
                Fork.keep(new ForkResults(results, traces));
                backward(e, cell, z, n, batch);
                Fork.keep(new ForkResults(results, traces));
            }
        }
        return new ForkResults(results, traces);
    }

    private void forward(Engine e, DenseCell cell, Block zero, Block z, int n, int batch) {
        String name = "anderson(5) n=" + n + " B=" + batch;
        Stopping until = Stopping.relative(SolveSuite.TOLERANCE);
        try (Anderson anderson = Anderson.plan(e, Type.F32, batch, n, FIVE, until);
                Anderson traced = Anderson.plan(e, Type.F32, batch, n, FIVE, until.traced());
                Anderson steady = Anderson.plan(e, Type.F32, batch, n, FIVE, Stopping.fixed(STEADY));
                Picard plain = Picard.plan(e, Type.F32, batch, n, 1, until.within(LONGEST).traced());
                Block out = e.allocate(Type.F32, batch, n)) {
            if (engine.equals(Contenders.own())) {
                methods(e, cell, zero, z, n, batch);
            }
            z.copyFrom(zero);
            Outcome first = traced.solve(cell, z);
            if (!first.succeeded()) {
                throw new StudyException("forward: " + name + " on " + engine + " failed: " + first);
            }
            OptionalInt depth = Picard.equivalentDepth(e, cell, zero, SolveSuite.TOLERANCE, LONGEST);
            int evaluations = first.evaluations();
            Rows all = new Rows(batch);
            Runnable solve = () -> {
                z.copyFrom(zero);
                anderson.solve(cell, z);
            };
            Stopwatch.settle(SolveSuite.WARM_NANOS, solve);
            if (engine.equals(Contenders.own())) {
                EvaluationClock clock = new EvaluationClock(LONGEST);
                FixedPointMap timed = (in, values, rows) -> {
                    cell.apply(in, values, rows);
                    clock.tick();
                };
                for (String method : List.of("anderson(5)", PLAIN)) {
                    FixedPointSolver solver = method.equals(PLAIN) ? plain : traced;
                    z.copyFrom(zero);
                    List<Double> residuals = Arrays.stream(solver.solve(cell, z).trace()).boxed().toList();
                    List<Double> micros = clock.medians(() -> {
                        z.copyFrom(zero);
                        solver.solve(timed, z);
                    });
                    traces.add(new Trace("forward", method, shape(name), residuals, micros));
                }
            }
            // No row leaves in a fixed number of steps, so all evaluations are of whole batches.
            Stopwatch.SliceTimes times = Stopwatch.run(4_000_000, 100, solve, () -> {
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

    /** Times whole solves by different methods in turns. */
    private void methods(Engine e, DenseCell cell, Block zero, Block z, int n, int batch) {
        Stopping until = Stopping.relative(SolveSuite.TOLERANCE);
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
        Stopwatch.settle(SolveSuite.WARM_NANOS, solves);
        Stopwatch.SliceTimes times = Stopwatch.run(4_000_000, 30, solves);
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
        Fork.keep(new ForkResults(results, traces));
    }

    /** Vectors that the solver itself moves in a step of a row with a full window, from the difference of two solves. */
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
        Stopping until = Stopping.relative(ADJOINT_TOLERANCE);
        try (Gmres gmres = Gmres.plan(e, Type.F32, batch, n, 20, until);
                Block g = KernelSuite.gaussian(new Random(11), batch, n);
                Block u = e.allocate(Type.F32, batch, n);
                Block out = e.allocate(Type.F32, batch, n)) {
            Outcome outcome = gmres.solve(adjoint, g, u);
            if (!outcome.succeeded()) {
                throw new StudyException("backward: " + name + " on " + engine + " failed: " + outcome);
            }
            double residual = outcome.worstResidual();
            int evaluations = outcome.evaluations();
            long rows = outcome.rowEvaluations();
            Rows all = new Rows(batch);
            Runnable solve = () -> gmres.solve(adjoint, g, u);
            Stopwatch.settle(SolveSuite.WARM_NANOS, solve);
            if (engine.equals(Contenders.own())) {
                trace(e, adjoint, name, g, u);
            }
            Stopwatch.SliceTimes times = Stopwatch.run(4_000_000, 100, solve, () -> cell.vjp(g, out, all));
            double[][] nanos = times.nanos();
            add("backward", name, "us", nanos[0], 1e-3);
            single("backward", name, "nfev", evaluations);
            single("backward", name, "residual", residual);
            single("backward", name, "overhead", nanos[0][0] / (nanos[1][0] * rows / batch));
            single("backward", name, "allocated", (double) times.bytes()[0]);
        }
    }

    /** The backward solve by GMRES, and by plain steps. */
    private void trace(Engine e, LinearOperator adjoint, String name, Block g, Block u) {
        Stopping until = Stopping.relative(ADJOINT_TOLERANCE).within(LONGEST).traced();
        EvaluationClock clock = new EvaluationClock(LONGEST);
        LinearOperator timed = (in, values, rows) -> {
            adjoint.apply(in, values, rows);
            clock.tick();
        };
        try (LinearSolver gmres = Gmres.plan(e, Type.F32, g.rows(), g.cols(), 20, until);
                LinearSolver plain = LinearFixedPoint.picard(e, Type.F32, g.rows(), g.cols(), 1, until)) {
            for (String method : List.of("gmres(20)", PLAIN)) {
                LinearSolver solver = method.equals(PLAIN) ? plain : gmres;
                Runnable solve = () -> solver.solve(timed, g, u);
                Stopwatch.settle(SolveSuite.WARM_NANOS, solve);
                List<Double> residuals = Arrays.stream(solver.solve(adjoint, g, u).trace()).boxed().toList();
                traces.add(new Trace("backward", method, shape(name), residuals, clock.medians(solve)));
            }
        }
    }

    private static String shape(String name) {
        return name.substring(name.indexOf(' ') + 1);
    }

    private void add(String suite, String name, String metric, double[] sorted, double unit) {
        double[] values = Arrays.stream(sorted).map(nanos -> nanos * unit).toArray();
        results.add(StudyResult.ofOneFork(suite, name, engine, 1, params, metric, values));
    }

    private void single(String suite, String name, String metric, double value) {
        results.add(StudyResult.of(suite, name, engine, 1, params, metric, null, value));
    }
}
