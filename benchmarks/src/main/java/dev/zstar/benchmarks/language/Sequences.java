package dev.zstar.benchmarks.language;

import dev.zstar.solvers.training.heads.CrossEntropy;

/**
 * A task on sequences: after each symbol the model says which one it expects. Symbols are numbers from 0 on.
 *
 * <p>Sequences are written one after the other in arrays of {@code rows · length} symbols. A target that is {@link CrossEntropy#IGNORED}
 * does not count.
 */
public sealed interface Sequences permits CopyMemory, Novel {
    /** The number of different symbols. */
    int symbols();

    /** The number of symbols in a sequence. */
    int length();

    /**
     * Writes sequences to train on.
     *
     * @param seed determines them
     * @param inputs one symbol for each place
     * @param targets the symbol that is expected after it
     */
    void training(long seed, int rows, int[] inputs, int[] targets);

    /** Writes the sequences from number {@code first} on with which a model is tested. They do not occur in training. */
    void test(int first, int rows, int[] inputs, int[] targets);

    /** The number of sequences with which a model is tested. */
    int tests();
}
