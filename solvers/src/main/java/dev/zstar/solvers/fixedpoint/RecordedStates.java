package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import java.util.List;

/** The iterates at the evaluations listed in {@link Stopping#recorded}. Allocates a block for each. */
final class RecordedStates {
    private final List<Integer> evaluations;
    private final Block[] blocks;
    private final BestIterates keeper;

    RecordedStates(Workspace workspace, Stopping stopping, BestIterates keeper) {
        this.keeper = keeper;
        evaluations = stopping.recorded();
        blocks = new Block[evaluations.size()];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = workspace.kept().block();
        }
    }

    Block[] blocks() {
        return blocks;
    }

    /** Keeps the iterates that were just evaluated, if this evaluation is listed. */
    void record(int evaluation, Block zk, Rows rows) {
        for (int i = 0; i < blocks.length; i++) {
            if (evaluations.get(i) == evaluation) {
                for (int p = 0; p < rows.count(); p++) {
                    keeper.keep(rows.index(p), p, zk, blocks[i], rows.index(p));
                }
            }
        }
    }

    /** Row {@code b} has ended. Its result is recorded for all later evaluations. */
    void end(int b, int spent, Block result) {
        for (int i = 0; i < blocks.length; i++) {
            if (evaluations.get(i) > spent) {
                blocks[i].copyRow(result, b, b);
            }
        }
    }
}
