package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.guard.Arguments;

/**
 * Ends a row whose answer has settled: the column of its largest logit has not changed for a number of consecutive evaluations. Of equal
 * logits the first counts. This is the argmax stability of Geiping et al. (2025, arXiv 2502.05171), whose code takes 5. Holds
 * a block of {@code batch × outputs}. The head is not closed.
 */
public final class StableArgmax implements ExitRule {
    private static final int NONE = -1;

    private final int needed;
    private final Outputs outputs;
    /** By row of the batch: the column at the last evaluation, or {@link #NONE}, and how often in a row it has stayed the same. */
    private final int[] last;
    private final int[] stable;

    /**
     * Plans for the batch of a head.
     *
     * @param evaluations at how many consecutive evaluations the column must be the same as before, at least 1
     */
    public StableArgmax(Head head, int evaluations) {
        Arguments.atLeast("StableArgmax", "the number of evaluations", evaluations, 1);
        needed = evaluations;
        outputs = new Outputs("StableArgmax", head);
        last = new int[outputs.batch()];
        stable = new int[outputs.batch()];
    }

    @Override
    public void begin(int b) {
        last[Planned.row("begin", b, last.length)] = NONE;
        stable[b] = 0;
    }

    @Override
    public void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
        Block logits = outputs.logits(z, rows);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int column = argmax(logits, p);
            stable[b] = column == last[b] && column != NONE ? stable[b] + 1 : 0;
            last[b] = column;
            if (stable[b] >= needed) {
                exits.stop(p);
            }
        }
    }

    /** The first column with the largest logit at position p; {@link #NONE} if one is NaN. */
    private static int argmax(Block logits, int p) {
        int column = 0;
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < logits.cols(); i++) {
            double logit = logits.get(p, i);
            if (Double.isNaN(logit)) {
                return NONE;
            }
            if (logit > largest) {
                largest = logit;
                column = i;
            }
        }
        return column;
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
