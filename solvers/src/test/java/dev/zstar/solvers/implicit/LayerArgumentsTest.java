package dev.zstar.solvers.implicit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.EquilibriumStream;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.linear.Gmres;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a layer, an implicit function and a stream do not take: each is named, with what was expected. */
class LayerArgumentsTest {
    private static final int N = 6;
    private static final int INPUTS = 3;
    private static final int BATCH = 4;
    private static final Stopping STOPPING = Stopping.relative(1e-8);

    private static FixedPointSolver solver(Engine engine, Type type, int batch, int n) {
        return FixedPointSolver.plan(engine, type, batch, n, STOPPING);
    }

    @Test
    void aSolverOfAnotherShapeOrEngineIsNamedBesideWhatWasExpected() {
        try (Engine engine = Engines.named("simd", 1);
                Engine second = Engines.named("scalar", 1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, N, BATCH, 0.9, 1)) {
            String expected = ", expected at least 4 rows of 6 f64 on the engine given, simd with 1 thread";
            String forward = "layer: the forward solver is planned for ";
            try (FixedPointSolver other = solver(engine, Type.F64, BATCH, N + 1)) {
                refuses(engine, cell, other, GradientMode.DEFAULT, forward + "4 rows of 7 f64 on simd with 1 thread" + expected);
            }
            try (FixedPointSolver other = solver(engine, Type.F32, BATCH, N)) {
                refuses(engine, cell, other, GradientMode.DEFAULT, forward + "4 rows of 6 f32 on simd with 1 thread" + expected);
            }
            try (FixedPointSolver other = solver(engine, Type.F64, BATCH - 1, N)) {
                refuses(engine, cell, other, GradientMode.DEFAULT, forward + "3 rows of 6 f64 on simd with 1 thread" + expected);
            }
            try (FixedPointSolver other = solver(second, Type.F64, BATCH, N)) {
                refuses(engine, cell, other, GradientMode.DEFAULT, forward + "4 rows of 6 f64 on scalar with 1 thread" + expected);
            }
            try (FixedPointSolver right = solver(engine, Type.F64, BATCH + 2, N)) {
                String linear = "layer: the linear solver of the gradient mode is planned for ";
                refuses(engine, cell, right, new GradientMode.Exact((e, t, b, n) -> Gmres.plan(e, t, b, n + 1, 5, STOPPING)),
                        linear + "4 rows of 7 f64 on simd with 1 thread" + expected);
                refuses(engine, cell, right, new GradientMode.Exact((e, t, b, n) -> Gmres.plan(e, Type.F32, b, n, 5, STOPPING)),
                        linear + "4 rows of 6 f32 on simd with 1 thread" + expected);
                refuses(engine, cell, right, new GradientMode.Exact((e, t, b, n) -> Gmres.plan(second, t, b, n, 5, STOPPING)),
                        linear + "4 rows of 6 f64 on scalar with 1 thread" + expected);
                refuses(engine, cell, right, new GradientMode.Exact((e, t, b, n) -> null),
                        "layer: the linear solver of the gradient mode is null");
                refuses(engine, cell, right, null, "layer: the gradient mode is null");
                refuses(engine, null, right, GradientMode.DEFAULT, "layer: the map is null");
                refuses(engine, cell, null, GradientMode.DEFAULT, "layer: the forward solver is null");
                refuses(null, cell, right, GradientMode.DEFAULT, "layer: the engine is null");
            }
        }
    }

    private static void refuses(Engine engine, DenseCell cell, FixedPointSolver solver, GradientMode mode, String message) {
        long before = Block.liveBytes();
        assertThatThrownBy(() -> EquilibriumLayer.plan(engine, Type.F64, BATCH, N, cell, solver, mode)).hasMessage(message);
        assertThat(Block.liveBytes()).as(message).isEqualTo(before);
    }

    @Test
    void blocksThatDoNotGoTogetherAreNamed() {
        for (GradientMode mode : List.of(GradientMode.DEFAULT, new GradientMode.Refined(5, 5, STOPPING), new GradientMode.Unrolled(4))) {
            try (Engine engine = Engines.best(1);
                    DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, N, BATCH, 0.9, 1);
                    FixedPointSolver solver = solver(engine, Type.F64, BATCH + 3, N);
                    Block x = Problems.random(Type.F64, BATCH, INPUTS, 1, 4);
                    Block more = engine.allocate(Type.F64, BATCH + 1, INPUTS);
                    Block z = engine.allocate(Type.F64, BATCH, N);
                    Block many = engine.allocate(Type.F64, BATCH + 1, N);
                    Block g = Problems.random(Type.F64, BATCH, N, 1, 5);
                    Block dw = engine.allocate(Type.F64, N, N);
                    Block square = engine.allocate(Type.F64, N, N);
                    var layer = EquilibriumLayer.plan(engine, Type.F64, BATCH, N, cell, solver, mode)) {
                DenseCell.Gradients sum = new DenseCell.Gradients(dw, null, null, null);
                assertThatThrownBy(() -> layer.forward(x.head(2), z))
                        .hasMessage("forward: the number of rows of x is 2, expected 4, that of z");
                assertThatThrownBy(() -> layer.infer(x, z.head(2)))
                        .hasMessage("infer: the number of rows of x is 4, expected 2, that of z");
                assertThatThrownBy(() -> layer.forward(more, many))
                        .hasMessage("forward: the number of rows of x and z is 5, expected at most 4, the batch of the layer");
                assertThatThrownBy(() -> layer.forward(x, x)).hasMessage("forward: z is 4×3 f64, expected 4×6 f64");
                assertThatThrownBy(() -> layer.forward(z, z))
                        .hasMessage("forward: x (4×6 f64) and z (4×6 f64) share memory, expected blocks that do not overlap");
                assertThatThrownBy(() -> layer.forward(null, z)).hasMessage("forward: x is null");
                assertThatThrownBy(() -> layer.backward(g, sum)).hasMessageStartingWith("backward: there was no forward pass");
                assertThat(layer.forward(x, z).batch()).isEqualTo(BATCH);
                assertThatThrownBy(() -> layer.backward(g.head(2), sum)).hasMessage("backward: the gradient is 2×6 f64, expected 4×6 f64");
                assertThatThrownBy(() -> layer.backward(g, null)).hasMessage("backward: the record of gradients is null");
                assertThatThrownBy(() -> layer.backward(g, new DenseCell.Gradients(square, null, null, square.head(INPUTS))))
                        .hasMessageStartingWith("gradients: the gradient of x is 3×6 f64, expected ");
                assertThat(square.toDoubles()).as("nothing is added").containsOnly(0);
                layer.backward(g, sum);
                assertThat(dw.get(1, 1)).isNotZero();
                // ∂(‖z‖² / 2) / ∂z is z itself.
                layer.backward(z, sum);
            }
        }
    }

    @Test
    void gradientsThatShareMemoryAreNamed() {
        try (Engine engine = Engines.best(1);
                Block w = Problems.symmetric(Type.F64, N, 0.9, 1);
                Block u = Problems.random(Type.F64, N, N, 0.5, 2);
                Block b = Problems.random(Type.F64, 1, N, 0.1, 3);
                Block x = Problems.random(Type.F64, N, N, 1, 4);
                Block z = Problems.random(Type.F64, N, N, 1, 5);
                Block v = Problems.random(Type.F64, N, N, 1, 6);
                Block one = engine.allocate(Type.F64, N, N);
                Block two = engine.allocate(Type.F64, N, N);
                DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, N)) {
            cell.inject(x);
            cell.linearise(z);
            double[] before = z.toDoubles();
            String shared = " (6×6 f64) share memory, expected blocks that do not overlap";
            assertThatThrownBy(() -> cell.gradients(v, z, x, new DenseCell.Gradients(one, one, null, null)))
                    .hasMessage("gradients: the gradient of W (6×6 f64) and the gradient of U" + shared);
            assertThatThrownBy(() -> cell.gradients(v, z, x, new DenseCell.Gradients(one, null, one.head(1), null)))
                    .hasMessage("gradients: the gradient of W (6×6 f64) and that of b (1×6 f64) share memory, expected blocks that do not "
                    + "overlap");
            assertThatThrownBy(() -> cell.gradients(v, z, x, new DenseCell.Gradients(z, null, null, null)))
                    .hasMessage("gradients: the gradient of W (6×6 f64) and z" + shared);
            assertThatThrownBy(() -> cell.gradients(v, z, x, new DenseCell.Gradients(one, null, null, v)))
                    .hasMessage("gradients: the gradient of x (6×6 f64) and v" + shared);
            assertThatThrownBy(() -> cell.gradients(v, z, x, new DenseCell.Gradients(one, two.head(5), null, null)))
                    .hasMessage("gradients: the gradient of U is 5×6 f64, expected 6×6 f64");
            assertThat(one.toDoubles()).as("nothing is added").containsOnly(0);
            assertThat(z.toDoubles()).isEqualTo(before);
        }
    }

    /** Between the passes nothing may move: neither parameters nor the input in the map, nor the elements of the blocks. */
    @Test
    void aBackwardPassOfAnotherProblemIsRefused() {
        for (GradientMode mode : List.of(GradientMode.DEFAULT, new GradientMode.JacobianFree(), new GradientMode.Checkpointed(4))) {
            try (Engine engine = Engines.best(1);
                    Block w = Problems.symmetric(Type.F64, N, 0.9, 1);
                    Block u = Problems.random(Type.F64, N, INPUTS, 0.5, 2);
                    Block b = Problems.random(Type.F64, 1, N, 0.1, 3);
                    DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, BATCH);
                    FixedPointSolver solver = solver(engine, Type.F64, BATCH, N);
                    Block x = Problems.random(Type.F64, BATCH, INPUTS, 1, 4);
                    Block z = engine.allocate(Type.F64, BATCH, N);
                    Block g = Problems.random(Type.F64, BATCH, N, 1, 5);
                    Block dw = engine.allocate(Type.F64, N, N);
                    var layer = EquilibriumLayer.plan(engine, Type.F64, BATCH, N, cell, solver, mode)) {
                DenseCell.Gradients sum = new DenseCell.Gradients(dw, null, null, null);
                String moved = "backward: the map has other parameters or another input than in forward(x, z), expected neither update "
                        + "nor inject in between";
                layer.forward(x, z);
                cell.inject(1, x.head(1));
                assertThatThrownBy(() -> layer.backward(g, sum)).isInstanceOf(IllegalStateException.class).hasMessage(moved);
                layer.forward(x, z);
                cell.update(w, u, b);
                assertThatThrownBy(() -> layer.backward(g, sum)).hasMessage(moved);
                layer.forward(x, z);
                x.set(2, 1, 7);
                assertThatThrownBy(() -> layer.backward(g, sum)).hasMessageStartingWith("backward: x has changed since forward(x, z)");
                layer.forward(x, z);
                z.set(2, 1, 7);
                assertThatThrownBy(() -> layer.backward(g, sum)).hasMessageStartingWith("backward: z has changed since forward(x, z)");
                assertThat(dw.toDoubles()).containsOnly(0);
                layer.forward(x, z);
                layer.backward(g, sum);
                assertThat(dw.get(0, 0)).isNotZero();
            }
        }
    }

    @Test
    void implicitFunctionsAndStreamsNameWhatIsWrong() {
        RootEquation<Block> identity = new RootEquation<>() {
            @Override
            public void vjp(Block u, Block out, Rows rows) {
                out.copyFrom(u);
            }

            @Override
            public void gradients(Block u, Block sum) {}
        };
        try (Engine engine = Engines.best(1);
                ImplicitFunction function = ImplicitFunction.plan(engine, Type.F64, 2, N, 4, STOPPING);
                Block g = engine.allocate(Type.F64, 3, N);
                Block wide = engine.allocate(Type.F64, 2, N + 1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, N, BATCH, 0.9, 1);
                FixedPointSolver solver = solver(engine, Type.F64, BATCH, N);
                Block states = engine.allocate(Type.F64, BATCH, N)) {
            assertThatThrownBy(() -> function.backward(identity, g, g))
                    .hasMessage("backward: the number of rows of the gradient is 3, expected at most 2");
            assertThatThrownBy(() -> function.backward(identity, wide, g))
                    .hasMessage("backward: the gradient is 2×7 f64, expected 2×6 f64");
            assertThatThrownBy(() -> function.backward(null, g, g)).hasMessage("backward: the equation is null");
            assertThatThrownBy(() -> ImplicitFunction.plan(engine, Type.F64, 2, N, 0, STOPPING))
                    .hasMessage("implicit function: the restart length is 0, expected at least 1");
            assertThatThrownBy(() -> new EquilibriumStream<Integer>(solver, cell, null))
                    .hasMessage("stream: the loader is null");
            var stream = new EquilibriumStream<Integer>(solver, cell, (i, slot, start) -> {});
            assertThatThrownBy(() -> stream.run(IntStream.range(0, 3).iterator(), states.head(0), solved -> {}))
                    .hasMessage("stream: the block of states has 0 rows, expected at least 1, one for each problem in flight");
            assertThatThrownBy(() -> stream.run(null, states, solved -> {}))
                    .hasMessage("stream: the iterator of inputs is null");
            assertThatThrownBy(() -> stream.runInOrder(IntStream.range(0, 3).iterator(), states, states.head(2), solved -> {}))
                    .hasMessage("stream: the states (4×6 f64) and the waiting block (2×6 f64) share memory, expected blocks that do not "
                    + "overlap");
        }
    }
}
