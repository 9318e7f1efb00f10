package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import java.util.Random;

/**
 * One generator for many tasks against one cell for each. Task i is to turn points of the plane by the angle {@code θ_i = 2π i / tasks}:
 * {@code y = 0.8 tanh(R(θ_i) x)}. Its context is {@code (cos θ_i, sin θ_i)}. Points for testing are not those of training.
 *
 * @param tasks the number of tasks
 * @param generated the weights of all cells together
 * @param parameters what the generator has instead
 * @param sharedError the mean squared error of the generated cells on points for testing
 * @param separateError that of cells which were trained separately, with the same steps, rate and points
 * @param variance the mean square of the targets: the error of a model that always answers 0
 */
public record Compression(int tasks, long generated, long parameters, double sharedError, double separateError, double variance) {
    private static final int N = 13;
    private static final double RATE = 0.01;

    /** How many weights there are for each parameter of the generator. */
    public double factor() {
        return (double) generated / parameters;
    }

    /**
     * Trains both.
     *
     * @param points points of each task in a step, and for testing
     * @param steps steps of training
     */
    public static Compression measure(Engine engine, int tasks, int points, int steps, long seed) {
        Random random = new Random(seed);
        var options = Hypernetwork.Options.linear(Type.F32, 2, N, 2, 2, tasks * points);
        double separate = 0;
        double shared;
        double variance = 0;
        try (Samples training = new Samples(engine, tasks, points, random); Samples test = new Samples(engine, tasks, points, random)) {
            try (Hypernetwork generator = new Hypernetwork(engine, options, seed)) {
                for (int step = 0; step < steps; step++) {
                    generator.train(training.contexts, training.x, training.y, RATE);
                }
                shared = generator.loss(test.contexts, test.x, test.y);
            }
            for (double y : test.y.toDoubles()) {
                variance += y * y / (tasks * points * 2);
            }
            // A generator with a constant context is a single cell, whose weights are sums of two parameters.
            var single = Hypernetwork.Options.linear(Type.F32, 1, N, 2, 2, points);
            for (int i = 0; i < tasks; i++) {
                try (Hypernetwork cell = new Hypernetwork(engine, single, seed + i); Block one = engine.allocate(Type.F32, points, 1)) {
                    one.fill(1);
                    for (int step = 0; step < steps; step++) {
                        cell.train(one, training.x.part(i, tasks), training.y.part(i, tasks), RATE);
                    }
                    separate += cell.loss(one, test.x.part(i, tasks), test.y.part(i, tasks)) / tasks;
                }
            }
        }
        long parameters = options.descriptions().stream().mapToLong(p -> p.size()).sum();
        return new Compression(tasks, (long) tasks * options.generated(), parameters, shared, separate, variance);
    }

    /** Points of all tasks, those of a task one after the other. */
    private static final class Samples implements AutoCloseable {
        private final Block contexts;
        private final Block x;
        private final Block y;

        Samples(Engine engine, int tasks, int points, Random random) {
            contexts = engine.allocate(Type.F32, tasks * points, 2);
            x = engine.allocate(Type.F32, tasks * points, 2);
            y = engine.allocate(Type.F32, tasks * points, 2);
            for (int row = 0; row < tasks * points; row++) {
                int task = row / points;
                double θ = 2 * Math.PI * task / tasks;
                double a = random.nextDouble(-1, 1);
                double b = random.nextDouble(-1, 1);
                set(contexts, row, Math.cos(θ), Math.sin(θ));
                set(x, row, a, b);
                set(y, row, 0.8 * Math.tanh(Math.cos(θ) * a - Math.sin(θ) * b), 0.8 * Math.tanh(Math.sin(θ) * a + Math.cos(θ) * b));
            }
        }

        private static void set(Block block, int row, double first, double second) {
            block.set(row, 0, first);
            block.set(row, 1, second);
        }

        @Override
        public void close() {
            contexts.close();
            x.close();
            y.close();
        }
    }
}
