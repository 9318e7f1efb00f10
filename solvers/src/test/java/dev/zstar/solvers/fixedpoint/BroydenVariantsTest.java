package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Broyden.Options;
import dev.zstar.solvers.fixedpoint.Broyden.Reduction;
import dev.zstar.solvers.fixedpoint.Broyden.Update;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Both updates, restarts and reductions, with a line search and without. */
class BroydenVariantsTest {
    private static final Options BAD = Options.DEFAULT.withUpdate(Update.BAD);

    static List<Options> variants() {
        List<Options> variants = new ArrayList<>();
        for (Update update : Update.values()) {
            for (Reduction reduction : Reduction.values()) {
                for (boolean lineSearch : new boolean[] {false, true}) {
                    variants.add(Options.DEFAULT.withUpdate(update).withReduction(reduction).withLineSearch(lineSearch));
                }
            }
        }
        return variants;
    }

    private static UnaryOperator<double[]> mild(int n) {
        return z -> {
            double[] out = new double[n];
            for (int i = 0; i < n; i++) {
                out[i] = Math.cos(z[(i + 1) % n] + 0.3 * i) * 0.9 + 0.5 * z[i];
            }
            return out;
        };
    }

    /** Whole secant steps overshoot, since the slope of the arctangent vanishes far away. */
    private static UnaryOperator<double[]> steep(int n) {
        return z -> {
            double[] out = new double[n];
            for (int i = 0; i < n; i++) {
                out[i] = z[i] - (1 + 0.3 * i) * Math.atan(z[i]) - 0.1 * Math.sin(z[(i + 1) % n]);
            }
            return out;
        };
    }

    private static FixedPointMap map(UnaryOperator<double[]> f) {
        return (in, out, rows) -> {
            double[] z = new double[in.cols()];
            for (int p = 0; p < in.rows(); p++) {
                for (int i = 0; i < z.length; i++) {
                    z[i] = in.get(p, i);
                }
                double[] value = f.apply(z);
                for (int i = 0; i < z.length; i++) {
                    out.set(p, i, value[i]);
                }
            }
        };
    }

    /** The points of row 0, which the second row must not change. */
    private static List<double[]> points(Engine engine, Options options, UnaryOperator<double[]> f, double[] start, int count) {
        int n = start.length;
        // No tolerance is met: the budget ends the solve.
        try (Broyden broyden = Broyden.plan(engine, Type.F64, 2, n, options, Stopping.relative(0).within(count));
                Block z = engine.allocate(Type.F64, 2, n)) {
            for (int i = 0; i < n; i++) {
                z.set(0, i, start[i]);
            }
            z.set(1, 3, 40);
            List<double[]> points = new ArrayList<>();
            FixedPointMap map = map(f);
            broyden.solve((in, out, rows) -> {
                if (rows.index(0) == 0) {
                    points.add(Arrays.copyOf(in.toDoubles(), n));
                }
                map.apply(in, out, rows);
            }, z);
            return points;
        }
    }

    private static void assertSame(List<double[]> points, List<double[]> expected, double bound, String name) {
        assertThat(points).as(name).hasSameSizeAs(expected);
        for (int k = 0; k < points.size(); k++) {
            for (int i = 0; i < points.get(k).length; i++) {
                assertThat(points.get(k)[i]).as("%s, point %d, element %d", name, k, i).isCloseTo(expected.get(k)[i], within(bound));
            }
        }
    }

    /** A start from which trials are refused if there is a line search. */
    private static double[] start(Options options) {
        double[] start = new double[12];
        Arrays.fill(start, options.lineSearch() ? 5 : 0);
        return start;
    }

    private static UnaryOperator<double[]> problem(Options options) {
        return options.lineSearch() ? steep(12) : mild(12);
    }

    private static DenseBroyden dense(Options options) {
        return new DenseBroyden(options.update() == Update.GOOD, options.memory(), options.lineSearch());
    }

    /** Each variant with a memory for all steps, and each that restarts also with a memory that becomes full. */
    static List<Options> memories() {
        List<Options> memories = new ArrayList<>();
        for (Options options : variants()) {
            memories.add(options.withMemory(30));
            if (options.reduction() == Reduction.RESTART) {
                memories.add(options.withMemory(4));
            }
        }
        return memories;
    }

    @ParameterizedTest
    @MethodSource("memories")
    void thePointsAreThoseOfTheDenseFormula(Options options) {
        DenseBroyden dense = dense(options);
        List<double[]> expected = dense.points(start(options), 14, problem(options));
        assertThat(dense.refused > 0).as("trials are refused").isEqualTo(options.lineSearch());
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1)) {
                assertSame(points(engine, options, problem(options), start(options), 14), expected, 1e-8, provider.name());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("memories")
    void whatIsLeftOfASolveIsTheDenseInverse(Options options) {
        int n = 12;
        DenseBroyden dense = dense(options);
        dense.points(start(options), 13, problem(options));
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    Broyden broyden = Broyden.plan(engine, Type.F64, 2, n, options, Stopping.relative(0).within(14));
                    Block z = engine.allocate(Type.F64, 2, n);
                    Block g = Problems.random(Type.F64, 1, n, 1, 3);
                    Block u = engine.allocate(Type.F64, 1, n)) {
                for (int i = 0; i < n; i++) {
                    z.set(1, i, start(options)[i]);
                }
                z.set(0, 3, 40);
                broyden.solve(map(problem(options)), z);
                Rows second = new Rows(2);
                second.place(0, 1);
                second.truncate(1);
                for (boolean transposed : new boolean[] {false, true}) {
                    (transposed ? broyden.inverse().transposed() : broyden.inverse()).apply(g, u, second);
                    double[] expected = dense.multiply(transposed, g.toDoubles());
                    for (int i = 0; i < n; i++) {
                        assertThat(u.get(0, i)).as(provider.name()).isCloseTo(expected[i], within(1e-7));
                    }
                }
                assertThatThrownBy(() -> broyden.inverse().apply(g, z, second))
                        .hasMessage("inverse: out is 2×12 f64, expected 1×12 f64");
                Rows third = new Rows(3);
                third.place(0, 2);
                third.truncate(1);
                assertThatThrownBy(() -> broyden.inverse().apply(g, u, third))
                        .hasMessage("inverse: row 2 of the batch, expected 0 to 1");
                second.place(0, 0);
                if (provider.name().equals("simd")) {
                    assertThat(Problems.allocated(() -> {
                        for (int k = 0; k < 100; k++) {
                            broyden.inverse().applyTransposed(g, u, second);
                        }
                    })).isZero();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Update.class)
    void aReductionThatKeepsTheWholeRankChangesNothing(Update update) {
        int n = 6;
        double[] start = new double[n];
        // H - I has rank 6 at most, whatever the number of pairs.
        List<double[]> expected = new DenseBroyden(update == Update.GOOD, 100, false).points(start, 14, mild(n));
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1)) {
                Options options = Options.DEFAULT.withUpdate(update).withMemory(8);
                assertSame(points(engine, options.withRank(6), mild(n), start, 14), expected, 1e-7, provider.name());
                assertThat(points(engine, options.withRank(2), mild(n), start, 14).getLast()).as("a smaller rank differs")
                        .isNotEqualTo(expected.getLast());
                // Four dimensions need fewer pairs than are kept. The other pairs are rounding errors, and must have no effect.
                assertSame(points(engine, options.withMemory(6).withRank(5), mild(4), new double[4], 11),
                        new DenseBroyden(update == Update.GOOD, 100, false).points(new double[4], 11, mild(4)), 1e-7, provider.name());
                double worst = 0;
                double[] other = points(engine, options.withRank(2), mild(n), start, 14).get(10);
                for (int i = 0; i < n; i++) {
                    worst = Math.max(worst, Math.abs(other[i] - expected.get(10)[i]));
                }
                assertThat(worst).as("the reduction is noticed at all").isGreaterThan(1e-6);
            }
        }
    }

    /** {@code -z″ = 3 eᶻ} on 50 points. */
    private static FixedPointMap bratu() {
        return (in, out, rows) -> {
            int n = in.cols();
            double h = 1.0 / (n + 1);
            for (int p = 0; p < in.rows(); p++) {
                for (int i = 0; i < n; i++) {
                    double left = i == 0 ? 0 : in.get(p, i - 1);
                    double right = i == n - 1 ? 0 : in.get(p, i + 1);
                    double z = in.get(p, i);
                    out.set(p, i, z - 0.25 * (2 * z - left - right - 3 * h * h * Math.exp(z)));
                }
            }
        };
    }

    private static int evaluations(Engine engine, FixedPointMap f, int n, Options options) {
        try (Broyden broyden = Broyden.plan(engine, Type.F64, 1, n, options, Stopping.relative(1e-8).within(1000));
                Block z = engine.allocate(Type.F64, 1, n)) {
            Outcome outcome = broyden.solve(f, z);
            assertThat(outcome.succeeded()).as("%s: %s", options, outcome).isTrue();
            return outcome.evaluations();
        }
    }

    @Test
    void reductionsTakeFewerEvaluationsThanRestartsWhereMemoryIsShort() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, 64, 1, 0.99, 5)) {
            // 55 and 763, then 29 and 46, 26 and 35 evaluations.
            assertThat(2 * evaluations(engine, bratu(), 50, BAD.withMemory(10).withReduction(Reduction.SVD)))
                    .isLessThan(evaluations(engine, bratu(), 50, BAD.withMemory(10)));
            for (Options options : List.of(new Options(5), BAD.withMemory(5))) {
                assertThat(evaluations(engine, cell, 64, options.withReduction(Reduction.SVD)))
                        .isLessThan(evaluations(engine, cell, 64, options));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void everyVariantFindsTheFixedPoint(Type type) {
        double tolerance = type == Type.F32 ? 1e-5 : 1e-11;
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(2);
                    DenseCell cell = Problems.cell(engine, Activation.TANH, type, 50, 7, 0.95, 1);
                    Block value = engine.allocate(type, 7, 50)) {
                for (Options options : variants()) {
                    try (Broyden broyden = Broyden.plan(engine, type, 7, 50, options.withMemory(6), Stopping.relative(tolerance));
                            Block z = engine.allocate(type, 7, 50)) {
                        Outcome outcome = broyden.solve(cell, z);
                        assertThat(outcome.succeeded()).as("%s %s: %s", provider.name(), options, outcome).isTrue();
                        cell.apply(z, value, new Rows(7));
                        for (int b = 0; b < 7; b++) {
                            assertThat(Problems.residual(z, value, b)).isLessThanOrEqualTo(tolerance * 1.01);
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aRowHasTheSameBitsInAnyCompany(Type type) {
        int n = 40;
        int batch = 9;
        double tolerance = type == Type.F32 ? 1e-5 : 1e-10;
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(3);
                    DenseCell cell = Problems.cell(engine, Activation.TANH, type, n, batch, 1.5, 1);
                    Block start = Problems.random(type, batch, n, 3, 9);
                    Block z = engine.allocate(type, batch, n);
                    Block alone = engine.allocate(type, 1, n)) {
                start.set(4, 2, Double.NaN);
                for (Options options : variants()) {
                    // Rows come one after another, and restart, reduce and are refused at different times.
                    Stopping stopping = Stopping.relative(tolerance).within(60);
                    try (Broyden broyden = Broyden.plan(engine, type, 3, n, options.withMemory(5), stopping)) {
                        int[] spent = new int[batch];
                        Status[] status = new Status[batch];
                        stream(broyden, cell, start, z, spent, status);
                        assertThat(status[4]).isEqualTo(Status.NONFINITE_INPUT);
                        assertThat(Arrays.stream(spent).distinct().count()).as("different ends").isGreaterThan(2);
                        for (int b = 0; b < batch; b++) {
                            alone.copyRow(start, b, 0);
                            Outcome outcome = broyden.solve(Problems.alone(cell, batch, b), alone);
                            assertThat(outcome.status(0)).as("%s %s, row %d", provider.name(), options, b).isEqualTo(status[b]);
                            assertThat(outcome.evaluations()).isEqualTo(spent[b]);
                            assertThat(alone.toDoubles()).as("%s %s, row %d", provider.name(), options, b)
                                    .isEqualTo(Arrays.copyOfRange(z.toDoubles(), b * n, (b + 1) * n));
                        }
                    }
                }
            }
        }
    }

    private static void stream(Broyden broyden, DenseCell cell, Block start, Block results, int[] spent, Status[] status) {
        int[] problem = new int[3];
        try (Block states = Block.allocate(start.type(), 3, start.cols())) {
            broyden.stream((in, out, rows) -> {
                Rows own = new Rows(start.rows());
                for (int p = 0; p < rows.count(); p++) {
                    own.place(p, problem[rows.index(p)]);
                }
                own.truncate(rows.count());
                cell.apply(in, out, own);
            }, states, new StreamHandler() {
                private int next;

                @Override
                public boolean load(int b, Block states) {
                    if (next == start.rows()) {
                        return false;
                    }
                    states.copyRow(start, next, b);
                    problem[b] = next++;
                    return true;
                }

                @Override
                public void done(int b, Block states, Outcome outcome) {
                    results.copyRow(states, b, problem[b]);
                    spent[problem[b]] = outcome.evaluations(b);
                    status[problem[b]] = outcome.status(b);
                }
            });
        }
    }

    @Test
    void aPlanHoldsWhatItsFormulaSays() {
        int m = 6;
        long before = Block.liveBytes();
        long block = Block.bytes(Type.F32, 5, 70);
        try (Engine engine = Engines.best(1)) {
            for (Options variant : variants()) {
                Options options = variant.withMemory(m);
                boolean steps = options.update() == Update.GOOD && options.reduction() == Reduction.RESTART;
                long expected = (steps ? m + 3 : 2 * m + 4) * block
                        + (steps ? Block.bytes(Type.F32, 1, 70) : 0)
                        + (options.reduction() == Reduction.SVD ? Block.bytes(Type.F32, m / 2 + 1, 70) : 0)
                        + (options.lineSearch() ? block : 0);
                try (Broyden broyden = Broyden.plan(engine, Type.F32, 5, 70, options, Stopping.relative(1e-5))) {
                    assertThat(broyden.bytes()).as("%s", options).isEqualTo(expected).isEqualTo(Block.liveBytes() - before);
                }
                assertThat(Block.liveBytes()).isEqualTo(before);
            }
        }
    }

    @Test
    void aSolveAllocatesNothing() {
        int n = 64;
        int batch = 5;
        try (Engine engine = Engines.named("simd", 1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, n, batch, 0.95, 1);
                Block start = Problems.random(Type.F32, batch, n, 5, 3);
                Block z = engine.allocate(Type.F32, batch, n)) {
            for (Options options : variants()) {
                try (Broyden broyden = Broyden.plan(engine, Type.F32, batch, n, options.withMemory(5), Stopping.relative(1e-5))) {
                    long bytes = Problems.allocated(() -> {
                            z.copyFrom(start);
                            broyden.solve(cell, z);
                    });
                    assertThat(bytes).as("bytes per ten solves, %s", options).isZero();
                }
            }
        }
    }

    @Test
    void aLineSearchComesBackFromFarAway() {
        int n = 6;
        for (EngineProvider provider : Problems.engines()) {
            for (Type type : Type.values()) {
                double tolerance = type == Type.F32 ? 1e-5 : 1e-10;
                for (Options variant : variants()) {
                    // z = 0 is the solution: the absolute tolerance is the one that can be met.
                    try (Engine engine = provider.create(1);
                            Broyden broyden = Broyden.plan(
                                    engine, type, 1, n, variant, Stopping.relative(0).orAbsolute(tolerance).within(200));
                            Block z = engine.allocate(type, 1, n)) {
                        z.fill(20);
                        Outcome outcome = broyden.solve(map(steep(n)), z);
                        boolean found = outcome.succeeded() && Arrays.stream(z.toDoubles()).allMatch(x -> Math.abs(x) < 1e-4);
                        // The bad method may be lucky with whole steps.
                        if (variant.lineSearch() || variant.update() == Update.GOOD) {
                            assertThat(found).as("%s %s %s: %s", provider.name(), type, variant, outcome).isEqualTo(variant.lineSearch());
                        }
                    }
                }
            }
        }
    }

    @Test
    void aRowThatNoLengthHelpsEndsWithItsBestIterate() {
        UnaryOperator<double[]> unsolvable = z -> new double[] {z[0] - z[0] * z[0] - 1, z[1] / 2};
        for (Options variant : variants()) {
            if (variant.lineSearch()) {
                try (Engine engine = Engines.best(1);
                        Broyden broyden = Broyden.plan(engine, Type.F64, 2, 2, variant, Stopping.relative(1e-10).orAbsolute(1e-10));
                        Block z = Block.of(Type.F64, 2, 2, 3, 1, 0, 1)) {
                    FixedPointMap f = map(unsolvable);
                    FixedPointMap half = map(x -> new double[] {x[0] / 2 + 1, x[1] / 2});
                    Outcome outcome = broyden.solve((in, out, rows) -> {
                        for (int p = 0; p < rows.count(); p++) {
                            (rows.index(p) == 0 ? f : half).apply(in.part(p, in.rows()), out.part(p, in.rows()), rows);
                        }
                    }, z);
                    assertThat(outcome.status(0)).as("%s", variant).isEqualTo(Status.LINE_SEARCH_FAILED);
                    assertThat(outcome.status(1)).as("%s", variant)
                            .isEqualTo(outcome.residual(1) == 0 ? Status.CONVERGED_RELATIVE : Status.CONVERGED_ABSOLUTE);
                    double r0 = z.get(0, 0) * z.get(0, 0) + 1;
                    double r1 = z.get(0, 1) / 2;
                    double g0 = z.get(0, 0) - r0;
                    assertThat(outcome.residual(0)).as("the residual is that of the result")
                            .isCloseTo(Math.sqrt((r0 * r0 + r1 * r1) / (g0 * g0 + r1 * r1)), within(1e-12));
                    assertThat(outcome.evaluations(0)).isLessThan(200);
                }
            }
        }
    }

    @Test
    void aTrialOfNanIsRefusedAndTouchesNoOtherRow() {
        // 5 log z from z = 4: the whole first step ends at -2.9, where there is no logarithm.
        UnaryOperator<double[]> f = z -> new double[] {z[0] - 5 * Math.log(z[0]), z[1] / 2 + 0.25};
        for (Options variant : variants()) {
            for (EngineProvider provider : Problems.engines()) {
                try (Engine engine = provider.create(1);
                        Broyden broyden = Broyden.plan(engine, Type.F64, 2, 2, variant, Stopping.relative(1e-10));
                        Block z = Block.of(Type.F64, 2, 2, 4, 1, 1.1, 1);
                        Block alone = Block.of(Type.F64, 1, 2, 1.1, 1)) {
                    int[] nans = {0};
                    FixedPointMap map = map(f);
                    Outcome outcome = broyden.solve((in, out, rows) -> {
                        map.apply(in, out, rows);
                        nans[0] += rows.index(0) == 0 && Double.isNaN(out.get(0, 0)) ? 1 : 0;
                    }, z);
                    assertThat(nans[0]).as("%s", variant).isPositive();
                    assertThat(outcome.status(0)).as("%s", variant)
                            .isEqualTo(variant.lineSearch() ? Status.CONVERGED_RELATIVE : Status.NONFINITE_FUNCTION);
                    if (variant.lineSearch()) {
                        assertThat(z.get(0, 0)).isCloseTo(1, within(1e-9));
                    }
                    broyden.solve(map, alone);
                    assertThat(Arrays.copyOfRange(z.toDoubles(), 2, 4)).isEqualTo(alone.toDoubles());
                }
            }
        }
    }

    @Test
    void stepsAreCountedWithoutTrials() {
        int n = 6;
        try (Engine engine = Engines.best(1);
                Broyden broyden = Broyden.plan(
                        engine, Type.F64, 1, n, BAD.withLineSearch(true), Stopping.relative(0).orAbsolute(1e-9).withinIterations(12));
                Block z = engine.allocate(Type.F64, 1, n)) {
            z.fill(20);
            FixedPointMap f = map(x -> {
                double[] out = x.clone();
                for (int i = 0; i < n; i++) {
                    out[i] -= (1 + 0.3 * i) * Math.atan(x[i]);
                }
                return out;
            });
            List<double[]> accepted = new ArrayList<>();
            Outcome outcome = broyden.solve(f, z, (progress, points, rows) -> {
                if (rows.count() > 0 && !broyden.loop().refused(0)) {
                    accepted.add(points.toDoubles());
                }
                return true;
            });
            assertThat(outcome.status(0)).isEqualTo(Status.MAX_ITERATIONS);
            // The last step is accepted and ends the row.
            assertThat(accepted).hasSize(12);
            assertThat(outcome.evaluations()).isGreaterThan(13);
        }
    }

    @Test
    void whatContradictsItselfIsRefused() {
        assertThatThrownBy(() -> new Options(501)).hasMessage("Broyden.Options: memory is 501, expected 2 to 500");
        assertThatThrownBy(() -> Options.DEFAULT.withRank(30))
                .hasMessage("Broyden.Options: rank is 30 with a memory of 30 steps, expected 0 to 29");
        assertThatThrownBy(() -> Options.DEFAULT.withRank(-1))
                .hasMessage("Broyden.Options: rank is -1 with a memory of 30 steps, expected 0 to 29");
        assertThatThrownBy(() -> new Options(Update.BAD, 30, Reduction.RESTART, 3, false, null))
                .hasMessage("Broyden.Options: rank is 3 with restarts, which keep no pair, expected 0, or the reduction SVD");
        try (Engine engine = Engines.best(1)) {
            long before = Block.liveBytes();
            assertThatThrownBy(() -> Broyden.plan(engine, Type.F64, 1, 2, Options.DEFAULT.withLineSearch(true), Stopping.fixed(3)))
                    .hasMessage("Broyden: a line search with a fixed number of evaluations, although the last one may be at a point that "
                            + "the search refuses, expected tolerances, or no line search");
            assertThat(Block.liveBytes()).isEqualTo(before);
        }
    }
}
