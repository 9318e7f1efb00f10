package dev.zstar.solvers.training;

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
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.training.JacobianRegularisation.Probe;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Second gradients of a cell and the penalty that is made of them, for any rows of a batch: against central differences of plain f64 Java.
 */
class JacobianRegularisationTest {
    private static final String NO_POINT =
            ": row 2 of the batch has no point of linearisation; expected linearise(z, rows) with it, after the last update and inject";
    private static final int N = 7;
    private static final int INPUTS = 3;
    private static final int BATCH = 5;
    private static final int[][] SELECTIONS = {{0, 1, 2, 3, 4}, {4, 2, 0, 1, 3}, {3, 0, 4}, {0, 1}, {2}};

    /** A cell, what it is made of, and blocks for the gradients. The rows of x, z, c and u are those of the batch. */
    private static final class Setup implements AutoCloseable {
        final Block w;
        final Block u;
        final Block b;
        final Block x;
        final Block z;
        final Block left;
        final Block right;
        final DenseCell cell;
        final DenseCell.Gradients sum;
        final Activation activation;

        Setup(Engine engine, Type type, Activation activation) {
            this.activation = activation;
            w = Problems.random(type, N, N, 0.3, 1);
            u = Problems.random(type, N, INPUTS, 1, 2);
            b = Problems.random(type, 1, N, 1, 3);
            x = Problems.random(type, BATCH, INPUTS, 1, 4);
            z = Problems.random(type, BATCH, N, 1, 5);
            left = Problems.random(type, BATCH, N, 1, 6);
            right = Problems.random(type, BATCH, N, 1, 7);
            cell = new DenseCell(engine, activation, w, u, b, BATCH);
            cell.inject(x);
            sum = new DenseCell.Gradients(engine.allocate(type, N, N), engine.allocate(type, N, INPUTS), engine.allocate(type, 1, N),
                    engine.allocate(type, BATCH, INPUTS));
        }

        /** {@code J_ij = φ'(s_i) W_ij} of one row of the batch. */
        double[][] jacobian(int row) {
            double[][] jacobian = new double[N][N];
            for (int i = 0; i < N; i++) {
                double s = b.get(0, i);
                for (int j = 0; j < N; j++) {
                    s += w.get(i, j) * z.get(row, j);
                }
                for (int j = 0; j < INPUTS; j++) {
                    s += u.get(i, j) * x.get(row, j);
                }
                for (int j = 0; j < N; j++) {
                    jacobian[i][j] = activation.derivative(s) * w.get(i, j);
                }
            }
            return jacobian;
        }

        /** The mean of {@code ‖J‖_F² / n} over some rows of the batch. */
        double frobenius(int... selection) {
            double sum = 0;
            for (int row : selection) {
                for (double[] line : jacobian(row)) {
                    for (double element : line) {
                        sum += element * element;
                    }
                }
            }
            return sum / (selection.length * N);
        }

        void clear() {
            for (Block block : gradients()) {
                block.fill(0);
            }
        }

        List<Block> gradients() {
            return List.of(sum.w(), sum.u(), sum.b(), sum.x());
        }

        @Override
        public void close() {
            cell.close();
            gradients().forEach(Block::close);
            List.of(w, u, b, x, z, left, right).forEach(Block::close);
        }
    }

    /** Central differences of step h are off by {@code h² f''' / 6 + u / h}: 10⁻⁹ and less for h = 10⁻⁵ and values of size 10. */
    private static void check(String what, DoubleSupplier function, Block parameter, Block gradient, double tolerance) {
        double h = 1e-5;
        for (int i = 0; i < parameter.rows(); i++) {
            for (int j = 0; j < parameter.cols(); j++) {
                double old = parameter.get(i, j);
                parameter.set(i, j, old + h);
                double up = function.getAsDouble();
                parameter.set(i, j, old - h);
                double down = function.getAsDouble();
                parameter.set(i, j, old);
                assertThat(gradient.get(i, j)).as("%s at %d, %d", what, i, j).isCloseTo((up - down) / (2 * h), within(tolerance));
            }
        }
    }

    /** With c and u that have nothing to do with one another, so that the sides of J cannot be mistaken. */
    @ParameterizedTest
    @EnumSource(names = {"TANH", "SIGMOID", "GELU", "RELU"})
    void secondGradientsAreThoseOfTheProduct(Activation activation) {
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(2);
                    Setup s = new Setup(engine, Type.F64, activation)) {
                for (int[] selection : SELECTIONS) {
                    DoubleSupplier product = () -> {
                        double sum = 0;
                        for (int row : selection) {
                            double[][] jacobian = s.jacobian(row);
                            for (int i = 0; i < N; i++) {
                                for (int j = 0; j < N; j++) {
                                    sum += s.right.get(row, i) * jacobian[i][j] * s.left.get(row, j);
                                }
                            }
                        }
                        return sum;
                    };
                    s.clear();
                    try (Block zs = Problems.pick(s.z, selection);
                            Block xs = Problems.pick(s.x, selection);
                            Block cs = Problems.pick(s.left, selection);
                            Block us = Problems.pick(s.right, selection);
                            Block packed = engine.allocate(Type.F64, BATCH, N);
                            Block dz = engine.allocate(Type.F64, BATCH, N)) {
                        s.cell.linearise(s.z);
                        s.cell.secondGradients(cs, us, zs, xs, Problems.rows(BATCH, selection), s.sum, packed);
                        for (int p = 0; p < selection.length; p++) {
                            dz.copyRow(packed, p, selection[p]);
                        }
                        String what = provider.name() + ", " + selection.length + " rows, ";
                        check(what + "W", product, s.w, s.sum.w(), 1e-8);
                        check(what + "U", product, s.u, s.sum.u(), 1e-8);
                        check(what + "b", product, s.b, s.sum.b(), 1e-8);
                        check(what + "x", product, s.x, s.sum.x(), 1e-8);
                        check(what + "z", product, s.z, dz, 1e-8);
                        // Added to, and what is not wanted is left out.
                        s.cell.secondGradients(cs, us, zs, xs, Problems.rows(BATCH, selection),
                                new DenseCell.Gradients(null, null, s.sum.b(), null), null);
                        double[] once = s.sum.b().toDoubles();
                        s.sum.b().fill(0);
                        s.cell.secondGradients(cs, us, zs, xs, Problems.rows(BATCH, selection), s.sum, packed);
                        for (int i = 0; i < N; i++) {
                            assertThat(once[i]).as("twice").isCloseTo(2 * s.sum.b().get(0, i), within(1e-9));
                            assertThat(packed.get(0, i)).as("twice").isCloseTo(2 * dz.get(selection[0], i), within(1e-9));
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aRowHasTheSameBitsInAnyCompany(Type type) {
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(2);
                    Setup s = new Setup(engine, type, Activation.GELU);
                    Block dz = engine.allocate(type, BATCH, N)) {
                s.cell.linearise(s.z);
                s.cell.secondGradients(s.left, s.right, s.z, s.x, s.sum, dz);
                double[] dx = s.sum.x().toDoubles();
                for (int[] selection : SELECTIONS) {
                    s.clear();
                    try (Block zs = Problems.pick(s.z, selection);
                            Block xs = Problems.pick(s.x, selection);
                            Block cs = Problems.pick(s.left, selection);
                            Block us = Problems.pick(s.right, selection);
                            Block expected = Problems.pick(dz, selection);
                            Block out = engine.allocate(type, selection.length, N)) {
                        s.cell.linearise(zs, Problems.rows(BATCH, selection));
                        s.cell.secondGradients(cs, us, zs, xs, Problems.rows(BATCH, selection), s.sum, out);
                        assertThat(out.toDoubles()).as("z, %s", provider.name()).isEqualTo(expected.toDoubles());
                        for (int row : selection) {
                            for (int j = 0; j < INPUTS; j++) {
                                assertThat(s.sum.x().get(row, j)).as("x, %s", provider.name()).isEqualTo(dx[row * INPUTS + j]);
                            }
                        }
                    }
                }
            }
        }
    }

    /** With the same seed come the same probes, so that the estimate is a function of what it is differentiated by. */
    @ParameterizedTest
    @EnumSource(Probe.class)
    void theGradientOfSomeRowsIsThatOfTheirEstimate(Probe probe) {
        try (Engine engine = Engines.best(1);
                Setup s = new Setup(engine, Type.F64, Activation.SILU)) {
            for (int[] selection : SELECTIONS) {
                Rows rows = Problems.rows(BATCH, selection);
                DoubleSupplier estimate = () -> {
                    try (JacobianRegularisation same = new JacobianRegularisation(engine, Type.F64, BATCH, N, probe, 11)) {
                        s.cell.update(s.w, s.u, s.b);
                        s.cell.inject(s.x);
                        s.cell.linearise(s.z);
                        return 0.7 * same.estimate(s.cell, rows);
                    }
                };
                s.clear();
                try (JacobianRegularisation penalty = new JacobianRegularisation(engine, Type.F64, BATCH, N, probe, 11);
                        Block zs = Problems.pick(s.z, selection);
                        Block xs = Problems.pick(s.x, selection);
                        Block packed = engine.allocate(Type.F64, selection.length, N);
                        Block dz = engine.allocate(Type.F64, BATCH, N)) {
                    s.cell.linearise(s.z);
                    penalty.estimate(s.cell, rows);
                    penalty.gradients(s.cell, 0.7, zs, xs, s.sum, packed);
                    for (int p = 0; p < selection.length; p++) {
                        dz.copyRow(packed, p, selection[p]);
                    }
                    check("W", estimate, s.w, s.sum.w(), 1e-8);
                    check("U", estimate, s.u, s.sum.u(), 1e-8);
                    check("b", estimate, s.b, s.sum.b(), 1e-8);
                    check("x", estimate, s.x, s.sum.x(), 1e-8);
                    check("z", estimate, s.z, dz, 1e-8);
                }
            }
        }
    }

    /**
     * The variance of {@code ‖Jᵀε‖²} is at most {@code 2 ‖J Jᵀ‖_F² ≤ 2 ‖J‖_F⁴}, so that the mean of 20,000 is within 5 √2 / √20000 = 0.05
     * of the norm. Of the gradient there is no such bound; these probes, which are always the same, left 0.010 and 0.004.
     */
    @ParameterizedTest
    @EnumSource(Probe.class)
    void estimateAndGradientAreThoseOfTheFrobeniusNormOnAverage(Probe probe) {
        int draws = 20_000;
        int[] selection = {3, 1};
        try (Engine engine = Engines.best(1);
                Setup s = new Setup(engine, Type.F64, Activation.TANH);
                Block zs = Problems.pick(s.z, selection);
                Block xs = Problems.pick(s.x, selection);
                JacobianRegularisation penalty = new JacobianRegularisation(engine, Type.F64, BATCH, N, probe, 1)) {
            Rows rows = Problems.rows(BATCH, selection);
            s.cell.linearise(zs, rows);
            double exact = s.frobenius(selection);
            double mean = 0;
            for (int k = 0; k < draws; k++) {
                mean += penalty.estimate(s.cell, rows) / draws;
                penalty.gradients(s.cell, 1.0 / draws, zs, xs, s.sum, null);
            }
            assertThat(mean).isCloseTo(exact, within(0.05 * exact));
            double norm = 0;
            double error = 0;
            double h = 1e-5;
            for (int i = 0; i < N; i++) {
                for (int j = 0; j < N; j++) {
                    double old = s.w.get(i, j);
                    s.w.set(i, j, old + h);
                    double up = s.frobenius(selection);
                    s.w.set(i, j, old - h);
                    double expected = (up - s.frobenius(selection)) / (2 * h);
                    s.w.set(i, j, old);
                    norm += expected * expected;
                    error += Math.pow(s.sum.w().get(i, j) - expected, 2);
                }
            }
            assertThat(Math.sqrt(error / norm)).isLessThan(0.05);
        }
    }

    /**
     * R at the equilibrium is a function of parameters and input alone. Its gradient with respect to z passes through the backward solve.
     */
    @Test
    void theGradientThroughTheEquilibriumIsTheWholeOne() {
        try (Engine engine = Engines.best(1);
                Setup s = new Setup(engine, Type.F64, Activation.TANH);
                Block v = engine.allocate(Type.F64, BATCH, N);
                Block dz = engine.allocate(Type.F64, BATCH, N);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, BATCH, N, Stopping.relative(1e-13).within(500));
                Gmres gmres = Gmres.plan(engine, Type.F64, BATCH, N, N, Stopping.relative(1e-12))) {
            DoubleSupplier atTheEquilibrium = () -> {
                s.cell.update(s.w, s.u, s.b);
                s.cell.inject(s.x);
                assertThat(solver.solve(s.cell, s.z).succeeded()).isTrue();
                s.cell.linearise(s.z);
                try (JacobianRegularisation same = new JacobianRegularisation(engine, Type.F64, BATCH, N, Probe.RADEMACHER, 5)) {
                    return same.estimate(s.cell, BATCH);
                }
            };
            assertThat(atTheEquilibrium.getAsDouble()).isPositive();
            try (JacobianRegularisation penalty = new JacobianRegularisation(engine, Type.F64, BATCH, N, Probe.RADEMACHER, 5)) {
                penalty.estimate(s.cell, BATCH);
                penalty.gradients(s.cell, 1, s.z, s.x, s.sum, dz);
            }
            assertThat(gmres.solve(s.cell.adjoint(), dz, v).succeeded()).isTrue();
            s.cell.gradients(v, s.z, s.x, s.sum);
            check("W", atTheEquilibrium, s.w, s.sum.w(), 1e-7);
            check("U", atTheEquilibrium, s.u, s.sum.u(), 1e-7);
            check("b", atTheEquilibrium, s.b, s.sum.b(), 1e-7);
            check("x", atTheEquilibrium, s.x, s.sum.x(), 1e-7);
        }
    }

    @Test
    void nothingIsAllocatedOnceWarmAndTheBlockThatJoinsIsCounted() {
        try (Engine engine = Engines.named("simd", 1);
                Setup s = new Setup(engine, Type.F32, Activation.GELU);
                JacobianRegularisation penalty = new JacobianRegularisation(engine, Type.F32, BATCH, N, Probe.RADEMACHER, 1);
                Block dz = engine.allocate(Type.F32, BATCH, N)) {
            Rows[] selections = new Rows[SELECTIONS.length];
            for (int i = 0; i < selections.length; i++) {
                selections[i] = Problems.rows(BATCH, SELECTIONS[i]);
            }
            s.cell.linearise(s.z);
            // The transposed copies join here, W's and U's.
            penalty.estimate(s.cell, BATCH);
            s.cell.gradients(s.left, s.z, s.x, s.sum);
            long before = s.cell.bytes();
            long live = Block.liveBytes();
            penalty.gradients(s.cell, 1, s.z, s.x, s.sum, dz);
            assertThat(s.cell.bytes() - before).isPositive().isEqualTo(Block.liveBytes() - live);
            long bytes = Problems.allocated(() -> {
                penalty.estimate(s.cell, BATCH);
                penalty.gradients(s.cell, 1e-9, s.z, s.x, s.sum, dz);
                s.cell.secondGradients(s.left, s.right, s.z, s.x, s.sum, dz);
                for (Rows rows : selections) {
                    int count = rows.count();
                    penalty.estimate(s.cell, rows);
                    penalty.gradients(s.cell, 1e-9, s.z.head(count), s.x.head(count), s.sum, dz.head(count));
                }
            });
            assertThat(bytes).as("bytes per ten rounds").isZero();
        }
    }

    @Test
    void wrongUseIsNamedAndAddsNothing() {
        try (Engine engine = Engines.best(1);
                Setup s = new Setup(engine, Type.F64, Activation.TANH);
                JacobianRegularisation penalty = new JacobianRegularisation(engine, Type.F64, BATCH, N, Probe.GAUSSIAN, 1);
                Block two = engine.allocate(Type.F64, 2, N);
                Block dz = engine.allocate(Type.F64, BATCH, N);
                Block narrow = engine.allocate(Type.F64, BATCH, N - 1);
                Block single = engine.allocate(Type.F32, BATCH, N)) {
            assertThatThrownBy(() -> new JacobianRegularisation(engine, Type.F64, 3, 0, Probe.GAUSSIAN, 1))
                    .hasMessage("Jacobian regularisation: batch = 3 and n = 0, expected at least 1 for both");
            assertThatThrownBy(() -> penalty.estimate(s.cell, 0)).hasMessage("estimate: the number of rows is 0, expected 1 to 5");
            assertThatThrownBy(() -> penalty.estimate(s.cell, 6)).hasMessage("estimate: the number of rows is 6, expected 1 to 5");
            assertThatThrownBy(() -> penalty.estimate(s.cell, Problems.rows(BATCH)))
                    .hasMessage("estimate: the number of rows is 0, expected 1 to 5");
            s.cell.linearise(two, Problems.rows(BATCH, 3, 1));
            assertThat(penalty.estimate(s.cell, Problems.rows(BATCH, 3, 1))).isPositive();
            assertThatThrownBy(() -> penalty.estimate(s.cell, Problems.rows(BATCH, 3, 2))).hasMessage("vjp" + NO_POINT);
            assertThatThrownBy(() -> penalty.gradients(s.cell, 1, two, s.x.head(2), s.sum, null)).as("an estimate that failed is none")
                    .hasMessage("gradients: there is no estimate yet, expected a call of estimate first");
            penalty.estimate(s.cell, Problems.rows(BATCH, 3, 1));
            assertThatThrownBy(() -> penalty.gradients(s.cell, Double.NaN, two, s.x.head(2), s.sum, null))
                    .hasMessage("gradients: the weight is NaN, expected a finite number");
            assertThatThrownBy(() -> penalty.gradients(s.cell, 1, s.z, s.x, s.sum, null))
                    .hasMessage("gradients: z is 5×7 f64, expected 2×7 f64");
            assertThatThrownBy(() -> penalty.gradients(s.cell, 1, two, s.x, s.sum, null))
                    .hasMessage("secondGradients: x is 5×3 f64, expected 2×3 f64");
            s.cell.linearise(s.z);
            assertThatThrownBy(() -> s.cell.secondGradients(two, s.right, s.z, s.x, new Rows(BATCH), s.sum, dz))
                    .hasMessage("secondGradients: c is 2×7 f64, expected 5×7 f64");
            assertThatThrownBy(() -> s.cell.secondGradients(s.left, narrow, s.z, s.x, s.sum, dz))
                    .hasMessage("secondGradients: u is 5×6 f64, expected 5×7 f64");
            assertThatThrownBy(() -> s.cell.secondGradients(s.left, s.right, single, s.x, s.sum, dz))
                    .hasMessage("secondGradients: z is 5×7 f32, expected 5×7 f64");
            assertThatThrownBy(() -> s.cell.secondGradients(s.left, s.right, s.z, s.x, s.sum, two))
                    .hasMessage("secondGradients: the gradient of z is 2×7 f64, expected 5×7 f64");
            assertThatThrownBy(() -> s.cell.secondGradients(s.left, s.right, s.z, s.x, new Rows(6), s.sum, dz))
                    .hasMessage("secondGradients: 6 rows, expected at most the batch's 5");
            s.cell.linearise(two, Problems.rows(BATCH, 3, 1));
            assertThatThrownBy(() -> s.cell.secondGradients(two, two, two, s.x.head(2), Problems.rows(BATCH, 3, 2), s.sum, dz))
                    .hasMessage("secondGradients" + NO_POINT);
            for (Block block : s.gradients()) {
                assertThat(block.toDoubles()).containsOnly(0);
            }
            assertThat(dz.toDoubles()).containsOnly(0);
        }
    }
}
