package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Outcome;

/**
 * Ends a row whose output hardly changed: {@code KL(p_{k-1} ‖ p_k) = Σ p_{k-1} log(p_{k-1} / p_k)} is at most a threshold, in nats. Here p
 * is the softmax of its logits. Geiping et al. (2025, arXiv 2502.05171) exit by this divergence, and their code takes 0.0005. Rounding
 * changes it by a few units of roundoff, about 10⁻⁷ in f32. Holds two blocks of {@code batch × outputs}. The head is not closed.
 */
public final class SmallDivergence implements ExitRule {
    private final double threshold;
    private final Outputs outputs;
    /** The smallest normal number: what is smaller is 0 in a softmax, and counts as this number. */
    private final double least;
    /** By row of the batch: the probabilities at its last evaluation, and whether there was one. */
    private final Block last;
    private final boolean[] known;

    /** Plans for the batch of a head. */
    public SmallDivergence(Head head, double threshold) {
        this.threshold = Threshold.check("SmallDivergence", threshold);
        outputs = new Outputs("SmallDivergence", head);
        try {
            last = outputs.like();
        } catch (Throwable e) {
            outputs.close();
            throw e;
        }
        least = head.type() == Type.F32 ? Float.MIN_NORMAL : Double.MIN_NORMAL;
        known = new boolean[outputs.batch()];
    }

    @Override
    public void begin(int b) {
        known[Planned.row("begin", b, known.length)] = false;
    }

    @Override
    public void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
        Block probabilities = outputs.probabilities(z, rows);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (known[b] && divergence(b, probabilities, p) <= threshold) {
                exits.stop(p);
            }
            last.copyRow(probabilities, p, b);
            known[b] = true;
        }
    }

    /** {@code KL(p_{k-1} ‖ p_k)} of row b, at position p. */
    private double divergence(int b, Block probabilities, int p) {
        double sum = 0;
        for (int i = 0; i < probabilities.cols(); i++) {
            double before = last.get(b, i);
            double now = probabilities.get(p, i);
            sum += before == 0 && !Double.isNaN(now) ? 0 : before * Math.log(before / Math.max(now, least));
        }
        return sum;
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
