package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Equilibria at 0, and at any scale, by every method, in both types and on every engine. */
class EveryScaleTest {
    private record Method(String name, Workspace plan) {
        private interface Workspace {
            FixedPointSolver of(Engine engine, Type type, int batch, int n, Stopping stopping);
        }
    }

    private static final List<Method> METHODS = List.of(
            new Method("default", FixedPointSolver::plan),
            new Method("anderson", (e, t, b, n, s) -> Anderson.plan(e, t, b, n, Anderson.Options.DEFAULT, s)),
            new Method("type I",
                    (e, t, b, n, s) -> Anderson.plan(e, t, b, n, Anderson.Options.DEFAULT.withVariant(Anderson.Variant.TYPE_I), s)),
            new Method("safeguarded",
                    (e, t, b, n, s) -> Anderson.plan(e, t, b, n, Anderson.Options.DEFAULT.withSafeguard(Safeguard.DEFAULT), s)),
            new Method("good", (e, t, b, n, s) -> Broyden.plan(e, t, b, n, Broyden.Options.DEFAULT, s)),
            new Method("bad", (e, t, b, n, s) -> Broyden.plan(e, t, b, n, Broyden.Options.DEFAULT.withUpdate(Broyden.Update.BAD), s)),
            new Method("searched", (e, t, b, n, s) -> Broyden.plan(e, t, b, n, Broyden.Options.DEFAULT.withLineSearch(true), s)),
            new Method("newton", (e, t, b, n, s) -> NewtonKrylov.plan(e, t, b, n, NewtonKrylov.Options.DEFAULT, s)),
            new Method("mixed", (e, t, b, n, s) -> MixedPrecision.plan(e, t, b, n, MixedPrecision.Options.DEFAULT, s)));

    private static FixedPointMap map(UnaryOperator<double[]> f) {
        return (z, out, rows) -> {
            for (int p = 0; p < rows.count(); p++) {
                double[] x = new double[z.cols()];
                for (int i = 0; i < x.length; i++) {
                    x[i] = z.get(p, i);
                }
                double[] y = f.apply(x);
                for (int i = 0; i < x.length; i++) {
                    out.set(p, i, y[i]);
                }
            }
        };
    }

    private static UnaryOperator<double[]> each(DoubleUnaryOperator f) {
        return x -> Arrays.stream(x).map(f).toArray();
    }

    /** A problem whose solution is known, which all methods of the list solve. */
    private record Case(String name, int n, double start, UnaryOperator<double[]> f, double solution) {}

    private static final List<Case> BOTH = List.of(
            new Case("relu(1 - Σ z / 32)", 64, 0, x -> {
                double sum = Arrays.stream(x).sum();
                return each(v -> Math.max(0, 1 - sum / 32)).apply(x);
            }, 1 / 3.0),
            new Case("z²", 1, 0.4, each(v -> v * v), 0),
            new Case("relu(z / 2 - 0.2)", 1, 1, each(v -> Math.max(0, v / 2 - 0.2)), 0),
            new Case("relu(z / 2 - 0.2), three rows of it", 3, 1, each(v -> Math.max(0, v / 2 - 0.2)), 0),
            new Case("tanh(z / 2)", 3, 1, each(v -> Math.tanh(v / 2)), 0),
            new Case("0", 3, 1, each(v -> 0), 0));

    private static final List<Case> DOUBLES = List.of(
            new Case("z / 2 + 1e-160", 2, 0, each(v -> v / 2 + 1e-160), 2e-160),
            new Case("z / 2 + 1e-170", 2, 0, each(v -> v / 2 + 1e-170), 2e-170),
            new Case("z / 2 + 1e-300", 2, 0, each(v -> v / 2 + 1e-300), 2e-300),
            new Case("z / 2 + 1e155", 2, 0, each(v -> v / 2 + 1e155), 2e155),
            new Case("z / 2 + 6e307", 2, 0, each(v -> v / 2 + 6e307), 1.2e308),
            new Case("cos at 1e200", 2, 0, each(v -> 1e200 * Math.cos(v / 1e200)), 0.7390851332151607 * 1e200),
            new Case("cos at 1e-200", 2, 0, each(v -> 1e-200 * Math.cos(v / 1e-200)), 0.7390851332151607 * 1e-200));

    private static final List<Case> FLOATS = List.of(
            new Case("z / 2 + 1e-36", 2, 0, each(v -> v / 2 + 1e-36), 2e-36),
            new Case("z / 2 + 1.5e38", 2, 0, each(v -> v / 2 + 1.5e38), 3e38),
            new Case("cos at 1e37", 2, 0, each(v -> 1e37 * Math.cos(v / 1e37)), 0.7390851332151607 * 1e37));

    @Test
    void everyMethodFindsEquilibriaAtZeroAndAtAnyScale() {
        for (Type type : Type.values()) {
            List<Case> cases = new ArrayList<>(BOTH);
            cases.addAll(type == Type.F32 ? FLOATS : DOUBLES);
            for (Method method : METHODS) {
                for (Case problem : cases) {
                    for (EngineProvider provider : Problems.engines()) {
                        solve(provider, type, method, problem);
                    }
                }
            }
        }
    }

    private static void solve(EngineProvider provider, Type type, Method method, Case problem) {
        double tolerance = type == Type.F32 ? 1e-5 : 1e-9;
        try (Engine engine = provider.create(1);
                FixedPointSolver solver = method.plan.of(engine, type, 1, problem.n, Stopping.relative(tolerance));
                Block z = engine.allocate(type, 1, problem.n)) {
            z.fill(problem.start);
            Outcome outcome = solver.solve(map(problem.f), z);
            String what = provider.name() + " " + type + " " + method.name + " " + problem.name + ": " + outcome;
            assertThat(outcome.succeeded()).as(what).isTrue();
            assertThat(outcome.residual(0)).as(what).isLessThanOrEqualTo(tolerance);
            double near = problem.solution == 0 ? 1e-5 * problem.start : 10 * tolerance * problem.solution;
            for (int i = 0; i < problem.n; i++) {
                assertThat(Math.abs(z.get(0, i) - problem.solution)).as(what).isLessThanOrEqualTo(near);
            }
            // The reported residual is that of the very point that is returned.
            double[] x = z.toDoubles();
            double[] y = problem.f.apply(x);
            double largest = Math.max(problem.start * type.unitRoundoff(), Arrays.stream(y).map(Math::abs).max().orElseThrow());
            double residual = 0;
            double value = 0;
            double floor = 0;
            for (int i = 0; i < problem.n && largest > 0; i++) {
                double yi = type == Type.F32 ? (float) y[i] : y[i];
                residual += Math.pow((yi - x[i]) / largest, 2);
                value += Math.pow(yi / largest, 2);
                floor += Math.pow(problem.start * type.unitRoundoff() / largest, 2);
            }
            double expected = residual == 0 ? 0 : Math.sqrt(residual / Math.max(value, floor));
            assertThat(outcome.residual(0)).as(what).isCloseTo(expected, within(1e-6 * expected));
        }
    }

    /** A solve that fails keeps its start bit for bit: the best point itself, not f there minus the residual. */
    @Test
    void whatIsReturnedIsThePointThatWasMeasured() {
        for (Type type : Type.values()) {
            for (EngineProvider provider : Problems.engines()) {
                for (Method method : METHODS) {
                    try (Engine engine = provider.create(1);
                            FixedPointSolver solver = method.plan.of(engine, type, 1, 1, Stopping.relative(1e-5).within(2));
                            Block z = engine.allocate(type, 1, 1)) {
                        z.set(0, 0, 1e-8);
                        double start = z.get(0, 0);
                        Outcome outcome = solver.solve(map(each(v -> 1e8 * v)), z);
                        assertThat(outcome.succeeded()).as("%s %s", method.name, outcome).isFalse();
                        assertThat(z.get(0, 0)).as("%s %s %s", provider.name(), type, method.name).isEqualTo(start);
                    }
                }
            }
        }
    }

    /** The points at which f was evaluated are kept, and the result must be one of them. */
    @Test
    void everyResultIsAPointAtWhichTheMapWasEvaluated() {
        for (EngineProvider provider : Problems.engines()) {
            for (Method method : METHODS) {
                for (double scale : new double[] {1e-310, 1e-200, 1, 1e200}) {
                    for (int budget : new int[] {1, 2, 3, 5, 8, 50}) {
                        List<List<Double>> seen = new ArrayList<>();
                        FixedPointMap f = map(x -> {
                            seen.add(Arrays.stream(x).boxed().toList());
                            double[] y = new double[4];
                            for (int i = 0; i < 4; i++) {
                                y[i] = scale * (1.2 * Math.sin(2 * x[(i + 1) % 4] / scale) + 0.3 * i);
                            }
                            return y;
                        });
                        try (Engine engine = provider.create(1);
                                FixedPointSolver solver = method.plan.of(engine, Type.F64, 1, 4, Stopping.relative(1e-7).within(budget));
                                Block z = Block.of(Type.F64, 1, 4, scale, 2 * scale, -scale, scale / 3)) {
                            Outcome outcome = solver.solve(f, z);
                            assertThat(seen).as("%s at %s: %s", method.name, scale, outcome)
                                    .contains(Arrays.stream(z.toDoubles()).boxed().toList());
                            assertThat(outcome.status(0)).as("%s at %s", method.name, scale)
                                    .isNotIn(Status.NONFINITE_FUNCTION, Status.NONFINITE_INPUT, Status.BREAKDOWN);
                        }
                    }
                }
            }
        }
    }

    @Test
    void aRowThatIsDoneAtTheStartKeepsItsBits() {
        for (Type type : Type.values()) {
            for (Method method : METHODS) {
                double least = type == Type.F32 ? 1e-45 : 4.9e-324;
                double most = type == Type.F32 ? 3.4e38 : 1e200;
                for (double value : new double[] {least, 1e-40, 0.1, -0.0, 3e38, most}) {
                    try (Engine engine = Engines.best(1);
                            FixedPointSolver solver = method.plan.of(engine, type, 1, 2, Stopping.relative(1e-5));
                            Block z = Block.of(type, 1, 2, value, value)) {
                        double kept = z.get(0, 0);
                        assertThat(solver.solve(map(each(v -> v)), z).status(0)).as("%s %s", method.name, value)
                                .isEqualTo(Status.CONVERGED_AT_START);
                        assertThat(Double.doubleToLongBits(z.get(0, 0))).isEqualTo(Double.doubleToLongBits(kept));
                    }
                }
            }
        }
    }

    /** {@code W = -|N(0, 1/4)|}, {@code b = |N(0, 1)|}: many elements of the equilibrium are 0, and f is 0 at many iterates. */
    @Test
    void inhibitoryCellsAreSolved() {
        for (Type type : Type.values()) {
            int solved = 0;
            for (int seed = 0; seed < 400; seed++) {
                solved += inhibitory(type, seed) ? 1 : 0;
            }
            assertThat(solved).as("of 400 cells in %s", type).isEqualTo(400);
        }
    }

    private static boolean inhibitory(Type type, int seed) {
        int n = 8;
        Random random = new Random(seed);
        try (Engine engine = Engines.best(1);
                Block w = Block.allocate(type, n, n);
                Block u = Block.allocate(type, n, 1);
                Block bias = Block.allocate(type, 1, n);
                Block x = Block.allocate(type, 1, 1);
                Block z = engine.allocate(type, 1, n);
                FixedPointSolver solver = FixedPointSolver.plan(engine, type, 1, n, Stopping.relative(1e-5))) {
            for (int i = 0; i < n; i++) {
                bias.set(0, i, Math.abs(random.nextGaussian()));
                for (int j = 0; j < n; j++) {
                    w.set(i, j, -Math.abs(random.nextGaussian() / 2));
                }
            }
            try (DenseCell cell = new DenseCell(engine, Activation.RELU, w, u, bias, 1)) {
                cell.inject(x);
                return solver.solve(cell, z).succeeded();
            }
        }
    }

    /** A stream of problems whose equilibrium is 0, each from the start that the one before left or from 1. */
    @Test
    void aStreamOfEquilibriaAtZeroConverges() {
        FixedPointMap f = map(each(v -> Math.max(0, v / 2 - 0.2)));
        for (Type type : Type.values()) {
            try (Engine engine = Engines.best(1);
                    FixedPointSolver solver = FixedPointSolver.plan(engine, type, 4, 5, Stopping.relative(1e-5));
                    Block states = engine.allocate(type, 4, 5)) {
                int[] next = {0};
                List<Status> ends = new ArrayList<>();
                solver.stream(f, states, new StreamHandler() {
                    @Override
                    public boolean load(int b, Block states) {
                        for (int i = 0; i < 5 && next[0] % 3 == 0; i++) {
                            states.set(b, i, 1 + i);
                        }
                        return next[0]++ < 500;
                    }

                    @Override
                    public void done(int b, Block states, Outcome outcome) {
                        ends.add(outcome.status(b));
                        assertThat(states.get(b, 0)).isLessThan(1e-5);
                    }
                });
                assertThat(ends).hasSize(500).allMatch(Status::isSuccess);
            }
        }
    }

    /** A quotient that underflows meets no tolerance of 0. */
    @Test
    void aToleranceOfZeroIsMetByExactPointsOnly() {
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 1, 2, 1, Stopping.relative(0).within(3));
                Block z = Block.of(Type.F64, 1, 2, 1e212, 1)) {
            FixedPointMap f = map(x -> new double[] {x[0], x[1] * (1 + 1e-15)});
            assertThat(picard.solve(f, z).status(0)).isEqualTo(Status.MAX_EVALUATIONS);
        }
    }

    /** The status names the true cause of a number that is not finite. */
    @Test
    void whatIsNotFiniteIsSaidOfWhoeverMadeIt() {
        for (Type type : Type.values()) {
            for (Method method : METHODS) {
                for (EngineProvider provider : Problems.engines()) {
                    try (Engine engine = provider.create(1);
                            FixedPointSolver solver = method.plan.of(engine, type, 1, 2, Stopping.relative(1e-5));
                            Block z = Block.of(type, 1, 2, 1, Double.NaN)) {
                        assertThat(solver.solve(map(each(v -> 1)), z).status(0)).as(method.name).isEqualTo(Status.NONFINITE_INPUT);
                        z.fill(1);
                        assertThat(solver.solve(map(each(v -> Double.NaN)), z).status(0)).as(method.name)
                                .isEqualTo(Status.NONFINITE_FUNCTION);
                        assertThat(z.toDoubles()).containsExactly(1, 1);
                        // Far away f and z are finite, but f - z overflows the type.
                        double huge = type == Type.F32 ? 3e38 : 1.7e308;
                        z.fill(huge);
                        Outcome outcome = solver.solve(map(each(v -> -huge)), z);
                        assertThat(outcome.status(0)).as("%s: %s", method.name, outcome)
                                .isNotIn(Status.NONFINITE_INPUT, Status.NONFINITE_FUNCTION);
                        assertThat(Double.isFinite(z.get(0, 0))).isTrue();
                    }
                }
            }
        }
    }

    /**
     * Problems F, F2, F3, F4 and F6 of SciPy's tests of nonlinear solvers: a safeguard or a line search must not lose problems that are
     * solved without one.
     */
    @Test
    void steppingBackLosesNothing() {
        record Known(String name, List<Double> start, UnaryOperator<double[]> f) {}
        List<Known> cases = List.of(
                new Known("F", List.of(1.0, 1.0, 1.0, 1.0, 1.0), x -> {
                    double square = Arrays.stream(x).map(v -> v * v).sum();
                    double[] d = {3, 2, 1.5, 1, 0.5};
                    double[] y = new double[5];
                    Arrays.setAll(y, i -> -(d[i] + 0.01 * square) * x[i]);
                    return y;
                }),
                new Known("F2", List.of(1.0, 2.0, 3.0, 4.0, 5.0, 6.0), UnaryOperator.identity()),
                new Known("F3", List.of(1.0, 2.0, 3.0),
                        x -> new double[] {x[1] - 2 * x[0] - 1, x[0] - 2 * x[1] + x[2] - 2, x[1] - 2 * x[2] - 3}),
                new Known("F4", List.of(-1.0, -2.0), x -> new double[] {1e4 * x[0] * x[1] - 1, Math.exp(-x[0]) + Math.exp(-x[1]) - 1.0001}),
                new Known("F6", List.of(-0.5, 1.4), x -> {
                    double a = (x[0] + 3) * (Math.pow(x[1], 5) - 7) + 18;
                    double b = Math.sin(x[1] * Math.exp(x[0]) - 1);
                    double det = -4.256 * 0.59964207 - 14.7 * 0.8394989;
                    return new double[] {-(0.59964207 * a - 14.7 * b) / det, (0.8394989 * a + 4.256 * b) / det};
                }));
        Broyden.Options bad = Broyden.Options.DEFAULT.withUpdate(Broyden.Update.BAD);
        Stopping stopping = Stopping.relative(1e-9).orAbsolute(1e-10).within(400);
        for (Known problem : cases) {
            double[] start = problem.start.stream().mapToDouble(v -> v).toArray();
            int n = start.length;
            for (double share : new double[] {1, 0.1, 0.01, -1, -0.1, -0.01}) {
                FixedPointMap f = map(x -> {
                    double[] y = problem.f.apply(x);
                    Arrays.setAll(y, i -> x[i] + share * y[i]);
                    return y;
                });
                try (Engine engine = Engines.best(1);
                        Anderson anderson = Anderson.plan(engine, Type.F64, 1, n, Anderson.Options.DEFAULT, stopping);
                        Anderson guarded = Anderson.plan(engine, Type.F64, 1, n,
                                Anderson.Options.DEFAULT.withSafeguard(Safeguard.DEFAULT), stopping);
                        Broyden broyden = Broyden.plan(engine, Type.F64, 1, n, bad, stopping);
                        Broyden searching = Broyden.plan(engine, Type.F64, 1, n, bad.withLineSearch(true), stopping)) {
                    String what = problem.name + ", a share of " + share;
                    kept(what + ", Anderson", anderson, guarded, f, start);
                    kept(what + ", Broyden", broyden, searching, f, start);
                }
            }
        }
    }

    private static void kept(String what, FixedPointSolver plain, FixedPointSolver careful, FixedPointMap f, double[] start) {
        try (Block z = Block.of(Type.F64, 1, start.length, start)) {
            if (plain.solve(f, z).succeeded()) {
                z.copyFrom(start);
                Outcome outcome = careful.solve(f, z);
                assertThat(outcome.succeeded()).as("%s: %s", what, outcome).isTrue();
            }
        }
    }
}
