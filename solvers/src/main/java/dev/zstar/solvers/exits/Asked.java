package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Outcome;

/** Asks a rule which rows it would end, without ending them. */
final class Asked {
    private Exits answer = new Exits(0);

    /** The rows that {@code rule} would end. If it cancels the solve, so does this. */
    Exits ask(ExitRule rule, Outcome progress, Block z, Rows rows, Exits exits) {
        if (answer.capacity() < rows.capacity()) {
            answer = new Exits(rows.capacity());
        }
        answer.reset(rows.count());
        rule.evaluated(progress, z, rows, answer);
        if (answer.isCancelled()) {
            exits.cancel();
        }
        return answer;
    }
}
