package dev.zstar.solvers.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.training.JacobianRegularisation.Probe;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The penalty and its gradient, against central differences and the Frobenius norm. */
class JacobianPenaltyTest {
    private static final int N = 9;
    private static final int INPUTS = 3;
    private static final int BATCH = 4;

    @ParameterizedTest
    @EnumSource(names = {"TANH", "SIGMOID", "GELU", "RELU", "SILU"})
    void theJacobianPenaltyHasItsGradient(Activation activation) {
        try (Engine engine = Engines.best(1);
                Block w = Problems.random(Type.F64, N, N, 0.4, 1);
                Block u = Problems.random(Type.F64, N, INPUTS, 1, 3);
                Block b = Problems.random(Type.F64, 1, N, 1, 4);
                Block x = Problems.random(Type.F64, BATCH, INPUTS, 1, 5);
                Block z = Problems.random(Type.F64, BATCH, N, 1, 6);
                Block dw = engine.allocate(Type.F64, N, N);
                Block du = engine.allocate(Type.F64, N, INPUTS);
                Block db = engine.allocate(Type.F64, 1, N);
                Block dx = engine.allocate(Type.F64, BATCH, INPUTS);
                Block dz = engine.allocate(Type.F64, BATCH, N);
                DenseCell cell = new DenseCell(engine, activation, w, u, b, BATCH);
                JacobianRegularisation penalty = new JacobianRegularisation(engine, Type.F64, BATCH, N, Probe.GAUSSIAN, 3)) {
            cell.inject(x);
            cell.linearise(z);
            assertThatThrownBy(() -> penalty.gradients(cell, 1, z, x, new DenseCell.Gradients(dw, du, db, dx), dz))
                    .isInstanceOf(IllegalStateException.class);
            penalty.estimate(cell, BATCH);
            penalty.gradients(cell, 0.7, z, x, new DenseCell.Gradients(dw, du, db, dx), dz);
            CentralDifferences.check(activation.name(), () -> {
                cell.update(w, u, b);
                cell.inject(x);
                cell.linearise(z);
                // The same probes: the same seed.
                try (JacobianRegularisation same = new JacobianRegularisation(engine, Type.F64, BATCH, N, Probe.GAUSSIAN, 3)) {
                    return 0.7 * same.estimate(cell, BATCH);
                }
            }, List.of(w, u, b, x, z), List.of(dw, du, db, dx, dz), 1e-8);
        }
    }

    @Test
    void theEstimateIsTheFrobeniusNormOnAverage() {
        for (Probe probe : Probe.values()) {
            try (Engine engine = Engines.best(1);
                    DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, N, BATCH, 0.9, 1);
                    Block z = Problems.random(Type.F32, BATCH, N, 0.5, 2);
                    Block unit = engine.allocate(Type.F32, BATCH, N);
                    Block column = engine.allocate(Type.F32, BATCH, N);
                    JacobianRegularisation penalty = new JacobianRegularisation(engine, Type.F32, BATCH, N, probe, 1)) {
                cell.linearise(z);
                double exact = 0;
                Rows all = new Rows(BATCH);
                for (int i = 0; i < N; i++) {
                    unit.fill(0);
                    for (int p = 0; p < BATCH; p++) {
                        unit.set(p, i, 1);
                    }
                    cell.vjp(unit, column, all);
                    exact += CentralDifferences.inner(column, column) / (BATCH * N);
                }
                double mean = 0;
                for (int k = 0; k < 4000; k++) {
                    mean += penalty.estimate(cell, BATCH) / 4000;
                }
                // The relative deviation of one estimate is below √(2/B) ‖JJᵀ‖_F / ‖J‖_F² < 0.71.
                assertThat(mean).as("%s", probe).isCloseTo(exact, within(5 * 0.71 / Math.sqrt(4000) * exact));
                assertThat(Problems.allocated(() -> penalty.estimate(cell, BATCH))).isZero();
                assertThat(penalty.bytes()).isEqualTo(3 * Block.bytes(Type.F32, BATCH, N));
            }
        }
    }
}
