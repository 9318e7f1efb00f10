package dev.zstar.benchmarks.reasoner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.benchmarks.reasoner.Inference.Exit;
import dev.zstar.benchmarks.reasoner.Inference.Score;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.solvers.implicit.GradientMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small model learns, goes on from a file with the same bits, and loses nothing by its exits. */
class ReasonerTest {
    private static final Reasoner.Size SMALL = Reasoner.Size.of(4, 48);

    @TempDir
    Path folder;

    private static ReasonerTraining.Options options(int steps) {
        return new ReasonerTraining.Options(SMALL, 16, 4, new GradientMode.Unrolled(3), 4e-3, steps, 1);
    }

    private static double meanLoss(ReasonerTraining training, int steps) {
        double sum = 0;
        for (int i = 0; i < steps; i++) {
            sum += training.step();
        }
        return sum / steps;
    }

    @Test
    void sixtyStepsLowerTheLoss() {
        try (Engine engine = Engines.best(1);
                ReasonerTraining training = new ReasonerTraining(engine, options(60))) {
            double first = meanLoss(training, 5);
            // A guess among four digits costs log 4.
            assertThat(first).isBetween(1.0, 2.0);
            meanLoss(training, 50);
            assertThat(meanLoss(training, 5)).isLessThan(0.6 * first);
            assertThat(training.isDone()).isTrue();
        }
    }

    @Test
    void theImplicitGradientTrainsToo() {
        GradientMode mode = new GradientMode.Unrolled(3).then(30, new GradientMode.Phantom(2, 1));
        try (Engine engine = Engines.best(1);
                ReasonerTraining training =
                        new ReasonerTraining(engine, new ReasonerTraining.Options(SMALL, 16, 4, mode, 4e-3, 60, 1))) {
            double first = meanLoss(training, 30);
            assertThat(meanLoss(training, 30)).isLessThan(first);
        }
    }

    @Test
    void trainingThatResumesHasTheSameBitsForAnyThreads() throws IOException {
        Path file = folder.resolve("reasoner.safetensors");
        double[] expected;
        double loss;
        try (Engine engine = Engines.best(1);
                ReasonerTraining training = new ReasonerTraining(engine, options(20))) {
            meanLoss(training, 7);
            training.save(file);
            loss = meanLoss(training, 6);
            expected = training.parameter("block1.mlp.down.weight");
        }
        try (Engine engine = Engines.best(2);
                ReasonerTraining training = new ReasonerTraining(engine, options(20))) {
            training.resume(file);
            assertThat(training.steps()).isEqualTo(7);
            assertThat(meanLoss(training, 6)).isEqualTo(loss);
            assertThat(training.parameter("block1.mlp.down.weight")).isEqualTo(expected);
        }
    }

    /** Of 4×4 puzzles some occur twice, and nobody calls them new. */
    @Test
    void testPuzzlesThatOccurredInTrainingAreCounted() {
        try (Engine engine = Engines.best(1);
                ReasonerTraining training = new ReasonerTraining(engine, options(20))) {
            assertThat(training.seen(300)).as("before training").isZero();
            meanLoss(training, 20);
            int seen = training.seen(300);
            Set<String> trained = new HashSet<>();
            // 16 rows with 4 segments for each puzzle: rows get their puzzles in turn, up to that of step 19.
            Puzzles puzzles = new Puzzles(Board.of(4), 1);
            for (int step = 0; step < 20; step++) {
                for (int row = 0; row < 16; row++) {
                    trained.add(puzzles.get((step + row) / 4 * 16L + row).toString());
                }
            }
            try (Inference inference = training.inference(4, 300)) {
                assertThat(seen).isEqualTo((int) inference.puzzles().stream().filter(p -> trained.contains(p.toString())).count());
            }
        }
    }

    @Test
    void otherTrainingIsNotResumed() throws IOException {
        Path file = folder.resolve("reasoner.safetensors");
        try (Engine engine = Engines.best(1);
                ReasonerTraining training = new ReasonerTraining(engine, options(20));
                ReasonerTraining longer = new ReasonerTraining(engine, options(30))) {
            training.save(file);
            assertThatThrownBy(() -> longer.resume(file)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(file + ": the number steps is 20, expected 30");
        }
    }

    @Test
    void exitsSpendFewerEvaluationsAndLoseNoAccuracy() {
        try (Engine engine = Engines.best(1);
                ReasonerTraining training = new ReasonerTraining(engine,
                        new ReasonerTraining.Options(SMALL, 32, 4, new GradientMode.Unrolled(2), 8e-3, 250, 1))) {
            meanLoss(training, 250);
            try (Inference inference = training.inference(8, 99)) {
                List<Score> depths = inference.depths();
                Score end = depths.getLast();
                assertThat(end.solved()).as("a model that has learnt something").isGreaterThan(0.8);
                assertThat(inference.lockstep(5)).isEqualTo(depths.get(4));
                Score certain = inference.stream(Exit.CERTAIN, false);
                Score equilibrium = inference.stream(Exit.EQUILIBRIUM, false);
                Score stable = inference.stream(Exit.STABLE, false);
                double onePuzzle = 1.001 / inference.count();
                assertThat(certain.solved()).isGreaterThanOrEqualTo(end.solved() - onePuzzle);
                assertThat(equilibrium.solved()).isGreaterThanOrEqualTo(end.solved() - onePuzzle);
                assertThat(certain.evaluations()).isLessThan(Inference.MOST / 2.0);
                assertThat(equilibrium.evaluations()).isLessThan(Inference.MOST / 2.0);
                // Digits also rest while the model still works on them, so that this rule saves most and loses something.
                assertThat(stable.evaluations()).isLessThan(certain.evaluations());
                assertThat(stable.solved()).isBetween(depths.get(1).solved(), end.solved() + onePuzzle);
            }
        }
    }

    @Test
    void aStreamGivesTheSameAnswersForAnyNumberInFlight() {
        try (Engine engine = Engines.best(1);
                ReasonerTraining training = new ReasonerTraining(engine, options(40))) {
            meanLoss(training, 40);
            try (Inference few = training.inference(4, 30);
                    Inference many = training.inference(12, 30)) {
                for (Exit exit : Exit.values()) {
                    assertThat(few.stream(exit, true)).isEqualTo(many.stream(exit, true));
                }
                assertThat(few.starts(2)).isEqualTo(many.starts(2));
            }
        }
    }

    @Test
    void aWidthThatLeavesPaddingIsRefused() {
        assertThatThrownBy(() -> Reasoner.Size.of(4, 64)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("reasoner: the width is 64 with 16 tokens, expected a multiple of 16 whose product with the tokens is not a "
                        + "multiple of 1,024");
        assertThatThrownBy(() -> Reasoner.Size.of(6, 50)).isInstanceOf(IllegalArgumentException.class);
    }
}
