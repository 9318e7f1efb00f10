package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.digits.DeqClassifier;
import dev.zstar.benchmarks.digits.Digits;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Trains a deep equilibrium model on handwritten digits, from nothing, and tests it on images it has not seen. */
final class TrainingSuite {
    private static final int N = 128;
    private static final int BATCH = 64;

    private TrainingSuite() {}

    static void run(StudyOptions options, Progress progress, List<Result> results) {
        int epochs = options.quick() ? 10 : 30;
        int threads = options.threads() == 0 ? Engines.processors() : options.threads();
        Digits data;
        try {
            data = Digits.load();
        } catch (IllegalArgumentException e) {
            throw new StudyException(e.getMessage());
        }
        progress.stage("training", epochs);
        try (Engine engine = Engines.best(threads);
                DeqClassifier model = new DeqClassifier(engine, N, BATCH, 1)) {
            Random random = new Random(5);
            int[] images = new int[Digits.TRAINING];
            java.util.Arrays.setAll(images, i -> i);
            long start = System.nanoTime();
            double accuracy = 0;
            double seconds = 0;
            for (int epoch = 1; epoch <= epochs; epoch++) {
                shuffle(images, random);
                double loss = 0;
                for (int from = 0; from < images.length; from += BATCH) {
                    int count = Math.min(BATCH, images.length - from);
                    loss += model.train(data, images, from, count) * count / images.length;
                }
                seconds = (System.nanoTime() - start) * 1e-9;
                accuracy = model.accuracy(data, Digits.TRAINING, data.size());
                add(results, "epoch " + epoch, engine, epoch, "loss", loss);
                add(results, "epoch " + epoch, engine, epoch, "accuracy", accuracy);
                add(results, "epoch " + epoch, engine, epoch, "seconds", seconds);
                progress.step(String.format("epoch %d: %.1f%% right", epoch, 100 * accuracy));
            }
            add(results, "digits n=" + N, engine, epochs, "accuracy", accuracy);
            add(results, "digits n=" + N, engine, epochs, "seconds", seconds);
            add(results, "digits n=" + N, engine, epochs, "nfev", model.meanEvaluations());
        }
    }

    private static void shuffle(int[] images, Random random) {
        for (int i = images.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swap = images[i];
            images[i] = images[j];
            images[j] = swap;
        }
    }

    private static void add(List<Result> results, String name, Engine engine, int epoch, String metric, double value) {
        TreeMap<String, Double> params = new TreeMap<>(Map.of("epoch", (double) epoch, "n", (double) N, "batch", (double) BATCH));
        results.add(Result.of("training", name, engine.name(), engine.threads(), params, metric, null, value));
    }
}
