package dev.zstar.solvers;

import dev.zstar.kernels.Rows;

/** Which row of the batch is in which slot: all that a replica needs if what it replicates has no memory of its own. */
final class SlotRows {
    private final int[] rowOf;
    private Rows translated = new Rows(0);

    SlotRows(int slots) {
        rowOf = new int[slots];
    }

    void load(int slot, int row) {
        rowOf[slot] = row;
        if (row >= translated.capacity()) {
            translated = new Rows(Math.max(row + 1, 2 * translated.capacity()));
        }
    }

    /** The rows of the batch that are in these slots; valid until the next call. */
    Rows of(Rows slots) {
        translated.reset(0);
        for (int p = 0; p < slots.count(); p++) {
            translated.append(rowOf[slots.index(p)]);
        }
        return translated;
    }
}
