package dev.zstar.kernels;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * For authors of engines: a team of threads that run one loop at a time. They are started once, as daemons with the names
 * {@code zstar-worker-1} and so on. After each loop a worker spins for {@code spinNanos}, then parks. The thread that called {@link #run}
 * spins until all workers are done.
 *
 * <p>The pieces of a loop go to the workers in fixed contiguous ranges, so that a piece runs on the same core, near its data, from call
 * to call. The result of a piece must not depend on the worker; then it does not depend on the number of threads.
 *
 * <p>A loop that starts while the team is busy, in another thread or inside a piece, runs only in the thread that called {@link #run}.
 */
public final class Team implements AutoCloseable {
    /**
     * Called with a range of pieces. An exception ends the range. When all ranges have ended, {@link #run} rethrows it unchanged; if
     * several ranges threw, it rethrows one of these exceptions, and the others are lost.
     */
    @FunctionalInterface
    public interface Loop {
        /** Runs pieces {@code from ≤ piece < to} of the loop. */
        void run(int from, int to);
    }

    /**
     * How long a worker spins by default: longer than the gap between two products of one solve (a few µs), and too short for a scheduler
     * to notice.
     */
    public static final long SPIN_NANOS = 50_000;

    private final long spinNanos;
    private final Worker[] workers;
    private final AtomicBoolean busy = new AtomicBoolean();
    private final AtomicInteger pending = new AtomicInteger();
    private Loop loop;
    private int pieces;
    private volatile Throwable failure;
    /** Whether {@link #close} was called. */
    private volatile boolean closed;
    /** No loop is running, and none will: {@link #busy} stays set, and the workers may terminate. */
    private volatile boolean over;

    /** A team of {@code threads}, including the caller of {@link #run}: {@code threads - 1} daemon threads are started. */
    public Team(int threads) {
        this(threads, SPIN_NANOS);
    }

    /**
     * A team whose workers spin after each loop before they park.
     *
     * @param spinNanos how long they spin, in nanoseconds
     */
    public Team(int threads, long spinNanos) {
        if (threads < 1) {
            throw new IllegalArgumentException("a team of " + threads + " threads, expected at least 1");
        }
        this.spinNanos = spinNanos;
        workers = new Worker[threads - 1];
        for (int t = 0; t < workers.length; t++) {
            workers[t] = new Worker(t + 1);
            try {
                workers[t].start();
            } catch (Throwable e) {
                close();
                throw e;
            }
        }
    }

    /** The number of threads, the caller's included. */
    public int threads() {
        return workers.length + 1;
    }

    /** Runs pieces {@code 0 … pieces - 1} and returns when all are done. Allocates nothing. */
    @SuppressWarnings("ThreadPriorityCheck")
    public void run(int pieces, Loop loop) {
        if (pieces <= 1 || workers.length == 0 || closed || !busy.compareAndSet(false, true)) {
            loop.run(0, pieces);
            return;
        }
        try {
            this.loop = loop;
            this.pieces = pieces;
            failure = null;
            pending.set(workers.length);
            for (Worker worker : workers) {
                worker.wake();
            }
            try {
                loop.run(0, first(1));
            } catch (Throwable t) {
                failure = t;
            }
            for (int spins = 1; pending.get() != 0; spins++) {
                // A worker that lost its core cannot finish while this loop holds it.
                if ((spins & 4095) == 0) {
                    Thread.yield();
                } else {
                    Thread.onSpinWait();
                }
            }
            this.loop = null;
            if (failure != null) {
                throw unchanged(failure);
            }
        } finally {
            busy.set(false);
            if (closed) {
                end();
            }
        }
    }

    /** Throws any exception, even a checked one, which a loop can throw if it hides the type. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> E unchanged(Throwable failure) throws E {
        throw (E) failure;
    }

    private int first(int worker) {
        return (int) ((long) pieces * worker / threads());
    }

    /** Ends the threads after the loop that they are in, without waiting. Later loops run only in the thread that calls {@link #run}. */
    @Override
    public void close() {
        closed = true;
        end();
    }

    /**
     * Ends the workers if no loop runs. Otherwise the thread that called {@link #run} ends them afterwards, because it waits for them.
     */
    private void end() {
        if (busy.compareAndSet(false, true)) {
            over = true;
            for (Worker worker : workers) {
                LockSupport.unpark(worker);
            }
        }
    }

    private final class Worker extends Thread {
        private final int number;
        private final AtomicInteger called = new AtomicInteger();
        private volatile boolean parked;
        private int done;

        Worker(int number) {
            super("zstar-worker-" + number);
            this.number = number;
            setDaemon(true);
        }

        void wake() {
            called.incrementAndGet();
            if (parked) {
                LockSupport.unpark(this);
            }
        }

        @Override
        public void run() {
            while (await()) {
                done++;
                try {
                    int from = first(number);
                    int to = first(number + 1);
                    if (from < to) {
                        loop.run(from, to);
                    }
                } catch (Throwable t) {
                    failure = t;
                }
                pending.decrementAndGet();
            }
        }

        private boolean await() {
            long deadline = System.nanoTime() + spinNanos;
            int spins = 0;
            while (called.get() == done) {
                if (over) {
                    return false;
                }
                if ((++spins & 63) != 0 || System.nanoTime() < deadline) {
                    Thread.onSpinWait();
                    continue;
                }
                parked = true;
                if (called.get() == done && !over) {
                    LockSupport.park(Team.this);
                }
                parked = false;
                deadline = System.nanoTime() + spinNanos;
            }
            return true;
        }
    }
}
