package dev.zstar.benchmarks.language;

import dev.zstar.solvers.parameters.Initialiser;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * The copy memory task (Hochreiter and Schmidhuber 1997, as Arjovsky, Shah and Bengio 2016 pose it): ten symbols, T - 1 blanks, a signal,
 * and ten blanks, in which the model repeats the ten symbols. Before that it says blank.
 *
 * <pre>
 *   inputs    s₁ … s₁₀  blank … blank  signal  blank … blank
 *   targets   blank … … … … … … … … … blank    s₁ …      s₁₀
 * </pre>
 *
 * @param delay T
 */
public record CopyMemory(int delay) implements Sequences {
    /** Symbols to remember. */
    public static final int COUNT = 10;
    /** Different symbols to remember. They are 1 to 8. */
    public static final int KINDS = 8;
    /** The blank. */
    public static final int BLANK = 0;
    /** The signal to repeat. */
    public static final int SIGNAL = KINDS + 1;

    /** Checks the delay. */
    public CopyMemory {
        if (delay < 1) {
            throw new IllegalArgumentException("copy memory: the delay is " + delay + ", expected at least 1");
        }
    }

    @Override
    public int symbols() {
        return KINDS + 2;
    }

    @Override
    public int length() {
        return delay + 2 * COUNT;
    }

    @Override
    public void training(long seed, int rows, int[] inputs, int[] targets) {
        // Tests have the odd seeds.
        RandomGenerator random = Initialiser.generator(2 * seed);
        for (int b = 0; b < rows; b++) {
            draw(random, b, inputs, targets);
        }
    }

    @Override
    public void test(int first, int rows, int[] inputs, int[] targets) {
        for (int b = 0; b < rows; b++) {
            draw(Initialiser.generator(2L * (first + b) + 1), b, inputs, targets);
        }
    }

    @Override
    public int tests() {
        return 256;
    }

    private void draw(RandomGenerator random, int b, int[] inputs, int[] targets) {
        int at = b * length();
        Arrays.fill(inputs, at, at + length(), BLANK);
        Arrays.fill(targets, at, at + length(), BLANK);
        for (int i = 0; i < COUNT; i++) {
            int symbol = 1 + random.nextInt(KINDS);
            inputs[at + i] = symbol;
            targets[at + COUNT + delay + i] = symbol;
        }
        inputs[at + COUNT + delay - 1] = SIGNAL;
    }

    /**
     * The mean cross entropy of a model without memory, in nats: it says blank as long as that is right, and then guesses:
     * {@code 10 log 8 / (T + 20)}.
     */
    public double lossWithoutMemory() {
        return COUNT * Math.log(KINDS) / length();
    }
}
