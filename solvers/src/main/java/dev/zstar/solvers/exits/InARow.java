package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.guard.Arguments;
import java.util.Arrays;

/** Ends a row that another rule would have ended at several evaluations in a row. */
final class InARow implements ExitRule {
    private final ExitRule rule;
    private final int needed;
    private final Asked asked = new Asked();
    /** By row of the batch: at how many of the last evaluations, without a gap, the rule would have ended the row. */
    private int[] hits = {};

    InARow(ExitRule rule, int evaluations) {
        Arguments.atLeast("inARow", "the number of evaluations", evaluations, 1);
        this.rule = rule;
        needed = evaluations;
    }

    @Override
    public void begin(int b) {
        rule.begin(b);
        grow(b + 1);
        hits[b] = 0;
    }

    private void grow(int rows) {
        if (hits.length < rows) {
            hits = Arrays.copyOf(hits, rows);
        }
    }

    @Override
    public void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
        grow(rows.capacity());
        Exits answer = asked.ask(rule, progress, z, rows, exits);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            hits[b] = answer.isStopped(p) ? hits[b] + 1 : 0;
            if (hits[b] >= needed) {
                exits.stop(p);
            }
        }
    }

    @Override
    public long bytes() {
        return rule.bytes();
    }

    @Override
    public void close() {
        rule.close();
    }
}
