package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.PerWorker;

/** An operator without memory of its own: a replica only knows which row is in which slot. Each solver has other replicas. */
final class ReentrantOperator implements LinearOperator {
    private final LinearOperator t;

    ReentrantOperator(LinearOperator t) {
        this.t = t;
    }

    @Override
    public void apply(Block u, Block out, Rows rows) {
        t.apply(u, out, rows);
    }

    @Override
    public void applyTransposed(Block u, Block out, Rows rows) {
        t.applyTransposed(u, out, rows);
    }

    @Override
    public LinearOperator transposed() {
        return new ReentrantOperator(t.transposed());
    }

    @Override
    public ReplicatedOperator replicas() {
        return new PerWorker<>(Replica::new)::get;
    }

    private final class Replica implements ReplicatedOperator.Replica {
        private final SlotRows rows;

        Replica(int slots) {
            rows = new SlotRows(slots);
        }

        @Override
        public void load(int slot, int row) {
            rows.load(slot, row);
        }

        @Override
        public void apply(Block u, Block out, Rows slots) {
            t.apply(u, out, rows.of(slots));
        }

        @Override
        public void applyTransposed(Block u, Block out, Rows slots) {
            t.applyTransposed(u, out, rows.of(slots));
        }
    }
}
