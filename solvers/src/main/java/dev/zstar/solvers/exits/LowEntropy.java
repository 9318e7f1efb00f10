package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Outcome;

/**
 * Ends a row whose output is certain enough: the entropy {@code -Σ p log p} of the softmax p of its logits is at most a threshold, in nats.
 * The entropy of m equal probabilities is {@code log m}. Holds a block of {@code batch × outputs}. The head is not closed.
 */
public final class LowEntropy implements ExitRule {
    private final double threshold;
    private final Outputs outputs;

    /** Plans for the batch of a head. */
    public LowEntropy(Head head, double threshold) {
        this.threshold = Threshold.check("LowEntropy", threshold);
        outputs = new Outputs("LowEntropy", head);
    }

    @Override
    public void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
        Block probabilities = outputs.probabilities(z, rows);
        for (int p = 0; p < rows.count(); p++) {
            if (Entropy.of(probabilities, p) <= threshold) {
                exits.stop(p);
            }
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
