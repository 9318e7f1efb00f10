package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.guard.Arguments;

/** A rule that ends no row before it has spent a number of evaluations. */
final class AtLeast implements ExitRule {
    private final ExitRule rule;
    private final int least;
    private final Asked asked = new Asked();

    AtLeast(ExitRule rule, int evaluations) {
        Arguments.atLeast("atLeast", "the number of evaluations", evaluations, 1);
        this.rule = rule;
        least = evaluations;
    }

    @Override
    public void begin(int b) {
        rule.begin(b);
    }

    @Override
    public void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
        Exits answer = asked.ask(rule, progress, z, rows, exits);
        for (int p = 0; p < rows.count(); p++) {
            if (answer.isStopped(p) && progress.evaluations(rows.index(p)) >= least) {
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
