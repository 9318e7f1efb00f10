package dev.zstar.benchmarks.language;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.parameters.Initialiser;
import java.util.random.RandomGenerator;

/** Lets a model go on with a text, character by character. */
public final class Sampler {
    private final DeqTransformer model;
    private final Novel novel;
    private final double temperature;

    /**
     * A sampler.
     *
     * @param novel the text that the model was trained on
     * @param temperature 1 draws as often as the model expects; towards 0 it takes the most likely character
     */
    public Sampler(DeqTransformer model, Novel novel, double temperature) {
        if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("sampler: the temperature is " + temperature + ", expected a finite number above 0");
        }
        this.model = model;
        this.novel = novel;
        this.temperature = temperature;
    }

    /**
     * The text with {@code count} more characters. Each depends on at most {@code length} characters before it.
     *
     * @param text at least one character
     * @param seed determines the characters
     */
    public String goOn(String text, int count, long seed) {
        RandomGenerator random = Initialiser.generator(seed);
        StringBuilder all = new StringBuilder(text);
        int[] window = new int[novel.length()];
        for (int i = 0; i < count; i++) {
            int known = Math.min(all.length(), window.length);
            // What comes after the known characters does not change the logits after them.
            System.arraycopy(novel.encode(all.substring(all.length() - known)), 0, window, 0, known);
            all.append(novel.decode(draw(model.logits(window), known - 1, random.nextDouble())));
        }
        return all.toString();
    }

    /** The symbol at which the sum of the probabilities passes u. */
    private int draw(Block logits, int t, double u) {
        int symbols = logits.cols();
        double most = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < symbols; c++) {
            most = Math.max(most, logits.get(t, c));
        }
        double sum = 0;
        for (int c = 0; c < symbols; c++) {
            sum += Math.exp((logits.get(t, c) - most) / temperature);
        }
        double passed = 0;
        for (int c = 0; c < symbols - 1; c++) {
            passed += Math.exp((logits.get(t, c) - most) / temperature);
            if (passed > u * sum) {
                return c;
            }
        }
        return symbols - 1;
    }
}
