package dev.zstar.benchmarks.families;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.benchmarks.families.MonotoneDeq.Splitting;
import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.parameters.Parameters;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The monotone model on the digits. */
class MonotoneDeqTest {
    private static final Samples DATA = Samples.digits();
    private static final int[] IMAGES = {0, 1, 2};

    private static MonotoneDeq.Options exact() {
        return MonotoneDeq.Options.digits(Type.F64, 10).with(Stopping.relative(1e-13).within(5000), GradientMode.exact(1e-13));
    }

    @ParameterizedTest
    @EnumSource(Splitting.class)
    void gradientsEqualCentralDifferences(Splitting splitting) {
        var options = exact().with(splitting, splitting == Splitting.FORWARD_BACKWARD ? 0.2 : 1, true);
        try (Engine engine = Engines.best(1); Classifier model = new Classifier(engine, options, DATA, 3, 1)) {
            model.differentiate(DATA, IMAGES, 0, 3);
            DirectionalDerivatives.check(() -> {
                model.update();
                return model.loss(DATA, IMAGES, 0, 3);
            }, model.parameters(), model.gradients(), 1e-6, 1e-6);
            assertThat(model.failures()).isZero();
        }
    }

    /** W is far from a contraction. Both splittings find the one equilibrium without acceleration; plain steps of the cell do not. */
    @Test
    void splittingsConvergeWhereTheCellDoesNotContract() {
        try (Engine engine = Engines.best(1);
                Parameters parameters = Parameters.initial(Type.F64, exact().descriptions(), 2);
                Block x = Block.of(Type.F64, 4, 64, new Random(1).doubles(256, 0, 1).toArray());
                Block one = Block.allocate(Type.F64, 4, 10);
                Block two = Block.allocate(Type.F64, 4, 10);
                Block plain = Block.allocate(Type.F64, 4, 10)) {
            engine.scale(3, parameters.get("A"));
            engine.scale(3, parameters.get("B"));
            var options = new MonotoneDeq.Options(Type.F64, 10, 64, 1, Splitting.PEACEMAN_RACHFORD, 0.1, false,
                    Stopping.relative(1e-11).within(5000), GradientMode.DEFAULT);
            double step;
            try (MonotoneDeq model = options.plan(engine, 4, parameters)) {
                model.forward(x, one);
                assertThat(model.succeeded(0) && model.succeeded(1) && model.succeeded(2) && model.succeeded(3)).isTrue();
                step = model.largestStep();
                try (DenseCell cell = new DenseCell(engine, Activation.RELU, model.weights(), parameters.get("U"), parameters.get("b"), 4);
                        Picard picard = Picard.plan(engine, Type.F64, 4, 10, 1, Stopping.relative(1e-11).within(5000))) {
                    cell.inject(x);
                    Outcome outcome = picard.solve(cell, plain);
                    assertThat(outcome.succeeded()).as("plain steps").isFalse();
                }
            }
            try (MonotoneDeq model = options.with(Splitting.FORWARD_BACKWARD, step / 2, false).plan(engine, 4, parameters)) {
                model.forward(x, two);
                assertThat(model.succeeded(0) && model.succeeded(1) && model.succeeded(2) && model.succeeded(3)).isTrue();
            }
            // A residual of 10⁻¹¹ is an error of at most that over α m.
            assertThat(two.toDoubles()).containsExactly(one.toDoubles(), within(1e-10 / step));
        }
    }

    @Test
    void itLearns() {
        try (Engine engine = Engines.best(1);
                Classifier model = new Classifier(engine, MonotoneDeq.Options.digits(Type.F32, 32), DATA, 64, 1)) {
            model.train(DATA, 66, 5e-3);
            assertThat(model.accuracy(DATA, DATA.training(), DATA.inputs().size())).isGreaterThan(0.8);
            assertThat(model.failures()).isZero();
        }
    }

    @Test
    void theBytesAreThoseOfTheBlocks() {
        try (Engine engine = Engines.best(1)) {
            var options = MonotoneDeq.Options.digits(Type.F32, 32).with(Splitting.FORWARD_BACKWARD, 0.1, true);
            try (Parameters parameters = Parameters.initial(Type.F32, options.descriptions(), 1)) {
                long before = Block.liveBytes();
                try (Body body = options.plan(engine, 16, parameters)) {
                    assertThat(body.bytes()).isEqualTo(Block.liveBytes() - before);
                }
                assertThat(Block.liveBytes()).isEqualTo(before);
            }
        }
    }
}
