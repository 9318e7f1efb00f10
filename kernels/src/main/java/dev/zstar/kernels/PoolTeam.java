package dev.zstar.kernels;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A team on the threads of a pool. Ranges are taken by whoever comes first. The thread that called {@link #run} takes them too, so it waits
 * only for ranges that a thread of the pool has begun.
 */
final class PoolTeam extends Team {
    private final Executor pool;
    private final Task[] tasks;
    /** The next range to take. A task that the pool starts late, after its loop or within a later one, finds none, or helps that one. */
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger pending = new AtomicInteger();

    PoolTeam(Executor pool, int threads) {
        super(threads);
        this.pool = pool;
        next.set(threads);
        tasks = new Task[threads - 1];
        for (int t = 0; t < tasks.length; t++) {
            tasks[t] = new Task();
        }
    }

    @Override
    void runRanges() {
        pending.set(threads());
        // Publishes the loop: whoever takes a range sees it.
        next.set(0);
        try {
            for (Task task : tasks) {
                if (!task.submit()) {
                    break;
                }
            }
        } finally {
            take();
            for (int spins = 1; pending.get() != 0; spins++) {
                pause(spins);
            }
        }
    }

    private void take() {
        while (next.get() < threads()) {
            int range = next.getAndIncrement();
            if (range < threads()) {
                runRange(range);
                pending.decrementAndGet();
            }
        }
    }

    @Override
    void end() {
        // The pool belongs to the host.
    }

    private final class Task implements Runnable {
        /** Whether this is in the pool's queue. It is there at most once, so that a pool that is too busy does not collect tasks. */
        private final AtomicBoolean queued = new AtomicBoolean();

        /** Returns false if the pool takes no more tasks. */
        boolean submit() {
            if (queued.compareAndSet(false, true)) {
                boolean taken = false;
                try {
                    pool.execute(this);
                    taken = true;
                } catch (RejectedExecutionException e) {
                    return false;
                } finally {
                    // After an exception of any kind the task may be offered again.
                    if (!taken) {
                        queued.set(false);
                    }
                }
            }
            return true;
        }

        @Override
        public void run() {
            queued.set(false);
            take();
        }
    }
}
