package dev.zstar.solvers.ode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.ode.OdeGradientOutcome.Use;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradients of a neural ODE, in every mode. */
class OdeLayerTest {
    private static final int N = 4;
    private static final int BATCH = 3;
    private static final int START = N * N + N + BATCH * N;
    private static final int TIMES = START + BATCH * N;
    private static final double[] T0 = {0, 0.5, 2};
    private static final double[] T1 = {1.5, 3, -0.5};
    private static final StepControl TIGHT = StepControl.tolerances(1e-9, 1e-10);

    static Stream<OdeGradientMode> modes() {
        return Stream.of(new OdeGradientMode.Reversed(), new OdeGradientMode.Interpolated(), new OdeGradientMode.Checkpointed(0),
                new OdeGradientMode.Checkpointed(1), new OdeGradientMode.Checkpointed(7));
    }

    /** All that a loss depends on: w, a, x, z₀, t₀ and t₁. */
    private static double[] values() {
        Random random = new Random(5);
        double[] values = random.doubles(TIMES + 2 * BATCH, -1, 1).toArray();
        System.arraycopy(T0, 0, values, TIMES, BATCH);
        System.arraycopy(T1, 0, values, TIMES + BATCH, BATCH);
        return values;
    }

    private static double[] cut(double[] values, int from, int count) {
        return Arrays.copyOfRange(values, from, from + count);
    }

    private static TimedTanh function(double[] values) {
        return new TimedTanh(N, cut(values, 0, N * N), cut(values, N * N, N));
    }

    /** {@code Σ c z(t₁)}. */
    private static double loss(double[] values, double[] c, StepControl control) {
        TimedTanh f = function(values);
        try (Engine engine = Engines.named("scalar", 1);
                DormandPrince solver = DormandPrince.plan(engine, Type.F64, BATCH, N, control);
                Block x = Block.of(Type.F64, BATCH, N, cut(values, N * N + N, BATCH * N));
                Block z = Block.of(Type.F64, BATCH, N, cut(values, START, BATCH * N))) {
            f.inject(x);
            OdeOutcome outcome = solver.solve(
                    f, z, cut(values, TIMES, BATCH), cut(values, TIMES + BATCH, BATCH), OdeOptions.NONE);
            assertThat(outcome.succeeded()).isTrue();
            double[] end = z.toDoubles();
            return IntStream.range(0, end.length).mapToDouble(i -> c[i] * end[i]).sum();
        }
    }

    /** Central differences of order 4, with an error of about 10⁻¹¹. */
    private static double[] differences(double[] c, StepControl control, int count) {
        double[] values = values();
        double[] gradient = new double[count];
        for (int i = 0; i < count; i++) {
            double δ = 2e-3;
            double value = values[i];
            double[] at = new double[4];
            for (int k = 0; k < 4; k++) {
                values[i] = value + new double[] {-2, -1, 1, 2}[k] * δ;
                at[k] = loss(values, c, control);
            }
            values[i] = value;
            gradient[i] = (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * δ);
        }
        return gradient;
    }

    /** The gradients of a layer with respect to the same, by its own mode. */
    private static double[] gradients(EngineProvider provider, int threads, double[] c, StepControl control, OdeGradientMode mode) {
        return gradients(Type.F64, provider, threads, c, control, mode);
    }

    private static double[] gradients(
            Type type, EngineProvider provider, int threads, double[] c, StepControl control, OdeGradientMode mode) {
        double[] values = values();
        TimedTanh f = function(values);
        try (Engine engine = provider.create(threads);
                OdeLayer<double[]> layer = OdeLayer.plan(engine, type, BATCH, N, f, 0, 1, control, mode);
                Block x = Block.of(type, BATCH, N, cut(values, N * N + N, BATCH * N));
                Block z = Block.of(type, BATCH, N, cut(values, START, BATCH * N));
                Block g = Block.of(type, BATCH, N, c);
                Block dz = engine.allocate(type, BATCH, N)) {
            OdeOutcome solved = layer.forward(x, z, T0, T1);
            assertThat(solved.succeeded()).isTrue();
            double[] sum = new double[f.gradients(BATCH)];
            OdeGradientOutcome outcome = layer.backward(g, sum, dz);
            assertThat(outcome.succeeded()).as("%s", outcome).isTrue();
            double[] all = Arrays.copyOf(sum, TIMES + 2 * BATCH);
            System.arraycopy(dz.toDoubles(), 0, all, START, BATCH * N);
            for (int b = 0; b < BATCH; b++) {
                all[TIMES + b] = outcome.startTimeGradient(b);
                all[TIMES + BATCH + b] = outcome.endTimeGradient(b);
                assertThat(Double.isNaN(outcome.drift(b))).isEqualTo(!(mode instanceof OdeGradientMode.Reversed));
                if (mode instanceof OdeGradientMode.Reversed && !control.isFixed()) {
                    assertThat(outcome.drift(b)).isBetween(0.0, type == Type.F32 ? 1e-3 : 1e-6);
                }
            }
            return all;
        }
    }

    private static double[] cotangent() {
        return new Random(6).doubles(BATCH * N, -1, 1).toArray();
    }

    private static double worst(double[] actual, double[] expected) {
        return IntStream.range(0, expected.length).mapToDouble(i -> Math.abs(actual[i] - expected[i])).max().orElseThrow();
    }

    @Test
    void everyModeEqualsCentralDifferences() {
        double[] c = cotangent();
        double[] expected = differences(c, StepControl.tolerances(1e-13, 1e-14), TIMES + 2 * BATCH);
        modes().forEach(mode -> assertThat(worst(gradients(Problems.engines().getFirst(), 1, c, TIGHT, mode), expected))
                .as("%s", mode).isLessThan(1e-6));
    }

    /** In f32 the gradients are those of f64 up to the tolerance, on every engine. */
    @ParameterizedTest
    @MethodSource("modes")
    void singlePrecisionIsEnoughForItsTolerance(OdeGradientMode mode) {
        double[] c = cotangent();
        double[] exact = gradients(Problems.engines().getFirst(), 1, c, TIGHT, mode);
        for (EngineProvider provider : Problems.engines()) {
            double[] actual = gradients(Type.F32, provider, 1, c, StepControl.tolerances(1e-5, 1e-6), mode);
            assertThat(worst(actual, exact)).as("%s on %s", mode, provider.name()).isLessThan(1e-3);
        }
    }

    /** The discrete adjoint is the gradient of the steps themselves, however coarse they are. */
    @Test
    void theDiscreteAdjointEqualsDifferencesOfFixedSteps() {
        double[] c = cotangent();
        StepControl control = StepControl.fixed(5);
        double[] expected = differences(c, control, TIMES);
        modes().filter(mode -> mode instanceof OdeGradientMode.Checkpointed).forEach(mode -> {
            double[] actual = gradients(Problems.engines().getFirst(), 1, c, control, mode);
            assertThat(worst(actual, expected)).as("%s", mode).isLessThan(1e-9);
        });
        double[] other = gradients(Problems.engines().getFirst(), 1, c, control, new OdeGradientMode.Reversed());
        assertThat(worst(other, expected)).as("the continuous adjoint of coarse steps is another gradient").isGreaterThan(1e-7);
    }

    /** Threads leave all bits as they are. Checkpoints change only the order in which the rows are added to the gradients of w and a. */
    @Test
    void checkpointsAndThreadsChangeNoBit() {
        double[] c = cotangent();
        for (EngineProvider provider : Problems.engines()) {
            if (!"simd".equals(provider.name()) && !"scalar".equals(provider.name())) {
                continue;
            }
            double[] first = gradients(provider, 1, c, TIGHT, new OdeGradientMode.Checkpointed(1));
            modes().forEach(mode -> {
                double[] one = gradients(provider, 1, c, TIGHT, mode);
                if (mode instanceof OdeGradientMode.Checkpointed) {
                    assertThat(cut(one, N * N + N, one.length - N * N - N)).as("%s on %s", mode, provider.name())
                            .isEqualTo(cut(first, N * N + N, one.length - N * N - N));
                }
                for (int threads = 2; threads <= 3; threads++) {
                    assertThat(gradients(provider, threads, c, TIGHT, mode)).as("%s on %s", mode, provider.name()).isEqualTo(one);
                }
            });
        }
    }

    /** A gradient of any size keeps its relative accuracy, although the backward solve has an absolute tolerance. */
    @ParameterizedTest
    @MethodSource("modes")
    void theGradientIsLinearInThatOfTheLoss(OdeGradientMode mode) {
        double[] c = cotangent();
        double[] gradient = gradients(Problems.engines().getFirst(), 1, c, TIGHT, mode);
        double[] tiny = gradients(Problems.engines().getFirst(), 1, Arrays.stream(c).map(v -> v * 0x1p-600).toArray(), TIGHT, mode);
        for (int i = 0; i < TIMES; i++) {
            assertThat(tiny[i] * 0x1p600).isCloseTo(gradient[i], within(1e-12));
        }
    }

    /** A cell as a vector field, and one that gets the time, in the modes that take another route through its inputs. */
    @ParameterizedTest
    @MethodSource("modes")
    void aCellIsAVectorField(OdeGradientMode mode) {
        try (Engine engine = Engines.best(1);
                Block w = Problems.random(Type.F64, N, N, 0.5, 1);
                Block u = Problems.random(Type.F64, N, 3, 1, 2);
                Block bias = Problems.random(Type.F64, 1, N, 0.1, 3);
                Block x = Problems.random(Type.F64, BATCH, 2, 1, 4);
                Block start = Problems.random(Type.F64, BATCH, N, 1, 5);
                Block g = Problems.random(Type.F64, BATCH, N, 1, 6);
                Block z = engine.allocate(Type.F64, BATCH, N);
                Block dw = engine.allocate(Type.F64, N, N);
                Block du = engine.allocate(Type.F64, N, 3);
                Block db = engine.allocate(Type.F64, 1, N);
                Block dx = engine.allocate(Type.F64, BATCH, 3);
                DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, bias, BATCH);
                TimedMap<DenseCell.Gradients> f = TimedMap.of(cell, 2);
                OdeLayer<DenseCell.Gradients> layer = OdeLayer.plan(engine, Type.F64, BATCH, N, f, -1, 1, TIGHT, mode)) {
            z.copyFrom(start);
            layer.forward(x, z);
            assertThat(layer.backward(g, new DenseCell.Gradients(dw, du, db, dx)).succeeded()).isTrue();
            double δ = 1e-4;
            for (int i = 0; i < N; i++) {
                double difference = 0;
                for (int sign = -1; sign <= 1; sign += 2) {
                    u.set(i, 2, u.get(i, 2) + sign * δ);
                    x.set(1, 1, x.get(1, 1) + sign * δ);
                    cell.update(w, u, bias);
                    z.copyFrom(start);
                    layer.infer(x, z);
                    u.set(i, 2, u.get(i, 2) - sign * δ);
                    x.set(1, 1, x.get(1, 1) - sign * δ);
                    double loss = 0;
                    for (int k = 0; k < BATCH * N; k++) {
                        loss += g.get(k / N, k % N) * z.get(k / N, k % N);
                    }
                    difference += sign * loss / (2 * δ);
                }
                assertThat(du.get(i, 2) + dx.get(1, 1)).as("%s, %s", mode, i).isCloseTo(difference, within(1e-6));
            }
        }
    }

    /** One row fails forwards, one has an infinite gradient, and the others do not notice. */
    @ParameterizedTest
    @MethodSource("modes")
    void rowsThatFailAddNothing(OdeGradientMode mode) {
        double[] values = values();
        double[] c = cotangent();
        TimedTanh f = function(values);
        double[][] sums = new double[2][f.gradients(BATCH)];
        try (Engine engine = Engines.best(1);
                OdeLayer<double[]> layer = OdeLayer.plan(engine, Type.F64, BATCH, N, f, 0, 2, TIGHT, mode);
                Block x = Block.of(Type.F64, BATCH, N, cut(values, N * N + N, BATCH * N));
                Block z = Block.of(Type.F64, BATCH, N, cut(values, START, BATCH * N));
                Block g = Block.of(Type.F64, BATCH, N, c);
                Block dz = engine.allocate(Type.F64, BATCH, N)) {
            z.set(0, 1, Double.NaN);
            g.set(1, 2, Double.POSITIVE_INFINITY);
            layer.forward(x, z);
            OdeGradientOutcome outcome = layer.backward(g, sums[0], dz);
            assertThat(outcome.use(0)).isEqualTo(Use.SKIPPED);
            assertThat(outcome.use(1)).isEqualTo(Use.SKIPPED);
            assertThat(outcome.use(2)).isEqualTo(Use.ADDED);
            assertThat(outcome.forward(0)).isEqualTo(OdeStatus.NONFINITE_INPUT);
            assertThat(outcome.startTimeGradient(0)).isNaN();
            assertThat(outcome.toString()).isEqualTo("gradients of 3 rows: 1 added, 2 skipped, 0 incomplete; the forward solve of row 0 "
                    + "ended with NONFINITE_INPUT");
            double[] rest = dz.part(2, BATCH).toDoubles();
            assertThat(dz.head(2).toDoubles()).containsOnly(0);
            // The other rows have no gradient at all.
            z.copyFrom(cut(values, START, BATCH * N));
            layer.forward(x, z);
            g.head(2).fill(0);
            dz.fill(0);
            assertThat(layer.backward(g, sums[1], dz).succeeded()).isTrue();
            assertThat(dz.part(2, BATCH).toDoubles()).isEqualTo(rest);
            assertThat(sums[0]).isEqualTo(sums[1]);
        }
    }

    /** An equation that contracts fast expands backwards: the drift tells, and the mode is not to be used. */
    @Test
    void theDriftTellsThatTheReversalIsWrong() {
        TimedTanh f = new TimedTanh(1, new double[] {0}, new double[] {30});
        for (OdeGradientMode mode : modes().toList()) {
            try (Engine engine = Engines.best(1);
                    OdeLayer<double[]> layer = OdeLayer.plan(engine, Type.F64, 1, 1, f, 0, 1, StepControl.tolerances(1e-6, 1e-6), mode);
                    Block x = Block.of(Type.F64, 1, 1, 0.5);
                    Block z = Block.of(Type.F64, 1, 1, 1.0);
                    Block g = Block.of(Type.F64, 1, 1, 1.0)) {
                layer.forward(x, z);
                OdeGradientOutcome outcome = layer.backward(g, new double[f.gradients(1)], null);
                assertThat(outcome.drift(0) > 1).as("%s: %s", mode, outcome.drift(0)).isEqualTo(mode instanceof OdeGradientMode.Reversed);
            }
        }
    }

    @Test
    void checkpointsHoldAboutTheSquareRootOfTheSteps() {
        for (int count : new int[] {1, 2, 3, 10, 63, 64, 65, 500, 1001}) {
            try (Engine engine = Engines.best(1);
                    DormandPrince solver = DormandPrince.plan(engine, Type.F64, 1, 2, StepControl.fixed(count));
                    Checkpoints checkpoints = new Checkpoints(engine, Type.F64, 1, 2, 0);
                    Block z = Equations.OSCILLATOR.block(Type.F64)) {
                checkpoints.clear();
                solver.solve(Equations.OSCILLATOR.function(), z, null, new double[] {0}, new double[] {1}, checkpoints);
                assertThat(checkpoints.steps(0)).isEqualTo(count);
                int segment = count - checkpoints.before(0, count);
                for (int end = count; end > 0; end = checkpoints.before(0, end)) {
                    segment = Math.max(segment, end - checkpoints.before(0, end));
                }
                assertThat((double) checkpoints.kept(0) + segment).isLessThanOrEqualTo(2.2 * Math.sqrt(count) + 3);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("modes")
    void aPassAllocatesNothing(OdeGradientMode mode) {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, 6, BATCH, 0.9, 1);
                OdeLayer<DenseCell.Gradients> layer = OdeLayer.plan(cell, 0, 1, StepControl.tolerances(1e-4, 1e-4), mode);
                Block x = Problems.random(Type.F64, BATCH, 3, 1, 2);
                Block z = engine.allocate(Type.F64, BATCH, 6);
                Block g = Problems.random(Type.F64, BATCH, 6, 1, 3);
                Block dz = engine.allocate(Type.F64, BATCH, 6);
                Block dw = engine.allocate(Type.F64, 6, 6);
                Block dx = engine.allocate(Type.F64, BATCH, 3)) {
            DenseCell.Gradients sum = new DenseCell.Gradients(dw, null, null, dx);
            assertThat(Problems.allocated(() -> {
                z.fill(0.3);
                z.set(1, 2, 4);
                layer.forward(x, z);
                layer.backward(g, sum, dz);
            })).isZero();
            long bytes = layer.bytes();
            layer.forward(x, z);
            assertThat(layer.bytes()).isEqualTo(bytes);
        }
    }

    @Test
    void aBackwardPassBelongsToItsForwardPass() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, 6, BATCH, 0.9, 1);
                OdeLayer<DenseCell.Gradients> layer =
                        OdeLayer.plan(cell, 0, 1, StepControl.DEFAULT, OdeGradientMode.DEFAULT);
                Block x = Problems.random(Type.F64, BATCH, 3, 1, 2);
                Block z = engine.allocate(Type.F64, BATCH, 6);
                Block g = Problems.random(Type.F64, BATCH, 6, 1, 3);
                Block dw = engine.allocate(Type.F64, 6, 6)) {
            DenseCell.Gradients sum = new DenseCell.Gradients(dw, null, null, null);
            assertThatThrownBy(() -> layer.backward(g, sum)).hasMessage(
                    "backward: there was no forward pass, expected forward(x, z) first, with no infer(x, z) in between");
            layer.forward(x, z);
            z.set(0, 0, 9);
            assertThatThrownBy(() -> layer.backward(g, sum)).hasMessageStartingWith("backward: z has changed since forward(x, z)");
            layer.forward(x, z);
            cell.inject(x);
            assertThatThrownBy(() -> layer.backward(g, sum))
                    .hasMessageStartingWith("backward: the function has other parameters or another input");
            layer.forward(x, z);
            layer.infer(x, z);
            assertThatThrownBy(() -> layer.backward(g, sum)).isInstanceOf(IllegalStateException.class);
        }
    }
}
