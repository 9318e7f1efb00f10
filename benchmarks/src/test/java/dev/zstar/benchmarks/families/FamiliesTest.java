package dev.zstar.benchmarks.families;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.benchmarks.language.CopyMemory;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.LayerMethods;
import dev.zstar.solvers.ode.OdeGradientMode;
import dev.zstar.solvers.ode.StepControl;
import dev.zstar.solvers.training.heads.CrossEntropy;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Families of one cell, and the samples that all families train on. */
class FamiliesTest {
    private static final int[] SAMPLES = {0, 1, 2};
    private static final LayerMethods EXACT =
            Deq.Options.accelerated(Stopping.relative(1e-13).within(2000), GradientMode.exact(1e-12));

    static Stream<Arguments> families() {
        Samples digits = Samples.digits();
        Samples copies = Samples.copyMemory(2, 3);
        StepControl tight = StepControl.tolerances(1e-12, 1e-12);
        int length = copies.places();
        return Stream.of(
                Arguments.of("hidden", digits, Deq.Options.hidden(Type.F64, 6, 9, 64).with(EXACT)),
                Arguments.of("dense", digits, Deq.Options.dense(Type.F64, 9, 64).with(EXACT)),
                Arguments.of("transformer", digits, Deq.Options.transformer(Type.F64, 16).with(EXACT)),
                Arguments.of("recurrence", copies, Recurrence.equilibrium(Type.F64, length, copies.classes(), 16)),
                Arguments.of("recurrent layers", copies, new StandardNetwork.Options(
                        Recurrence.cell(Type.F64, length, copies.classes(), 16), 4, false, false)),
                Arguments.of("ODE", digits, NeuralOde.Options.dense(Type.F64, 7, 64).with(tight, OdeGradientMode.DEFAULT)),
                Arguments.of("flow, reversed", Samples.rings(10, 1),
                        NeuralOde.Options.flow(Type.F64, 2, 8).with(tight, new OdeGradientMode.Reversed())));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("families")
    void gradientsEqualCentralDifferences(String name, Samples data, Family family) {
        try (Engine engine = Engines.best(1); Classifier model = new Classifier(engine, family, data, 3, 1)) {
            converge(model);
            model.differentiate(data, SAMPLES, 0, 3);
            DirectionalDerivatives.check(() -> {
                converge(model);
                return model.loss(data, SAMPLES, 0, 3);
            }, model.parameters(), model.gradients(), 1e-5, 2e-6);
            assertThat(model.failures()).isZero();
        }
    }

    /** One update follows a small change of a spectral norm to 10⁻⁴ of it alone. */
    private static void converge(Classifier model) {
        for (int i = 0; i < 100; i++) {
            model.update();
        }
    }

    @Test
    void theDepthOfARecurrenceIsItsLength() {
        Samples data = Samples.copyMemory(3, 8);
        var options = Recurrence.equilibrium(Type.F32, data.places(), data.classes(), 48);
        try (Engine engine = Engines.best(1); Classifier model = new Classifier(engine, options, data, 8, 1)) {
            model.differentiate(data, new int[] {0, 1, 2, 3, 4, 5, 6, 7}, 0, 8);
            assertThat(model.failures()).isZero();
            assertThat(model.depth(8)).isBetween(data.places() - 1.0, data.places() + 1.0);
        }
    }

    @Test
    void anEquilibriumSeesFartherThanFourLayers() {
        Samples data = Samples.copyMemory(2, 1600);
        int length = data.places();
        var layers = new StandardNetwork.Options(Recurrence.cell(Type.F32, length, data.classes(), 48), 4, false, false);
        var equilibrium = Recurrence.equilibrium(Type.F32, length, data.classes(), 96);
        try (Engine engine = Engines.best(1);
                Classifier near = new Classifier(engine, layers, data, 32, 1);
                Classifier far = new Classifier(engine, equilibrium, data, 32, 1)) {
            near.train(data, 100, 4e-3);
            far.train(data, 100, 4e-3);
            assertThat(near.accuracy(data, 1600, 1856)).isLessThan(0.2);
            assertThat(far.accuracy(data, 1600, 1856)).isGreaterThan(0.8);
        }
    }

    @Test
    void aCopiedModelComputesTheSame() {
        Samples data = Samples.digits();
        int[] images = {0, 1, 2, 3};
        try (Engine engine = Engines.best(1);
                Classifier trained = new Classifier(engine, Deq.Options.hidden(Type.F32, 16, 24, 64), data, 64, 1);
                Classifier copy = new Classifier(engine, Deq.Options.hidden(Type.F64, 16, 24, 64).with(EXACT), data, 64, 2)) {
            trained.train(data, 60, 4e-3);
            copy.copy(trained);
            assertThat(copy.loss(data, images, 0, 4)).isCloseTo(trained.loss(data, images, 0, 4), within(1e-3));
        }
    }

    @Test
    void everySampleIsTestedOnce() {
        Samples all = Samples.digits();
        Set<float[]> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (int k = 0; k < 5; k++) {
            Samples fold = all.fold(k, 5);
            assertThat(fold.inputs()).hasSameSizeAs(all.inputs()).containsAll(List.of(all.inputs().getFirst(), all.inputs().getLast()));
            assertThat(fold.tests()).isBetween(359, 360);
            for (int i = fold.training(); i < fold.inputs().size(); i++) {
                assertThat(seen.add(fold.inputs().get(i))).isTrue();
                assertThat(fold.labels().get(i)).isSameAs(all.labels().get(all.inputs().indexOf(fold.inputs().get(i))));
            }
        }
        assertThat(seen).hasSameSizeAs(all.inputs());
    }

    @Test
    void onlySymbolsToRepeatAreTested() {
        Samples data = Samples.copyMemory(4, 20);
        assertThat(data.places()).isEqualTo(24);
        assertThat(data.tests()).isEqualTo(256);
        assertThat(data.labels().get(19)).doesNotContain(CrossEntropy.IGNORED);
        int[] test = data.labels().get(20);
        for (int t = 0; t < 24; t++) {
            if (t < 14) {
                assertThat(test[t]).isEqualTo(CrossEntropy.IGNORED);
            } else {
                assertThat(test[t]).isBetween(1, CopyMemory.KINDS);
                assertThat(data.inputs().get(20)[(t - 14) * data.classes() + test[t]]).isEqualTo(1);
            }
        }
    }
}
