package dev.zstar.benchmarks.families;

import dev.zstar.benchmarks.digits.Digits;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Labelled inputs. The first are for training, the others for testing.
 *
 * @param name of the data
 * @param inputs a row for each sample
 * @param labels the class of each sample
 * @param classes how many classes there are
 * @param training how many samples are for training
 */
public record Samples(String name, List<float[]> inputs, List<Integer> labels, int classes, int training) {
    /** Handwritten digits of 8×8 pixels. */
    public static Samples digits() {
        Digits digits = Digits.load();
        return new Samples("digits", digits.pixels(), digits.labels(), Digits.CLASSES, Digits.TRAINING);
    }

    /**
     * Points of the plane: a disc of radius 1/2 is one class, the ring from 1 to 3/2 around it the other (Dupont, Doucet and Teh 2019). No
     * homeomorphism of the plane takes the two classes to the two sides of a line, so an ordinary differential equation in the plane
     * cannot separate them.
     */
    public static Samples rings(int count, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        List<float[]> inputs = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            boolean isDisc = i % 2 == 0;
            labels.add(isDisc ? 0 : 1);
            double least = isDisc ? 0 : 1;
            double most = isDisc ? 0.5 : 1.5;
            // The root makes the density the same everywhere.
            double radius = Math.sqrt(least * least + random.nextDouble() * (most * most - least * least));
            double angle = 2 * Math.PI * random.nextDouble();
            inputs.add(new float[] {(float) (radius * Math.cos(angle)), (float) (radius * Math.sin(angle))});
        }
        return new Samples("rings", inputs, labels, 2, count * 4 / 5);
    }

    /** Samples for testing. */
    public int tests() {
        return inputs.size() - training;
    }
}
