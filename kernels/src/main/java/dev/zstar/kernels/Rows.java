package dev.zstar.kernels;

/**
 * The rows of a batch that still take part in a solve. Working blocks hold them packed at the front: position {@code p} of a
 * working block belongs to row {@code index(p)} of the batch. Whoever keeps data per row of the batch (an injected input, a
 * history) looks it up through this map.
 *
 * <p>Readers see a fixed map during one call; only the solver that owns it changes it, between calls.
 */
public final class Rows {
    private final int[] index;
    private int count;

    /** All rows of a batch of {@code capacity}, each at its own position. */
    public Rows(int capacity) {
        if (capacity < 0) {
            throw new IllegalArgumentException("a batch of " + capacity + " rows");
        }
        index = new int[capacity];
        reset(capacity);
    }

    /** Makes rows 0 … {@code count - 1} active, each at its own position. */
    public void reset(int count) {
        if (count < 0 || count > index.length) {
            throw new IllegalArgumentException(count + " rows of a batch of at most " + index.length);
        }
        this.count = count;
        for (int p = 0; p < count; p++) {
            index[p] = p;
        }
    }

    /** How many rows are active. */
    public int count() {
        return count;
    }

    /** The largest batch this map can hold. */
    public int capacity() {
        return index.length;
    }

    /** The row of the batch at position {@code p}, for {@code 0 ≤ p < count}. */
    public int index(int p) {
        return index[p];
    }

    /** Keeps only the first {@code count} entries of the map, after the owner moved the surviving ones there with {@link #place}. */
    public void truncate(int count) {
        if (count < 0 || count > this.count) {
            throw new IllegalArgumentException("keep " + count + " of " + this.count + " active rows");
        }
        this.count = count;
    }

    /** Adds row {@code row} of the batch behind the active ones. */
    public void append(int row) {
        if (row < 0 || row >= index.length || count == index.length) {
            throw new IllegalArgumentException("row " + row + " behind " + count + " active rows of a batch of " + index.length);
        }
        index[count++] = row;
    }

    /** Puts row {@code row} of the batch at position {@code p}. */
    public void place(int p, int row) {
        index[p] = row;
    }
}
