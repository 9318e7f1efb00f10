package dev.zstar.solvers.internal;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Team;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** The threads of an engine, each of which solves rows of a batch on its own, and the rows that none of them has taken yet. */
public final class Workers {
    private final Engine engine;
    private final int count;
    private final IntConsumer work;
    private final Team.Loop pieces = this::work;
    private final AtomicInteger next = new AtomicInteger();
    private int rows;
    private volatile boolean failed;

    /**
     * Starts nothing yet.
     *
     * @param work what the worker with a number does
     */
    public Workers(Engine engine, int count, IntConsumer work) {
        this.engine = engine;
        this.count = count;
        this.work = work;
    }

    /**
     * Runs all workers for a batch of this many rows, a single one in the calling thread. An exception of one of them reaches the caller
     * when all have ended.
     */
    public void run(int rows) {
        this.rows = rows;
        next.set(0);
        failed = false;
        if (count == 1) {
            work.accept(0);
        } else {
            engine.parallel(count, pieces);
        }
    }

    private void work(int from, int to) {
        for (int w = from; w < to; w++) {
            boolean ended = false;
            try {
                work.accept(w);
                ended = true;
            } finally {
                failed |= !ended;
            }
        }
    }

    /** Takes the next {@code most} rows of the batch, or those that are left. Returns the first of them, or the number of all rows. */
    public int take(int most) {
        // The counter stays in range, however often it is asked.
        return next.get() < rows ? Math.min(rows, next.getAndAdd(most)) : rows;
    }

    /** Whether the work goes on; false once a worker has thrown. */
    public boolean goOn() {
        return !failed;
    }
}
