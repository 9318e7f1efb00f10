package dev.zstar.solvers.parameters;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.guard.Arguments;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** How a parameter gets its first values. The values depend only on the seed, the shape and the type. */
@FunctionalInterface
public interface Initialiser {
    /** Fills the block. */
    void fill(Block block, RandomGenerator random);

    /** Every element is {@code value}. */
    static Initialiser constant(double value) {
        return (block, random) -> block.fill(value);
    }

    /** Normally distributed numbers with this standard deviation and mean 0. */
    static Initialiser normal(double deviation) {
        Arguments.positive("normal", "the standard deviation", deviation);
        return (block, random) -> each(block, () -> deviation * random.nextGaussian());
    }

    /** Uniformly distributed numbers between {@code -bound} and {@code bound}. */
    static Initialiser uniform(double bound) {
        Arguments.positive("uniform", "the bound", bound);
        return (block, random) -> each(block, () -> bound * (2 * random.nextDouble() - 1));
    }

    /** Uniform with the bound {@code √(6 / (rows + cols))} (Glorot, Bengio 2010, equation 16). */
    static Initialiser glorot() {
        return (block, random) -> uniform(Math.sqrt(6.0 / (block.rows() + block.cols()))).fill(block, random);
    }

    /**
     * Uniform with the bound {@code gain / √inputs}, where inputs is the number of columns. With a gain of 1 this is what
     * {@code torch.nn.Linear} does.
     */
    static Initialiser fanIn(double gain) {
        Arguments.positive("fanIn", "the gain", gain);
        return (block, random) -> uniform(gain / Math.sqrt(block.cols())).fill(block, random);
    }

    /**
     * A random matrix with orthonormal rows, or orthonormal columns if it has fewer of them, times {@code gain} (Saxe, McClelland, Ganguli
     * 2014). A square one multiplies the length of every vector by the gain, so with a gain of 1 nothing fades in a recurrence. It is found
     * by Gram-Schmidt on normally distributed vectors, in f64, and rounded to the type of the block.
     *
     * @throws IllegalArgumentException if the gain is not a positive number
     */
    static Initialiser orthogonal(double gain) {
        Arguments.positive("orthogonal", "the gain", gain);
        return (block, random) -> Orthogonal.fill(block, random, gain);
    }

    /** A random generator with this seed. Its numbers are the same on every machine. */
    static RandomGenerator generator(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    private static void each(Block block, java.util.function.DoubleSupplier next) {
        for (int i = 0; i < block.rows(); i++) {
            for (int j = 0; j < block.cols(); j++) {
                block.set(i, j, next.getAsDouble());
            }
        }
    }
}
