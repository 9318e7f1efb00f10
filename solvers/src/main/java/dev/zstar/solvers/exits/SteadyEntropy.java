package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Outcome;

/**
 * Ends a row whose output is hardly more or less certain than before: since the last evaluation, the entropy of the softmax of its logits
 * has changed by at most a threshold, in nats. This is the entropy difference of Geiping et al. (2025, arXiv 2502.05171), whose code takes
 * 0.001. Holds a block of {@code batch × outputs}. The head is not closed.
 */
public final class SteadyEntropy implements ExitRule {
    private final double threshold;
    private final Outputs outputs;
    /** By row of the batch: the entropy at the last evaluation; NaN before the first. */
    private final double[] last;

    /** Plans for the batch of a head. */
    public SteadyEntropy(Head head, double threshold) {
        this.threshold = Threshold.check("SteadyEntropy", threshold);
        outputs = new Outputs("SteadyEntropy", head);
        last = new double[outputs.batch()];
    }

    @Override
    public void begin(int b) {
        last[Planned.row("begin", b, last.length)] = Double.NaN;
    }

    @Override
    public void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
        Block probabilities = outputs.probabilities(z, rows);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            double entropy = Entropy.of(probabilities, p);
            if (Math.abs(entropy - last[b]) <= threshold) {
                exits.stop(p);
            }
            last[b] = entropy;
        }
    }

    @Override
    public long bytes() {
        return outputs.bytes();
    }

    @Override
    public void close() {
        outputs.close();
    }
}
