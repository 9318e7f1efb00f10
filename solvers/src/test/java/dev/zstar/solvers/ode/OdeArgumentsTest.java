package dev.zstar.solvers.ode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.cells.DenseCell;
import java.util.LinkedHashMap;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** A wrong call is refused in one sentence. */
class OdeArgumentsTest {
    /** By message; blanks at its end make it unique. */
    private final Map<String, ThrowingCallable> calls = new LinkedHashMap<>();

    private void refuses(Class<? extends Throwable> type) {
        calls.forEach((message, call) -> assertThatThrownBy(call).as(message).isInstanceOf(type).hasMessage(message.strip()));
        calls.clear();
    }

    @Test
    void numbersOutOfRangeAreRefused() {
        calls.put("step control: the relative tolerance is -1.0, expected a finite number of at least 0",
                () -> StepControl.tolerances(-1, 1));
        calls.put("step control: the relative tolerance is 1.0, expected less than 1", () -> StepControl.tolerances(1, 1));
        calls.put("step control: the absolute tolerance is NaN, expected a finite number of at least 0",
                () -> StepControl.tolerances(0.1, Double.NaN));
        calls.put("step control: both tolerances are 0, expected one above 0", () -> StepControl.tolerances(0, 0));
        calls.put("step control: the first step is Infinity, expected a finite number of at least 0",
                () -> StepControl.DEFAULT.withFirstStep(Double.POSITIVE_INFINITY));
        calls.put("step control: the longest step is 0.0, expected a number above 0", () -> StepControl.DEFAULT.withMaxStep(0));
        calls.put("step control: the budget of evaluations is 7, expected at least 8", () -> StepControl.DEFAULT.within(7));
        calls.put("step control: the number of steps is 0, expected 1 to 357913941", () -> StepControl.fixed(0));
        calls.put("gradient mode: the distance of checkpoints is -1, expected at least 0", () -> new OdeGradientMode.Checkpointed(-1));
        calls.put("ode options: there are 1 times and 0 blocks of states, expected as many of each",
                () -> OdeOptions.NONE.withStates(new double[1]));
        try (Engine engine = Engines.best(1);
                DormandPrince solver = DormandPrince.plan(engine, Type.F64, 2, 2, StepControl.DEFAULT);
                Trajectory small = Trajectory.plan(engine, Type.F64, 1, 2);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, 2, 2, 0.5, 1);
                Block z = engine.allocate(Type.F64, 2, 2);
                Block wide = engine.allocate(Type.F64, 2, 3);
                Block tall = engine.allocate(Type.F64, 3, 2)) {
            OdeFunction f = Equations.RINGS;
            double[] zero = new double[2];
            double[] one = {1, 1};
            calls.put("plan: the relative tolerance is 1.0E-9, expected 0, or 5.960464477539062E-7 (ten times the unit roundoff of f32) "
                    + "to below 1", () -> DormandPrince.plan(engine, Type.F32, 1, 1, StepControl.tolerances(1e-9, 1)));
            calls.put("plan: the batch is 0, expected at least 1", () -> DormandPrince.plan(engine, Type.F64, 0, 1, StepControl.DEFAULT));
            calls.put("solve: z is 2×3 f64, expected 2×2 f64", () -> solver.solve(f, wide, 0, 1));
            calls.put("solve: z has 3 rows, expected at most 2, as planned", () -> solver.solve(f, tall, 0, 1));
            calls.put("solve: t0 of row 0 is NaN, expected a finite number", () -> solver.solve(f, z, Double.NaN, 1));
            calls.put("solve: t1 has 1 element, expected at least 2, one for each row of z",
                    () -> solver.solve(f, z, zero, new double[1], OdeOptions.NONE));
            calls.put("solve: row 0 goes from -1.0E308 to 1.0E308, expected an interval of finite length",
                    () -> solver.solve(f, z, -1e308, 1e308));
            calls.put("solve: the array of relative tolerances has 1 element, expected at least 2, one for each row of z",
                    () -> solver.solve(f, z, zero, one, OdeOptions.NONE.withTolerances(new double[1], null)));
            calls.put("solve: the absolute tolerance of row 1 is -1.0, expected a finite number of at least 0, and above 0 if the relative "
                    + "tolerance is 0", () -> solver.solve(f, z, zero, one, OdeOptions.NONE.withTolerances(null, new double[] {1, -1})));
            calls.put("solve: the relative tolerance of row 0 is 1.0E-20, expected 0, or 1.1102230246251565E-15 (ten times the unit "
                    + "roundoff of f64) to below 1",
                    () -> solver.solve(f, z, zero, one, OdeOptions.NONE.withTolerances(new double[] {1e-20, 1}, null)));
            calls.put("ode options: time 1 is 1.0 after 1.0, expected times that only rise or only fall",
                    () -> OdeOptions.NONE.withStates(one, wide, wide));
            calls.put("solve: time 0 of the states is 2.0, expected times in the direction of the solve, from 0.0 to 1.0, the interval of "
                    + "row 0", () -> solver.solve(f, z, 0, 1, OdeOptions.NONE.withStates(new double[] {2}, tall.head(2))));
            calls.put("timed map: the number of inputs is -1, expected at least 0", () -> TimedMap.of(cell, -1));
            calls.put("layer: the interval is from 0.0 to NaN, expected one of finite length",
                    () -> OdeLayer.plan(cell, 0, Double.NaN, StepControl.DEFAULT, OdeGradientMode.DEFAULT));
            calls.put("solve: a block of states is 2×3 f64, expected 2×2 f64",
                    () -> solver.solve(f, z, 0, 1, OdeOptions.NONE.withStates(new double[1], wide)));
            refuses(IllegalArgumentException.class);
            assertThatThrownBy(() -> solver.solve(f, z, 0, 1, OdeOptions.NONE.withTrajectory(small)))
                    .hasMessageStartingWith("solve: the trajectory is planned for 1 row of 2 f64");
            assertThatThrownBy(() -> solver.solve(f, z, 0, 1, OdeOptions.NONE.withStates(new double[1], z)))
                    .hasMessageStartingWith("solve: a block of states (2×2 f64) and z (2×2 f64) share memory");
            assertThatThrownBy(() -> solver.outcome().status(5)).hasMessage("status: row 5, expected none");
            assertThat(solver.solve(f, z, 0, 1).succeeded()).isTrue();
            DormandPrince closed = DormandPrince.plan(engine, Type.F64, 2, 2, StepControl.DEFAULT);
            closed.close();
            assertThatThrownBy(() -> closed.solve(f, z, 0, 1)).hasMessageContaining("was used after it was closed");
        }
    }

    @Test
    void nullIsRefusedByName() {
        try (Engine engine = Engines.best(1);
                DormandPrince solver = DormandPrince.plan(engine, Type.F64, 2, 2, StepControl.DEFAULT);
                Trajectory trajectory = Trajectory.plan(engine, Type.F64, 2, 2);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, 2, 2, 0.5, 1);
                TimedMap<DenseCell.Gradients> timed = TimedMap.of(cell, 2);
                OdeLayer<DenseCell.Gradients> layer = OdeLayer.plan(cell, 0, 1, StepControl.DEFAULT, OdeGradientMode.DEFAULT);
                Block z = engine.allocate(Type.F64, 2, 2);
                Block x = engine.allocate(Type.F64, 2, 3)) {
            OdeFunction f = Equations.RINGS;
            layer.forward(x, z);
            calls.put("ode function: the map is null", () -> OdeFunction.of((FixedPointMap) null));
            calls.put("ode function: the function is null", () -> OdeFunction.rowwise(null));
            calls.put("rowwise: t is null", () -> OdeFunction.rowwise((row, t, v, out) -> {}).apply(null, z, x, new Rows(2)));
            calls.put("plan: the step control is null", () -> DormandPrince.plan(cell, null));
            calls.put("plan: the map is null", () -> DormandPrince.plan(null, StepControl.DEFAULT));
            calls.put("plan: the type is null", () -> DormandPrince.plan(engine, null, 1, 1, StepControl.DEFAULT));
            calls.put("plan: the engine is null", () -> DormandPrince.plan(null, Type.F64, 1, 1, StepControl.DEFAULT));
            calls.put("solve: f is null", () -> solver.solve(null, z, 0, 1));
            calls.put("solve: z is null", () -> solver.solve(f, null, 0, 1));
            calls.put("solve: the record of options is null", () -> solver.solve(f, z, 0, 1, null));
            calls.put("solve: t0 is null", () -> solver.solve(f, z, null, new double[2], OdeOptions.NONE));
            calls.put("ode options: the array of events is null", () -> OdeOptions.NONE.withEvents((OdeEvent[]) null));
            calls.put("ode options: event 0 is null", () -> OdeOptions.NONE.withEvents((OdeEvent) null));
            calls.put("ode options: the array of times is null", () -> OdeOptions.NONE.withStates(null));
            calls.put("ode options: the block of states 0 is null", () -> OdeOptions.NONE.withStates(new double[1], (Block) null));
            calls.put("timed map: the map is null", () -> TimedMap.of((DenseCell) null, 1));
            calls.put("inject: x is null", () -> timed.inject(null));
            calls.put("at: out is null", () -> trajectory.at(0, null));
            calls.put("at: rows is null", () -> trajectory.at(new double[2], z, null));
            calls.put("layer: the map is null", () -> OdeLayer.plan((DenseCell) null, 0, 1, StepControl.DEFAULT, OdeGradientMode.DEFAULT));
            calls.put("layer: the gradient mode is null", () -> OdeLayer.plan(cell, 0, 1, StepControl.DEFAULT, null));
            calls.put("layer: the step control is null", () -> OdeLayer.plan(cell, 0, 1, null, OdeGradientMode.DEFAULT));
            calls.put("forward: x is null", () -> layer.forward(null, z));
            calls.put("infer: z is null", () -> layer.infer(x, null));
            refuses(NullPointerException.class);
            layer.forward(x, z);
            calls.put("backward: the gradient is null", () -> layer.backward(null, new DenseCell.Gradients(null, null, null, null)));
            calls.put("backward: the record of gradients is null", () -> layer.backward(z, null));
            refuses(NullPointerException.class);
            assertThatThrownBy(() -> timed.apply(new double[2], z, x, new Rows(2)))
                    .hasMessage("apply: row 0 of the batch has no input; expected inject(x)");
        }
    }
}
