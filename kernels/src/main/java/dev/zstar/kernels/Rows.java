package dev.zstar.kernels;

/**
 * The rows of a batch that still take part in a solve. Working blocks hold them packed at the front: position {@code p} of a working
 * block belongs to row {@code index(p)} of the batch. Data that is stored by row of the batch (an injected input, a history) is looked
 * up through this map.
 *
 * <p>Every entry is a row of the batch, so data for {@link #capacity} rows has one for each entry. Two positions may share a row if an
 * operation merely reads by row, as an injection does. An operation that writes by row refuses such a map, since its result would depend
 * on the order of the positions.
 *
 * <p>The solver that owns the map changes it between calls, never during one. Other code must not change it, and must not keep it: after
 * the call it holds other rows.
 */
public final class Rows {
    private final int[] index;
    /** For each row the number of the check that last found it. */
    private final int[] met;
    private int checks;
    private int count;
    /** Whether each active row is known to have one position. Not volatile, since a fence for each row took longer than a small product. */
    private boolean distinct;

    /** All rows of a batch of {@code capacity}, each at its own position. */
    public Rows(int capacity) {
        if (capacity < 0) {
            throw new IllegalArgumentException("Rows: a batch of " + capacity + " rows, expected at least 0");
        }
        index = new int[capacity];
        met = new int[capacity];
        reset(capacity);
    }

    /** Makes rows 0 … {@code count - 1} active, each at its own position. */
    public void reset(int count) {
        if (count < 0 || count > index.length) {
            throw new IllegalArgumentException("reset: " + count + " active rows, expected 0 to " + index.length);
        }
        this.count = count;
        for (int p = 0; p < count; p++) {
            index[p] = p;
        }
        distinct = true;
    }

    /**
     * Makes this map equal to another.
     *
     * @throws IndexOutOfBoundsException if a row of the other is beyond the {@link #capacity} of this
     */
    public void copyFrom(Rows other) {
        Operands.present("copyFrom", "the other map", other);
        int rows = other.count;
        if (rows > index.length) {
            throw new IndexOutOfBoundsException("copyFrom: " + rows + " active rows, expected at most " + index.length);
        }
        for (int p = 0; p < rows && other.index.length > index.length; p++) {
            if (other.index[p] >= index.length) {
                throw new IndexOutOfBoundsException("copyFrom: row " + other.index[p] + " at position " + p + ", expected a row from 0 to "
                        + (index.length - 1));
            }
        }
        System.arraycopy(other.index, 0, index, 0, rows);
        count = rows;
        distinct = other.distinct;
    }

    /** The number of active rows. */
    public int count() {
        return count;
    }

    /** The largest batch this map can hold. */
    public int capacity() {
        return index.length;
    }

    /**
     * The row of the batch at position {@code p}.
     *
     * @throws IndexOutOfBoundsException unless {@code 0 ≤ p < count}
     */
    public int index(int p) {
        if (p < 0 || p >= count) {
            throw new IndexOutOfBoundsException("index: position " + p + " of " + count + " active rows, expected "
                    + (count == 0 ? "none" : "0 to " + (count - 1)));
        }
        return index[p];
    }

    /** Drops all positions from {@code count} on. The owner first moves the rows that stay to the front with {@link #place}. */
    public void truncate(int count) {
        if (count < 0 || count > this.count) {
            throw new IllegalArgumentException("truncate: " + count + " active rows, expected 0 to " + this.count);
        }
        this.count = count;
    }

    /** Adds row {@code row} of the batch after the active rows. */
    public void append(int row) {
        if (row < 0 || row >= index.length || count == index.length) {
            throw new IllegalArgumentException("append: row " + row + " after " + count + " active rows, expected a row from 0 to "
                    + (index.length - 1) + " and fewer than " + index.length + " active rows");
        }
        distinct = false;
        index[count++] = row;
    }

    /**
     * Puts row {@code row} of the batch at position {@code p}.
     *
     * @throws IndexOutOfBoundsException unless {@code 0 ≤ p < count} and {@code 0 ≤ row < capacity}
     */
    public void place(int p, int row) {
        if (p < 0 || p >= count || row < 0 || row >= index.length) {
            throw new IndexOutOfBoundsException(
                    "place: row " + row + " at position " + p + ", expected a row from 0 to " + (index.length - 1)
                            + " at one of the first " + count + " positions");
        }
        if (index[p] != row) {
            distinct = false;
            index[p] = row;
        }
    }

    /**
     * Throws if two positions share a row: for operations that write by row. Looks through the map once after each change.
     *
     * @param operation the operation that was called, for the message
     */
    public void requireDistinct(String operation) {
        if (!distinct) {
            check(operation);
        }
    }

    private synchronized void check(String operation) {
        checks++;
        for (int p = 0; p < count; p++) {
            if (met[index[p]] == checks) {
                throw new IllegalArgumentException(
                        operation + ": rows has row " + index[p] + " at two positions, expected one for each row that is written");
            }
            met[index[p]] = checks;
        }
        distinct = true;
    }
}
