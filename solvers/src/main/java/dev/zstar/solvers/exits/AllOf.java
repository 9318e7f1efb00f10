package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Outcome;
import java.util.Arrays;

/** Ends a row that all of several rules would end at the same evaluation. */
final class AllOf implements ExitRule {
    private final Parts parts;
    private final Asked asked = new Asked();
    /** By position: how many rules would end the row. */
    private int[] votes = {};

    AllOf(ExitRule... rules) {
        parts = new Parts("all", rules);
    }

    @Override
    public void begin(int b) {
        parts.begin(b);
    }

    @Override
    public void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
        if (votes.length < rows.capacity()) {
            votes = new int[rows.capacity()];
        }
        Arrays.fill(votes, 0, rows.count(), 0);
        for (ExitRule rule : parts.rules()) {
            Exits answer = asked.ask(rule, progress, z, rows, exits);
            for (int p = 0; p < rows.count(); p++) {
                votes[p] += answer.isStopped(p) ? 1 : 0;
            }
        }
        for (int p = 0; p < rows.count(); p++) {
            if (votes[p] == parts.rules().length) {
                exits.stop(p);
            }
        }
    }

    @Override
    public long bytes() {
        return parts.bytes();
    }

    @Override
    public void close() {
        parts.close();
    }
}
