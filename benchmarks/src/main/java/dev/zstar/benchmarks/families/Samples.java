package dev.zstar.benchmarks.families;

import dev.zstar.benchmarks.digits.Digits;
import dev.zstar.benchmarks.language.CopyMemory;
import dev.zstar.solvers.training.heads.CrossEntropy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Labelled inputs. The first are for training, the others for testing.
 *
 * @param inputs a row for each sample
 * @param labels the classes of each sample: one, or one for each place of a sequence. {@link CrossEntropy#IGNORED} does not count
 * @param classes how many classes there are
 * @param training how many samples are for training
 */
public record Samples(List<float[]> inputs, List<int[]> labels, int classes, int training) {
    /** Handwritten digits of 8×8 pixels. */
    public static Samples digits() {
        Digits digits = Digits.load();
        return new Samples(digits.pixels(), digits.labels().stream().map(label -> new int[] {label}).toList(), Digits.CLASSES,
                Digits.TRAINING);
    }

    /**
     * Points of the plane: a disc of radius 1/2 is one class, the ring from 1 to 3/2 around it the other (Dupont, Doucet and Teh 2019). No
     * homeomorphism of the plane takes the two classes to the two sides of a line, so an ordinary differential equation in the plane
     * cannot separate them.
     */
    public static Samples rings(int count, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        List<float[]> inputs = new ArrayList<>();
        List<int[]> labels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            boolean isDisc = i % 2 == 0;
            labels.add(new int[] {isDisc ? 0 : 1});
            double least = isDisc ? 0 : 1;
            double most = isDisc ? 0.5 : 1.5;
            // The root makes the density the same everywhere.
            double radius = Math.sqrt(least * least + random.nextDouble() * (most * most - least * least));
            double angle = 2 * Math.PI * random.nextDouble();
            inputs.add(new float[] {(float) (radius * Math.cos(angle)), (float) (radius * Math.sin(angle))});
        }
        return new Samples(inputs, labels, 2, count * 4 / 5);
    }

    /**
     * The copy memory task. An input is a sequence of symbols, each a one-hot vector. In a test only the symbols to repeat count: to say
     * blank before them is easy.
     *
     * @param delay T, at least 1: the symbols are followed by T - 1 blanks and the signal
     * @param count how many sequences for training
     */
    public static Samples copyMemory(int delay, int count) {
        CopyMemory task = new CopyMemory(delay);
        Samples all = new Samples(new ArrayList<>(), new ArrayList<>(), task.symbols(), count);
        int[] symbols = new int[Math.max(count, task.tests()) * task.length()];
        int[] targets = new int[symbols.length];
        task.training(1, count, symbols, targets);
        all.addSequences(task, count, symbols, targets, 0);
        task.test(0, task.tests(), symbols, targets);
        all.addSequences(task, task.tests(), symbols, targets, task.length() - CopyMemory.COUNT);
        return all;
    }

    private void addSequences(CopyMemory task, int count, int[] symbols, int[] targets, int ignored) {
        int length = task.length();
        for (int i = 0; i < count; i++) {
            float[] input = new float[length * classes];
            for (int t = 0; t < length; t++) {
                input[t * classes + symbols[i * length + t]] = 1;
            }
            inputs.add(input);
            int[] label = Arrays.copyOfRange(targets, i * length, (i + 1) * length);
            Arrays.fill(label, 0, ignored, CrossEntropy.IGNORED);
            labels.add(label);
        }
    }

    /**
     * The same samples in another order, so that part {@code k} of {@code parts} is for testing and all others are for training. With one
     * model for each part every sample is tested once.
     *
     * @param k counted from 0, below {@code parts}
     */
    public Samples fold(int k, int parts) {
        int from = (int) ((long) inputs.size() * k / parts);
        int to = (int) ((long) inputs.size() * (k + 1) / parts);
        return new Samples(last(inputs, from, to), last(labels, from, to), classes, inputs.size() - (to - from));
    }

    /** The elements {@code from … to - 1} moved to the end. */
    private static <E> List<E> last(List<E> all, int from, int to) {
        List<E> moved = new ArrayList<>(all.subList(0, from));
        moved.addAll(all.subList(to, all.size()));
        moved.addAll(all.subList(from, to));
        return moved;
    }

    /** How many labels a sample has. */
    public int places() {
        return labels.getFirst().length;
    }

    /** Samples for testing. */
    public int tests() {
        return inputs.size() - training;
    }
}
