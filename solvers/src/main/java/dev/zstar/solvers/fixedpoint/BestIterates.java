package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * Tracks where the best iterate of each row is. This is mostly the latest iterate, so it is copied to the caller's block only when its own
 * block is about to be overwritten. Copying every improvement would move 2n elements in each step.
 */
final class BestIterates {
    /** Numbers, since a reference that is stored in each step would cost G1 a barrier. */
    private static final byte RESULT = 0;
    private static final byte LATEST = 1;
    private static final byte PREVIOUS = 2;

    private final Iterates at;
    private final Scales scales;
    private final byte[] locations;
    private final int[] positions;
    /** By row of the loop: the row of the result. Another one only in groups, whose slots take one row after the other. */
    private final int[] rowOf;
    /** The caller's block for the result; null while no solve runs. */
    private Block result;

    BestIterates(Iterates at, Scales scales, int batch) {
        this.at = at;
        this.scales = scales;
        locations = new byte[batch];
        positions = new int[batch];
        rowOf = new int[batch];
        for (int b = 0; b < batch; b++) {
            rowOf[b] = b;
        }
    }

    /** From now on the result of row {@code b} of the loop is row {@code row} of the block. */
    void assign(int b, int row) {
        rowOf[b] = row;
    }

    /** The row of the result that row {@code b} of the loop has. */
    int row(int b) {
        return rowOf[b];
    }

    /** Sets the block for the result of a solve; null when the solve ends. */
    void into(Block result) {
        this.result = result;
    }

    /** The caller's block for the result. */
    Block result() {
        return result;
    }

    /** The best iterate of row {@code b} is the start, which the result holds. */
    void begin(int b) {
        locations[b] = RESULT;
    }

    /** The iterate of row {@code b}, at position p, is its best. */
    void improved(int b, int p) {
        locations[b] = LATEST;
        positions[b] = p;
    }

    /** The iterate of row {@code b} has moved to position p. */
    void moved(int b, int p) {
        if (locations[b] == LATEST) {
            positions[b] = p;
        }
    }

    /** The active rows are about to advance: their iterates become the previous ones, which are overwritten. */
    void advance(Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (locations[b] == PREVIOUS) {
                restore(b);
            } else if (locations[b] == LATEST) {
                locations[b] = PREVIOUS;
            }
        }
    }

    /** Copies the best iterate of row {@code b} to the result, unless it is there already. */
    void restore(int b) {
        if (locations[b] != RESULT) {
            keep(b, positions[b], locations[b] == LATEST ? at.all() : at.previous(), result, rowOf[b]);
            locations[b] = RESULT;
        }
    }

    /** Copies the iterate of row {@code b}, at position p of {@code z}, to the result. */
    void keep(int b, int p, Block z) {
        keep(b, p, z, result, rowOf[b]);
    }

    /** Copies the iterate of row {@code b}, at position p of {@code z}, to a row of a block in the caller's units. */
    void keep(int b, int p, Block z, Block to, int row) {
        to.copyRow(z, p, row);
        scales.outward(to, row, b);
    }

    /** Overwrites position {@code p} of the iterates with the best iterate of row {@code b}. */
    void recall(int b, int p) {
        restore(b);
        at.z().copyRow(result, rowOf[b], p);
        scales.inward(at.z(), p, b);
    }
}
