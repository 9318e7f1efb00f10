package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.families.Classifier;
import dev.zstar.benchmarks.families.Family;
import dev.zstar.benchmarks.families.Samples;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Trains a model of {@link DepthModels} with several seeds, all by the same code, and measures what it takes and what it learns. */
final class DepthFamilies implements Fork.Task {
    private static final int BATCH = 64;
    /** The mean training loss of an epoch at which a model counts as trained. */
    private static final double LOSS = 0.1;

    private static final long SETTLE_NANOS = 1_200_000_000L;

    private final ArrayList<StudyResult> results = new ArrayList<>();

    /** Test accuracy and times of one seed. */
    private record Trained(double accuracy, double seconds, double stepMicros, double evaluations) {}

    /** The argument that {@link #run} reads. */
    static String argument(String name, int seeds, boolean quick) {
        return seeds + " " + quick + " " + name;
    }

    @Override
    public Serializable run(String argument) {
        String[] words = argument.split(" ", 3);
        int seeds = Integer.parseInt(words[0]);
        boolean quick = Boolean.parseBoolean(words[1]);
        String name = words[2];
        DepthModels.Model model = DepthModels.all(quick).get(name);
        Family family = model.trained().apply(Type.F32);
        int epochs = model.epochs(quick);
        List<Trained> trained = new ArrayList<>();
        try (Engine engine = Engines.best(1)) {
            settle(engine, family, DepthModels.data(name, quick, 1), model.rate());
            boolean more = true;
            for (int seed = 1; more; seed++) {
                Samples data = DepthModels.data(name, quick, seed);
                try (Classifier classifier = new Classifier(engine, family, data, BATCH, seed)) {
                    trained.add(train(classifier, data, seed, epochs, model.rate()));
                    more = Fork.another(seed, seeds);
                    if (!more) {
                        add(name, engine, epochs, "stateBytes", (double) classifier.bodyBytes());
                        add(name, engine, epochs, "forwardBytes", (double) classifier.forwardBytes());
                        compare(name, engine, epochs, model.exact().apply(Type.F64), classifier, data);
                    }
                }
            }
            add(name, engine, epochs, "accuracy", trained.stream().mapToDouble(Trained::accuracy).toArray());
            add(name, engine, epochs, "secondsToLoss",
                    trained.stream().mapToDouble(Trained::seconds).filter(Double::isFinite).toArray());
            add(name, engine, epochs, "stepUs", trained.stream().mapToDouble(Trained::stepMicros).toArray());
            add(name, engine, epochs, "nfev", trained.stream().mapToDouble(Trained::evaluations).toArray());
            add(name, engine, epochs, "parameters",
                    family.descriptions().stream().mapToDouble(p -> (double) p.rows() * p.cols()).sum());
        }
        return new ForkResults(results);
    }

    /** Trains a model that is thrown away, until the JIT has compiled its kernels. */
    private static void settle(Engine engine, Family family, Samples data, double rate) {
        int[] images = new int[data.training()];
        Arrays.setAll(images, i -> i);
        try (Classifier model = new Classifier(engine, family, data, BATCH, 0)) {
            long end = System.nanoTime() + SETTLE_NANOS;
            for (int from = 0; System.nanoTime() < end; from = (from + BATCH) % (images.length - BATCH)) {
                model.train(data, images, from, BATCH, rate);
            }
        }
    }

    private static Trained train(Classifier model, Samples data, int seed, int epochs, double most) {
        Random random = new Random(seed);
        int[] order = new int[data.training()];
        Arrays.setAll(order, i -> i);
        double[] steps = new double[epochs * ((order.length + BATCH - 1) / BATCH)];
        int step = 0;
        double seconds = Double.NaN;
        long nanos = 0;
        for (int epoch = 0; epoch < epochs; epoch++) {
            TrainingSuite.shuffle(order, random);
            double loss = 0;
            for (int from = 0; from < order.length; from += BATCH) {
                int count = Math.min(BATCH, order.length - from);
                // The rate falls along half a cosine.
                double rate = 0.5 * most * (1 + Math.cos(Math.PI * step / steps.length));
                long start = System.nanoTime();
                loss += model.train(data, order, from, count, rate) * count / order.length;
                long took = System.nanoTime() - start;
                nanos += took;
                steps[step++] = took * 1e-3;
            }
            if (loss <= LOSS && Double.isNaN(seconds)) {
                seconds = nanos * 1e-9;
            }
        }
        double accuracy = model.accuracy(data, data.training(), data.inputs().size());
        Arrays.sort(steps);
        return new Trained(accuracy, seconds, Stopwatch.median(steps), model.meanForward());
    }

    /** The effective depth of a trained model, and its gradient of one batch against that of exact solves in f64. */
    private void compare(String name, Engine engine, int epochs, Family exact, Classifier model, Samples data) {
        int[] batch = new int[BATCH];
        Arrays.setAll(batch, i -> i);
        model.differentiate(data, batch, 0, BATCH);
        double depth = model.depth(BATCH);
        if (Double.isFinite(depth)) {
            add(name, engine, epochs, "effectiveDepth", depth);
        }
        try (Classifier reference = new Classifier(engine, exact, data, BATCH, 0)) {
            reference.copy(model);
            reference.differentiate(data, batch, 0, BATCH);
            GradientError error = new GradientError();
            for (String parameter : model.gradients().names()) {
                error.add(model.gradients().get(parameter).toDoubles(), reference.gradients().get(parameter).toDoubles());
            }
            if (reference.failures() == 0) {
                add(name, engine, epochs, "gradientError", error.relative());
                add(name, engine, epochs, "cosine", error.cosine());
            }
        }
    }

    /** The seeds are trained one after another in this JVM, so they are values of one fork. */
    private void add(String name, Engine engine, int epochs, String metric, double... values) {
        if (values.length > 0) {
            Arrays.sort(values);
            TreeMap<String, Double> params = new TreeMap<>(Map.of("epochs", (double) epochs, "batch", (double) BATCH));
            results.add(StudyResult.ofOneFork("depth", name, engine.name(), 1, params, metric, values));
        }
    }
}
