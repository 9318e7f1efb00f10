package dev.zstar.benchmarks.families;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.benchmarks.digits.Digits;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Networks of a fixed number of layers. */
class StandardNetworkTest {
    private static final Samples DATA = Samples.digits();
    private static final int[] IMAGES = {0, 1, 2};

    @ParameterizedTest
    @CsvSource({"true, false", "false, false", "true, true", "false, true"})
    void gradientsEqualCentralDifferences(boolean tied, boolean checkpointed) {
        var options = StandardNetwork.Options.dense(Type.F64, 12, Digits.PIXELS, 7, tied, checkpointed);
        try (Engine engine = Engines.best(1); Classifier model = new Classifier(engine, options, DATA, 3, 1)) {
            model.differentiate(DATA, IMAGES, 0, 3);
            assertThat(model.parameters().descriptions()).hasSize(2 + (tied ? 3 : 21));
            assertThat(model.backward()).isEqualTo(6 + (checkpointed ? 4 : 0)).isEqualTo(6 + options.repeated());
            DirectionalDerivatives.check(() -> {
                model.update();
                return model.loss(DATA, IMAGES, 0, 3);
            }, model.parameters(), model.gradients(), 1e-5, 1e-6);
        }
    }

    @Test
    void anyCellIsALayer() {
        Cell cell = Cell.of(Type.F64, Shape.tokens(4, 8), Shape.tokens(8, 8), (net, z, x) -> {
            var h = net.rmsNorm("norm", z.plus(net.mixTokens("x", x, 4)));
            return h.plus(net.swiglu("mlp", h, 5));
        });
        try (Engine engine = Engines.best(1);
                Classifier model = new Classifier(engine, new StandardNetwork.Options(cell, 4, false, true), DATA, 3, 1)) {
            model.differentiate(DATA, IMAGES, 0, 3);
            DirectionalDerivatives.check(() -> {
                model.update();
                return model.loss(DATA, IMAGES, 0, 3);
            }, model.parameters(), model.gradients(), 1e-5, 1e-6);
        }
    }

    /** Against the gradient modes of a layer, to the bit, and against the equilibrium, once the network is deep. */
    @ParameterizedTest
    @CsvSource({"9, false", "9, true", "10, true", "1, false", "1, true", "400, true"})
    void tiedLayersAreTheUnrolledEquilibrium(int layers, boolean checkpointed) {
        var options = StandardNetwork.Options.dense(Type.F64, 16, 8, layers, true, checkpointed);
        boolean deep = layers == 400;
        GradientMode mode = deep ? GradientMode.exact(1e-13)
                : checkpointed ? new GradientMode.Checkpointed(layers) : new GradientMode.Unrolled(layers);
        try (Engine engine = Engines.best(1);
                Parameters parameters = Parameters.initial(Type.F64, options.descriptions(), 3);
                Parameters mine = parameters.zerosLike();
                Parameters expected = parameters.zerosLike();
                Block x = Block.of(Type.F64, 5, 8, new Random(1).doubles(40, -1, 1).toArray());
                Block g = Block.of(Type.F64, 5, 16, new Random(2).doubles(80, -1, 1).toArray());
                Block z = engine.allocate(Type.F64, 5, 16);
                Block features = engine.allocate(Type.F64, 5, 16)) {
            engine.scale(0.5, parameters.get("W"));
            try (Body body = options.plan(engine, 5, parameters);
                    CellMap map = options.cell().plan(engine, 5, parameters);
                    FixedPointSolver solver = FixedPointSolver.plan(map, Stopping.relative(1e-14));
                    EquilibriumLayer<CellGradients> layer = EquilibriumLayer.plan(map, solver, mode)) {
                assertThat(body.forward(x, features)).isEqualTo(layers);
                body.backward(g, mine);
                assertThat(layer.forward(x, z).succeeded()).isTrue();
                layer.backward(g, new CellGradients(expected, null));
            }
            for (String name : parameters.names()) {
                if (deep) {
                    assertThat(mine.get(name).toDoubles()).containsExactly(expected.get(name).toDoubles(), within(1e-9));
                } else {
                    assertThat(mine.get(name).toDoubles()).as(name).isEqualTo(expected.get(name).toDoubles());
                }
            }
            assertThat(features.toDoubles()).containsExactly(z.toDoubles(), within(deep ? 1e-12 : 0));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, true, 3", "16, true, 9", "17, true, 10", "100, true, 21", "16, false, 18", "100, false, 102"})
    void theFormulaOfTheBytesIsWhatIsAllocated(int layers, boolean checkpointed, int blocks) {
        for (boolean tied : new boolean[] {true, false}) {
            var options = StandardNetwork.Options.dense(Type.F32, 20, 8, layers, tied, checkpointed);
            assertThat(options.stateBytes(6)).isEqualTo(blocks * Block.bytes(Type.F32, 6, 20));
            try (Engine engine = Engines.best(1);
                    Parameters parameters = Parameters.initial(Type.F32, options.descriptions(), 1)) {
                long before = Block.liveBytes();
                try (StandardNetwork body = options.plan(engine, 6, parameters)) {
                    assertThat(body.bytes()).isEqualTo(Block.liveBytes() - before);
                    assertThat(body.bytes() - body.mapBytes()).isEqualTo(options.stateBytes(6));
                }
                assertThat(Block.liveBytes()).isEqualTo(before);
            }
        }
    }

    @Test
    void trainingLearnsAndHasTheSameBitsForAnyThreads() {
        double[] first = null;
        for (int threads : new int[] {1, 3}) {
            var options = StandardNetwork.Options.dense(Type.F32, 32, Digits.PIXELS, 6, false, threads == 3);
            try (Engine engine = Engines.best(threads); Classifier model = new Classifier(engine, options, DATA, 64, 1)) {
                model.train(DATA, 44, 3e-3);
                assertThat(model.accuracy(DATA, DATA.training(), DATA.inputs().size())).isGreaterThan(0.7);
                double[] w = model.parameters().get("layer3.W").toDoubles();
                first = first == null ? w : first;
                assertThat(w).isEqualTo(first);
            }
        }
    }

    @Test
    void noLayersAreRefused() {
        assertThatThrownBy(() -> StandardNetwork.Options.dense(Type.F32, 4, 4, 0, true, false))
                .hasMessage("standard network: the number of layers is 0, expected at least 1");
        assertThatThrownBy(() -> new StandardNetwork.Options(null, 1, true, false)).isInstanceOf(NullPointerException.class)
                .hasMessage("standard network: the cell is null");
    }
}
