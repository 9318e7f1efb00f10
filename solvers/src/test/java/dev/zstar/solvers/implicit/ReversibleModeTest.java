package dev.zstar.solvers.implicit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.ReversibleTanhNetwork;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.TanhNetwork;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.implicit.GradientOutcome.Use;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link GradientMode.Reversible}, against central differences, and against the same steps with all states kept. */
class ReversibleModeTest {
    private static final int N = 7;
    private static final int INPUTS = 3;
    private static final int BATCH = 4;

    /** A cell whose value of one row is infinite in one evaluation. */
    private static final class Breaking implements EquilibriumMap<DenseCell.Gradients> {
        private final DenseCell cell;
        private int row = -1;
        private int left;

        Breaking(DenseCell cell) {
            this.cell = cell;
        }

        void at(int row, int evaluation) {
            this.row = row;
            left = evaluation;
        }

        @Override
        public void apply(Block z, Block out, Rows rows) {
            cell.apply(z, out, rows);
            left--;
            for (int p = 0; p < rows.count(); p++) {
                if (left == 0 && rows.index(p) == row) {
                    out.set(p, 1, Double.POSITIVE_INFINITY);
                }
            }
        }

        @Override
        public void linearise(Block z, Rows rows) {
            cell.linearise(z, rows);
        }

        @Override
        public void vjp(Block u, Block out, Rows rows) {
            cell.vjp(u, out, rows);
        }

        @Override
        public void jvp(Block v, Block out, Rows rows) {
            cell.jvp(v, out, rows);
        }

        @Override
        public void inject(Block x) {
            cell.inject(x);
        }

        @Override
        public void gradients(Block v, Block z, Block x, Rows rows, DenseCell.Gradients sum) {
            cell.gradients(v, z, x, rows, sum);
        }
    }

    /** A layer on a cell, and what goes in and comes out. */
    private static final class Setup implements AutoCloseable {
        final Engine engine;
        final List<Block> blocks = new ArrayList<>();
        final Block w;
        final Block u;
        final Block b;
        final Block x;
        final Block z;
        final Block g;
        final DenseCell cell;
        final Breaking map;
        final FixedPointSolver solver;
        final EquilibriumLayer<DenseCell.Gradients> layer;
        final DenseCell.Gradients sum;

        Setup(Type type, Activation activation, double radius, GradientMode mode, int threads) {
            engine = Engines.best(threads);
            w = keep(Problems.symmetric(type, N, radius, 1));
            u = keep(Problems.random(type, N, INPUTS, 0.5, 2));
            b = keep(Problems.random(type, 1, N, 0.1, 3));
            x = keep(Problems.random(type, BATCH, INPUTS, 1, 4));
            g = keep(Problems.random(type, BATCH, N, 1, 5));
            z = keep(engine.allocate(type, BATCH, N));
            cell = new DenseCell(engine, activation, w, u, b, BATCH);
            solver = FixedPointSolver.plan(cell, Stopping.relative(1e-5));
            map = new Breaking(cell);
            layer = EquilibriumLayer.plan(map, solver, mode);
            sum = new DenseCell.Gradients(keep(engine.allocate(type, N, N)), keep(engine.allocate(type, N, INPUTS)),
                    keep(engine.allocate(type, 1, N)), keep(engine.allocate(type, BATCH, INPUTS)));
        }

        private Block keep(Block block) {
            blocks.add(block);
            return block;
        }

        double[] all() {
            return Arrays.stream(new Block[] {sum.w(), sum.u(), sum.b(), sum.x()}).flatMapToDouble(s -> Arrays.stream(s.toDoubles()))
                    .toArray();
        }

        @Override
        public void close() {
            layer.close();
            solver.close();
            cell.close();
            blocks.forEach(Block::close);
            engine.close();
        }
    }

    private static double[] row(Block block, int row) {
        double[] values = new double[block.cols()];
        Arrays.setAll(values, i -> block.get(row, i));
        return values;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.3, 0.7, 1.2})
    void gradientsEqualCentralDifferencesOfTheSameSteps(double β) {
        try (Setup s = new Setup(Type.F64, Activation.TANH, 0.9, new GradientMode.Reversible(5, β), 1)) {
            s.z.copyFrom(s.g);
            Outcome outcome = s.layer.forward(s.x, s.z);
            assertThat(outcome.evaluations()).isEqualTo(11);
            assertThat(outcome.status(0)).isEqualTo(Status.COMPLETED_FIXED_STEPS);
            GradientOutcome found = s.layer.backward(s.g, s.sum);
            assertThat(found.succeeded()).isTrue();
            assertThat(found).hasToString("gradients of all 4 rows, with 9 products with Jᵀ and 10 evaluations of f");
            List<double[]> parameters = List.of(s.w.toDoubles(), s.u.toDoubles(), s.b.toDoubles(), s.x.toDoubles());
            TanhNetwork cell = new TanhNetwork(parameters.get(0), parameters.get(1), parameters.get(2));
            ReversibleTanhNetwork network = new ReversibleTanhNetwork(cell, β);
            double[] z = network.run(row(s.g, 2), row(s.x, 2), 5);
            for (int i = 0; i < N; i++) {
                assertThat(s.z.get(2, i)).isCloseTo(z[i], within(1e-14));
            }
            List<Double> differences = new ArrayList<>();
            for (double[] parameter : parameters) {
                for (int i = 0; i < parameter.length; i++) {
                    double old = parameter[i];
                    double h = 1e-5;
                    parameter[i] = old + h;
                    double up = loss(s, network, parameters.get(3));
                    parameter[i] = old - h;
                    double down = loss(s, network, parameters.get(3));
                    parameter[i] = old;
                    differences.add((up - down) / (2 * h));
                }
            }
            assertThat(Problems.relative(s.all(), differences.stream().mapToDouble(d -> d).toArray())).isLessThan(1e-8);
        }
    }

    private static double loss(Setup s, ReversibleTanhNetwork network, double[] x) {
        double loss = 0;
        for (int p = 0; p < BATCH; p++) {
            double[] z = network.run(row(s.g, p), Arrays.copyOfRange(x, p * INPUTS, (p + 1) * INPUTS), 5);
            for (int i = 0; i < N; i++) {
                loss += s.g.get(p, i) * z[i];
            }
        }
        return loss;
    }

    /**
     * The estimate is of the last error of the reversal, which is the largest. It is the maximum over the rows, of a norm and not of a
     * gradient, so it may be too large, but not by orders of magnitude. Sums of the gradients themselves round, too.
     */
    @ParameterizedTest
    @EnumSource(Type.class)
    void theResidualEstimatesTheRoundingOfTheGradient(Type type) {
        for (double radius : new double[] {0.5, 0.9}) {
            for (double β : new double[] {0.5, 0.8, 0.9}) {
                for (int steps : new int[] {4, 8, 16, 32}) {
                    ReversibleRounding.Measured measured = ReversibleRounding.measure(type, radius, β, steps);
                    double u = type.unitRoundoff();
                    String where = measured + ", ρ = " + radius + ", β = " + β + ", " + steps + " steps";
                    assertThat(measured.error()).as(where).isLessThan(measured.estimate() + 16 * u);
                    assertThat(measured.estimate()).as(where).isLessThan(100 * measured.error() + 16 * u);
                }
            }
        }
        // With β = 0.5 each reversed half-step multiplies rounding by 2 to 4, and the cotangents shrink at the same time.
        assertThat(ReversibleRounding.measure(type, 0.9, 0.5, 8).error()).isLessThan(200 * type.unitRoundoff());
    }

    /** A row has the same state and the same gradient alone, in any batch, beside rows that fail, and with any number of threads. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void companyChangesNoBit(Type type) {
        GradientMode mode = new GradientMode.Reversible(4, 0.6);
        double[][] z = new double[BATCH][];
        double[][] dx = new double[BATCH][];
        for (int p = 0; p < BATCH; p++) {
            try (Setup s = new Setup(type, Activation.TANH, 0.9, mode, 1)) {
                s.x.copyRow(s.x, p, 0);
                s.g.copyRow(s.g, p, 0);
                s.layer.forward(s.x.head(1), s.z.head(1));
                s.layer.backward(s.g.head(1), new DenseCell.Gradients(null, null, null, s.sum.x()));
                z[p] = row(s.z, 0);
                dx[p] = row(s.sum.x(), 0);
            }
        }
        for (int threads = 1; threads <= 3; threads++) {
            for (int failing : new int[] {-1, 0, 2}) {
                try (Setup s = new Setup(type, Activation.TANH, 0.9, mode, threads)) {
                    s.map.at(failing, threads);
                    Outcome solved = s.layer.forward(s.x, s.z);
                    if (failing >= 0) {
                        assertThat(solved.status(failing)).isEqualTo(Status.NONFINITE_FUNCTION);
                        assertThat(row(s.z, failing)).as("the start, or the best state").doesNotContain(Double.NaN);
                    }
                    // Another row has no gradient.
                    s.g.set(3, 1, Double.POSITIVE_INFINITY);
                    GradientOutcome outcome = s.layer.backward(s.g, s.sum);
                    assertThat(outcome.count(Use.SKIPPED)).isEqualTo(failing < 0 ? 1 : 2);
                    for (int p = 0; p < 3; p++) {
                        if (p != failing) {
                            assertThat(row(s.z, p)).isEqualTo(z[p]);
                            assertThat(row(s.sum.x(), p)).isEqualTo(dx[p]);
                        }
                    }
                    assertThat(row(s.sum.x(), 3)).containsOnly(0);
                    for (double value : s.all()) {
                        assertThat(value).isFinite();
                    }
                }
            }
        }
    }

    /**
     * The state falls to 10⁻¹⁴⁰, so on the way the solver changes the units of the row, and those of the state before. For
     * {@code f(z) = c z} the states are a recursion of numbers.
     */
    @Test
    void theUnitsOfARowMayChangeOnTheWay() {
        int steps = 140;
        double β = 0.9;
        double c = 1e-3;
        try (Setup s = new Setup(Type.F64, Activation.IDENTITY, 0.5, new GradientMode.Reversible(steps, β), 1)) {
            s.w.fill(0);
            s.u.fill(0);
            s.b.fill(0);
            s.x.fill(0);
            for (int i = 0; i < N; i++) {
                s.w.set(i, i, c);
            }
            s.cell.update(s.w, s.u, s.b);
            s.z.fill(1);
            s.g.fill(1);
            // The first two rows change their units at other evaluations.
            for (int i = 0; i < N; i++) {
                s.z.set(0, i, 0x1p-300);
                s.z.set(1, i, 0x1p300);
            }
            assertThat(s.layer.forward(s.x, s.z).succeeded()).isTrue();
            double before = 1;
            double state = 1;
            double cotangent = 1;
            double older = 0;
            double[] states = new double[2 * steps];
            for (int k = 0; k < 2 * steps; k++) {
                states[k] = state;
                double next = (1 - β) * before + β * c * state;
                before = state;
                state = next;
            }
            assertThat(s.z.get(2, 3) / state).isCloseTo(1, within(1e-12));
            assertThat(s.z.get(0, 3) / Math.scalb(state, -300)).isCloseTo(1, within(1e-12));
            assertThat(s.z.get(1, 3) / Math.scalb(state, 300)).isCloseTo(1, within(1e-12));
            // ∂L/∂W is the sum over half-steps of β a s, and L the sum of the states of one row.
            s.z.copyRow(s.z, 2, 0);
            s.z.fill(1);
            s.layer.forward(s.x.head(1), s.z.head(1));
            GradientOutcome outcome = s.layer.backward(s.g.head(1), new DenseCell.Gradients(s.sum.w(), null, null, null));
            double dw = 0;
            for (int k = 2 * steps - 1; k >= 0; k--) {
                dw += β * cotangent * states[k];
                older += β * c * cotangent;
                double swap = (1 - β) * cotangent;
                cotangent = older;
                older = swap;
            }
            assertThat(outcome.succeeded()).isTrue();
            assertThat(s.sum.w().get(1, 2) / dw).isCloseTo(1, within(1e-9));
        }
    }

    @Test
    void memoryDoesNotGrowWithTheSteps() {
        for (int steps : new int[] {1, 8, 500}) {
            try (Setup s = new Setup(Type.F32, Activation.TANH, 0.9, new GradientMode.Reversible(steps, 0.5), 1)) {
                assertThat(s.layer.bytes()).isEqualTo(7 * Block.bytes(Type.F32, BATCH, N));
            }
        }
    }

    /** With β this close to 1 the reverse multiplies rounding by 10¹² in each step. A row of zeros has no rounding. */
    @Test
    void aReversalThatLeavesTheRangeIsReportedAndAddsNoNan() {
        try (Setup s = new Setup(Type.F64, Activation.TANH, 0.5, new GradientMode.Reversible(40, 1 - 1e-12), 1)) {
            s.b.fill(0);
            s.cell.update(s.w, s.u, s.b);
            for (int j = 0; j < INPUTS; j++) {
                s.x.set(1, j, 0);
            }
            assertThat(s.layer.forward(s.x, s.z).succeeded()).isTrue();
            GradientOutcome outcome = s.layer.backward(s.g, s.sum);
            assertThat(outcome.use(1)).isEqualTo(Use.ADDED);
            assertThat(outcome.residual(1)).isZero();
            assertThat(outcome.count(Use.INCOMPLETE)).isEqualTo(BATCH - 1);
            assertThat(outcome.backward(0)).isEqualTo(Status.OUT_OF_RANGE);
            assertThat(outcome.residual(0)).isNaN();
            assertThat(outcome.succeeded()).isFalse();
            assertThat(outcome).hasToString("gradients of 4 rows: 1 added, 0 damped, 0 skipped, 3 incomplete; the backward solve of row 0 "
                    + "ended with OUT_OF_RANGE");
            for (double value : s.all()) {
                assertThat(value).isFinite();
            }
        }
    }

    /** The cotangents of plain steps overflow where the Jacobian is large, even if the states stay at 0. */
    @Test
    void cotangentsThatOverflowAreReportedToo() {
        for (GradientMode mode : List.of(new GradientMode.Unrolled(9), new GradientMode.Checkpointed(9),
                new GradientMode.Reversible(9, 0.5))) {
            try (Setup s = new Setup(Type.F64, Activation.IDENTITY, 1e100, mode, 1)) {
                s.b.fill(0);
                s.u.fill(0);
                s.cell.update(s.w, s.u, s.b);
                for (int i = 0; i < N; i++) {
                    s.g.set(2, i, 0);
                }
                assertThat(s.layer.forward(s.x, s.z).succeeded()).isTrue();
                GradientOutcome outcome = s.layer.backward(s.g, s.sum);
                assertThat(outcome.use(2)).as("%s", mode).isEqualTo(Use.ADDED);
                assertThat(outcome.count(Use.INCOMPLETE)).as("%s", mode).isEqualTo(BATCH - 1);
                for (double value : s.all()) {
                    assertThat(value).as("%s", mode).isFinite();
                }
            }
        }
    }
}
