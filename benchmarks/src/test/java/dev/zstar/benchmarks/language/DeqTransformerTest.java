package dev.zstar.benchmarks.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.solvers.implicit.GradientMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small models: they learn, go on with the same bits, and do not look ahead. */
class DeqTransformerTest {
    private static final CopyMemory TASK = new CopyMemory(3);

    private static TransformerOptions small(int steps) {
        return new TransformerOptions(32, 2, 32, 8, GradientMode.DEFAULT, TransformerOptions.STOPPING, 1e-2, steps, 1);
    }

    private static List<double[]> bits(DeqTransformer model) {
        return model.parameters().blocks().stream().map(Block::toDoubles).toList();
    }

    @Test
    void theLossFallsBelowThatOfAModelWithoutMemory() {
        try (Engine engine = Engines.best(1);
                DeqTransformer model = new DeqTransformer(engine, small(200), TASK)) {
            for (int step = 0; step < 200; step++) {
                model.train(TASK);
            }
            DeqTransformer.Test test = model.test(TASK, 64);
            assertThat(test.loss()).isLessThan(TASK.lossWithoutMemory() / 2);
            assertThat(test.residual()).isLessThan(0.1);
        }
    }

    @Test
    void trainingGoesOnWithTheSameBitsOnAnyThreads(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("model.safetensors");
        List<double[]> whole;
        try (Engine engine = Engines.best(1);
                DeqTransformer model = new DeqTransformer(engine, small(12), TASK)) {
            for (int step = 0; step < 12; step++) {
                model.train(TASK);
                if (step == 6) {
                    model.save(file);
                }
            }
            whole = bits(model);
        }
        try (Engine engine = Engines.best(3);
                DeqTransformer model = new DeqTransformer(engine, small(12), TASK)) {
            model.resume(file);
            assertThat(model.steps()).isEqualTo(7);
            for (int step = 7; step < 12; step++) {
                model.train(TASK);
            }
            assertThat(bits(model)).usingRecursiveComparison().isEqualTo(whole);
        }
        try (Engine engine = Engines.best(1);
                DeqTransformer model = new DeqTransformer(engine, small(13), TASK)) {
            assertThatThrownBy(() -> model.resume(file)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(file + ": the number steps is 12, expected 13");
        }
    }

    /** Also if training has been going on for a while, so that attention is not uniform. */
    @Test
    void laterSymbolsChangeNoBitOfEarlierLogits() {
        try (Engine engine = Engines.best(2);
                DeqTransformer model = new DeqTransformer(engine, small(30), TASK)) {
            for (int step = 0; step < 30; step++) {
                model.train(TASK);
            }
            int length = TASK.length();
            int[] symbols = new int[length];
            TASK.test(5, 1, symbols, new int[length]);
            double[] before = model.logits(symbols).toDoubles();
            for (int changed = 1; changed < length; changed++) {
                int kept = symbols[changed];
                symbols[changed] = (kept + 1) % TASK.symbols();
                double[] after = model.logits(symbols).toDoubles();
                int same = changed * TASK.symbols();
                assertThat(Arrays.copyOf(after, same)).isEqualTo(Arrays.copyOf(before, same));
                assertThat(after[same]).isNotEqualTo(before[same]);
                symbols[changed] = kept;
            }
        }
    }

    @Test
    void aTestHasTheSameBitsInAnyBatchOfPlainSteps() {
        try (Engine engine = Engines.best(1);
                DeqTransformer model = new DeqTransformer(engine, small(30), TASK)) {
            int length = TASK.length();
            int[] symbols = new int[8 * length];
            TASK.test(0, 8, symbols, new int[8 * length]);
            DeqTransformer.Test all = model.testPlain(TASK, 8);
            assertThat(all.evaluations()).isEqualTo(DeqTransformer.PLAIN);
            double nats = 0;
            for (int b = 0; b < 8; b++) {
                int[] one = Arrays.copyOfRange(symbols, b * length, (b + 1) * length);
                int[] targets = new int[length];
                TASK.test(b, 1, new int[length], targets);
                Block logits = model.logits(one);
                for (int t = 0; t < length; t++) {
                    double sum = 0;
                    for (int c = 0; c < TASK.symbols(); c++) {
                        sum += Math.exp(logits.get(t, c));
                    }
                    nats += Math.log(sum) - logits.get(t, targets[t]);
                }
            }
            // The loss is computed from the f32 softmax of the logits.
            assertThat(all.loss()).isCloseTo(nats / (8 * length), within(1e-5));
        }
    }

    @Test
    void aSamplerGoesOnWithAText() {
        Novel novel = Novel.of("the cat sat on the mat. ".repeat(60), 20);
        try (Engine engine = Engines.best(1);
                DeqTransformer model = new DeqTransformer(engine, small(150), novel)) {
            for (int step = 0; step < 150; step++) {
                model.train(novel);
            }
            String text = new Sampler(model, novel, 0.01).goOn("the cat sat on the mat. the c", 30, 1);
            assertThat(text).isEqualTo("the cat sat on the mat. the cat sat on the mat. the cat sat");
        }
    }

    @Test
    void aShapeThatCannotBeFoldedIsNamed() {
        CopyMemory task = new CopyMemory(12);
        try (Engine engine = Engines.best(1)) {
            assertThatThrownBy(() -> new DeqTransformer(engine, small(1), task)).isInstanceOf(IllegalArgumentException.class).hasMessage(
                    "DEQ-Transformer: sequences of 32 symbols with 32 elements each, expected a product that is no multiple of 1024");
        }
    }
}
