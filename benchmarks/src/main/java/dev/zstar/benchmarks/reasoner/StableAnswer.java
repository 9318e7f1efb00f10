package dev.zstar.benchmarks.reasoner;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.exits.ExitRule;
import java.util.Arrays;

/**
 * Ends a puzzle when no digit has changed for a number of evaluations in a row: {@link dev.zstar.solvers.exits.StableArgmax} for all
 * squares together. The answers are not closed.
 */
final class StableAnswer implements ExitRule {
    private final Answers answers;
    private final int needed;
    /** By row of the batch: the digits at the last evaluation, and for how many evaluations they have stayed the same. */
    private final int[][] last;
    private final int[] stable;

    StableAnswer(Answers answers, int evaluations) {
        this.answers = answers;
        needed = evaluations;
        last = new int[answers.batch()][answers.squares()];
        stable = new int[answers.batch()];
    }

    @Override
    public void begin(int b) {
        Arrays.fill(last[b], 0);
        stable[b] = 0;
    }

    @Override
    public void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
        answers.read(z);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            stable[b] = changed(last[b], p) ? 0 : stable[b] + 1;
            if (stable[b] >= needed) {
                exits.stop(p);
            }
        }
    }

    private boolean changed(int[] before, int p) {
        boolean changed = false;
        for (int square = 0; square < before.length; square++) {
            int digit = answers.digit(p, square);
            changed |= digit != before[square];
            before[square] = digit;
        }
        return changed;
    }
}
