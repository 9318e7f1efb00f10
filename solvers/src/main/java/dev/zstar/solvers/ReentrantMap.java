package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;
import java.util.ArrayList;
import java.util.List;

/** A map without memory of its own: a replica only knows which row is in which slot. */
final class ReentrantMap implements FixedPointMap, ReplicatedMap {
    private final FixedPointMap f;
    private final List<Replica> replicas = new ArrayList<>();

    ReentrantMap(FixedPointMap f) {
        this.f = Arguments.present("reentrant", "the map", f);
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        f.apply(z, out, rows);
    }

    @Override
    public DifferentiableMap derivatives() {
        return f.derivatives();
    }

    @Override
    public FixedPointMap approximation() {
        return f.approximation();
    }

    @Override
    public ReplicatedMap replicas() {
        return this;
    }

    @Override
    public synchronized ReplicatedMap.Replica replica(int worker, int slots) {
        while (replicas.size() <= worker) {
            replicas.add(new Replica(0));
        }
        if (replicas.get(worker).rows.slots() < slots) {
            replicas.set(worker, new Replica(slots));
        }
        return replicas.get(worker);
    }

    private final class Replica implements ReplicatedMap.Replica {
        private final SlotRows rows;

        Replica(int slots) {
            rows = new SlotRows(slots);
        }

        @Override
        public void load(int slot, int row) {
            rows.load(slot, row);
        }

        @Override
        public void apply(Block z, Block out, Rows slots) {
            f.apply(z, out, rows.of(slots));
        }
    }
}
