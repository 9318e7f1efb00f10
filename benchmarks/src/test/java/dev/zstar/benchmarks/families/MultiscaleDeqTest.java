package dev.zstar.benchmarks.families;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.parameters.Parameters;
import org.junit.jupiter.api.Test;

/** The multiscale model on the digits. */
class MultiscaleDeqTest {
    private static final Samples DATA = Samples.digits();

    /** The step is short, since the derivatives of ReLU jump, and the state has gains of 0.1. */
    @Test
    void gradientsEqualCentralDifferences() {
        var options = MultiscaleDeq.Options.digits(Type.F64, 2).with(Stopping.relative(1e-13).within(600), GradientMode.exact(1e-12));
        int[] images = {0, 1};
        try (Engine engine = Engines.best(1); Classifier model = new Classifier(engine, options, DATA, 2, 1)) {
            model.differentiate(DATA, images, 0, 2);
            assertThat(model.failures()).isZero();
            DirectionalDerivatives.check(() -> {
                model.update();
                return model.loss(DATA, images, 0, 2);
            }, model.parameters(), model.gradients(), 1e-6, 1e-6);
            assertThat(model.failures()).isZero();
        }
    }

    @Test
    void itLearns() {
        try (Engine engine = Engines.best(1);
                Classifier model = new Classifier(engine, MultiscaleDeq.Options.digits(Type.F32, 4), DATA, 32, 1)) {
            double before = model.accuracy(DATA, DATA.training(), DATA.training() + 96);
            model.train(DATA, 40, 0.01);
            assertThat(before).isLessThan(0.3);
            assertThat(model.accuracy(DATA, DATA.training(), DATA.training() + 96)).isGreaterThan(0.5);
            assertThat(model.meanForward()).isLessThan(40);
        }
    }

    @Test
    void theBytesAreThoseOfTheBlocks() {
        try (Engine engine = Engines.best(1)) {
            var options = MultiscaleDeq.Options.digits(Type.F32, 4);
            try (Parameters parameters = Parameters.initial(Type.F32, options.descriptions(), 1)) {
                long before = Block.liveBytes();
                try (Body body = options.plan(engine, 16, parameters)) {
                    assertThat(body.bytes()).isEqualTo(Block.liveBytes() - before);
                }
                assertThat(Block.liveBytes()).isEqualTo(before);
            }
        }
    }

    @Test
    void scalesThatAreNoImagesAreRefused() {
        assertThatThrownBy(() -> new MultiscaleDeq.Options(Type.F32, 6, 1, 4, 3, 2, Stopping.relative(1e-3), GradientMode.DEFAULT))
                .hasMessage("multiscale: the size is 6 for 3 scales, expected 1 to 8 scales and a multiple of 2^(scales - 1)");
        assertThatThrownBy(() -> new MultiscaleDeq.Options(Type.F32, 8, 1, 3, 3, 2, Stopping.relative(1e-3), GradientMode.DEFAULT))
                .hasMessage("multiscale: the number of channels is 3, expected a multiple of the 2 groups");
    }
}
