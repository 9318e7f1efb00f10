package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;
import java.util.ArrayList;
import java.util.List;

/** An operator without memory of its own: a replica only knows which row is in which slot. */
final class ReentrantOperator implements LinearOperator, ReplicatedOperator {
    private final LinearOperator t;
    private final List<Replica> replicas = new ArrayList<>();

    ReentrantOperator(LinearOperator t) {
        this.t = Arguments.present("reentrant", "the operator", t);
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
        return this;
    }

    @Override
    public synchronized ReplicatedOperator.Replica replica(int worker, int slots) {
        while (replicas.size() <= worker) {
            replicas.add(new Replica(0));
        }
        if (replicas.get(worker).rows.slots() < slots) {
            replicas.set(worker, new Replica(slots));
        }
        return replicas.get(worker);
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
