package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.digits.DeqClassifier;
import dev.zstar.benchmarks.digits.Digits;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.EquilibriumStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Throughput of rows that take different numbers of evaluations: easy, hard and corrupted images for a trained model. They are solved in
 * batches that compute until the slowest row is done, in batches whose rows leave when they are done, and as a stream.
 */
final class StreamingSuite {
    private static final int N = 512;
    private static final int BATCH = 64;
    private static final int IMAGES = 1024;
    private static final double TOLERANCE = 1e-6;
    private static final String CASE = "digits n=" + N + " in flight " + BATCH;

    /** The results of one fork: images per second of each way, and evaluations of an image. */
    private record Throughput(
            double lockstep, double batches, double stream, double meanEvaluations, double mostEvaluations, double differing,
            double usedByBatches, double usedByStream)
            implements Serializable {}

    private StreamingSuite() {}

    static void run(boolean quick, StudyProgress progress, List<StudyResult> results) {
        int forks = quick ? 2 : 5;
        progress.stage("streaming", forks);
        List<Throughput> found = new ArrayList<>();
        Fork.repeat(forks, () -> {
            Fork.Measured<Throughput> measured = Fork.measure(StreamingChild.class, Throughput.class, quick ? "2" : "5");
            EvidenceLog.add(List.of(EvidenceLog.name("streaming", CASE)), measured);
            Throughput one = measured.value();
            found.add(one);
            progress.step(String.format(Locale.ROOT, "a stream is %.2f times as fast as lock-step", one.stream() / one.lockstep()));
        });
        add(results, found, "lockstep", "rowsPerSecond", Throughput::lockstep);
        add(results, found, "batches", "rowsPerSecond", Throughput::batches);
        add(results, found, "stream", "rowsPerSecond", Throughput::stream);
        add(results, found, "batches/lockstep", "ratio", one -> one.batches() / one.lockstep());
        add(results, found, "stream/lockstep", "ratio", one -> one.stream() / one.lockstep());
        add(results, found, "stream", "meanEvaluations", Throughput::meanEvaluations);
        add(results, found, "stream", "mostEvaluations", Throughput::mostEvaluations);
        add(results, found, "stream", "rowsThatDiffer", Throughput::differing);
        // The slots in use are the same in lock-step and in batches: those of images that are not done.
        add(results, found, "lockstep", "slotsInUse", Throughput::usedByBatches);
        add(results, found, "batches", "slotsInUse", Throughput::usedByBatches);
        add(results, found, "stream", "slotsInUse", Throughput::usedByStream);
    }

    private static void add(
            List<StudyResult> results, List<Throughput> found, String way, String metric, ToDoubleFunction<Throughput> value) {
        double[] sorted = found.stream().mapToDouble(value).sorted().toArray();
        TreeMap<String, Double> params = new TreeMap<>(Map.of("n", (double) N, "batch", (double) BATCH, "images", (double) IMAGES));
        results.add(StudyResult.of("streaming", CASE, way, 1, params, metric, null, sorted));
    }

    /** Trains for the given number of epochs and measures once, in its own JVM. */
    static final class StreamingChild implements Fork.Task {
        @Override
        public Serializable run(String epochs) {
            Digits data = Digits.load();
            try (Engine engine = Engines.named(Contenders.own(), 1);
                    DeqClassifier model = new DeqClassifier(engine, new DeqClassifier.Options(N, BATCH, 1));
                    Block images = mixed(data);
                    // A copy, since a block keeps the views of only one division into parts at a time.
                    Block singles = engine.allocate(Type.F32, IMAGES, Digits.PIXELS);
                    Block states = engine.allocate(Type.F32, IMAGES, N);
                    Block streamed = engine.allocate(Type.F32, IMAGES, N);
                    Block slots = engine.allocate(Type.F32, BATCH, N);
                    Anderson anderson = plan(engine, Stopping.relative(TOLERANCE))) {
                singles.copyFrom(images);
                int[] order = IntStream.range(0, Digits.TRAINING).toArray();
                for (int epoch = 0; epoch < Integer.parseInt(epochs); epoch++) {
                    for (int from = 0; from + BATCH <= order.length; from += BATCH) {
                        model.train(data, order, from, BATCH);
                    }
                }
                return measure(engine, model.map(), images, singles, states, streamed, slots, anderson);
            }
        }

        private static Throughput measure(
                Engine engine, CellMap cell, Block images, Block singles, Block states, Block streamed, Block slots, Anderson anderson) {
            int[] spent = new int[IMAGES];
            EquilibriumStream.Loader<Integer> loader = (image, slot, start) -> {
                cell.inject(slot, singles.part(image, IMAGES));
                start.part(slot, BATCH).fill(0);
            };
            EquilibriumStream<Integer> stream = new EquilibriumStream<>(anderson, cell, loader);
            Runnable asStream = () -> stream.run(IntStream.range(0, IMAGES).iterator(), slots, solved -> {
                spent[solved.input()] = solved.evaluations();
                streamed.copyRow(solved.state(), 0, solved.input());
            });
            Runnable inBatches = () -> {
                for (int batch = 0; batch < IMAGES / BATCH; batch++) {
                    solve(anderson, cell, images, states, batch);
                }
            };
            // Rows that the stream evaluates, and the slots that it has for them. It is not timed.
            long[] evaluated = new long[2];
            new EquilibriumStream<>(anderson, (z, out, rows) -> {
                cell.apply(z, out, rows);
                evaluated[0] += rows.count();
                evaluated[1] += BATCH;
            }, loader).run(IntStream.range(0, IMAGES).iterator(), slots, _ -> {});
            asStream.run();
            inBatches.run();
            int differing = 0;
            for (int image = 0; image < IMAGES; image++) {
                differing += Arrays.equals(states.part(image, IMAGES).toFloats(), streamed.part(image, IMAGES).toFloats()) ? 0 : 1;
            }
            // A batch in lock-step evaluates every row as often as its slowest row needs, which is known by now.
            int[] slowest = new int[IMAGES / BATCH];
            Anderson[] fixed = new Anderson[slowest.length];
            for (int batch = 0; batch < slowest.length; batch++) {
                slowest[batch] = Arrays.stream(spent, batch * BATCH, (batch + 1) * BATCH).max().orElseThrow();
                fixed[batch] = plan(engine, Stopping.fixed(slowest[batch]));
            }
            Runnable inLockstep = () -> {
                for (int batch = 0; batch < slowest.length; batch++) {
                    solve(fixed[batch], cell, images, states, batch);
                }
            };
            double[][] nanos = Stopwatch.run(4_000_000, 15, inLockstep, inBatches, asStream).nanos();
            for (Anderson plan : fixed) {
                plan.close();
            }
            return new Throughput(IMAGES * 1e9 / nanos[0][0], IMAGES * 1e9 / nanos[1][0], IMAGES * 1e9 / nanos[2][0],
                    Arrays.stream(spent).average().orElseThrow(), Arrays.stream(spent).max().orElseThrow(), differing,
                    Arrays.stream(spent).sum() / ((double) BATCH * Arrays.stream(slowest).sum()), (double) evaluated[0] / evaluated[1]);
        }

        private static Anderson plan(Engine engine, Stopping stopping) {
            return Anderson.plan(engine, Type.F32, BATCH, N, SolveChild.FIVE, stopping);
        }

        private static void solve(Anderson anderson, CellMap cell, Block images, Block states, int batch) {
            Block state = states.part(batch, IMAGES / BATCH);
            state.fill(0);
            cell.inject(images.part(batch, IMAGES / BATCH));
            Outcome outcome = anderson.solve(cell, state);
            if (!outcome.succeeded()) {
                throw new StudyException("streaming: a solve failed: " + outcome);
            }
        }

        /**
         * Of sixteen images, nine are unchanged, six are so bright that they saturate the cell, and one is faint and noisy, which takes the
         * most evaluations.
         */
        private static Block mixed(Digits data) {
            Random random = new Random(3);
            Block images = Block.allocate(Type.F32, IMAGES, Digits.PIXELS);
            for (int image = 0; image < IMAGES; image++) {
                float[] pixels = data.pixels().get(Digits.TRAINING + image % (data.size() - Digits.TRAINING));
                for (int i = 0; i < Digits.PIXELS; i++) {
                    images.set(image, i, switch (image % 16) {
                        case 9, 10, 11, 12, 13, 14 -> 8 * pixels[i];
                        case 15 -> 0.02 * (pixels[i] + random.nextGaussian());
                        default -> pixels[i];
                    });
                }
            }
            return images;
        }
    }
}
