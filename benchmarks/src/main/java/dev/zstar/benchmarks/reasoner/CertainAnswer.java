package dev.zstar.benchmarks.reasoner;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.exits.ExitRule;

/**
 * Ends a puzzle as soon as the model is certain of every square: the probability of each chosen digit is at least a threshold. The rules of
 * the library look at one answer for each row. A puzzle has an answer for each square, and its least certain one decides.
 *
 * @param answers reads the states; not closed
 * @param probability the threshold
 */
record CertainAnswer(Answers answers, double probability) implements ExitRule {
    @Override
    public void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
        answers.read(z);
        for (int p = 0; p < rows.count(); p++) {
            if (answers.certainty(p) >= probability) {
                exits.stop(p);
            }
        }
    }
}
