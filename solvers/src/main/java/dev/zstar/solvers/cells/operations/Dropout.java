package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Rows;
import java.util.Arrays;

/**
 * From which seed the dropout masks of each row are drawn. A row keeps the seed of the time when it got its input, so that its masks can be
 * drawn again.
 */
public final class Dropout {
    /** By row of the batch. */
    private long[] seeds = {};
    /** By row of the batch: whether it has masks other than ones. */
    private boolean[] on = {};
    private boolean isOn;
    private long seed;
    private int first;
    private Rows rows;

    /** Rows that get their input from now on draw from this seed. */
    public void start(long seed) {
        isOn = true;
        this.seed = seed;
    }

    /** Rows that get their input from now on have masks of ones. */
    public void stop() {
        isOn = false;
    }

    /** Gives rows {@code from … from + count - 1} of the batch the present seed. They are at positions 0, 1, … of the next draw. */
    public void assign(int from, int count) {
        if (from + count > seeds.length) {
            seeds = Arrays.copyOf(seeds, from + count);
            on = Arrays.copyOf(on, from + count);
        }
        Arrays.fill(seeds, from, from + count, seed);
        Arrays.fill(on, from, from + count, isOn);
        first = from;
    }

    /** The next draws are of these rows, which have their seeds already; null to return to those of {@link #assign}. */
    public void again(Rows rows) {
        this.rows = rows;
    }

    /** The row of the batch at a position of this draw. */
    int row(int position) {
        return rows == null ? first + position : rows.index(position);
    }

    /** Whether a row has masks other than ones. */
    boolean isOn(int row) {
        return on[row];
    }

    /** The seed of one of the masks of a row. */
    long seed(int row, int index) {
        // The multiplier (Steele, Vigna 2021) keeps masks of one seed apart in the sequence of SplitMix64, whose increment is another.
        return seeds[row] ^ index * 0xd1342543de82ef95L;
    }
}
