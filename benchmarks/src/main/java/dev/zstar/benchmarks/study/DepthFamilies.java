package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.families.Classifier;
import dev.zstar.benchmarks.families.Deq;
import dev.zstar.benchmarks.families.Family;
import dev.zstar.benchmarks.families.MonotoneDeq;
import dev.zstar.benchmarks.families.MultiscaleDeq;
import dev.zstar.benchmarks.families.NeuralOde;
import dev.zstar.benchmarks.families.Samples;
import dev.zstar.benchmarks.families.StandardNetwork;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Trains the families of models by the same code, on the digits and on rings in the plane, with several seeds. On the digits all have about
 * 25,000 parameters.
 */
final class DepthFamilies implements Fork.Task {
    private static final int BATCH = 64;
    private static final double RATE = 4e-3;
    /** The mean training loss of an epoch at which a model counts as trained. */
    private static final double LOSS = 0.1;
    private static final int PIXELS = 64;

    /** Test accuracy and times of one seed. */
    private record Trained(double accuracy, double seconds, double stepMicros, double evaluations) {}

    /** The families that read digits, by name. */
    static Map<String, Supplier<Family>> digits() {
        Map<String, Supplier<Family>> families = new LinkedHashMap<>();
        // 4 layers of 64 × n + n² + n parameters, and a head.
        families.put("standard, 4 layers", () -> StandardNetwork.Options.dense(Type.F32, 55, PIXELS, 4, false, false));
        families.put("tied, 12 layers", () -> StandardNetwork.Options.dense(Type.F32, 128, PIXELS, 12, true, false));
        families.put("neural ODE", () -> NeuralOde.Options.dense(Type.F32, 128, PIXELS));
        families.put("DEQ", () -> Deq.Options.hidden(Type.F32, 64, 128, PIXELS));
        families.put("monotone DEQ", () -> MonotoneDeq.Options.digits(Type.F32, 96));
        families.put("multiscale DEQ", () -> MultiscaleDeq.Options.digits(Type.F32, 6));
        return families;
    }

    /** The families that tell the rings apart. */
    static Map<String, Supplier<Family>> rings() {
        Map<String, Supplier<Family>> families = new LinkedHashMap<>();
        families.put("standard, 4 layers", () -> StandardNetwork.Options.dense(Type.F32, 8, 2, 4, false, false));
        families.put("neural ODE", () -> NeuralOde.Options.flow(Type.F32, 2, 64));
        families.put("DEQ", () -> Deq.Options.dense(Type.F32, 16, 2));
        return families;
    }

    /** Epochs of a family: the multiscale model needs fewer, and each takes ten times as long. Rings are few. */
    static int epochs(String data, String family, boolean quick) {
        return data.equals("rings") ? 40 : family.startsWith("multiscale") ? quick ? 3 : 15 : quick ? 10 : 25;
    }

    /** The argument that {@link #run} reads. */
    static String argument(String data, String family, int seeds, int epochs) {
        return seeds + " " + epochs + " " + data + " " + family;
    }

    @Override
    public Serializable run(String argument) {
        String[] words = argument.split(" ", 4);
        int seeds = Integer.parseInt(words[0]);
        int epochs = Integer.parseInt(words[1]);
        boolean isDigits = words[2].equals("digits");
        Samples data = isDigits ? Samples.digits() : Samples.rings(1000, 1);
        Family family = (isDigits ? digits() : rings()).get(words[3]).get();
        String name = words[2] + ": " + words[3];
        List<Trained> trained = new ArrayList<>();
        ArrayList<StudyResult> results = new ArrayList<>();
        try (Engine engine = Engines.best(1)) {
            // The first model is thrown away, for the JIT.
            train(engine, family, data, 0, Math.min(epochs, 3));
            long bytes = 0;
            for (int seed = 1; seed <= seeds; seed++) {
                try (Classifier model = new Classifier(engine, family, data.classes(), BATCH, seed)) {
                    trained.add(train(model, data, seed, epochs));
                    bytes = model.bodyBytes();
                }
            }
            add(results, name, engine, epochs, "accuracy", trained.stream().mapToDouble(Trained::accuracy).toArray());
            add(results, name, engine, epochs, "secondsToLoss",
                    trained.stream().mapToDouble(Trained::seconds).filter(Double::isFinite).toArray());
            add(results, name, engine, epochs, "stepUs", trained.stream().mapToDouble(Trained::stepMicros).toArray());
            add(results, name, engine, epochs, "nfev", trained.stream().mapToDouble(Trained::evaluations).toArray());
            add(results, name, engine, epochs, "stateBytes", (double) bytes);
            add(results, name, engine, epochs, "parameters",
                    family.descriptions().stream().mapToDouble(p -> (double) p.rows() * p.cols()).sum());
        }
        return new ForkResults(results);
    }

    private static void train(Engine engine, Family family, Samples data, int seed, int epochs) {
        try (Classifier model = new Classifier(engine, family, data.classes(), BATCH, seed)) {
            train(model, data, seed, epochs);
        }
    }

    private static Trained train(Classifier model, Samples data, int seed, int epochs) {
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
                double rate = 0.5 * RATE * (1 + Math.cos(Math.PI * step / steps.length));
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

    private static void add(List<StudyResult> results, String name, Engine engine, int epochs, String metric, double... values) {
        if (values.length > 0) {
            Arrays.sort(values);
            TreeMap<String, Double> params = new TreeMap<>(Map.of("epochs", (double) epochs, "batch", (double) BATCH));
            results.add(StudyResult.of("depth", name, engine.name(), 1, params, metric, null, values));
        }
    }
}
