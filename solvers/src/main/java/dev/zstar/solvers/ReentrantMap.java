package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;
import java.util.ArrayList;
import java.util.List;

/** A map without memory of its own: a replica only knows which row is in which slot. */
final class ReentrantMap implements FixedPointMap, ReplicatedMap {
    private final FixedPointMap f;
    private final List<Slots> replicas = new ArrayList<>();

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
    public synchronized Replica replica(int worker, int slots) {
        while (replicas.size() <= worker) {
            replicas.add(new Slots(0));
        }
        if (replicas.get(worker).rowOf.length < slots) {
            replicas.set(worker, new Slots(slots));
        }
        return replicas.get(worker);
    }

    private final class Slots implements Replica {
        private final int[] rowOf;
        private Rows translated = new Rows(0);

        Slots(int slots) {
            rowOf = new int[slots];
        }

        @Override
        public void load(int slot, int row) {
            rowOf[slot] = row;
            if (row >= translated.capacity()) {
                translated = new Rows(Math.max(row + 1, 2 * translated.capacity()));
            }
        }

        @Override
        public void apply(Block z, Block out, Rows rows) {
            translated.reset(0);
            for (int p = 0; p < rows.count(); p++) {
                translated.append(rowOf[rows.index(p)]);
            }
            f.apply(z, out, translated);
        }
    }
}
