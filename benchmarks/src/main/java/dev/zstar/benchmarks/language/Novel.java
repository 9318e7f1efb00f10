package dev.zstar.benchmarks.language;

import dev.zstar.solvers.parameters.Initialiser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.zip.GZIPInputStream;

/**
 * The characters of a text, in windows of equal length. The target of each is the next character. The first nine tenths are for training,
 * the rest is for tests.
 */
public final class Novel implements Sequences {
    private final char[] alphabet;
    private final int[] text;
    private final int training;
    private final int length;

    private Novel(String text, int length) {
        alphabet = new String(text.chars().distinct().sorted().toArray(), 0, (int) text.chars().distinct().count()).toCharArray();
        this.text = text.chars().map(c -> Arrays.binarySearch(alphabet, (char) c)).toArray();
        training = this.text.length / 10 * 9;
        this.length = length;
        if (length < 1 || length >= this.text.length - training) {
            throw new IllegalArgumentException("novel: the length of a window is " + length + ", expected 1 to "
                    + (this.text.length - training - 1) + ", within the tenth of the text that is for tests");
        }
    }

    /** The characters of this text, in windows of this length. */
    public static Novel of(String text, int length) {
        return new Novel(text, length);
    }

    /** Jane Austen's Persuasion, which is in this jar. */
    public static Novel persuasion(int length) {
        String name = "persuasion.txt.gz";
        try (InputStream in = Novel.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalArgumentException(name + " is missing; expected the novel in this build");
            }
            return new Novel(new String(new GZIPInputStream(in).readAllBytes(), StandardCharsets.US_ASCII), length);
        } catch (IOException e) {
            throw new IllegalArgumentException(name + " cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public int symbols() {
        return alphabet.length;
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public void training(long seed, int rows, int[] inputs, int[] targets) {
        RandomGenerator random = Initialiser.generator(seed);
        for (int b = 0; b < rows; b++) {
            window(random.nextInt(training - length), b, inputs, targets);
        }
    }

    @Override
    public void test(int first, int rows, int[] inputs, int[] targets) {
        for (int b = 0; b < rows; b++) {
            window(training + (first + b) * length, b, inputs, targets);
        }
    }

    @Override
    public int tests() {
        return (text.length - 1 - training) / length;
    }

    private void window(int from, int b, int[] inputs, int[] targets) {
        System.arraycopy(text, from, inputs, b * length, length);
        System.arraycopy(text, from + 1, targets, b * length, length);
    }

    /** The symbols of some text. */
    public int[] encode(String some) {
        return some.chars().map(c -> {
            int symbol = Arrays.binarySearch(alphabet, (char) c);
            if (symbol < 0) {
                throw new IllegalArgumentException("encode: the text has the character '" + (char) c + "', expected those of the novel");
            }
            return symbol;
        }).toArray();
    }

    /** The character of a symbol. */
    public char decode(int symbol) {
        return alphabet[symbol];
    }

    /**
     * Bits per character, on the part for tests, of the model that knows how often each character followed each sequence of
     * {@code order - 1} characters in the part for training: order 2 is the bigram model. Each count is raised by 1/10, so that nothing is
     * impossible.
     *
     * @param order 1 to 4
     */
    public double bitsOfCounts(int order) {
        if (order < 1 || order > 4) {
            throw new IllegalArgumentException("bitsOfCounts: the order is " + order + ", expected 1 to 4");
        }
        int symbols = symbols();
        int[] counts = new int[(int) Math.round(Math.pow(symbols, order))];
        int[] totals = new int[counts.length / symbols];
        for (int i = order - 1; i < training; i++) {
            counts[code(i, order)]++;
            totals[code(i, order) / symbols]++;
        }
        double raised = 0.1;
        double nats = 0;
        for (int i = training + 1; i < text.length; i++) {
            int code = code(i, order);
            nats -= Math.log((counts[code] + raised) / (totals[code / symbols] + raised * symbols));
        }
        return nats / Math.log(2) / (text.length - training - 1);
    }

    /** The characters up to place i as one number. */
    private int code(int i, int order) {
        int code = 0;
        for (int j = i - order + 1; j <= i; j++) {
            code = code * symbols() + text[j];
        }
        return code;
    }
}
