package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.ReplicatedMap;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.GroupSize;
import dev.zstar.solvers.internal.Workers;
import java.util.Arrays;
import java.util.function.Function;

/**
 * Solves the rows of a batch in groups. Each thread of the engine has a group of its own for the whole solve, so there is no barrier in
 * between. A group is so small that its history stays in the second-level cache. When its rows are done, the thread takes the next ones of
 * the batch. Rows are independent, so each has the same bits as in one large group.
 */
final class RowGroups {
    private final Engine engine;
    private final Loop whole;
    private final GroupSize size;
    private final Worker[] workers;
    private final Workers running;
    private Block start;
    private double[] tolerances;

    private RowGroups(Workspace workspace, Stopping stopping, Safeguard safeguard, Loop whole, GroupSize size,
            Function<Workspace, IterationMethod> method) {
        engine = workspace.engine();
        this.whole = whole;
        this.size = size;
        workers = new Worker[size.workers()];
        for (int w = 0; w < workers.length; w++) {
            // The last of equal shares may be shorter.
            int first = w * size.slots();
            int slots = Math.min(size.slots(), workspace.batch() - first);
            Workspace part = workspace.part(first, slots);
            workers[w] = new Worker(w, slots, new Loop(part, stopping, safeguard, method.apply(part)));
        }
        running = new Workers(engine, workers.length, w -> workers[w].run());
    }

    /**
     * Plans groups in the memory of a loop.
     *
     * @param whole the loop of the whole batch
     * @param method makes the method of a group
     * @return null if the batch is one group, or the stopping rule needs all rows at once
     */
    static RowGroups of(Workspace workspace, Stopping stopping, Safeguard safeguard, Loop whole,
            Function<Workspace, IterationMethod> method) {
        if (!workspace.engine().reproducible() || stopping.maxNanos() < Long.MAX_VALUE || stopping.trace()
                || !stopping.recorded().isEmpty()) {
            return null;
        }
        GroupSize size = GroupSize.of(workspace);
        return size.isWhole(workspace.batch()) ? null : new RowGroups(workspace, stopping, safeguard, whole, size, method);
    }

    /** Whether a solve of this map has more than one group. */
    boolean divides(ReplicatedMap map, Block start) {
        return size.divides(start.rows(), map.weightBytes(), map.rowBytes());
    }

    /** Solves all rows of {@code start} with the replicas of f. */
    Outcome solve(FixedPointMap f, ReplicatedMap map, Block start, double[] tolerances) {
        map.begin("solve");
        try {
            solveAll(f, map, start, tolerances);
        } finally {
            map.end();
        }
        return whole.outcome();
    }

    private void solveAll(FixedPointMap f, ReplicatedMap map, Block start, double[] tolerances) {
        whole.begin("solve", "start", start, tolerances, null, false);
        try {
            this.start = start;
            this.tolerances = tolerances;
            for (Worker worker : workers) {
                worker.follow(map, f.rowOperations());
            }
            running.run(start.rows());
            whole.outcome().countRows();
        } finally {
            this.start = null;
            this.tolerances = null;
            for (Worker worker : workers) {
                worker.replica = null;
            }
            whole.end();
        }
    }

    /** The shares of the threads in the slots of a stream; null if there would be only one, or not enough memory for groups. */
    Slots.Share[] shares(ReplicatedMap map, int slots) {
        int count = size.shares(slots);
        if (count < 2 || slots > size.workers() * size.slots()) {
            return null;
        }
        // Equal shares, but for a last worker that has fewer rows of memory.
        int share = (slots + count - 1) / count;
        while (slots - (count - 1) * share > workers[count - 1].rowOf.length) {
            share++;
        }
        Slots.Share[] shares = new Slots.Share[count];
        for (int w = 0; w < count; w++) {
            int own = Math.min(share, slots - w * share);
            shares[w] = Slots.Share.part(workers[w].loop, w * share, own, map.replica(w, own));
        }
        return shares;
    }

    /** A thread's slots. */
    private final class Worker implements RowQueue {
        private final int number;
        private final Loop loop;
        private final QueuedRows rows;
        private final double[] tolerated;
        /** By slot: its row; negative if it is free. */
        private final int[] rowOf;
        private ReplicatedMap.Replica replica;
        private int used;

        Worker(int number, int slots, Loop loop) {
            this.number = number;
            this.loop = loop;
            rows = new QueuedRows(engine, loop, slots);
            tolerated = new double[slots];
            rowOf = new int[slots];
        }

        void follow(ReplicatedMap map, double operations) {
            replica = map.replica(number, Math.min(rowOf.length, size.fitting(map.weightBytes(), map.rowBytes())));
            used = size.together(start.rows(), size.slots(), map.weightBytes(), map.rowBytes());
            if (replica.rowOperations() != operations) {
                throw new IllegalStateException("solve: a replica takes " + replica.rowOperations() + " operations for a row, expected "
                        + operations + ", those of its map");
            }
        }

        void run() {
            Arrays.fill(rowOf, -1);
            rows.solve(replica, start, this, tolerances == null ? null : tolerated);
        }

        @Override
        public boolean isFree(int slot, Outcome outcome) {
            if (rowOf[slot] >= 0 && outcome.status(slot) != null) {
                whole.adopt(rowOf[slot], loop, slot);
                rowOf[slot] = -1;
            }
            return rowOf[slot] < 0 && slot < used;
        }

        @Override
        public int next(int slot) {
            int row = running.take(1);
            if (row >= start.rows()) {
                return -1;
            }
            replica.load(slot, row);
            rowOf[slot] = row;
            if (tolerances != null) {
                tolerated[slot] = tolerances[row];
            }
            return row;
        }

        @Override
        public boolean goesOn() {
            return running.goOn();
        }
    }
}
