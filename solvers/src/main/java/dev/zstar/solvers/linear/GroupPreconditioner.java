package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.ReplicatedOperator;

/** The preconditioner of a group of rows: a replica of the one of the batch, known once a solve begins. */
final class GroupPreconditioner implements LinearOperator {
    private ReplicatedOperator.Replica replica;

    /** Uses this replica from now on; null once the solve has ended. */
    void follow(ReplicatedOperator.Replica replica) {
        this.replica = replica;
    }

    void load(int slot, int row) {
        replica.load(slot, row);
    }

    @Override
    public void apply(Block u, Block out, Rows rows) {
        replica.apply(u, out, rows);
    }

    @Override
    public void applyTransposed(Block u, Block out, Rows rows) {
        replica.applyTransposed(u, out, rows);
    }
}
