package dev.zstar.benchmarks.digits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
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
        assertThatThrownBy(() -> read("1,2,3")).hasMessage("mine.csv, line 1: 3 values, expected 64 pixels and a digit");
        assertThatThrownBy(() -> read("17," + "0,".repeat(63) + "1"))
                .hasMessage("mine.csv, line 1: '17' is not a whole number from 0 to 16");
        assertThatThrownBy(() -> read("0,".repeat(64) + "ten")).hasMessage("mine.csv, line 1: 'ten' is not a whole number from 0 to 9");
    }

    private static Digits read(String text) throws java.io.IOException {
        return Digits.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)), "mine.csv");
    }

    @Test
    void spectralNormalisationBoundsTheMatrix() {
        double[] v = new Random(1).doubles(30 * 30, -1, 1).toArray();
        double factor = new SpectralNorm(30, 0.9, new Random(2)).factor(v, 200);
        double[] x = new Random(3).doubles(30, -1, 1).toArray();
        double before = 0;
        double after = 0;
        // Power iteration of its own on WᵀW, with the norm of the last step.
        for (int k = 0; k < 300; k++) {
            double[] y = new double[30];
            double[] t = new double[30];
            for (int i = 0; i < 30; i++) {
                for (int j = 0; j < 30; j++) {
                    y[i] += factor * v[i * 30 + j] * x[j];
                }
            }
            for (int i = 0; i < 30; i++) {
                for (int j = 0; j < 30; j++) {
                    t[j] += factor * v[i * 30 + j] * y[i];
                }
            }
            before = Math.sqrt(java.util.Arrays.stream(x).map(e -> e * e).sum());
            after = Math.sqrt(java.util.Arrays.stream(t).map(e -> e * e).sum());
            double length = after;
            x = java.util.Arrays.stream(t).map(e -> e / length).toArray();
        }
        assertThat(Math.sqrt(after / before)).isCloseTo(0.9, org.assertj.core.data.Offset.offset(1e-3));
    }

    @Test
    void trainingLearnsAndHasTheSameBitsForAnyThreads() {
        Digits data = Digits.load();
        int[] images = IntStream.range(0, Digits.TRAINING).toArray();
        double[] first = null;
        for (int threads : new int[] {1, 3}) {
            try (Engine engine = Engines.best(threads);
                    DeqClassifier model = new DeqClassifier(engine, 48, 64, 1)) {
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
}
