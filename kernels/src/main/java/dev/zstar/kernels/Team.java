package dev.zstar.kernels;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * For authors of engines: threads that run one loop at a time, together with the thread that calls {@link #run}. {@link #of} starts threads
 * of its own; {@link #on} borrows those of a pool.
 *
 * <p>The pieces of a loop are split into one contiguous range for each thread. The result of a piece must not depend on the thread; then it
 * does not depend on the number of threads.
 *
 * <p>A loop that starts while the team is busy, in another thread or inside a piece, runs only in the thread that called {@link #run}.
 */
public abstract sealed class Team implements AutoCloseable permits WorkerTeam, PoolTeam {
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

    private final int threads;
    private final AtomicBoolean busy = new AtomicBoolean();
    private Loop loop;
    private int pieces;
    private volatile Throwable failure;
    private volatile boolean closed;

    Team(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("a team of " + threads + " threads, expected at least 1");
        }
        this.threads = threads;
    }

    /** {@link #of(int, long)} with {@link #SPIN_NANOS}. */
    public static Team of(int threads) {
        return of(threads, SPIN_NANOS);
    }

    /**
     * Starts {@code threads - 1} daemon threads, with the names {@code zstar-worker-1} and so on. The caller of {@link #run} is the
     * remaining one. A thread runs the same range of a loop from call to call, near its data.
     *
     * @param spinNanos how long a worker spins after each loop before it parks, in nanoseconds
     */
    public static Team of(int threads, long spinNanos) {
        return new WorkerTeam(threads, spinNanos);
    }

    /**
     * Borrows up to {@code threads - 1} threads of a pool for each loop. It never waits for the pool: what no thread of the pool has begun
     * runs in the thread that called {@link #run}. So a loop may start inside a task of the same pool, however busy that is. The pool may
     * allocate for each task. It is not closed with the team.
     */
    public static Team on(Executor pool, int threads) {
        Operands.present("a team", "the pool", pool);
        return new PoolTeam(pool, threads);
    }

    /** The number of threads, the caller's included. */
    public final int threads() {
        return threads;
    }

    /** Runs pieces {@code 0 … pieces - 1} and returns when all are done. Allocates nothing itself. */
    public final void run(int pieces, Loop loop) {
        // Looks before it writes: inside pieces of a long loop the flag then stays in every cache.
        if (pieces <= 1 || threads == 1 || closed || busy.get() || !busy.compareAndSet(false, true)) {
            loop.run(0, pieces);
            return;
        }
        try {
            this.loop = loop;
            this.pieces = pieces;
            failure = null;
            runRanges();
            this.loop = null;
            if (failure != null) {
                throw unchanged(failure);
            }
        } finally {
            busy.set(false);
            if (closed) {
                close();
            }
        }
    }

    /** Runs the ranges {@code 0 … threads - 1}, each once, and returns when all have ended. */
    abstract void runRanges();

    /** Runs one range, and keeps what it throws. */
    final void runRange(int range) {
        try {
            int from = (int) ((long) pieces * range / threads);
            int to = (int) ((long) pieces * (range + 1) / threads);
            if (from < to) {
                loop.run(from, to);
            }
        } catch (Throwable t) {
            failure = t;
        }
    }

    /** Spins. Yields from time to time: a thread that lost its core cannot finish while this loop holds it. */
    @SuppressWarnings("ThreadPriorityCheck")
    static void pause(int spins) {
        if ((spins & 4095) == 0) {
            Thread.yield();
        } else {
            Thread.onSpinWait();
        }
    }

    /** Throws any exception, even a checked one, which a loop can throw if it hides the type. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> E unchanged(Throwable failure) throws E {
        throw (E) failure;
    }

    /** Ends the team after the loop that it is in, without waiting. Later loops run only in the thread that calls {@link #run}. */
    @Override
    public final void close() {
        closed = true;
        // Otherwise a loop is running, and the thread that called it closes the team afterwards.
        if (busy.compareAndSet(false, true)) {
            end();
        }
    }

    /** No loop is running, and none will. */
    abstract void end();
}
