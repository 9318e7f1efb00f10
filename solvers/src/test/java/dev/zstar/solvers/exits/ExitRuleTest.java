package dev.zstar.solvers.exits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.EquilibriumStream;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.training.heads.LinearHead;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every rule ends each row at the first evaluation at which its formula holds, whatever the company. */
class ExitRuleTest {
    private static final int N = 13;
    private static final int CLASSES = 7;
    private static final int BATCH = 9;
    private static final int BUDGET = 60;

    /** The iterates of one row, and its relative residuals, without any rule. */
    private record Path(List<double[]> z, List<Double> residuals) {
        double[] at(int k) {
            return z.get(k);
        }

        /** {@code ‖z_k - z_{k-1}‖}. */
        double[] step(int k) {
            double[] d = new double[N];
            Arrays.setAll(d, i -> z.get(k)[i] - z.get(k - 1)[i]);
            return d;
        }

        /** The number of evaluations when the row ends, if it ends where {@code holds(k)}, k from 0. */
        int first(IntPredicate holds) {
            return IntStream.range(0, z.size()).filter(holds).findFirst().orElse(Integer.MAX_VALUE - 1) + 1;
        }
    }

    private static double norm(double... x) {
        return Math.sqrt(Arrays.stream(x).map(v -> v * v).sum());
    }

    private static double[] minus(double[] x, double[] y) {
        double[] d = new double[x.length];
        Arrays.setAll(d, i -> x[i] - y[i]);
        return d;
    }

    /** Softmax of {@code W z + b} in f64. */
    private static double[] softmax(Block w, Block bias, double[] z) {
        double[] logits = logits(w, bias, z);
        double most = Arrays.stream(logits).max().orElseThrow();
        double[] p = Arrays.stream(logits).map(x -> Math.exp(x - most)).toArray();
        double sum = Arrays.stream(p).sum();
        return Arrays.stream(p).map(x -> x / sum).toArray();
    }

    private static double[] logits(Block w, Block bias, double[] z) {
        return IntStream.range(0, CLASSES)
                .mapToDouble(i -> bias.get(0, i) + IntStream.range(0, N).mapToDouble(j -> w.get(i, j) * z[j]).sum()).toArray();
    }

    private static double entropy(double... p) {
        return -Arrays.stream(p).map(x -> x * Math.log(x)).sum();
    }

    private static double divergence(double[] before, double[] now) {
        return IntStream.range(0, before.length).mapToDouble(i -> before[i] * Math.log(before[i] / now[i])).sum();
    }

    private static int argmax(double... x) {
        return IntStream.range(0, x.length).reduce((i, j) -> x[j] > x[i] ? j : i).orElseThrow();
    }

    private static List<Path> paths(FixedPointSolver solver, FixedPointMap f, Block start) {
        List<Path> paths = new ArrayList<>();
        for (int b = 0; b < BATCH; b++) {
            paths.add(new Path(new ArrayList<>(), new ArrayList<>()));
        }
        try (Block z = Block.allocate(start.type(), BATCH, N)) {
            z.copyFrom(start);
            solver.solve(f, z, (progress, iterate, rows, exits) -> {
                for (int p = 0; p < rows.count(); p++) {
                    int at = p;
                    Path path = paths.get(rows.index(p));
                    path.z.add(IntStream.range(0, N).mapToDouble(i -> iterate.get(at, i)).toArray());
                    path.residuals.add(progress.residual(rows.index(p)));
                }
            });
        }
        return paths;
    }

    /** A rule, and the number of evaluations after which it ends a row. */
    private record Case(Supplier<ExitRule> rule, ToIntFunction<Path> expected) {}

    private static Map<String, Case> cases(FixedPointSolver solver, Head head, Block w, Block bias) {
        Map<String, Case> cases = new LinkedHashMap<>();
        ToIntFunction<Path> residual = path -> path.first(k -> path.residuals.get(k) <= 1e-2);
        ToIntFunction<Path> step = path -> path.first(k -> k > 0 && norm(path.step(k)) <= 0.03 * norm(path.at(k)));
        ToIntFunction<Path> argmax = path -> path.first(k -> k >= 4 && IntStream.range(k - 4, k)
                .allMatch(j -> argmax(logits(w, bias, path.at(j))) == argmax(logits(w, bias, path.at(j + 1)))));
        IntFunction<ToIntFunction<Path>> turn = times -> path -> path.first(k -> k > times
                && IntStream.rangeClosed(k - times + 1, k)
                        .allMatch(j -> norm(minus(path.step(j), path.step(j - 1))) <= 0.02 * norm(path.at(j))));
        cases.put("residual", new Case(() -> new SmallResidual(1e-2), residual));
        cases.put("difference", new Case(() -> new SmallDifference(solver, 0.03), step));
        cases.put("second difference", new Case(() -> new SmallSecondDifference(solver, 0.02), turn.apply(1)));
        cases.put("second difference, twice", new Case(() -> new SmallSecondDifference(solver, 0.02).inARow(2), turn.apply(2)));
        cases.put("entropy", new Case(() -> new LowEntropy(head, 1.3),
                path -> path.first(k -> entropy(softmax(w, bias, path.at(k))) <= 1.3)));
        cases.put("entropy difference", new Case(() -> new SteadyEntropy(head, 1e-2), path -> path.first(k -> k > 0
                && Math.abs(entropy(softmax(w, bias, path.at(k))) - entropy(softmax(w, bias, path.at(k - 1)))) <= 1e-2)));
        cases.put("divergence", new Case(() -> new SmallDivergence(head, 5e-4), path -> path.first(k -> k > 0
                && divergence(softmax(w, bias, path.at(k - 1)), softmax(w, bias, path.at(k))) <= 5e-4)));
        cases.put("argmax", new Case(() -> new StableArgmax(head, 4), argmax));
        cases.put("any", new Case(() -> ExitRule.any(new SmallResidual(1e-2), new StableArgmax(head, 4)),
                path -> Math.min(residual.applyAsInt(path), argmax.applyAsInt(path))));
        cases.put("all", new Case(() -> ExitRule.all(new SmallResidual(1e-2), new SmallDifference(solver, 0.03)), path -> path.first(
                k -> k > 0 && path.residuals.get(k) <= 1e-2 && norm(path.step(k)) <= 0.03 * norm(path.at(k)))));
        cases.put("at least", new Case(() -> new SmallDifference(solver, 0.03).atLeast(9),
                path -> path.first(k -> k >= 8 && norm(path.step(k)) <= 0.03 * norm(path.at(k)))));
        return cases;
    }

    /** What a test does with every rule. */
    private interface Body {
        void run(Engine engine, FixedPointSolver solver, DenseCell cell, Block start, Map<String, Case> cases);
    }

    private static void withAll(EngineProvider provider, Type type, BiFunction<Engine, Type, FixedPointSolver> method, Body body) {
        try (Engine engine = provider.create(2);
                FixedPointSolver solver = method.apply(engine, type);
                DenseCell cell = Problems.cell(engine, Activation.TANH, type, N, BATCH, 0.9, 5);
                Block w = Problems.random(type, CLASSES, N, 0.7, 11);
                Block bias = Problems.random(type, 1, CLASSES, 0.3, 12);
                LinearHead head = new LinearHead(engine, "head",
                        Parameters.of(type, LinearHead.descriptions("head", CLASSES, N), List.of(w, bias)), BATCH);
                Block start = Problems.random(type, BATCH, N, 1, 13)) {
            body.run(engine, solver, cell, start, cases(solver, head, w, bias));
        }
    }

    private static FixedPointSolver picard(Engine engine, Type type) {
        return Picard.plan(engine, type, BATCH, N, 1, Stopping.relative(0).within(BUDGET));
    }

    private static FixedPointSolver anderson(Engine engine, Type type) {
        return Anderson.plan(engine, type, BATCH, N, Anderson.Options.DEFAULT.withWindow(3), Stopping.relative(1e-5).within(BUDGET));
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aRowEndsWhereTheFormulaHolds(Type type) {
        for (EngineProvider provider : Problems.engines()) {
            for (BiFunction<Engine, Type, FixedPointSolver> method : List.<BiFunction<Engine, Type, FixedPointSolver>>of(
                    ExitRuleTest::picard, ExitRuleTest::anderson)) {
                withAll(provider, type, method, (engine, solver, cell, start, cases) -> {
                    List<Path> paths = paths(solver, cell, start);
                    cases.forEach((name, each) -> {
                        try (ExitRule rule = each.rule.get(); Block z = engine.allocate(type, BATCH, N)) {
                            z.copyFrom(start);
                            Outcome outcome = solver.solve(cell, z, rule);
                            int stopped = 0;
                            for (int b = 0; b < BATCH; b++) {
                                int expected = each.expected.applyAsInt(paths.get(b));
                                String where = name + " of row " + b + " on " + provider.name();
                                if (expected > paths.get(b).z.size()) {
                                    assertThat(outcome.status(b)).as(where).isNotEqualTo(Status.STOPPED_BY_OBSERVER);
                                    continue;
                                }
                                stopped++;
                                assertThat(outcome.status(b)).as(where).isEqualTo(Status.STOPPED_BY_OBSERVER);
                                assertThat(outcome.evaluations(b)).as(where).isEqualTo(expected);
                                assertThat(outcome.residual(b)).as(where).isEqualTo(paths.get(b).residuals.get(expected - 1));
                                int row = b;
                                assertThat(IntStream.range(0, N).mapToDouble(i -> z.get(row, i)).toArray()).as(where)
                                        .isEqualTo(paths.get(b).at(expected - 1));
                            }
                            assertThat(stopped).as(name).isPositive();
                        }
                    });
                });
            }
        }
    }

    /** The end of a row, with all bits of its result. */
    private record End(Status status, int evaluations, double residual, List<Double> z) {
        static End of(Outcome outcome, Block z, int b) {
            return new End(outcome.status(b), outcome.evaluations(b), outcome.residual(b),
                    IntStream.range(0, N).mapToObj(i -> z.get(b, i)).toList());
        }
    }

    /** In a stream rows join at different times and slots are used again. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void aRowEndsInAStreamAsItDoesInABatch(Type type) {
        for (EngineProvider provider : Problems.engines()) {
            withAll(provider, type, ExitRuleTest::anderson, (engine, solver, cell, start, cases) -> cases.forEach((name, each) -> {
                int slots = 4;
                try (ExitRule rule = each.rule.get();
                        Block x = Problems.random(type, BATCH, 3, 1, 8);
                        Block z = engine.allocate(type, BATCH, N)) {
                    cell.inject(x);
                    z.copyFrom(start);
                    Outcome outcome = solver.solve(cell, z, rule);
                    List<End> batch = IntStream.range(0, BATCH).mapToObj(b -> End.of(outcome, z, b)).toList();
                    End[] streamed = new End[2 * BATCH];
                    var stream = new EquilibriumStream<Integer>(solver, cell, (input, slot, states) -> {
                        cell.inject(slot, x.part(input % BATCH, BATCH));
                        states.copyRow(start, input % BATCH, slot);
                    }, rule);
                    stream.run(IntStream.range(0, 2 * BATCH).iterator(), z.head(slots), solved -> streamed[solved.input()] = new End(
                            solved.status(), solved.evaluations(), solved.residual(),
                            IntStream.range(0, N).mapToObj(i -> solved.state().get(0, i)).toList()));
                    for (int i = 0; i < 2 * BATCH; i++) {
                        assertThat(streamed[i]).as("%s, input %d", name, i).isEqualTo(batch.get(i % BATCH));
                    }
                }
            }));
        }
    }

    @Test
    void nothingIsAllocated() {
        withAll(Problems.engines().getLast(), Type.F32, ExitRuleTest::anderson, (engine, solver, cell, start, cases) -> {
            try (Block z = engine.allocate(Type.F32, BATCH, N)) {
                ExitRule all = ExitRule.any(cases.values().stream().map(each -> each.rule.get().atLeast(20).inARow(2))
                        .toArray(ExitRule[]::new));
                assertThat(Problems.allocated(() -> {
                    z.copyFrom(start);
                    solver.solve(cell, z, all);
                })).isZero();
                all.close();
            }
        });
    }

    @Test
    void allMemoryIsReturned() {
        long before = Block.liveBytes();
        withAll(Problems.engines().getFirst(), Type.F64, ExitRuleTest::picard, (engine, solver, cell, start, cases) -> {
            long planned = Block.liveBytes();
            try (ExitRule all = ExitRule.all(cases.values().stream().map(each -> each.rule.get()).toArray(ExitRule[]::new))) {
                assertThat(Block.liveBytes() - planned).isEqualTo(all.bytes()).isPositive();
            }
            assertThat(Block.liveBytes()).isEqualTo(planned);
        });
        assertThat(Block.liveBytes()).isEqualTo(before);
    }

    /** Logits of -∞ mask a class: its probability is 0, and its entropy too. */
    @Test
    void maskedAndNotANumber() {
        double[][] logits = {{0, 0, Double.NEGATIVE_INFINITY}, {0, Double.NaN, 0}};
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 2, 1, 1, Stopping.relative(0).within(6));
                Block z = Block.of(Type.F64, 2, 1, 1, 1)) {
            FixedPointMap f = FixedPointMap.rowwise((row, in, out) -> out[0] = in[0] / 2 + 1);
            Head head = Head.of(picard, 3, (in, out, rows) -> {
                for (int p = 0; p < rows.count(); p++) {
                    for (int i = 0; i < 3; i++) {
                        out.set(p, i, logits[rows.index(p)][i]);
                    }
                }
            });
            Map<ExitRule, Integer> evaluations = new LinkedHashMap<>();
            evaluations.put(new LowEntropy(head, Math.log(2) + 1e-12), 1);
            evaluations.put(new SteadyEntropy(head, 0), 2);
            evaluations.put(new SmallDivergence(head, 0), 2);
            evaluations.put(new StableArgmax(head, 2), 3);
            evaluations.forEach((rule, expected) -> {
                z.fill(1);
                Outcome outcome = picard.solve(f, z, rule);
                assertThat(outcome.status(0)).as("%s", rule).isEqualTo(Status.STOPPED_BY_OBSERVER);
                assertThat(outcome.evaluations(0)).as("%s", rule).isEqualTo(expected);
                assertThat(outcome.status(1)).as("%s", rule).isEqualTo(Status.MAX_EVALUATIONS);
                rule.close();
            });
        }
    }

    /** A head of one's own: a product in a narrower format. */
    @Test
    void aHeadMayBeNarrow() {
        try (Engine engine = Engines.best(1);
                Block w = Problems.random(Type.F32, CLASSES, N, 1, 1);
                Block z = Problems.random(Type.F32, 2, N, 1, 2);
                Block full = engine.allocate(Type.F32, 2, CLASSES);
                Block rounded = engine.allocate(Type.F32, 2, CLASSES);
                Weights weights = engine.pack(w, Format.BF16);
                Picard picard = Picard.plan(engine, Type.F32, 2, N, 1, Stopping.relative(0));
                LinearHead head = new LinearHead(engine, "head",
                        Parameters.of(Type.F32, LinearHead.descriptionsNoBias("head", CLASSES, N), List.of(w)), 2)) {
            Head narrow = Head.of(picard, CLASSES, (in, out, rows) -> engine.apply(weights, in, out, Epilogue.NONE));
            head.apply(z, full, new Rows(2));
            narrow.apply(z, rounded, new Rows(2));
            for (int i = 0; i < CLASSES; i++) {
                int column = i;
                double size = IntStream.range(0, N).mapToDouble(j -> Math.abs(w.get(column, j) * z.get(1, j))).sum();
                // bf16 has 8 bits.
                assertThat(rounded.get(1, i)).isCloseTo(full.get(1, i), within(size * 0x1p-8)).isNotEqualTo(full.get(1, i));
            }
        }
    }

    @Test
    void wrongCallsAreRefused() {
        assertThatThrownBy(() -> new SmallResidual(-1)).hasMessage("SmallResidual: the threshold is -1.0, expected at least 0");
        assertThatThrownBy(() -> ExitRule.any()).hasMessage("any: the number of rules is 0, expected at least 1");
        assertThatThrownBy(() -> ExitRule.all(new SmallResidual(0), null)).isInstanceOf(NullPointerException.class)
                .hasMessage("all: rule 1 is null");
        assertThatThrownBy(() -> new SmallResidual(0).atLeast(0))
                .hasMessage("atLeast: the number of evaluations is 0, expected at least 1");
        assertThatThrownBy(() -> new SmallResidual(0).inARow(0))
                .hasMessage("inARow: the number of evaluations is 0, expected at least 1");
        assertThatThrownBy(() -> new LowEntropy(null, 1)).hasMessage("LowEntropy: the head is null");
        assertThatThrownBy(() -> new SmallDifference(null, 1)).hasMessage("Differences: the solver or map is null");
        FixedPointMap half = FixedPointMap.rowwise((row, in, out) -> Arrays.setAll(out, i -> in[i] / 2 + 1));
        try (Engine engine = Engines.best(1);
                Picard small = Picard.plan(engine, Type.F64, 2, 3, 1, Stopping.relative(1e-3));
                Picard large = Picard.plan(engine, Type.F64, 4, 3, 1, Stopping.relative(1e-3));
                Picard wide = Picard.plan(engine, Type.F64, 2, 5, 1, Stopping.relative(1e-3));
                Block w = engine.allocate(Type.F64, 4, 3);
                Block z = engine.allocate(Type.F64, 4, 3);
                Block longer = engine.allocate(Type.F64, 2, 5);
                LinearHead head = new LinearHead(engine, "head",
                        Parameters.of(Type.F64, LinearHead.descriptionsNoBias("head", 4, 3), List.of(w)), 2)) {
            assertThatThrownBy(() -> Head.of(small, 0, head::apply)).hasMessage("head: the number of outputs is 0, expected at least 1");
            assertThatThrownBy(() -> new Differences(small, 3)).hasMessage("Differences: the order is 3, expected 1 or 2");
            List<ExitRule> rules = List.of(new SmallDifference(small, 0.1), new SmallSecondDifference(small, 0.1),
                    new LowEntropy(head, 0.1), new SteadyEntropy(head, 0.1), new SmallDivergence(head, 0.1), new StableArgmax(head, 3));
            for (ExitRule rule : rules) {
                assertThatThrownBy(() -> large.solve(half, z, rule)).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageEndingWith("for which the rule is planned");
                assertThatThrownBy(() -> wide.solve(half, longer, rule)).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("z is 2×5 f64, expected 2×3 f64");
                rule.close();
                assertThatThrownBy(() -> small.solve(half, z.head(2), rule)).isInstanceOf(IllegalStateException.class);
            }
        }
    }

    /** A rule is an observer, so one from a lambda combines with the others. */
    @Test
    void rulesOfOnesOwn() {
        FixedPointMap half = FixedPointMap.rowwise((row, in, out) -> out[0] = in[0] / 2 + 1);
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 2, 1, 1, Stopping.relative(1e-9));
                Block z = engine.allocate(Type.F64, 2, 1)) {
            ExitRule odd = (progress, iterate, rows, exits) -> IntStream.range(0, rows.count()).filter(p -> rows.index(p) == 1)
                    .forEach(exits::stop);
            Outcome outcome = picard.solve(half, z, odd.atLeast(5));
            assertThat(outcome.status(0)).isEqualTo(Status.CONVERGED_RELATIVE);
            assertThat(outcome.status(1)).isEqualTo(Status.STOPPED_BY_OBSERVER);
            assertThat(outcome.evaluations(1)).isEqualTo(5);
            RowObserver cancels = ExitRule.all((progress, iterate, rows, exits) -> exits.cancel(), odd).inARow(2);
            z.fill(0);
            assertThat(picard.solve(half, z, cancels).status(0)).isEqualTo(Status.CANCELLED);
        }
    }
}
