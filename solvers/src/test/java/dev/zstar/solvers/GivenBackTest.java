package dev.zstar.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.ImplicitFunction;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.parameters.SpectralNormalisation;
import dev.zstar.solvers.parameters.WeightNormalisation;
import dev.zstar.solvers.training.ForwardBackward;
import dev.zstar.solvers.training.JacobianRegularisation;
import dev.zstar.solvers.training.MonotoneWeights;
import dev.zstar.solvers.training.PeacemanRachford;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** A constructor that refuses, or that fails half way, gives back all that it allocated. */
class GivenBackTest {
    private static final int N = 5;
    private static final int INPUTS = 3;
    private static final int BATCH = 4;
    private static final Stopping STOPPING = Stopping.relative(1e-6);

    private interface Maker {
        AutoCloseable make() throws Exception;
    }

    /** An engine whose allocation number {@code last} fails. */
    private static Engine failing(Engine engine, int last) {
        int[] count = new int[1];
        Class<?>[] interfaces = {Engine.class};
        return (Engine) Proxy.newProxyInstance(GivenBackTest.class.getClassLoader(), interfaces, (_, method, arguments) -> {
            String name = method.getName();
            if ((name.equals("allocate") || name.equals("pack") && method.getParameterCount() == 2) && count[0]++ == last) {
                throw new OutOfMemoryError("allocation " + last);
            }
            try {
                return method.invoke(engine, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
    }

    @Test
    void whatFailsHalfWayGivesBackAll() throws Exception {
        try (Engine engine = Engines.best(1);
                Block w = Problems.symmetric(Type.F32, N, 0.5, 1);
                Block u = Problems.random(Type.F32, N, INPUTS, 1, 2);
                Block b = Problems.random(Type.F32, 1, N, 1, 3)) {
            Map<String, Function<Engine, AutoCloseable>> makers = new LinkedHashMap<>();
            makers.put("cell", e -> new DenseCell(e, Activation.TANH, w, u, b, BATCH, Format.BF16, Format.INT8));
            makers.put("forward-backward", e -> new ForwardBackward(e, Activation.RELU, w, u, b, 0.5, BATCH));
            makers.put("Peaceman-Rachford", e -> new PeacemanRachford(e, Activation.RELU, w, u, b, 0.5, BATCH));
            makers.put("spectral normalisation", e -> new SpectralNormalisation(e, Type.F32, N, N, 1, 1));
            makers.put("Jacobian regularisation",
                    e -> new JacobianRegularisation(e, Type.F32, BATCH, N, JacobianRegularisation.Probe.GAUSSIAN, 1));
            makers.put("row data", e -> new RowData(e, Type.F32, BATCH, N, "constant", "set"));
            makers.put("finite differences", e -> new FiniteDifferences(e, Type.F32, BATCH, N, (z, out, rows) -> {}));
            for (var maker : makers.entrySet()) {
                int allocations = 0;
                for (boolean made = false; !made; allocations++) {
                    long before = Block.liveBytes();
                    Engine failing = failing(engine, allocations);
                    try {
                        AutoCloseable done = maker.getValue().apply(failing);
                        made = true;
                        assertThat(Block.liveBytes()).as(maker.getKey()).isGreaterThan(before);
                        done.close();
                    } catch (OutOfMemoryError e) {
                        assertThat(e).hasMessage("allocation " + allocations);
                    }
                    assertThat(Block.liveBytes()).as("%s, allocation %d", maker.getKey(), allocations).isEqualTo(before);
                }
                assertThat(allocations).as("%s: allocations that can fail", maker.getKey()).isGreaterThan(1);
            }
        }
    }

    /** Every argument of every constructor wrong in turn. */
    @Test
    void whatRefusesGivesBackAll() throws Exception {
        try (Engine engine = Engines.best(1);
                Block w = Problems.symmetric(Type.F64, N, 0.5, 1);
                Block u = Problems.random(Type.F64, N, INPUTS, 1, 2);
                Block b = Problems.random(Type.F64, 1, N, 1, 3);
                Block tall = Block.allocate(Type.F64, N + 1, N);
                Block single = Block.allocate(Type.F32, N, N);
                Block nan = Problems.symmetric(Type.F64, N, 0.5, 1);
                Block nanU = Problems.random(Type.F64, N, INPUTS, 1, 2);
                Block infiniteB = Problems.random(Type.F64, 1, N, 1, 3);
                Block huge = Problems.symmetric(Type.F64, N, 0.5, 1);
                Block rounding = Block.of(Type.F64, 2, 2, 0.9, -0.2, -0.3, 0.4);
                Block twoU = Block.allocate(Type.F64, 2, 1);
                Block twoB = Block.allocate(Type.F64, 1, 2);
                DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, BATCH);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, BATCH, N, STOPPING)) {
            nan.set(2, 3, Double.NaN);
            nanU.set(1, 2, Double.NaN);
            infiniteB.set(0, 4, Double.NEGATIVE_INFINITY);
            engine.scale(1e300, huge);
            Activation relu = Activation.RELU;
            Map<Maker, String> wrong = new LinkedHashMap<>();
            for (String name : new String[] {"cell", "forward-backward", "Peaceman-Rachford"}) {
                interface Constructor {
                    AutoCloseable of(Engine engine, Activation activation, Block w, Block u, Block b, int batch);
                }
                Constructor c = switch (name) {
                    case "cell" -> DenseCell::new;
                    case "forward-backward" -> (e, a, m, in, bias, batch) -> new ForwardBackward(e, a, m, in, bias, 0.5, batch);
                    default -> (e, a, m, in, bias, batch) -> new PeacemanRachford(e, a, m, in, bias, 0.5, batch);
                };
                wrong.put(() -> c.of(null, relu, w, u, b, BATCH), name + ": the engine is null");
                wrong.put(() -> c.of(engine, null, w, u, b, BATCH), name + ": the activation is null");
                wrong.put(() -> c.of(engine, relu, null, u, b, BATCH), name + ": W is null");
                wrong.put(() -> c.of(engine, relu, w, null, b, BATCH), name + ": U is null");
                wrong.put(() -> c.of(engine, relu, w, u, null, BATCH), name + ": b is null");
                wrong.put(() -> c.of(engine, relu, tall, u, b, BATCH), name + ": W is 6×5 f64, expected 6×6 f64");
                wrong.put(() -> c.of(engine, relu, single, u, b, BATCH), name + ": U is 5×3 f64, expected 5×3 f32");
                wrong.put(() -> c.of(engine, relu, w, tall, b, BATCH), name + ": U is 6×5 f64, expected 5×5 f64");
                wrong.put(() -> c.of(engine, relu, w, u, w, BATCH), name + ": b is 5×5 f64, expected 1×5 f64");
                wrong.put(() -> c.of(engine, relu, w, u, b, 0), name + ": the batch is 0, expected at least 1");
                wrong.put(() -> c.of(engine, relu, w, u, b, -3), name + ": the batch is -3, expected at least 1");
                wrong.put(() -> c.of(engine, relu, nan, u, b, BATCH), name
                        + ": W holds NaN in row 2, column 3, expected a finite number in every element");
                wrong.put(() -> c.of(engine, relu, w, nanU, b, BATCH), name
                        + ": U holds NaN in row 1, column 2, expected a finite number in every element");
                wrong.put(() -> c.of(engine, relu, w, u, infiniteB, BATCH), name
                        + ": b holds -Infinity in row 0, column 4, expected a finite number in every element");
            }
            wrong.put(() -> new DenseCell(engine, relu, w, u, b, BATCH, Format.BF16), "");
            wrong.put(() -> new DenseCell(engine, relu, w, u, b, BATCH, (Format) null), "cell: a format is null");
            for (double step : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
                wrong.put(() -> new ForwardBackward(engine, relu, w, u, b, step, BATCH), "forward-backward: α is " + step);
                wrong.put(() -> new PeacemanRachford(engine, relu, w, u, b, step, BATCH), "Peaceman-Rachford: α is " + step);
                wrong.put(() -> new SpectralNormalisation(engine, Type.F64, N, N, step, 1),
                        "spectral normalisation: the limit c is " + step);
                wrong.put(() -> closeable(new MonotoneWeights(engine, step)), "monotone weights: m is " + step);
            }
            wrong.put(() -> new ForwardBackward(engine, relu, huge, u, b, 1e30, BATCH),
                    "forward-backward with α = 1.0E30: (1 - α) I + α W holds ");
            wrong.put(() -> new PeacemanRachford(engine, relu, huge, u, b, 1e30, BATCH),
                    "Peaceman-Rachford: I + α (I - W) with α = 1.0E30 is numerically singular");
            // I - W is [[0.1, 0.2], [0.3, 0.6]] and α so large that only rounding is left of the second pivot.
            wrong.put(() -> new PeacemanRachford(engine, relu, rounding, twoU, twoB, 1e17, 1),
                    "Peaceman-Rachford: I + α (I - W) with α = 1.0E17 is numerically singular");
            wrong.put(() -> new SpectralNormalisation(engine, Type.F64, 0, N, 1, 1),
                    "spectral normalisation: V is 0×5, expected at least 1×1");
            wrong.put(() -> new SpectralNormalisation(null, Type.F64, N, N, 1, 1),
                    "spectral normalisation: the engine is null");
            wrong.put(() -> new SpectralNormalisation(engine, null, N, N, 1, 1), "spectral normalisation: the type is null");
            wrong.put(() -> closeable(new WeightNormalisation(engine, Type.F64, N, 0)),
                    "weight normalisation: V is 5×0, expected at least 1×1");
            wrong.put(() -> closeable(new WeightNormalisation(engine, null, N, N)), "weight normalisation: the type is null");
            wrong.put(() -> closeable(new MonotoneWeights(null, 1)), "monotone weights: the engine is null");
            wrong.put(() -> new JacobianRegularisation(engine, Type.F64, 0, N, JacobianRegularisation.Probe.GAUSSIAN, 1),
                    "Jacobian regularisation: batch = 0 and n = 5, expected at least 1 for both");
            wrong.put(() -> new JacobianRegularisation(engine, Type.F64, BATCH, N, null, 1),
                    "Jacobian regularisation: the probe is null");
            wrong.put(() -> new FiniteDifferences(engine, Type.F64, BATCH, N, null), "finite differences: the map is null");
            wrong.put(() -> new FiniteDifferences(engine, Type.F64, BATCH, 0, cell), "finite differences: n is 0, expected at least 1");
            wrong.put(() -> new RowData(engine, Type.F64, 0, N, "a", "b"), "row data: 0 rows of 5, expected at least 1 of each");
            wrong.put(() -> ImplicitFunction.plan(engine, Type.F64, 0, N, 3, STOPPING),
                    "implicit function: the batch is 0, expected at least 1");
            wrong.put(() -> ImplicitFunction.plan(engine, Type.F64, BATCH, N, 3, null),
                    "implicit function: the stopping rule is null");
            wrong.put(() -> layer(engine, cell, solver, 0, BATCH, GradientMode.DEFAULT), "layer: n is 0, expected at least 1");
            wrong.put(() -> layer(engine, cell, solver, N, 0, GradientMode.DEFAULT), "layer: the batch is 0, expected at least 1");
            wrong.put(() -> layer(engine, cell, solver, N, BATCH, new GradientMode.Refined(0, 5, STOPPING)),
                    "Refined: pairs is 0, expected 1 to 500");
            wrong.put(() -> layer(engine, cell, solver, N, BATCH, new GradientMode.Refined(5, 0, STOPPING)),
                    "Refined: restart is 0, expected 1 to 500");
            wrong.put(() -> layer(engine, cell, solver, N, BATCH, new GradientMode.Refined(5, 5, STOPPING.orStep(0.1))),
                    "Refined: the stopping rule has a step tolerance");
            wrong.put(() -> layer(engine, cell, solver, N, BATCH, new GradientMode.BroydenInverse()),
                    "layer: the forward solver is Anderson, expected Broyden");
            wrong.put(() -> layer(engine, cell, solver, N, BATCH, new GradientMode.Exact((e, t, batch, n) -> Gmres.plan(e, t, batch - 1, n,
                    5, STOPPING))),
                    "layer: the linear solver of the gradient mode is planned for 3 rows");
            wrong.put(() -> layer(engine, cell, solver, N, BATCH, new GradientMode.NeumannSeries(-1)),
                    "NeumannSeries: the number of products is -1, expected at least 0");
            wrong.put(() -> layer(engine, cell, solver, N, BATCH, new GradientMode.Phantom(2, 1.5)),
                    "Phantom: damping is 1.5, expected ");
            for (var each : wrong.entrySet()) {
                long before = Block.liveBytes();
                assertThatThrownBy(() -> each.getKey().make().close()).as("expected: %s", each.getValue())
                        .isInstanceOfAny(IllegalArgumentException.class, NullPointerException.class)
                        .hasMessageStartingWith(each.getValue());
                assertThat(Block.liveBytes()).as("expected: %s", each.getValue()).isEqualTo(before);
            }
        }
    }

    private static AutoCloseable closeable(Object nothingToClose) {
        Objects.requireNonNull(nothingToClose);
        return () -> {};
    }

    private static AutoCloseable layer(Engine engine, DenseCell cell, FixedPointSolver solver, int n, int batch, GradientMode mode) {
        return EquilibriumLayer.plan(engine, Type.F64, batch, n, cell, solver, mode);
    }
}
