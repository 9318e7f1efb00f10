package dev.zstar.solvers.implicit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.ReversibleTanhNetwork;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.TanhNetwork;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.LinearFixedPoint;
import dev.zstar.solvers.implicit.GradientOutcome.Use;
import dev.zstar.solvers.linear.LinearSolver;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Layers in every gradient mode, against explicit unrolling, central differences and dense algebra. */
class EquilibriumLayerTest {
    private static final int N = 11;
    private static final int INPUTS = 3;
    private static final int BATCH = 5;

    private static final List<GradientMode> MODES = List.of(
            GradientMode.exact(1e-12),
            new GradientMode.Exact((e, t, b, n) ->
                    LinearFixedPoint.anderson(e, t, b, n, Anderson.Options.DEFAULT, Stopping.relative(1e-12))),
            new GradientMode.BroydenInverse(),
            new GradientMode.Refined(20, 20, Stopping.relative(1e-12)),
            new GradientMode.JacobianFree(),
            new GradientMode.NeumannSeries(4),
            new GradientMode.Phantom(5, 0.6),
            new GradientMode.Unrolled(9),
            new GradientMode.Checkpointed(9),
            new GradientMode.Reversible(4, 0.5));

    /** A cell, a layer on it, and blocks for all that goes in and comes out. */
    private static final class Setup implements AutoCloseable {
        final Block w;
        final Block u;
        final Block b;
        final Block x;
        final Block z;
        final Block g;
        final DenseCell cell;
        final FixedPointSolver solver;
        final EquilibriumLayer<DenseCell.Gradients> layer;
        final DenseCell.Gradients sum;

        Setup(Engine engine, Type type, GradientMode mode, double damping) {
            w = Problems.symmetric(type, N, 0.9, 1);
            u = Problems.random(type, N, INPUTS, 0.5, 2);
            b = Problems.random(type, 1, N, 0.1, 3);
            x = Problems.random(type, BATCH, INPUTS, 1, 4);
            g = Problems.random(type, BATCH, N, 1, 5);
            z = engine.allocate(type, BATCH, N);
            cell = new DenseCell(engine, Activation.TANH, w, u, b, BATCH);
            Stopping stopping = Stopping.relative(type == Type.F64 ? 1e-13 : 2e-7).within(60);
            solver = mode instanceof GradientMode.BroydenInverse
                    ? Broyden.plan(engine, type, BATCH, N, Broyden.Options.DEFAULT, stopping)
                    : FixedPointSolver.plan(engine, type, BATCH, N, stopping);
            layer = EquilibriumLayer.plan(engine, type, BATCH, N, cell, solver, mode, damping);
            sum = new DenseCell.Gradients(engine.allocate(type, N, N), engine.allocate(type, N, INPUTS), engine.allocate(type, 1, N),
                    engine.allocate(type, BATCH, INPUTS));
        }

        void clear() {
            for (Block block : gradients()) {
                block.fill(0);
            }
        }

        List<Block> gradients() {
            return List.of(sum.w(), sum.u(), sum.b(), sum.x());
        }

        double[] all() {
            return gradients().stream().flatMapToDouble(block -> Arrays.stream(block.toDoubles())).toArray();
        }

        @Override
        public void close() {
            layer.close();
            solver.close();
            cell.close();
            gradients().forEach(Block::close);
            for (Block block : new Block[] {w, u, b, x, z, g}) {
                block.close();
            }
        }
    }

    /** An observer ends one row early. The row has a gradient, and no bit of another row changes. */
    @Test
    void anObserverEndsSingleRows() {
        RowObserver second = (progress, iterate, rows, exits) -> {
            for (int p = 0; p < rows.count(); p++) {
                if (rows.index(p) == 1 && progress.evaluations(1) >= 3) {
                    exits.stop(p);
                }
            }
        };
        for (GradientMode mode : MODES) {
            try (Engine engine = Engines.best(1); Setup s = new Setup(engine, Type.F64, mode, 0)) {
                if (mode.unrolls()) {
                    assertThatThrownBy(() -> s.layer.forward(s.x, s.z, second)).hasMessage("forward: the gradient mode " + mode
                            + " takes a fixed number of steps, expected no observer, or a mode that solves for the equilibrium");
                    assertThat(s.layer.infer(s.x, s.z, second).status(1)).isEqualTo(Status.STOPPED_BY_OBSERVER);
                    continue;
                }
                s.layer.forward(s.x, s.z);
                double[] others = row(s.z, 2);
                double[] whole = row(s.z, 1);
                s.z.fill(0);
                Outcome outcome = s.layer.forward(s.x, s.z, second);
                assertThat(outcome.succeeded()).as("%s", mode).isTrue();
                assertThat(outcome.status(1)).isEqualTo(Status.STOPPED_BY_OBSERVER);
                assertThat(outcome.evaluations(1)).isEqualTo(3);
                assertThat(row(s.z, 2)).isEqualTo(others);
                assertThat(row(s.z, 1)).isNotEqualTo(whole);
                assertThat(s.layer.backward(s.g, s.sum).use(1)).as("%s", mode).isEqualTo(Use.ADDED);
                assertThat(Problems.allocated(() -> {
                    s.z.fill(0);
                    s.layer.forward(s.x, s.z, second);
                    s.layer.backward(s.g, s.sum);
                })).as("%s", mode).isZero();
                s.z.fill(0);
                s.layer.forward(s.x, s.z, null);
                assertThat(row(s.z, 1)).isEqualTo(whole);
            }
        }
    }

    private static double[] row(Block block, int row) {
        double[] values = new double[block.cols()];
        Arrays.setAll(values, i -> block.get(row, i));
        return values;
    }

    /** The gradients of {@code steps} steps from the equilibrium, or from 0, in the order of {@link Setup#all}. */
    private static double[] unrolled(Setup s, boolean fromEquilibrium, int steps, double damping) {
        TanhNetwork network = new TanhNetwork(s.w.toDoubles(), s.u.toDoubles(), s.b.toDoubles());
        double[] dx = new double[BATCH * INPUTS];
        for (int p = 0; p < BATCH; p++) {
            double[] x = row(s.x, p);
            double[] start = fromEquilibrium ? network.run(new double[N], x, 1000, 1) : new double[N];
            network.run(start, x, steps, damping);
            System.arraycopy(network.backward(row(s.g, p), x), 0, dx, p * INPUTS, INPUTS);
        }
        return Arrays.stream(new double[][] {network.dw, network.du, network.db, dx}).flatMapToDouble(Arrays::stream).toArray();
    }

    private static double[] reversible(Setup s, GradientMode.Reversible mode) {
        TanhNetwork cell = new TanhNetwork(s.w.toDoubles(), s.u.toDoubles(), s.b.toDoubles());
        ReversibleTanhNetwork network = new ReversibleTanhNetwork(cell, mode.beta());
        double[] dx = new double[BATCH * INPUTS];
        for (int p = 0; p < BATCH; p++) {
            network.run(new double[N], row(s.x, p), mode.steps());
            System.arraycopy(network.backward(row(s.g, p), row(s.x, p)), 0, dx, p * INPUTS, INPUTS);
        }
        return Arrays.stream(new double[][] {cell.dw, cell.du, cell.db, dx}).flatMapToDouble(Arrays::stream).toArray();
    }

    /** What each mode is the gradient of; null for modes that approximate. */
    private static double[] expected(Setup s, GradientMode mode) {
        return switch (mode) {
            case GradientMode.Exact _, GradientMode.Refined _ -> unrolled(s, true, 1000, 1);
            case GradientMode.BroydenInverse _ -> null;
            case GradientMode.JacobianFree _ -> unrolled(s, true, 1, 1);
            case GradientMode.NeumannSeries m -> unrolled(s, true, m.terms() + 1, 1);
            case GradientMode.Phantom m -> unrolled(s, true, m.steps(), m.damping());
            case GradientMode.Unrolled m -> unrolled(s, false, m.steps(), 1);
            case GradientMode.Checkpointed m -> unrolled(s, false, m.steps(), 1);
            case GradientMode.Reversible m -> reversible(s, m);
            case GradientMode.Scheduled _ -> null;
        };
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void everyModeIsTheGradientOfWhatItUnrolls(Type type) {
        for (EngineProvider provider : Problems.engines()) {
            for (GradientMode mode : MODES) {
                try (Engine engine = provider.create(2);
                        Setup s = new Setup(engine, type, type == Type.F64 ? mode : loose(mode), 0)) {
                    assertThat(s.layer.forward(s.x, s.z).succeeded()).as("%s", mode).isTrue();
                    GradientOutcome outcome = s.layer.backward(s.g, s.sum);
                    assertThat(outcome.succeeded()).as("%s: %s", mode, outcome).isTrue();
                    double[] expected = expected(s, mode);
                    if (expected != null) {
                        assertThat(Problems.relative(s.all(), expected)).as("%s, %s", provider.name(), mode)
                                .isLessThan(type == Type.F64 ? 1e-10 : 3e-5);
                    }
                    // Again: it adds up, and a second loss of the same forward pass may follow.
                    double[] once = s.all();
                    s.layer.backward(s.g, s.sum);
                    double[] twice = s.all();
                    for (int i = 0; i < once.length; i++) {
                        assertThat(twice[i]).isCloseTo(2 * once[i], org.assertj.core.api.Assertions.within(1e-5 * (1 + Math.abs(once[i]))));
                    }
                }
            }
        }
    }

    /** The same modes with tolerances that f32 can meet. */
    private static GradientMode loose(GradientMode mode) {
        return switch (mode) {
            case GradientMode.Exact _ -> GradientMode.exact(1e-6);
            case GradientMode.Refined m -> new GradientMode.Refined(m.pairs(), m.restart(), Stopping.relative(1e-6));
            default -> mode;
        };
    }

    @Test
    void exactGradientsEqualCentralDifferences() {
        try (Engine engine = Engines.best(1); Setup s = new Setup(engine, Type.F64, GradientMode.exact(1e-12), 0)) {
            s.layer.forward(s.x, s.z);
            s.layer.backward(s.g, s.sum);
            double[] gradient = s.all();
            List<double[]> parameters = List.of(s.w.toDoubles(), s.u.toDoubles(), s.b.toDoubles(), s.x.toDoubles());
            List<Double> differences = new ArrayList<>();
            for (double[] parameter : parameters) {
                for (int i = 0; i < parameter.length; i++) {
                    double old = parameter[i];
                    double h = 1e-5;
                    parameter[i] = old + h;
                    double up = loss(s, parameters);
                    parameter[i] = old - h;
                    double down = loss(s, parameters);
                    parameter[i] = old;
                    differences.add((up - down) / (2 * h));
                }
            }
            assertThat(Problems.relative(gradient, differences.stream().mapToDouble(d -> d).toArray())).isLessThan(1e-7);
        }
    }

    private static double loss(Setup s, List<double[]> parameters) {
        TanhNetwork network = new TanhNetwork(parameters.get(0), parameters.get(1), parameters.get(2));
        double loss = 0;
        for (int p = 0; p < BATCH; p++) {
            double[] z = network.run(new double[N], Arrays.copyOfRange(parameters.get(3), p * INPUTS, (p + 1) * INPUTS), 1000, 1);
            for (int i = 0; i < N; i++) {
                loss += s.g.get(p, i) * z[i];
            }
        }
        return loss;
    }

    /** {@code (I - Jᵀ)⁻¹ g} by elimination, to ten times the tolerance asked for, through the report and through the modes that solve. */
    @Test
    void theReportKnowsTheExactGradient() {
        for (double tolerance : new double[] {1e-2, 1e-5, 1e-9}) {
            try (Engine engine = Engines.best(1); Setup s = new Setup(engine, Type.F64, GradientMode.exact(tolerance), 0)) {
                s.layer.forward(s.x, s.z);
                GradientReport report = s.layer.report(s.g);
                assertThat(report.exact()).isTrue();
                assertThat(report.worstResidual()).isLessThanOrEqualTo(tolerance * (1 + 1e-9));
                // ‖v - exact‖ ≤ ‖(I - Jᵀ)⁻¹‖ · residual, and ρ(J) < 0.9.
                assertThat(report.worstError()).isLessThan(10 * tolerance);
                assertThat(report.worstCosine()).isGreaterThan(1 - 10 * tolerance);
            }
        }
        try (Engine engine = Engines.best(1);
                Setup s = new Setup(engine, Type.F64, GradientMode.exact(1e-9), 0);
                LinearSolver solver = LinearSolver.plan(engine, Type.F64, BATCH, N, Stopping.relative(1e-9));
                Block v = engine.allocate(Type.F64, BATCH, N)) {
            s.layer.forward(s.x, s.z);
            s.cell.linearise(s.z);
            solver.solve(s.cell.adjoint(), s.g, v);
            for (int p = 0; p < BATCH; p++) {
                double[][] a = new double[N][N];
                double[] x = row(s.x, p);
                double[] z = row(s.z, p);
                for (int i = 0; i < N; i++) {
                    double sum = s.b.get(0, i);
                    for (int j = 0; j < INPUTS; j++) {
                        sum += s.u.get(i, j) * x[j];
                    }
                    for (int j = 0; j < N; j++) {
                        sum += s.w.get(i, j) * z[j];
                    }
                    double slope = 1 - Math.tanh(sum) * Math.tanh(sum);
                    for (int j = 0; j < N; j++) {
                        a[j][i] = (i == j ? 1 : 0) - slope * s.w.get(i, j);
                    }
                }
                assertThat(Problems.relative(row(v, p), Problems.solve(a, row(s.g, p)))).isLessThan(1e-8);
            }
        }
    }

    @Test
    void reportsRankTheModes() {
        double last = -1;
        List<GradientMode> modes = List.of(new GradientMode.JacobianFree(), new GradientMode.NeumannSeries(3),
                new GradientMode.NeumannSeries(20), GradientMode.exact(1e-10));
        for (GradientMode mode : modes) {
            try (Engine engine = Engines.best(1); Setup s = new Setup(engine, Type.F64, mode, 0)) {
                s.layer.forward(s.x, s.z);
                GradientReport report = s.layer.report(s.g);
                assertThat(report.meanCosine()).as("%s: %s", mode, report).isGreaterThan(last);
                last = report.meanCosine();
            }
        }
        try (Engine engine = Engines.best(1); Setup s = new Setup(engine, Type.F64, new GradientMode.BroydenInverse(), 0)) {
            s.layer.forward(s.x, s.z);
            GradientReport report = s.layer.report(s.g);
            assertThat(report.evaluations()).isZero();
            assertThat(report.worstCosine()).isGreaterThan(0.9);
        }
        try (Engine engine = Engines.best(1); Setup s = new Setup(engine, Type.F64, new GradientMode.Unrolled(200), 0)) {
            s.layer.forward(s.x, s.z);
            assertThat(s.layer.report(s.g).worstError()).as("deep enough, unrolling is exact").isLessThan(1e-6);
        }
    }

    @Test
    void checkpointsChangeNoBit() {
        for (int steps : new int[] {1, 2, 5, 9, 10, 17}) {
            double[][] found = new double[2][];
            for (int i = 0; i < 2; i++) {
                try (Engine engine = Engines.best(1);
                        Setup s = new Setup(engine, Type.F32,
                                i == 0 ? new GradientMode.Unrolled(steps) : new GradientMode.Checkpointed(steps), 0)) {
                    s.layer.forward(s.x, s.z);
                    s.layer.backward(s.g, s.sum);
                    found[i] = s.all();
                }
            }
            assertThat(found[1]).as("%d steps", steps).containsExactly(found[0]);
        }
    }

    /** One row's input is NaN: the others have the gradients of a batch without it. */
    @Test
    void aRowThatFailsIsSkippedOrDamped() {
        for (GradientMode mode : MODES) {
            double[][] found = new double[2][];
            for (int i = 0; i < 2; i++) {
                try (Engine engine = Engines.best(1); Setup s = new Setup(engine, Type.F64, mode, 0.5)) {
                    for (int j = 0; j < INPUTS; j++) {
                        s.x.set(2, j, i == 0 ? Double.NaN : s.x.get(2, j));
                    }
                    if (i == 1) {
                        // Without a loss, row 2 has no gradient.
                        for (int j = 0; j < N; j++) {
                            s.g.set(2, j, 0);
                        }
                    }
                    s.layer.forward(s.x, s.z);
                    GradientOutcome outcome = s.layer.backward(s.g, s.sum);
                    assertThat(outcome.use(2)).isEqualTo(i == 0 ? Use.SKIPPED : Use.ADDED);
                    assertThat(outcome.count(Use.ADDED)).isEqualTo(BATCH - 1 + i);
                    if (i == 0) {
                        assertThat(outcome).hasToString("gradients of 5 rows: 4 added, 0 damped, 1 skipped; "
                                + "the forward solve of row 2 ended with " + outcome.forward(2));
                        assertThat(row(s.sum.x(), 2)).containsOnly(0);
                    }
                    found[i] = s.all();
                }
            }
            assertThat(Problems.relative(found[0], found[1])).as("%s", mode).isLessThan(1e-14);
        }
    }

    /** A map that expands, a budget that is too small, and a step that is damped: what comes out is the Jacobian-free gradient, halved. */
    @Test
    void aMapThatStoppedToContractIsDamped() {
        try (Engine engine = Engines.best(1);
                Setup s = new Setup(engine, Type.F64, GradientMode.exact(1e-8), 0.5);
                Block wild = Problems.symmetric(Type.F64, N, 3, 1);
                FixedPointSolver short1 = Anderson.plan(engine, Type.F64, BATCH, N, Anderson.Options.DEFAULT,
                        Stopping.relative(1e-12).within(4));
                var damped = EquilibriumLayer.plan(engine, Type.F64, BATCH, N, s.cell, short1, GradientMode.exact(1e-8), 0.5);
                var skipping = EquilibriumLayer.plan(engine, Type.F64, BATCH, N, s.cell, short1, GradientMode.exact(1e-8))) {
            s.cell.update(wild, s.u, s.b);
            assertThat(damped.forward(s.x, s.z).succeeded()).isFalse();
            GradientOutcome outcome = damped.backward(s.g, s.sum);
            assertThat(outcome.count(Use.DAMPED)).as("%s", outcome).isEqualTo(BATCH);
            double[] found = s.all();
            s.clear();
            s.cell.linearise(s.z);
            try (Block half = engine.allocate(Type.F64, BATCH, N)) {
                engine.axpby(0.5, s.g, 0, half);
                s.cell.gradients(half, s.z, s.x, s.sum);
            }
            assertThat(found).containsExactly(s.all());
            s.clear();
            skipping.forward(s.x, s.z);
            assertThat(skipping.backward(s.g, s.sum).count(Use.SKIPPED)).isEqualTo(BATCH);
            assertThat(s.all()).containsOnly(0);
        }
    }

    @Test
    void passesAllocateNothingAndMemoryIsTheFormula() {
        for (GradientMode mode : MODES) {
            try (Engine engine = Engines.best(1); Setup s = new Setup(engine, Type.F32, loose(mode), 0)) {
                // The cell copies W once it is asked for Wᵀ.
                s.layer.forward(s.x, s.z);
                s.layer.backward(s.g, s.sum);
                s.cell.vjp(s.g, s.z, new Rows(BATCH));
                long before = Block.liveBytes();
                try (var layer = EquilibriumLayer.plan(engine, Type.F32, BATCH, N, s.cell, s.solver, loose(mode))) {
                    assertThat(layer.bytes()).as("%s", mode).isEqualTo(Block.liveBytes() - before);
                    long bytes = Problems.allocated(() -> {
                        s.z.fill(0);
                        layer.forward(s.x, s.z);
                        layer.backward(s.g, s.sum);
                    });
                    assertThat(bytes).as("%s", mode).isZero();
                }
                assertThat(Block.liveBytes()).as("%s", mode).isEqualTo(before);
            }
        }
    }

    @Test
    void aShortPlanIsTheLongOne() {
        Stopping stopping = Stopping.relative(1e-12);
        try (Engine engine = Engines.best(1); Setup s = new Setup(engine, Type.F64, GradientMode.DEFAULT, 0)) {
            try (FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, BATCH, N, stopping);
                    var layer = EquilibriumLayer.plan(engine, Type.F64, BATCH, N, s.cell, solver, GradientMode.DEFAULT)) {
                layer.forward(s.x, s.z);
                layer.backward(s.g, s.sum);
            }
            double[] z = s.z.toDoubles();
            double[] gradients = s.all();
            s.z.fill(0);
            s.clear();
            // The cell copies U once it is asked for a gradient of x, and W for Wᵀ: both have happened.
            long before = Block.liveBytes();
            try (var layer = EquilibriumLayer.plan(s.cell, stopping)) {
                assertThat(layer.bytes()).as("with the solver").isEqualTo(Block.liveBytes() - before);
                layer.forward(s.x, s.z);
                layer.backward(s.g, s.sum);
            }
            assertThat(Block.liveBytes()).isEqualTo(before);
            assertThat(s.z.toDoubles()).isEqualTo(z);
            assertThat(s.all()).isEqualTo(gradients);
            s.z.fill(0);
            s.clear();
            try (FixedPointSolver solver = FixedPointSolver.plan(s.cell, stopping);
                    var layer = EquilibriumLayer.plan(s.cell, solver, GradientMode.DEFAULT)) {
                layer.forward(s.x, s.z);
                layer.backward(s.g, s.sum);
            }
            assertThat(s.z.toDoubles()).isEqualTo(z);
            assertThat(s.all()).isEqualTo(gradients);
            assertThatThrownBy(() -> EquilibriumLayer.plan((DenseCell) null, stopping)).hasMessage("plan: the map is null");
            assertThatThrownBy(() -> EquilibriumLayer.plan(s.cell, null, GradientMode.DEFAULT))
                    .hasMessage("layer: the forward solver is null");
        }
    }

    @Test
    void wrongUseIsNamed() {
        try (Engine engine = Engines.best(1); Setup s = new Setup(engine, Type.F64, GradientMode.DEFAULT, 0)) {
            assertThatThrownBy(() -> s.layer.backward(s.g, s.sum))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("backward: there was no forward pass, expected forward(x, z) first, with no infer(x, z) in between");
            s.layer.forward(s.x, s.z);
            assertThatThrownBy(() -> s.layer.backward(s.x, s.sum)).hasMessage("backward: the gradient is 5×3 f64, expected 5×11 f64");
            s.layer.infer(s.x, s.z);
            assertThatThrownBy(() -> s.layer.report(s.g)).hasMessageStartingWith("report: there was no forward pass");
            assertThatThrownBy(() -> EquilibriumLayer.plan(engine, Type.F64, BATCH, N, s.cell, s.solver, new GradientMode.BroydenInverse()))
                    .hasMessage("layer: the forward solver is Anderson, expected Broyden for the gradient mode BroydenInverse");
            assertThatThrownBy(() -> EquilibriumLayer.plan(engine, Type.F64, BATCH, N, s.cell, s.solver, GradientMode.DEFAULT, 2))
                    .hasMessage("layer: the damping of failed rows is 2.0, expected 0 to 1");
        }
    }
}
