package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.PerWorker;

/**
 * A map without memory of its own: a replica only knows which row is in which slot. A rowwise map has arrays, so each replica has a copy of
 * it. Each solver has other replicas.
 */
final class ReentrantMap implements FixedPointMap {
    private final FixedPointMap f;

    ReentrantMap(FixedPointMap f) {
        this.f = f;
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
    public double rowOperations() {
        return f.rowOperations();
    }

    @Override
    public FixedPointMap approximation() {
        return f.approximation();
    }

    @Override
    public ReplicatedMap replicas() {
        return new PerWorker<>(Replica::new)::get;
    }

    private final class Replica implements ReplicatedMap.Replica {
        private final FixedPointMap own = f instanceof Rowwise rowwise ? rowwise.copy() : f;
        private final SlotRows rows;

        Replica(int slots) {
            rows = new SlotRows(slots);
        }

        @Override
        public void load(int slot, int row) {
            rows.load(slot, row);
        }

        @Override
        public double rowOperations() {
            return f.rowOperations();
        }

        @Override
        public void apply(Block z, Block out, Rows slots) {
            own.apply(z, out, rows.of(slots));
        }
    }
}
