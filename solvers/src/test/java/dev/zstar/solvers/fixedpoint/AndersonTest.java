package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The variants of Anderson acceleration and their restarts, against the same method with dense arrays. */
class AndersonTest {
    private static final int N = 9;
    private static final Anderson.Options TYPE_I = Anderson.Options.DEFAULT.withVariant(Anderson.Variant.TYPE_I);
    private static final Anderson.Options TYPE_II = Anderson.Options.DEFAULT;

    /** {@code tanh(W z + c)} with a W that does not contract. */
    private static final double[][] W = matrix();

    private static double[][] matrix() {
        Random random = new Random(5);
        double[][] w = new double[N][N + 1];
        for (double[] row : w) {
            for (int j = 0; j <= N; j++) {
                row[j] = 0.45 * random.nextGaussian();
            }
        }
        return w;
    }

    private static double[] f(double[] z) {
        double[] g = new double[N];
        for (int i = 0; i < N; i++) {
            g[i] = W[i][N];
            for (int j = 0; j < N; j++) {
                g[i] += W[i][j] * z[j];
            }
            g[i] = Math.tanh(g[i]);
        }
        return g;
    }

    private static final FixedPointMap MAP = (z, out, rows) -> {
        for (int p = 0; p < z.rows(); p++) {
            double[] row = new double[N];
            for (int i = 0; i < N; i++) {
                row[i] = z.get(p, i);
            }
            double[] g = f(row);
            for (int i = 0; i < N; i++) {
                out.set(p, i, g[i]);
            }
        }
    };

    /** The iterates of the textbook: differences to the newest, normal or projected equations, by elimination. */
    private static List<double[]> textbook(Anderson.Options options, double[] start, int evaluations, boolean cheap) {
        List<double[]> zs = new ArrayList<>();
        List<double[]> rs = new ArrayList<>();
        List<double[]> iterates = new ArrayList<>();
        double[] z = start.clone();
        List<Double> norms = new ArrayList<>();
        int age = 0;
        int plain = 0;
        for (int k = 1; k <= evaluations; k++) {
            iterates.add(z);
            double[] g = f(z);
            double[] r = IntStream.range(0, N).mapToDouble(i -> g[i] - iterates.getLast()[i]).toArray();
            zs.addFirst(z);
            rs.addFirst(r);
            age++;
            norms.add(norm(r));
            boolean adapts = options.adaptive() && options.variant() == Anderson.Variant.TYPE_II;
            boolean fast = adapts && k > 2 && norm(r) < 0.36 * norms.get(k - 3);
            boolean falling = adapts && k > 1 && norm(r) < 0.8 * norms.get(k - 2);
            double shortest = rs.stream().mapToDouble(AndersonTest::norm).min().orElseThrow();
            if (k <= options.delay() || age == options.restart() || norm(r) > options.growth() * shortest) {
                zs.subList(1, zs.size()).clear();
                rs.subList(1, rs.size()).clear();
                age = 0;
                plain = 0;
            }
            if (zs.size() > options.window() + 1) {
                zs.removeLast();
                rs.removeLast();
            }
            boolean free = plain > 3;
            boolean steep = adapts && cheap && k > 1
                    && norm(r) < 0.4 * norms.subList(0, k - 1).stream().min(Double::compare).orElseThrow();
            if (steep || falling && plain > 0) {
                plain = steep ? 4 : plain - 1;
                if (free || steep) {
                    zs.clear();
                    rs.clear();
                }
                double β = options.mixing().beta(1);
                double[] at = z;
                z = IntStream.range(0, N).mapToDouble(i -> at[i] + β * r[i]).toArray();
                continue;
            }
            if (fast && zs.size() > 4) {
                zs.subList(4, zs.size()).clear();
                rs.subList(4, rs.size()).clear();
            }
            int m = rs.size() - 1;
            double[][] a = new double[m][m];
            double[] right = new double[m];
            for (int i = 0; i < m; i++) {
                double[] left = options.variant() == Anderson.Variant.TYPE_I ? minus(z, zs.get(i + 1)) : minus(r, rs.get(i + 1));
                for (int j = 0; j < m; j++) {
                    a[i][j] = dot(left, minus(r, rs.get(j + 1)));
                }
                right[i] = dot(left, r);
            }
            double[] γ = Problems.solve(a, right);
            double[] zBar = z.clone();
            double[] rBar = r.clone();
            for (int j = 0; j < m; j++) {
                for (int i = 0; i < N; i++) {
                    zBar[i] -= γ[j] * (z[i] - zs.get(j + 1)[i]);
                    rBar[i] -= γ[j] * (r[i] - rs.get(j + 1)[i]);
                }
            }
            double β = options.mixing().beta(Math.min(1, norm(rBar) / norm(r)));
            z = IntStream.range(0, N).mapToDouble(i -> zBar[i] + β * rBar[i]).toArray();
            boolean little = falling && m > 0 && norm(rBar) > 0.4 * norm(r);
            plain = !little ? 0 : cheap ? 5 : 2;
            if (free || little && cheap) {
                zs.clear();
                rs.clear();
            } else if (little && fast) {
                zs.subList(1, zs.size()).clear();
                rs.subList(1, rs.size()).clear();
            }
        }
        return iterates;
    }

    private static double[] minus(double[] x, double[] y) {
        return IntStream.range(0, N).mapToDouble(i -> x[i] - y[i]).toArray();
    }

    private static double dot(double[] x, double[] y) {
        return IntStream.range(0, N).mapToDouble(i -> x[i] * y[i]).sum();
    }

    private static double norm(double[] x) {
        return Math.sqrt(dot(x, x));
    }

    static Stream<Anderson.Options> options() {
        return Stream.of(TYPE_I.withRegularisation(0), TYPE_II).flatMap(type -> Stream.of(
                type,
                type.withAdaptiveWindow(false),
                type.withWindow(1),
                type.withWindow(3),
                type.withWindow(5).withAdaptiveWindow(false),
                type.withMixing(0.6),
                type.withMixing(Anderson.Mixing.byGain()),
                type.withDelay(3),
                type.withRestart(4),
                type.withRestartAtGrowth(1.01),
                type.withWindow(2).withDelay(2).withRestart(3).withMixing(1.2)))
                .flatMap(options -> options.variant() == Anderson.Variant.TYPE_I
                        ? Stream.of(options)
                        : Stream.of(options, options.withOrthogonal()));
    }

    @ParameterizedTest
    @MethodSource("options")
    void theIteratesAreThoseOfTheTextbook(Anderson.Options options) {
        int evaluations = 11;
        assertIterates(options, evaluations, MAP, textbook(options, new double[N], evaluations, false));
    }

    @Test
    void aCheapMapTakesPlainStepsOfWhichNothingIsKept() {
        FixedPointMap cheap = cheap(MAP);
        int evaluations = 20;
        List<double[]> expected = textbook(TYPE_II, new double[N], evaluations, true);
        assertThat(expected.get(10)).isNotEqualTo(textbook(TYPE_II, new double[N], evaluations, false).get(10));
        assertIterates(TYPE_II, evaluations, cheap, expected);
    }

    private static FixedPointMap cheap(FixedPointMap map) {
        return new FixedPointMap() {
            @Override
            public void apply(Block z, Block out, Rows rows) {
                map.apply(z, out, rows);
            }

            @Override
            public double rowOperations() {
                return 100;
            }
        };
    }

    @Test
    void aCheapMapWhoseResidualsFallSteeplyTakesPlainSteps() {
        FixedPointMap steep = (z, out, rows) -> {
            for (int i = 0; i < N; i++) {
                // It contracts by 0.3, so each residual is less than 0.4 of the one before.
                out.set(0, i, 1 + 0.3 * Math.sin(z.get(0, i) + i));
            }
        };
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    Anderson anderson = Anderson.plan(engine, Type.F64, 1, N, TYPE_II, Stopping.relative(1e-12));
                    Picard picard = Picard.plan(engine, Type.F64, 1, N, 1, Stopping.relative(1e-12));
                    Block z = engine.allocate(Type.F64, 1, N);
                    Block plain = engine.allocate(Type.F64, 1, N)) {
                int evaluations = picard.solve(steep, plain).evaluations(0);
                assertThat(anderson.solve(steep, z).evaluations(0)).isLessThan(evaluations);
                z.fill(0);
                assertThat(anderson.solve(cheap(steep), z).evaluations(0)).isEqualTo(evaluations);
                for (int i = 0; i < N; i++) {
                    assertThat(z.get(0, i)).isEqualTo(plain.get(0, i));
                }
            }
        }
    }

    private static void assertIterates(Anderson.Options options, int evaluations, FixedPointMap map, List<double[]> expected) {
        Integer[] all = IntStream.rangeClosed(1, evaluations).boxed().toArray(Integer[]::new);
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    Anderson anderson = Anderson.plan(engine, Type.F64, 1, N, options, Stopping.fixed(evaluations).recording(all));
                    Block z = engine.allocate(Type.F64, 1, N)) {
                Outcome outcome = anderson.solve(map, z);
                for (int k = 0; k < evaluations; k++) {
                    for (int i = 0; i < N; i++) {
                        // Each step multiplies rounding errors by the condition of its problem, 10 to 1000 here.
                        assertThat(outcome.state(k).get(0, i)).as("%s on %s, iterate %d", options, provider.name(), k)
                                .isCloseTo(expected.get(k)[i], within(1e-6));
                    }
                }
            }
        }
    }

    /** In one dimension both types are the secant method. */
    @Test
    void inOneDimensionItIsTheSecantMethod() {
        for (Anderson.Options options : List.of(TYPE_I, TYPE_II)) {
            try (Engine engine = Engines.best(1);
                    Anderson anderson = Anderson.plan(engine, Type.F64, 1, 1, options.withWindow(1), SecantMethod.SIX_POINTS);
                    Block z = engine.allocate(Type.F64, 1, 1)) {
                SecantMethod.assertSteps(anderson.solve(SecantMethod.COSINE, z), 1e-9);
            }
        }
    }

    /** The residuals differ from each other in a few directions only. The Gram matrix of ten is singular, and nothing breaks. */
    @Test
    void dependentDifferencesAreLeftOut() {
        for (Anderson.Options options : List.of(TYPE_I.withWindow(10), TYPE_II.withWindow(10), TYPE_II.withWindow(10).withOrthogonal())) {
            for (EngineProvider provider : Problems.engines()) {
                try (Engine engine = provider.create(1);
                        Anderson anderson = Anderson.plan(engine, Type.F64, 1, 20, options, Stopping.relative(1e-12).within(40));
                        Block z = engine.allocate(Type.F64, 1, 20)) {
                    Outcome outcome = anderson.solve((in, out, rows) -> {
                        for (int i = 0; i < 20; i++) {
                            // Three different rates.
                            out.set(0, i, 1 + (0.99 - 0.4 * (i % 3)) * in.get(0, i));
                        }
                    }, z);
                    assertThat(outcome.succeeded()).as("%s on %s: %s", options, provider.name(), outcome).isTrue();
                    assertThat(outcome.evaluations()).as("%s on %s", options, provider.name()).isLessThanOrEqualTo(8);
                }
            }
        }
    }

    @Test
    void rowsHaveTheSameBitsAloneWhateverTheOptions() {
        for (Anderson.Options options : options().toList()) {
            try (Engine engine = Engines.best(1);
                    Anderson anderson = Anderson.plan(engine, Type.F64, 6, N, options, Stopping.relative(1e-9).within(60));
                    Block start = Problems.random(Type.F64, 6, N, 2, 3);
                    Block z = engine.allocate(Type.F64, 6, N);
                    Block alone = engine.allocate(Type.F64, 1, N)) {
                start.set(2, 1, Double.NaN);
                z.copyFrom(start);
                Outcome outcome = anderson.solve(MAP, z);
                Status[] status = IntStream.range(0, 6).mapToObj(outcome::status).toArray(Status[]::new);
                for (int b = 0; b < 6; b++) {
                    alone.copyRow(start, b, 0);
                    assertThat(anderson.solve(MAP, alone).status(0)).isEqualTo(status[b]);
                    for (int i = 0; i < N; i++) {
                        assertThat(Double.doubleToLongBits(alone.get(0, i))).as("%s, row %d", options, b)
                                .isEqualTo(Double.doubleToLongBits(z.get(b, i)));
                    }
                }
            }
        }
    }

    @Test
    void noVariantAllocatesAndEachHoldsWhatItSays() {
        for (Anderson.Options options : List.of(TYPE_I, TYPE_II.withOrthogonal().withCondition(1.5).withMixing(Anderson.Mixing.byGain()))) {
            try (Engine engine = Engines.named("simd", 1);
                    DenseCell cell = Problems.cell(engine, dev.zstar.kernels.Activation.TANH, Type.F64, 64, 3, 0.9, 1);
                    Anderson anderson = Anderson.plan(engine, Type.F64, 3, 64, options, Stopping.relative(1e-8));
                    Block z = engine.allocate(Type.F64, 3, 64)) {
                int blocks = (options.orthogonal() ? 3 : 2) * options.window() + (options.orthogonal() ? 6 : 5);
                assertThat(anderson.bytes()).isEqualTo(blocks * Block.bytes(Type.F64, 3, 64));
                long bytes = Problems.allocated(() -> {
                        z.fill(0);
                        anderson.solve(cell, z);
                });
                assertThat(bytes).as("bytes per ten solves, %s", options).isZero();
            }
        }
    }

    @Test
    void optionsSayWhatTheyExpect() {
        assertThatThrownBy(() -> TYPE_II.withWindow(51)).hasMessage("Anderson.Options: window is 51, expected 1 to 50");
        assertThatThrownBy(() -> TYPE_II.withMixing(2.5)).hasMessage("Anderson.Mixing: β is 2.5, expected 0 < β ≤ 2");
        assertThatThrownBy(() -> TYPE_II.withDelay(-1)).hasMessage("Anderson.Options: delay is -1, expected at least 0");
        assertThatThrownBy(() -> TYPE_II.withRestart(1)).hasMessage("Anderson.Options: restart is 1, expected at least 2, or 0 for never");
        assertThatThrownBy(() -> TYPE_II.withRestartAtGrowth(1)).hasMessage("Anderson.Options: growth is 1.0, expected more than 1");
        assertThatThrownBy(() -> TYPE_II.withRegularisation(1)).hasMessage("Anderson.Options: regularisation is 1.0, expected 0 ≤ λ < 1");
        assertThatThrownBy(() -> TYPE_II.withCondition(1e9))
                .hasMessageStartingWith("Anderson.Options: condition is 1.0E9, expected 1 < κ ≤ 1e8");
        assertThatThrownBy(TYPE_I::withOrthogonal)
                .hasMessage("Anderson.Options: orthogonal differences with type I, which has no least-squares problem, expected type II");
        try (Engine engine = Engines.best(1);
                Anderson anderson = Anderson.plan(engine, Type.F64, 1, N, TYPE_II.withMixing(gain -> 0), Stopping.relative(1e-9));
                Block z = engine.allocate(Type.F64, 1, N)) {
            assertThatThrownBy(() -> anderson.solve(MAP, z)).hasMessageStartingWith("Anderson: the mixing returned 0.0 for a gain of ");
        }
    }
}
