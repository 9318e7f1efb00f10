package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * How exact the gradients of parameters are: of an equilibrium in f32, against the tolerance of its solves, and of a network of L tied
 * layers, against L. The reference is f64: the equilibrium to 10⁻¹³, unrolled to convergence.
 */
final class DepthGradients implements Fork.Task {
    private static final int N = 128;
    private static final int INPUTS = 64;
    private static final int BATCH = 16;
    /** ‖W‖₂. The spectral radius of W is about half of it, and small inputs keep the slopes of tanh near 1. */
    private static final double NORM = 1.9;
    /** Of the inputs. */
    private static final double SCALE = 0.3;
    /** Layers after which f64 no longer changes. */
    private static final int CONVERGED = 600;
    private static final double[] TOLERANCES = {1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6};
    private static final int[] LAYERS = {1, 2, 5, 10, 20, 50, 100};

    private final double[] x = Arrays.stream(gaussian(new Random(7), BATCH * INPUTS)).map(value -> SCALE * value).toArray();
    private final double[] cotangent = gaussian(new Random(11), BATCH * N);

    /** A gradient of all parameters, and what it took. */
    private record Gradient(List<Double> values, int evaluations, int depth) {}

    private static double[] gaussian(Random random, int count) {
        double[] values = new double[count];
        Arrays.setAll(values, _ -> random.nextGaussian());
        return values;
    }

    private static Cell cell(Type type) {
        return Cell.of(type, Shape.vector(N), Shape.vector(INPUTS), (net, z, x) ->
                net.product(net.spectralNorm("w", N, N, NORM), z).plus(net.linear("u", x, N)).tanh());
    }

    @Override
    public Serializable run(String argument) {
        ArrayList<StudyResult> results = new ArrayList<>();
        try (Engine engine = Engines.best(1);
                Parameters start = cell(Type.F32).parameters(3)) {
            Stopping tight = Stopping.relative(1e-13).within(2000);
            List<Double> exact = gradient(engine, Type.F64, start, tight, new GradientMode.Unrolled(CONVERGED)).values();
            for (double tolerance : TOLERANCES) {
                Gradient g = gradient(engine, Type.F32, start, Stopping.relative(tolerance), GradientMode.exact(tolerance));
                String name = String.format(Locale.ROOT, "DEQ, tolerance %.0e", tolerance);
                add(results, name, engine, Map.of("n", (double) N, "tolerance", tolerance), g, exact);
                Fork.keep(new ForkResults(results));
            }
            for (int layers : LAYERS) {
                Gradient g = gradient(engine, Type.F32, start, Stopping.relative(1e-6), new GradientMode.Unrolled(layers));
                add(results, "tied network, " + layers + " layers", engine, Map.of("n", (double) N, "layers", (double) layers),
                        new Gradient(g.values(), layers, layers), exact);
                Fork.keep(new ForkResults(results));
            }
        }
        return new ForkResults(results);
    }

    private Gradient gradient(Engine engine, Type type, Parameters start, Stopping stopping, GradientMode mode) {
        Cell cell = cell(type);
        try (Parameters parameters = Parameters.zeros(type, cell.descriptions());
                Parameters gradients = Parameters.zeros(type, cell.descriptions())) {
            for (String name : parameters.names()) {
                parameters.get(name).copyFrom(start.get(name).toDoubles());
            }
            try (CellMap map = cell.plan(engine, BATCH, parameters);
                    FixedPointSolver solver = FixedPointSolver.plan(map, stopping);
                    EquilibriumLayer<CellGradients> layer = EquilibriumLayer.plan(map, solver, mode);
                    Block inputs = engine.allocate(type, BATCH, INPUTS);
                    Block z = engine.allocate(type, BATCH, N);
                    Block g = engine.allocate(type, BATCH, N)) {
                inputs.copyFrom(x);
                g.copyFrom(cotangent);
                Outcome solved = layer.forward(inputs, z);
                double residual = Math.max(solved.worstResidual(), 1e-15);
                layer.backward(g, new CellGradients(gradients, null));
                int evaluations = solved.evaluations();
                List<Double> values = gradients.blocks().stream().flatMapToDouble(b -> Arrays.stream(b.toDoubles())).boxed().toList();
                z.fill(0);
                int depth;
                try (Picard plain = Picard.plan(engine, type, BATCH, N, 1, Stopping.relative(residual).within(2 * CONVERGED))) {
                    map.inject(inputs);
                    depth = plain.solve(map, z).evaluations();
                }
                return new Gradient(values, evaluations, depth);
            }
        }
    }

    private static void add(
            List<StudyResult> results, String name, Engine engine, Map<String, Double> params, Gradient g, List<Double> exact) {
        GradientError error = new GradientError();
        error.add(array(g.values()), array(exact));
        TreeMap<String, Double> sorted = new TreeMap<>(params);
        results.add(StudyResult.of("depth", name, engine.name(), 1, sorted, "gradientError", null, error.relative()));
        results.add(StudyResult.of("depth", name, engine.name(), 1, sorted, "cosine", null, error.cosine()));
        results.add(StudyResult.of("depth", name, engine.name(), 1, sorted, "nfev", null, (double) g.evaluations()));
        results.add(StudyResult.of("depth", name, engine.name(), 1, sorted, "effectiveDepth", null, (double) g.depth()));
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
