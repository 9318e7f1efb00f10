package dev.zstar.solvers;

import dev.zstar.solvers.guard.Arguments;

/**
 * Where a {@link RowObserver} marks the active rows that it ends, by position. They end with {@link Status#STOPPED_BY_OBSERVER} when the
 * observer has returned; a row of which the method has refused every point has no result, and ends with {@link Status#CANCELLED}.
 */
public final class Exits {
    private final boolean[] stopped;
    private int count;
    private boolean cancelled;

    /** Room for a batch of {@code capacity} rows, none of them active. A solver has its own; an observer that combines others needs one. */
    public Exits(int capacity) {
        Arguments.atLeast("Exits", "the batch", capacity, 0);
        stopped = new boolean[capacity];
    }

    /** Makes {@code count} rows active, none of which is stopped. */
    public void reset(int count) {
        if (count < 0 || count > stopped.length) {
            throw new IllegalArgumentException("reset: " + count + " active rows, expected 0 to " + stopped.length);
        }
        this.count = count;
        for (int p = 0; p < count; p++) {
            stopped[p] = false;
        }
        cancelled = false;
    }

    /** The number of active rows. */
    public int count() {
        return count;
    }

    /** The largest batch. */
    public int capacity() {
        return stopped.length;
    }

    /**
     * Ends the row at position {@code p}. Its result is the iterate at this position, whose residual the outcome reports. If the method
     * refused that point, as it may in a line search, the result is the best iterate of the row.
     *
     * @throws IndexOutOfBoundsException unless {@code 0 ≤ p < count}
     */
    public void stop(int p) {
        stopped[Arguments.index("stop", "position", p, count)] = true;
    }

    /** Whether the row at position {@code p} was stopped during this call. */
    public boolean isStopped(int p) {
        return stopped[Arguments.index("isStopped", "position", p, count)];
    }

    /**
     * Ends the solve. The active rows that are not stopped end with {@link Status#CANCELLED}, and get their best iterates. A stream loads
     * no further problem.
     */
    public void cancel() {
        cancelled = true;
    }

    /** Whether the solve was cancelled during this call. */
    public boolean isCancelled() {
        return cancelled;
    }
}
