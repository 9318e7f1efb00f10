package dev.zstar.benchmarks.digits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.solvers.implicit.GradientMode;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The data and the model that is trained on it. */
class DigitsTest {
    @Test
    void theDataIsWholeAndItsOrderIsFixed() {
        Digits data = Digits.load();
        assertThat(data.size()).isEqualTo(1797);
        assertThat(data.labels().subList(0, 8)).isEqualTo(Digits.load().labels().subList(0, 8));
        assertThat(data.labels().stream().distinct().sorted().toList()).isEqualTo(IntStream.range(0, 10).boxed().toList());
        assertThat(data.pixels()).allSatisfy(image -> {
            for (float pixel : image) {
                assertThat(pixel).isBetween(0f, 1f);
            }
        });
    }

    @Test
    void aBadLineIsNamed() {
        assertThatThrownBy(() -> read("1,2,3")).hasMessage("mine.csv, line 1: 3 values; expected 64 pixels and a digit");
        assertThatThrownBy(() -> read("17," + "0,".repeat(63) + "1"))
                .hasMessage("mine.csv, line 1: '17'; expected a whole number from 0 to 16");
        assertThatThrownBy(() -> read("0,".repeat(64) + "ten")).hasMessage("mine.csv, line 1: 'ten'; expected a whole number from 0 to 9");
    }

    private static Digits read(String text) throws java.io.IOException {
        return Digits.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)), "mine.csv");
    }

    @Test
    void trainingLearnsAndHasTheSameBitsForAnyThreads() {
        Digits data = Digits.load();
        int[] images = IntStream.range(0, Digits.TRAINING).toArray();
        double[] first = null;
        for (int threads : new int[] {1, 3}) {
            try (Engine engine = Engines.best(threads);
                    DeqClassifier model = new DeqClassifier(engine, new DeqClassifier.Options(48, 64, 1))) {
                double before = model.accuracy(data, Digits.TRAINING, data.size());
                for (int step = 0; step < 40; step++) {
                    model.train(data, images, step % 22 * 64, 64);
                }
                double after = model.accuracy(data, Digits.TRAINING, data.size());
                assertThat(before).isLessThan(0.4);
                assertThat(after).isGreaterThan(0.7);
                if (first == null) {
                    first = model.weights();
                }
                assertThat(model.weights()).isEqualTo(first);
            }
        }
    }

    /**
     * Without a bound on W, and at fifty times the usual rate, the cell stops contracting: solves fail, and the model does not learn from
     * them.
     */
    @Test
    void aMapThatStopsContractingCostsStepsAndNotTheParameters() {
        Digits data = Digits.load();
        int[] images = IntStream.range(0, Digits.TRAINING).toArray();
        double[] skipping = null;
        for (double damping : new double[] {0, 0.1}) {
            var options = new DeqClassifier.Options(48, 64, 1, GradientMode.DEFAULT, Double.POSITIVE_INFINITY, 0.5, damping);
            try (Engine engine = Engines.best(1);
                    DeqClassifier model = new DeqClassifier(engine, options)) {
                for (int step = 0; step < 60; step++) {
                    model.train(data, images, step % 22 * 64, 64);
                }
                assertThat(damping == 0 ? model.skipped() : model.damped()).as("images that failed").isPositive();
                assertThat(model.lastFailure()).contains("gradients of 64 rows: ").contains("ended with ");
                assertThat(model.isFinite()).isTrue();
                if (damping == 0) {
                    skipping = model.weights();
                } else {
                    assertThat(model.weights()).as("what is damped is added").isNotEqualTo(skipping);
                }
            }
        }
    }
}
