package dev.zstar.solvers.implicit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A layer whose gradient mode changes in the course of training. */
class ScheduleTest {
    private static final int N = 9;
    private static final int INPUTS = 3;
    private static final int BATCH = 3;
    private static final Stopping STOPPING = Stopping.relative(1e-6);

    /** One of every kind that any forward solver serves. */
    private static final List<GradientMode> MODES = List.of(new GradientMode.JacobianFree(), new GradientMode.Phantom(3, 0.5),
            new GradientMode.Checkpointed(7), new GradientMode.Reversible(3, 0.5), new GradientMode.Unrolled(5),
            new GradientMode.Refined(5, 5, Stopping.relative(1e-4)), GradientMode.DEFAULT);

    private Engine engine;
    private DenseCell cell;
    private FixedPointSolver solver;
    private Block x;
    private Block z;
    private Block g;
    private Block dw;
    private DenseCell.Gradients sum;

    @BeforeEach
    void plan() {
        engine = Engines.best(1);
        cell = Problems.cell(engine, Activation.TANH, Type.F32, N, BATCH, 0.9, 1);
        solver = FixedPointSolver.plan(cell, STOPPING);
        x = Problems.random(Type.F32, BATCH, INPUTS, 1, 4);
        g = Problems.random(Type.F32, BATCH, N, 1, 5);
        z = engine.allocate(Type.F32, BATCH, N);
        dw = engine.allocate(Type.F32, N, N);
        sum = new DenseCell.Gradients(dw, null, null, null);
    }

    @AfterEach
    void close() {
        Stream.of(dw, z, g, x).forEach(Block::close);
        solver.close();
        cell.close();
        engine.close();
    }

    /** All modes in turn, each for ten steps. */
    private static GradientMode schedule() {
        GradientMode schedule = MODES.getFirst();
        for (int i = 1; i < MODES.size(); i++) {
            schedule = schedule.then(10 * i, MODES.get(i));
        }
        return schedule;
    }

    private double[] pass(EquilibriumLayer<DenseCell.Gradients> layer) {
        z.fill(0);
        dw.fill(0);
        layer.forward(x, z);
        assertThat(layer.backward(g, sum).succeeded()).isTrue();
        return dw.toDoubles();
    }

    /** In any order: what a step computes depends on its number alone. */
    @Test
    void aStepHasTheBitsOfALayerInItsMode() {
        try (var layer = EquilibriumLayer.plan(cell, solver, schedule())) {
            assertThat(layer.mode()).isEqualTo(MODES.getFirst());
            for (int step : new int[] {0, 9, 10, 35, 20, 69, 42, 51, 60, 0, 1000}) {
                GradientMode mode = MODES.get(Math.min(step / 10, MODES.size() - 1));
                layer.step(step);
                assertThat(layer.mode()).isEqualTo(mode);
                double[] found = pass(layer);
                try (var single = EquilibriumLayer.plan(cell, solver, mode)) {
                    assertThat(found).as("step %d, %s", step, mode).isEqualTo(pass(single));
                    layer.forward(x, z);
                    single.forward(x, z);
                    assertThat(layer.mode()).isEqualTo(single.mode());
                }
            }
        }
    }

    @Test
    void stepsAllocateNothingAndModesShareMemory() {
        // The cell copies W once it is asked for Wᵀ.
        try (var layer = EquilibriumLayer.plan(cell, solver, GradientMode.DEFAULT)) {
            pass(layer);
        }
        long before = Block.liveBytes();
        try (var layer = EquilibriumLayer.plan(cell, solver, schedule())) {
            assertThat(layer.bytes()).isEqualTo(Block.liveBytes() - before);
            long bytes = Problems.allocated(() -> {
                for (int i = 0; i < MODES.size(); i++) {
                    layer.step(10 * i);
                    z.fill(0);
                    layer.forward(x, z);
                    layer.backward(g, sum);
                }
            });
            assertThat(bytes).isZero();
            // GMRES(20) takes the most. A mode that unrolls gives it a third cotangent.
            long most = 0;
            long separate = 0;
            for (GradientMode mode : MODES) {
                try (var single = EquilibriumLayer.plan(cell, solver, mode)) {
                    most = Math.max(most, single.memory().shared());
                    separate += single.memory().separate();
                }
            }
            assertThat(layer.bytes()).isEqualTo(most + separate + Block.bytes(Type.F32, BATCH, N));
        }
        GradientMode cheap = MODES.getFirst();
        try (var once = EquilibriumLayer.plan(cell, solver, cheap.then(5, GradientMode.DEFAULT));
                var again = EquilibriumLayer.plan(cell, solver, cheap.then(5, GradientMode.DEFAULT).then(9, cheap))) {
            assertThat(again.bytes()).as("equal modes are planned once").isEqualTo(once.bytes());
        }
        assertThat(Block.liveBytes()).isEqualTo(before);
    }

    @Test
    void aChangeBetweenThePassesIsRefused() {
        try (var layer = EquilibriumLayer.plan(cell, solver, MODES.getFirst().then(5, GradientMode.DEFAULT).then(7, MODES.getFirst()))) {
            layer.forward(x, z);
            layer.step(4);
            layer.backward(g, sum);
            layer.step(5);
            String changed = ": the gradient mode has changed since forward(x, z), expected forward(x, z) again after step(number)";
            assertThatThrownBy(() -> layer.backward(g, sum)).isInstanceOf(IllegalStateException.class).hasMessage("backward" + changed);
            layer.step(7);
            assertThatThrownBy(() -> layer.report(g)).isInstanceOf(IllegalStateException.class).hasMessage("report" + changed);
            layer.forward(x, z);
            layer.step(0);
            assertThat(layer.backward(g, sum).succeeded()).as("the mode is the same").isTrue();
            layer.step(5);
            layer.infer(x, z);
            assertThatThrownBy(() -> layer.backward(g, sum)).hasMessageStartingWith("backward: there was no forward pass");
            assertThatThrownBy(() -> layer.step(-1)).hasMessage("step: the number of the step is -1, expected at least 0");
            assertThat(layer.mode()).isEqualTo(GradientMode.DEFAULT);
        }
        try (var layer = EquilibriumLayer.plan(cell, solver, GradientMode.DEFAULT)) {
            layer.forward(x, z);
            layer.step(1_000_000);
            assertThat(layer.backward(g, sum).succeeded()).as("no schedule").isTrue();
        }
    }

    @Test
    void aModeThatNeedsAnotherSolverIsRefusedWhenTheLayerIsPlanned() {
        long before = Block.liveBytes();
        GradientMode schedule = new GradientMode.Unrolled(3).then(5, new GradientMode.BroydenInverse());
        assertThatThrownBy(() -> EquilibriumLayer.plan(cell, solver, schedule))
                .hasMessage("layer: the forward solver is Anderson, expected Broyden for the gradient mode BroydenInverse");
        assertThat(Block.liveBytes()).isEqualTo(before);
    }
}
