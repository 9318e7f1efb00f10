package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.problems.DriftingSystem;
import dev.zstar.benchmarks.problems.PlantedCell;
import dev.zstar.benchmarks.problems.TextbookGmres;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.LinearFixedPoint;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientReport;
import dev.zstar.solvers.implicit.MultiSecant;
import dev.zstar.solvers.linear.BiCgStab;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.linear.LinearSolver;
import dev.zstar.solvers.linear.NormalEquations;
import dev.zstar.solvers.linear.RecycledGmres;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Ways to differentiate an equilibrium: the products that they take, compared with a textbook GMRES; their time; and the error of their
 * gradients.
 */
final class BackwardSuite {
    /** Elements of the state where products are counted. */
    private static final int N = 256;
    private static final double[] RADII = {0.9, 0.99};
    /** The budget of a counted solve. A solve that spends it is reported as failed. */
    private static final int BUDGET = 2000;

    /** The forward solver that knows most about the Jacobian when it ends. */
    private static final Broyden.Options BROYDEN =
            new Broyden.Options(60).withUpdate(Broyden.Update.BAD).withReduction(Broyden.Reduction.SVD);

    /** Secant pairs that are kept from the forward solve. */
    private static final int PAIRS = 100;
    /** Systems in a sequence. */
    private static final int SYSTEMS = 50;
    /** The Frobenius norm of the change of T from one system to the next. */
    private static final double DRIFT = 3e-3;
    /** How long a backward pass may take until it stops allocating. */
    private static final long SETTLE_NANOS = 5_000_000_000L;
    /** The method that the others are compared with. It runs first. */
    private static final String FIRST = "gmres";

    private BackwardSuite() {}

    static void run(StudyOptions options, StudyProgress progress, List<StudyResult> results) {
        List<String> shapes = options.quick() ? List.of("512x32") : List.of("64x1", "512x32", "1024x64");
        progress.stage("backward", 2 * RADII.length + 1 + 2 * shapes.size());
        for (double radius : RADII) {
            for (boolean symmetric : new boolean[] {false, true}) {
                results.addAll(Fork.call(Counts.class, ForkResults.class, radius + " " + symmetric).results());
                progress.step(String.format(Locale.ROOT, "products at ρ = %s, %s", radius, symmetric ? "symmetric" : "Gaussian"));
            }
        }
        results.addAll(Fork.call(Sequences.class, ForkResults.class, "").results());
        progress.step("recycling over " + SYSTEMS + " systems");
        for (String shape : shapes) {
            results.addAll(Fork.call(Modes.class, ForkResults.class, shape).results());
            progress.step("gradient modes of " + shape.replace("x", " × "));
            results.addAll(Fork.call(MemoryCurve.class, ForkResults.class, shape).results());
            progress.step("time against memory of " + shape.replace("x", " × "));
        }
    }

    /** The methods whose products are counted, each for one row of {@value #N} elements. */
    private static Map<String, LinearPlanner> methods() {
        Map<String, LinearPlanner> methods = new LinkedHashMap<>();
        methods.put(FIRST, (e, t, s) -> Gmres.plan(e, t, 1, N, N, s));
        methods.put("gmres(20)", (e, t, s) -> Gmres.plan(e, t, 1, N, 20, s));
        methods.put("gmres(20), idr(9)", (e, t, s) -> LinearSolver.plan(e, t, 1, N, s));
        methods.put("anderson(10)", (e, t, s) -> LinearFixedPoint.anderson(e, t, 1, N, Anderson.Options.DEFAULT, s));
        methods.put("broyden", (e, t, s) -> LinearFixedPoint.broyden(e, t, 1, N, BROYDEN, s));
        methods.put("bicgstab", (e, t, s) -> BiCgStab.plan(e, t, 1, N, s));
        methods.put("cgls", (e, t, s) -> NormalEquations.plan(e, t, 1, N, s));
        methods.put("picard", (e, t, s) -> LinearFixedPoint.picard(e, t, 1, N, 1, s));
        return methods;
    }

    private interface LinearPlanner {
        LinearSolver plan(Engine engine, Type type, Stopping stopping);
    }

    /** Counts the products of all methods at one ρ(J), in f32 and f64. */
    static final class Counts implements Fork.Task {
        private final ArrayList<StudyResult> results = new ArrayList<>();

        @Override
        public Serializable run(String argument) {
            double radius = Double.parseDouble(argument.substring(0, argument.indexOf(' ')));
            boolean symmetric = argument.endsWith("true");
            PlantedCell planted = new PlantedCell(N, symmetric, radius);
            double[] gradient = new Random(5).doubles(N, -1, 1).toArray();
            TreeMap<String, Double> params = new TreeMap<>(Map.of("n", (double) N, "batch", 1.0, "radius", radius));
            try (Engine engine = Engines.best(1)) {
                for (Type type : Type.values()) {
                    double tolerance = type == Type.F32 ? 1e-4 : 1e-6;
                    String matrix = symmetric ? "symmetric" : "Gaussian";
                    String suffix = String.format(Locale.ROOT, " %s ρ=%s %s to %.0e", type, radius, matrix, tolerance);
                    Recorder recorder = new Recorder(suffix, engine.name(), params);
                    try (DenseCell cell = planted.cell(engine, type, 1);
                            Broyden forward = Broyden.plan(
                                    engine, type, 1, N, BROYDEN, Stopping.relative(type == Type.F32 ? 1e-6 : 1e-8).within(BUDGET));
                            MultiSecant secants = MultiSecant.plan(engine, type, 1, N, PAIRS);
                            Block z = engine.allocate(type, 1, N);
                            Block u = engine.allocate(type, 1, N);
                            Block g = Block.of(type, 1, N, gradient)) {
                        Outcome solved = forward.solve(secants.follow(cell), z);
                        int evaluations = solved.evaluations();
                        boolean succeeded = solved.succeeded();
                        cell.linearise(z);
                        LinearOperator adjoint = cell.adjoint();
                        Map<String, LinearPlanner> methods = methods();
                        methods.put("reuse", (e, t, s) -> Gmres.plan(
                                e, t, 1, N, new Gmres.Options(N, secants.inverse().transposed(), false), s));
                        for (Map.Entry<String, LinearPlanner> method : methods.entrySet()) {
                            try (LinearSolver solver = method.getValue().plan(engine, type, Stopping.relative(tolerance).within(BUDGET))) {
                                Outcome outcome = solver.solve(adjoint, g, u);
                                recorder.add(method.getKey(), outcome.evaluations(), outcome.succeeded());
                            }
                        }
                        recorder.add("forward", evaluations, succeeded);
                    }
                    recorder.add("textbook", TextbookGmres.products(planted.adjoint(), gradient, tolerance), true);
                    results.addAll(recorder.results);
                    Fork.keep(new ForkResults(results));
                }
            }
            return new ForkResults(results);
        }
    }

    /** Records the counts of one case, and their ratios to that of GMRES without restarts. */
    private static final class Recorder {
        final List<StudyResult> results = new ArrayList<>();
        private final String suffix;
        private final String engine;
        private final SortedMap<String, Double> params;
        private double full;

        Recorder(String suffix, String engine, SortedMap<String, Double> params) {
            this.suffix = suffix;
            this.engine = engine;
            this.params = params;
        }

        void add(String method, int products, boolean solved) {
            add(method, solved ? "products" : "productsFailed", products);
            full = method.equals(FIRST) ? products : full;
            if (solved) {
                add(method, "productsRatio", products / full);
            }
        }

        private void add(String method, String metric, double value) {
            results.add(StudyResult.of("backward", method + suffix, engine, 1, params, metric, null, value));
        }
    }

    /**
     * Sequences of systems that change slowly, solved by GMRES with cycles of 20 steps, and by recycled GMRES, which keeps a space from
     * solve to solve.
     */
    static final class Sequences implements Fork.Task {
        @Override
        public Serializable run(String argument) {
            ArrayList<StudyResult> results = new ArrayList<>();
            try (Engine engine = Engines.best(1)) {
                for (double radius : RADII) {
                    for (double bulk : new double[] {0.5, radius}) {
                        for (Type type : Type.values()) {
                            add(results, engine, type, bulk, radius);
                            Fork.keep(new ForkResults(results));
                        }
                    }
                }
            }
            return new ForkResults(results);
        }

        private static void add(List<StudyResult> results, Engine engine, Type type, double bulk, double radius) {
            TreeMap<String, Double> params = new TreeMap<>(Map.of("n", (double) N, "radius", radius, "bulk", bulk));
            long[] products = products(engine, type, bulk, radius);
            String name = String.format(Locale.ROOT, "recycled, %d systems, %s ρ=%s, a disc of %s", SYSTEMS, type, radius, bulk);
            results.add(StudyResult.of("backward", name, engine.name(), 1, params, "sequenceProducts", null, (double) products[1]));
            double ratio = (double) products[1] / products[0];
            results.add(StudyResult.of("backward", name, engine.name(), 1, params, "sequenceRatio", null, ratio));
        }

        /** The products of plain GMRES, then of recycled GMRES. */
        private static long[] products(Engine engine, Type type, double bulk, double radius) {
            Stopping stopping = Stopping.relative(type == Type.F32 ? 1e-4 : 1e-6).within(BUDGET);
            DriftingSystem system = new DriftingSystem(N, bulk, radius, 7);
            long[] products = new long[2];
            try (LinearSolver plain = Gmres.plan(engine, type, 1, N, 20, stopping);
                    LinearSolver recycled = RecycledGmres.plan(engine, type, 1, N, RecycledGmres.Options.DEFAULT, stopping);
                    Block t = engine.allocate(type, N, N);
                    Block b = engine.allocate(type, 1, N);
                    Block u = engine.allocate(type, 1, N)) {
                LinearOperator operator = (v, out, rows) -> engine.gemm(1, v, false, t, true, 0, out);
                for (int i = 0; i < SYSTEMS; i++) {
                    system.write(t, b);
                    products[0] += counted(plain.solve(operator, b, u));
                    products[1] += counted(recycled.solve(operator, b, u));
                    system.advance(DRIFT);
                }
            }
            return products;
        }

        private static int counted(Outcome outcome) {
            if (!outcome.succeeded()) {
                throw new StudyException("backward: a system of a sequence was not solved: " + outcome);
            }
            return outcome.evaluations();
        }
    }

    /** Measures every gradient mode on one shape: time in turns, cosine and error compared with a tight solve, bytes. */
    static final class Modes implements Fork.Task {
        private final ArrayList<StudyResult> results = new ArrayList<>();

        @Override
        public Serializable run(String argument) {
            int n = Integer.parseInt(argument.substring(0, argument.indexOf('x')));
            int batch = Integer.parseInt(argument.substring(argument.indexOf('x') + 1));
            Map<String, GradientMode> modes = GradientModes.all();
            TreeMap<String, Double> params = new TreeMap<>(Map.of("n", (double) n, "batch", (double) batch));
            try (Engine engine = Engines.best(1);
                    FixedPointSolver anderson = FixedPointSolver.plan(engine, Type.F32, batch, n, Stopping.relative(1e-5));
                    Broyden broyden = Broyden.plan(engine, Type.F32, batch, n, Broyden.Options.DEFAULT, Stopping.relative(1e-5));
                    Block x = KernelSuite.gaussian(new Random(7), batch, 64);
                    Block g = KernelSuite.gaussian(new Random(11), batch, n);
                    Block dw = engine.allocate(Type.F32, n, n);
                    Block du = engine.allocate(Type.F32, n, 64);
                    Block db = engine.allocate(Type.F32, 1, n)) {
                DenseCell.Gradients sum = new DenseCell.Gradients(dw, du, db, null);
                List<DenseCell> cells = new ArrayList<>();
                List<Block> states = new ArrayList<>();
                List<EquilibriumLayer<DenseCell.Gradients>> layers = new ArrayList<>();
                List<Runnable> passes = new ArrayList<>();
                for (Map.Entry<String, GradientMode> mode : modes.entrySet()) {
                    FixedPointSolver forward = mode.getValue() instanceof GradientMode.BroydenInverse ? broyden : anderson;
                    // Each layer has its own cell: once another layer has injected an input, a backward pass is impossible.
                    DenseCell cell = SolveSuite.cell(engine, n, batch);
                    cells.add(cell);
                    EquilibriumLayer<DenseCell.Gradients> layer =
                            EquilibriumLayer.plan(engine, Type.F32, batch, n, cell, forward, mode.getValue());
                    Block z = engine.allocate(Type.F32, batch, n);
                    Outcome solved = layer.forward(x, z);
                    if (!solved.succeeded()) {
                        throw new StudyException("backward: the forward solve for the mode " + mode.getKey() + " failed: " + solved);
                    }
                    GradientReport report = layer.report(g);
                    String name = mode.getKey() + " n=" + n + " B=" + batch;
                    add(name, engine, params, "cosine", report.meanCosine());
                    add(name, engine, params, "gradientError", report.worstError());
                    add(name, engine, params, "modeProducts", report.evaluations());
                    add(name, engine, params, "modeBytes", (double) layer.bytes());
                    states.add(z);
                    layers.add(layer);
                    passes.add(() -> layer.backward(g, sum));
                }
                Runnable[] bodies = passes.toArray(Runnable[]::new);
                Stopwatch.settle(SETTLE_NANOS, bodies);
                Stopwatch.SliceTimes times = Stopwatch.run(4_000_000, 30, bodies);
                double[][] nanos = times.nanos();
                int i = 0;
                for (String mode : modes.keySet()) {
                    String name = mode + " n=" + n + " B=" + batch;
                    add(name, engine, params, "backwardUs", nanos[i][0] * 1e-3);
                    add(name, engine, params, "allocated", (double) times.bytes()[i]);
                    add(name, engine, params, "backwardRatio", nanos[i++][0] / nanos[0][0]);
                }
                layers.forEach(EquilibriumLayer::close);
                states.forEach(Block::close);
                cells.forEach(DenseCell::close);
            }
            return new ForkResults(results);
        }

        private void add(String name, Engine engine, SortedMap<String, Double> params, String metric, double value) {
            results.add(StudyResult.of("backward", name, engine.name(), 1, params, metric, null, value));
        }
    }
}
