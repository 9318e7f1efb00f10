package dev.zstar.solvers.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
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
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Spectra that are known, and what is said of solves that ended in every way. */
class DiagnosisTest {
    /** {@code f(z) = c + diag(d_b) z}, the diagonal chosen by row of the batch. */
    private static FixedPointMap diagonal(double[]... d) {
        return (z, out, rows) -> {
            for (int p = 0; p < rows.count(); p++) {
                double[] own = d[rows.index(p)];
                for (int i = 0; i < z.cols(); i++) {
                    out.set(p, i, own[i] * z.get(p, i) + 1);
                }
            }
        };
    }

    /** Pairs of elements turn by the angle and grow by the factor; one more, where n is odd, is multiplied by 0.1. */
    private static FixedPointMap rotation(double re, double im) {
        return (z, out, rows) -> {
            for (int p = 0; p < rows.count(); p++) {
                for (int i = 0; i < z.cols(); i++) {
                    out.set(p, i, 1 + (i == z.cols() - 1 && i % 2 == 0 ? 0.1 * z.get(p, i)
                            : i % 2 == 0 ? re * z.get(p, i) - im * z.get(p, i + 1) : im * z.get(p, i - 1) + re * z.get(p, i)));
                }
            }
        };
    }

    private static double[] spread(int n, double from, double to) {
        return IntStream.range(0, n).mapToDouble(i -> from + (to - from) * i / (n - 1)).toArray();
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void spectraThatAreKnownAreFound(Type type) {
        double error = type == Type.F32 ? 5e-3 : 1e-6;
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    Block z = Problems.random(type, 3, 9, 1, 1)) {
                double[] twins = {-1.3, 1.3, 0, 0, 0, 0, 0, 0, 0.2};
                Spectrum spectrum = Spectrum.at(engine, diagonal(spread(9, -1.3, 0.5), spread(9, 0.2, 1.7), twins), z);
                assertThat(spectrum.dominant(0).re()).as(provider.name()).isCloseTo(-1.3, within(error));
                assertThat(spectrum.rightmost(0).re()).isCloseTo(0.5, within(error));
                assertThat(spectrum.largestDamping(0)).isCloseTo(2 / 2.3, within(error));
                assertThat(spectrum.rate(0, 0.5)).isCloseTo(0.75, within(error));
                assertThat(spectrum.dominant(1).re()).isCloseTo(1.7, within(error));
                assertThat(spectrum.largestDamping(1)).isZero();
                assertThat(spectrum.dominant(2).modulus()).isCloseTo(1.3, within(error));
                assertThat(spectrum.rightmost(2).re()).isCloseTo(1.3, within(error));
                for (int b = 0; b < 3; b++) {
                    assertThat(spectrum.eigenvalues(b)).as("all real").noneMatch(value -> value.modulus() > 0.1 && value.turns());
                }
                spectrum = Spectrum.at(engine, rotation(-0.2, 1.2), z);
                Eigenvalue pair = spectrum.dominant(1);
                assertThat(pair.re()).isCloseTo(-0.2, within(error));
                assertThat(pair.im()).isCloseTo(1.2, within(error));
                assertThat(pair.turns()).isTrue();
                assertThat(spectrum.largestDamping(1)).isCloseTo(2 * 1.2 / (1.2 * 1.2 + 1.2 * 1.2), within(error));
                assertThat(pair.factor(spectrum.largestDamping(1))).isCloseTo(1, within(error));
                spectrum = Spectrum.at(engine, (in, out, rows) -> out.fill(3), z);
                assertThat(spectrum.dominant(0).modulus()).isLessThan(error);
            }
        }
    }

    /** With enough products the QR iteration gives the whole spectrum of a matrix with known trace and determinant. */
    @Test
    void allEigenvaluesOfAGeneralMatrixHaveItsTraceAndDeterminant() {
        for (int n = 1; n <= 24; n++) {
            try (Engine engine = Engines.best(1);
                    Block w = Problems.random(Type.F64, n, n, 1 / Math.sqrt(n), n);
                    Block z = engine.allocate(Type.F64, 1, n);
                    Block u = engine.allocate(Type.F64, n, 1);
                    Block bias = engine.allocate(Type.F64, 1, n);
                    Block x = engine.allocate(Type.F64, 1, 1);
                    DenseCell cell = new DenseCell(engine, Activation.IDENTITY, w, u, bias, 1)) {
                cell.inject(x);
                Spectrum spectrum = Spectrum.at(engine, cell, z);
                double trace = 0;
                double squares = 0;
                double expected = 0;
                double expectedSquares = 0;
                int count = 0;
                for (Eigenvalue value : spectrum.eigenvalues(0)) {
                    int times = value.turns() ? 2 : 1;
                    count += times;
                    trace += times * value.re();
                    squares += times * (value.re() * value.re() - value.im() * value.im());
                    assertThat(value.residual()).isZero();
                }
                for (int i = 0; i < n; i++) {
                    expected += w.get(i, i);
                    for (int j = 0; j < n; j++) {
                        expectedSquares += w.get(i, j) * w.get(j, i);
                    }
                }
                assertThat(count).isEqualTo(n);
                assertThat(trace).as("the trace of W, n = %d", n).isCloseTo(expected, within(1e-9));
                assertThat(squares).as("the trace of W², n = %d", n).isCloseTo(expectedSquares, within(1e-8));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aLargeSymmetricCellShowsItsEdgesAndItsLipschitzConstant(Type type) {
        int n = 150;
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(2);
                    DenseCell cell = Problems.cell(engine, Activation.IDENTITY, type, n, 2, 0.9, 1);
                    Block z = engine.allocate(type, 2, n)) {
                Spectrum spectrum = Spectrum.at(engine, cell, z);
                assertThat(spectrum.dominant(1).modulus()).isCloseTo(0.9, within(0.01));
                assertThat(spectrum.rightmost(1).re()).isCloseTo(0.9, within(0.01));
                // For a symmetric J an eigenvalue of it lies within the residual.
                for (Eigenvalue value : spectrum.eigenvalues(1)) {
                    double nearest = Arrays.stream(spread(n, -0.9, 0.9)).map(x -> Math.abs(x - value.re())).min().orElseThrow();
                    assertThat(nearest).isLessThanOrEqualTo(value.residual() + (type == Type.F32 ? 1e-5 : 1e-12));
                }
                for (double σ : Spectrum.lipschitz(engine, cell, z)) {
                    assertThat(σ).as("from below, but for differences").isBetween(0.87, 0.905);
                }
            }
        }
    }

    @Test
    void aRowIsNotTouchedByOthersAndNothingIsSaidOfNaN() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, 30, 4, 0.9, 1);
                Block z = Problems.random(Type.F32, 4, 30, 1, 1)) {
            Spectrum before = Spectrum.at(engine, cell, z);
            FixedPointMap plain = (in, out, rows) -> cell.apply(in, out, rows);
            Spectrum differences = Spectrum.at(engine, plain, z);
            z.set(1, 7, Double.NaN);
            long live = Block.liveBytes();
            for (Spectrum[] pair : new Spectrum[][] {
                {before, Spectrum.at(engine, cell, z)}, {differences, Spectrum.at(engine, plain, z)}
            }) {
                assertThat(pair[1].known(1)).isFalse();
                assertThatThrownBy(() -> pair[1].dominant(1)).hasMessage(
                        "the spectrum of row 1 is unknown, since z, f(z) or a product with J is not finite");
                for (int b : new int[] {0, 2, 3}) {
                    assertThat(pair[1].eigenvalues(b)).isEqualTo(pair[0].eigenvalues(b));
                }
            }
            assertThat(Block.liveBytes()).isEqualTo(live);
            for (int b : new int[] {0, 2, 3}) {
                assertThat(differences.dominant(b).modulus()).as("differences and products")
                        .isCloseTo(before.dominant(b).modulus(), within(1e-2));
            }
            assertThatThrownBy(() -> Spectrum.at(engine, cell, z, 0))
                    .hasMessage("spectrum: the number of products is 0, expected at least 1");
        }
    }

    // ---- words

    private static String explain(FixedPointSolver solver, FixedPointMap f, Block z) {
        solver.solve(f, z);
        return Diagnosis.of(solver, f, z).toString();
    }

    private static Picard picard(Engine engine, Type type, int batch, int n, double β, Stopping stopping) {
        return Picard.plan(engine, type, batch, n, β, stopping);
    }

    /** The number behind these words. */
    private static double after(String text, String words) {
        Matcher matcher = Pattern.compile(Pattern.quote(words) + " ([-0-9.e]+)").matcher(text);
        assertThat(matcher.find()).as("“%s” in: %s", words, text).isTrue();
        return Double.parseDouble(matcher.group(1).replaceAll("\\.$", ""));
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void dampingIsAdvisedWhereErrorsReverseAndItHelps(Type type) {
        Stopping stopping = Stopping.relative(type == Type.F32 ? 1e-5 : 1e-9).within(40);
        for (EngineProvider provider : Problems.engines()) {
            FixedPointMap f = diagonal(spread(6, -0.5, 0.5), spread(6, -1.3, 0.5), spread(6, -0.1, 0.2), spread(6, -1.3, 0.5));
            try (Engine engine = provider.create(1);
                    Picard plain = picard(engine, type, 4, 6, 1, stopping);
                    Block z = engine.allocate(type, 4, 6)) {
                String text = explain(plain, f, z);
                assertThat(text).contains("Rows 0 and 2 of 4 ended with CONVERGED_RELATIVE after ")
                        .contains("Rows 1 and 3 of 4 ended with MAX_EVALUATIONS after 40 evaluations")
                        .contains("each plain step reverses an error in its direction and multiplies its size by about 1.30");
                assertThat(after(text, "an eigenvalue of about")).isCloseTo(-1.3, within(0.01));
                double β = after(text, "contract there for β below");
                assertThat(β).isCloseTo(2 / 2.3, within(0.02));
                assertContractsBelowAndNotAbove(engine, f, β, 2 / 2.3, type, 4, 6);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void dampingIsAdvisedWhereErrorsTurnAndItHelps(Type type) {
        for (EngineProvider provider : Problems.engines()) {
            FixedPointMap further = rotation(-0.2, 1.2);
            try (Engine engine = provider.create(1);
                    Picard plain = picard(engine, type, 2, 7, 1, Stopping.relative(1e-5).within(60));
                    Block z = engine.allocate(type, 2, 7)) {
                String text = explain(plain, further, z);
                assertThat(text).contains("Both rows ended with MAX_EVALUATIONS")
                        .contains("each plain step rotates an error in its plane and multiplies its size by about 1.22");
                double β = after(text, "contract there for β below");
                assertThat(β).isCloseTo(1 / 1.2, within(0.02));
                assertContractsBelowAndNotAbove(engine, further, β, 1 / 1.2, type, 2, 7);
                assertThat(text).contains("± 1.20i");
            }
        }
    }

    private static void assertContractsBelowAndNotAbove(
            Engine engine, FixedPointMap f, double β, double limit, Type type, int batch, int n) {
        try (Picard damped = picard(engine, type, batch, n, 0.97 * β, Stopping.relative(1e-4).within(2000));
                Picard tooFar = picard(engine, type, batch, n, Math.min(1, 1.05 * limit), Stopping.relative(1e-4).within(2000));
                Block z = engine.allocate(type, batch, n)) {
            assertThat(damped.solve(f, z).succeeded()).as("β = %s", 0.97 * β).isTrue();
            z.fill(0);
            assertThat(tooFar.solve(f, z).succeeded()).as("β = %s", 1.05 * limit).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void whereNoDampingHelpsItSaysSo(Type type) {
        for (EngineProvider provider : Problems.engines()) {
            FixedPointMap f = diagonal(spread(5, -1.9, 1.4));
            try (Engine engine = provider.create(1);
                    Picard plain = picard(engine, type, 1, 5, 0.5, Stopping.relative(1e-5).within(30));
                    Anderson anderson = Anderson.plan(engine, type, 1, 5, Anderson.Options.DEFAULT, Stopping.relative(1e-4));
                    Block z = engine.allocate(type, 1, 5)) {
                String text = explain(plain, f, z);
                assertThat(text).contains("The row ended with MAX_EVALUATIONS")
                        .contains("so damping does not help. Newton-Krylov, Broyden or Anderson may converge, if there is a solution.")
                        .contains("each step with β = 0.5 multiplies an error in its direction by about 1.20.");
                assertThat(after(text, "an eigenvalue of about")).as("the one that forbids it, not the largest")
                        .isCloseTo(1.4, within(0.01));
                z.fill(0);
                assertThat(anderson.solve(f, z).succeeded()).as("but another method may").isTrue();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void theMissingEvaluationsOfATooSmallBudgetAreEstimated(Type type) {
        for (EngineProvider provider : Problems.engines()) {
            FixedPointMap f = diagonal(spread(8, -0.3, 0.97));
            double tolerance = type == Type.F32 ? 1e-4 : 1e-8;
            try (Engine engine = provider.create(1);
                    Picard small = picard(engine, type, 1, 8, 1, Stopping.relative(tolerance).within(50).traced());
                    Picard enough = picard(engine, type, 1, 8, 1, Stopping.relative(tolerance).within(5000));
                    Block z = engine.allocate(type, 1, 8)) {
                String text = explain(small, f, z);
                assertThat(text).contains("The budget was too small")
                        .contains("Each plain step there multiplies the error by about 0.970.");
                double rate = Diagnosis.observedRate(small.outcome()).orElseThrow();
                assertThat(rate).isBetween(0.9, 0.971);
                double more = after(text, "too small: about");
                assertThat(more).isCloseTo(enough.solve(f, z).evaluations(), within(0.05 * more + 2));
            }
            try (Engine engine = provider.create(1);
                    DenseCell cell = Problems.cell(engine, Activation.TANH, type, 40, 3, 0.95, 1);
                    Anderson small = Anderson.plan(engine, type, 3, 40, Anderson.Options.DEFAULT,
                            Stopping.relative(1e-5).within(7).traced());
                    Block z = engine.allocate(type, 3, 40)) {
                assertThat(explain(small, cell, z)).contains("All 3 rows ended with MAX_EVALUATIONS after 7 evaluations")
                        .contains("Each plain step there multiplies the error by about ")
                        .contains("The last evaluations of the method multiplied the largest residual by ");
            }
        }
    }

    @Test
    void theToleranceThatWasMetIsReportedWhereTheTypeResolvesNoLess() {
        for (EngineProvider provider : Problems.engines()) {
            for (Type type : Type.values()) {
                try (Engine engine = provider.create(1);
                        DenseCell cell = Problems.cell(engine, Activation.TANH, type, 64, 3, 0.9, 1);
                        Anderson never = Anderson.plan(engine, type, 3, 64, Anderson.Options.DEFAULT,
                                Stopping.relative(1e-18).within(300).withPatience(30));
                        Block z = engine.allocate(type, 3, 64)) {
                    Outcome outcome = never.solve(cell, z);
                    assertThat(outcome.succeeded()).isFalse();
                    String text = Diagnosis.of(never, cell, z).toString();
                    assertThat(text).contains("All 3 rows ended with STAGNATED")
                            .contains("This is the rounding level of " + type + ": changing z in its last bits");
                    double attained = after(text, "A tolerance of");
                    assertThat(attained).isBetween(0.1 * type.unitRoundoff(), 20 * type.unitRoundoff())
                            .isGreaterThanOrEqualTo(outcome.worstResidual());
                    try (Anderson met = Anderson.plan(engine, type, 3, 64, Anderson.Options.DEFAULT,
                            Stopping.relative(attained).within(300))) {
                        z.fill(0);
                        assertThat(met.solve(cell, z).succeeded()).isTrue();
                    }
                }
            }
        }
    }

    @Test
    void rowsThatAreNotFiniteAreReportedWithElementAndEvaluation() {
        try (Engine engine = Engines.best(1);
                Picard picard = picard(engine, Type.F64, 5, 3, 1, Stopping.relative(1e-9).within(2000));
                Block z = Block.of(Type.F64, 5, 3, 1, 1, 1, 1, Double.NaN, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)) {
            int[] calls = {0};
            FixedPointMap f = (in, out, rows) -> {
                calls[0]++;
                for (int p = 0; p < rows.count(); p++) {
                    int b = rows.index(p);
                    for (int i = 0; i < 3; i++) {
                        double x = in.get(p, i);
                        out.set(p, i, b == 2 ? Double.POSITIVE_INFINITY
                                : b == 3 ? 3 * x
                                : b == 4 && calls[0] == 6 ? Double.NaN
                                : 0.5 * x + 1);
                    }
                }
            };
            String text = explain(picard, f, z);
            assertThat(text).contains("Row 1 of 5 ended with NONFINITE_INPUT. The start holds NaN in row 1, element 1, counted from 0.")
                    .contains("Row 2 of 5 ended with NONFINITE_FUNCTION after 1 evaluation. "
                            + "The map returns NaN or infinity at the returned state, which is finite.")
                    .contains("Row 4 of 5 ended with NONFINITE_FUNCTION after 6 evaluations")
                    .contains("The map returned NaN or infinity. Each plain step at the returned state multiplies the error by about "
                            + "0.500.")
                    .contains("Row 0 of 5 ended with CONVERGED_RELATIVE").contains("Row 3 of 5 ended with DIVERGED after ");
            assertThat(text.lines().filter(line -> line.startsWith("Row 3")).findFirst().orElseThrow())
                    .contains("The Jacobian there has an eigenvalue of about 3.00, "
                            + "so each plain step multiplies an error in its direction by about 3.00.");
        }
    }

    /** Where the tolerance is below what rounding leaves, no number of evaluations is promised. */
    @Test
    void noPromiseIsMadeThatTheTypeCanNotKeep() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, 64, 2, 0.5, 3);
                Anderson short9 = Anderson.plan(engine, Type.F32, 2, 64, Anderson.Options.DEFAULT, Stopping.relative(1e-9).within(4));
                Anderson short5 = Anderson.plan(engine, Type.F32, 2, 64, Anderson.Options.DEFAULT, Stopping.relative(1e-5).within(4));
                Block z = engine.allocate(Type.F32, 2, 64)) {
            assertThat(explain(short9, cell, z)).contains("Each plain step there multiplies the error by about ")
                    .contains("so f32 may not reach the tolerance")
                    .doesNotContain("more");
            z.fill(0);
            assertThat(explain(short5, cell, z)).contains("The budget was too small: about ");
        }
    }

    /** {@code z + 1 - sin(z) / 2} has slope 1/2 at 0, and no fixed point at all. */
    @Test
    void aSlopeBelowOneIsNoPromiseOfASolution() {
        FixedPointMap f = (in, out, rows) -> {
            for (int p = 0; p < in.rows(); p++) {
                out.set(p, 0, in.get(p, 0) + 1.5 - Math.sin(in.get(p, 0)) / 2);
            }
        };
        try (Engine engine = Engines.best(1);
                Picard once = picard(engine, Type.F64, 1, 1, 1, Stopping.relative(1e-9).within(1));
                Block z = engine.allocate(Type.F64, 1, 1)) {
            z.set(0, 0, 0);
            assertThat(explain(once, f, z)).startsWith("The row ended with MAX_EVALUATIONS after 1 evaluation")
                    .contains("There may be no solution near this state").doesNotContain(" more ");
        }
    }

    @Test
    void everyOtherStatusIsExplained() {
        FixedPointMap f = diagonal(spread(4, -0.5, 0.9));
        try (Engine engine = Engines.best(1);
                Block z = engine.allocate(Type.F64, 1, 4);
                Block two = engine.allocate(Type.F64, 2, 4);
                Picard patient = picard(engine, Type.F64, 1, 4, 1, Stopping.relative(1e-9).within(java.time.Duration.ofNanos(1)));
                Picard cancelled = picard(engine, Type.F64, 1, 4, 1, Stopping.relative(1e-9));
                Picard fixed = picard(engine, Type.F64, 1, 4, 1, Stopping.fixed(3));
                Picard steps = picard(engine, Type.F64, 1, 4, 1, Stopping.relative(1e-9).withinIterations(2));
                Picard diverging = picard(engine, Type.F64, 1, 4, 1, Stopping.relative(1e-9))) {
            assertThat(explain(patient, f, z)).contains("The row ended with TIME_BUDGET").contains("The budget was too small");
            cancelled.solve(f, z, (progress, iterate, rows) -> false);
            assertThat(Diagnosis.of(cancelled, f, z).sentences()).singleElement().asString()
                    .startsWith("The row ended with CANCELLED after 1 evaluation,")
                    .contains("Each plain step there multiplies the error by about 0.900. About ");
            assertThat(explain(fixed, f, z)).contains("The row ended with COMPLETED_FIXED_STEPS after 3 evaluations");
            assertThat(explain(steps, f, z)).contains("The row ended with MAX_ITERATIONS").contains("The budget was too small");
            int[] calls = {0};
            z.fill(1);
            String text = explain(diverging, (in, out, rows) -> {
                for (int i = 0; i < 4; i++) {
                    out.set(0, i, ++calls[0] <= 4 ? 1 + 1e-8 : calls[0] <= 12 ? 1e9 * calls[0] * in.get(0, i) : 0.5 * in.get(0, i));
                }
            }, z);
            assertThat(text).startsWith("The row ended with DIVERGED after 3 evaluations, at a relative residual of 1.0e-08")
                    .contains("Each plain step there multiplies the error by about 0.500.")
                    .contains("more plain steps would reach the tolerance");
            assertThatThrownBy(() -> Diagnosis.of(diverging, f, two))
                    .hasMessage("diagnosis: the block of states is 2×4 f64, expected 1×4 f64");
        }
    }

    @Test
    void manyRowsAreCountedAndNotListed() {
        double[][] d = new double[8][];
        Arrays.setAll(d, b -> spread(3, -1.5, b == 3 ? -0.9 : 0.1));
        try (Engine engine = Engines.best(1);
                Picard picard = picard(engine, Type.F64, 8, 3, 1, Stopping.relative(1e-9).within(9));
                Block z = engine.allocate(Type.F64, 8, 3)) {
            z.fill(0);
            d[5] = spread(3, -0.01, 0.01);
            assertThat(explain(picard, diagonal(d), z)).contains("Rows 0, 1, 2 and 4 more of 8 ended with MAX_EVALUATIONS")
                    .contains("Row 5 of 8 ended with CONVERGED");
            Outcome outcome = picard.outcome();
            assertThat(Diagnosis.observedRate(outcome)).as("without a trace").isEmpty();
        }
    }
}
