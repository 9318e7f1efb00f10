package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.digits.DeqClassifier;
import dev.zstar.benchmarks.digits.Digits;
import dev.zstar.benchmarks.evidence.Watch;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.solvers.implicit.GradientMode;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** Trains a deep equilibrium model on handwritten digits from scratch, and tests it on unseen images. */
final class TrainingSuite {
    private static final int N = 128;
    private static final int BATCH = 64;

    private TrainingSuite() {}

    static void run(StudyOptions options, StudyProgress progress, List<StudyResult> results) {
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
                DeqClassifier model = new DeqClassifier(engine, new DeqClassifier.Options(N, BATCH, 1))) {
            Random random = new Random(5);
            int[] images = new int[Digits.TRAINING];
            Arrays.setAll(images, i -> i);
            Watch watch = Watch.start();
            long start = System.nanoTime();
            double accuracy = 0;
            double seconds = 0;
            long told = 0;
            for (int epoch = 1; epoch <= epochs; epoch++) {
                Fork.requireTime();
                shuffle(images, random);
                double loss = 0;
                for (int from = 0; from < images.length; from += BATCH) {
                    int count = Math.min(BATCH, images.length - from);
                    loss += model.train(data, images, from, count) * count / images.length;
                }
                seconds = (System.nanoTime() - start - told) * 1e-9;
                accuracy = model.accuracy(data, Digits.TRAINING, data.size());
                add(results, "epoch " + epoch, engine, epoch, "loss", loss);
                add(results, "epoch " + epoch, engine, epoch, "accuracy", accuracy);
                add(results, "epoch " + epoch, engine, epoch, "seconds", seconds);
                // A step may write the page, which is no training.
                long before = System.nanoTime();
                progress.step(String.format(Locale.ROOT, "epoch %d: %.1f%% correct", epoch, 100 * accuracy));
                told += System.nanoTime() - before;
            }
            EvidenceLog.add(List.of(EvidenceLog.name("training", "digits n=" + N)), false, watch.stop());
            add(results, "digits n=" + N, engine, epochs, "accuracy", accuracy);
            add(results, "digits n=" + N, engine, epochs, "seconds", seconds);
            add(results, "digits n=" + N, engine, epochs, "nfev", model.meanEvaluations());
        }
        expanding(data, results);
        modes(options.quick(), progress, results);
    }

    /**
     * Training in which the cell stops contracting: ‖W‖ has no bound, and the learning rate is fifty times the usual one. Images whose
     * solve fails are skipped or damped. The suite records how many fail, and whether the parameters stay finite.
     */
    private static void expanding(Digits data, List<StudyResult> results) {
        for (double damping : new double[] {0, 0.1}) {
            Fork.requireTime();
            var options = new DeqClassifier.Options(N, BATCH, 1, GradientMode.DEFAULT, Double.POSITIVE_INFINITY, 0.1, damping);
            try (Engine engine = Engines.best(1);
                    DeqClassifier model = new DeqClassifier(engine, options)) {
                int[] images = new int[Digits.TRAINING];
                Arrays.setAll(images, i -> i);
                int steps = 10 * (images.length / BATCH);
                for (int step = 0; step < steps; step++) {
                    model.train(data, images, step % (images.length / BATCH) * BATCH, BATCH);
                }
                String name = "expanding, " + (damping == 0 ? "skipped" : "damped");
                add(results, name, engine, steps, "failedImages", (double) (model.skipped() + model.damped()));
                add(results, name, engine, steps, "images", (double) steps * BATCH);
                add(results, name, engine, steps, "finite", model.isFinite() ? 1 : 0);
                add(results, name, engine, steps, "accuracy", model.accuracy(data, Digits.TRAINING, data.size()));
            }
        }
    }

    /** Trains with every gradient mode for the same time on one thread, each in its own JVM. */
    private static void modes(boolean quick, StudyProgress progress, List<StudyResult> results) {
        List<Integer> sizes = quick ? List.of(N) : List.of(N, 512);
        // A short study leaves out two whose gradients are those of others.
        List<String> modes = GradientModes.all().keySet().stream()
                .filter(mode -> !quick || !mode.equals("exact, 1e-6") && !mode.startsWith("checkpointed")).toList();
        progress.stage("training by gradient mode", sizes.size() * modes.size());
        for (int n : sizes) {
            for (String mode : modes) {
                String argument = (quick ? 1 : n == N ? 4 : 12) + " " + n + " " + mode;
                results.addAll(Fork.call(ModeChild.class, ForkResults.class, argument).results());
                progress.step("training n = " + n + ", " + mode);
            }
        }
    }

    /** Trains with one mode in its own JVM. */
    static final class ModeChild implements Fork.Task {
        /** Training of a model that is thrown away, for the JIT. */
        private static final double WARM_SECONDS = 2;

        @Override
        public Serializable run(String argument) {
            String[] words = argument.split(" ", 3);
            double seconds = Double.parseDouble(words[0]);
            int n = Integer.parseInt(words[1]);
            DeqClassifier.Options options = new DeqClassifier.Options(n, BATCH, 1).withMode(GradientModes.all().get(words[2]));
            Digits data = Digits.load();
            ArrayList<StudyResult> results = new ArrayList<>();
            try (Engine engine = Engines.best(1)) {
                try (DeqClassifier model = new DeqClassifier(engine, options)) {
                    train(model, data, WARM_SECONDS);
                }
                try (DeqClassifier model = new DeqClassifier(engine, options)) {
                    TreeMap<String, Double> params = new TreeMap<>(Map.of("n", (double) n, "batch", (double) BATCH, "seconds", seconds));
                    String name = words[2] + " n=" + n + " B=" + BATCH;
                    double[] early = train(model, data, seconds / 4);
                    double earlyAccuracy = model.accuracy(data, Digits.TRAINING, data.size());
                    double[] late = train(model, data, seconds - seconds / 4);
                    add(results, name, engine, params, "stepUs", Stopwatch.median(late) * 1e-3);
                    add(results, name, engine, params, "steps", early.length + late.length);
                    add(results, name, engine, params, "accuracyQuarter", earlyAccuracy);
                    add(results, name, engine, params, "accuracyEnd", model.accuracy(data, Digits.TRAINING, data.size()));
                    add(results, name, engine, params, "failedImages", (double) model.skipped());
                }
            }
            return new ForkResults(results);
        }

        /** Trains for this time, and returns the sorted nanoseconds of the steps. */
        private static double[] train(DeqClassifier model, Digits data, double seconds) {
            Random random = new Random(5);
            int[] images = new int[Digits.TRAINING];
            Arrays.setAll(images, i -> i);
            List<Double> steps = new ArrayList<>();
            long end = System.nanoTime() + (long) (seconds * 1e9);
            int from = images.length;
            while (System.nanoTime() < end) {
                if (from + BATCH > images.length) {
                    shuffle(images, random);
                    from = 0;
                }
                long start = System.nanoTime();
                model.train(data, images, from, BATCH);
                steps.add((double) (System.nanoTime() - start));
                from += BATCH;
            }
            return steps.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        }

        private static void add(
                List<StudyResult> results, String name, Engine engine, SortedMap<String, Double> params, String metric, double value) {
            results.add(StudyResult.of("training", name, engine.name(), 1, params, metric, null, value));
        }
    }

    static void shuffle(int[] images, Random random) {
        for (int i = images.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swap = images[i];
            images[i] = images[j];
            images[j] = swap;
        }
    }

    private static void add(List<StudyResult> results, String name, Engine engine, int epoch, String metric, double value) {
        TreeMap<String, Double> params = new TreeMap<>(Map.of("epoch", (double) epoch, "n", (double) N, "batch", (double) BATCH));
        results.add(StudyResult.of("training", name, engine.name(), engine.threads(), params, metric, null, value));
    }
}
