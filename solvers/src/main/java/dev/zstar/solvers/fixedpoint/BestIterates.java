package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * Where the best iterate of each row is. It mostly is the latest, so it is copied to the caller's block only when its own block is about to
 * be overwritten: to copy each improvement would move 2n elements a step.
 */
final class BestIterates {
    private enum Place { RESULT, LATEST, PREVIOUS }

    private final Iterates at;
    private final Scales scales;
    private final Place[] places;
    private final int[] positions;
    /** Where the caller wants the result, while a solve runs. */
    private Block result;

    BestIterates(Iterates at, Scales scales, int batch) {
        this.at = at;
        this.scales = scales;
        places = new Place[batch];
        positions = new int[batch];
    }

    /** A solve begins, or ends with null. */
    void into(Block result) {
        this.result = result;
    }

    /** The best iterate of row {@code b} is the start, which the result holds. */
    void begin(int b) {
        places[b] = Place.RESULT;
    }

    /** The iterate of row {@code b}, at position p, is its best. */
    void improved(int b, int p) {
        places[b] = Place.LATEST;
        positions[b] = p;
    }

    /** The rows that go on are about to advance: the iterates become the previous ones, and those are overwritten. */
    void advance(Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (places[b] == Place.PREVIOUS) {
                restore(b);
            } else if (places[b] == Place.LATEST) {
                places[b] = Place.PREVIOUS;
            }
        }
    }

    /** Puts the best iterate of row {@code b} into the result, unless it is there. */
    void restore(int b) {
        if (places[b] != Place.RESULT) {
            keep(b, positions[b], places[b] == Place.LATEST ? at.all() : at.previous(), result);
            places[b] = Place.RESULT;
        }
    }

    /** Puts the iterate of row {@code b}, at position p of {@code z}, into row b of a block in the caller's units. */
    void keep(int b, int p, Block z, Block to) {
        to.copyRow(z, p, b);
        scales.outward(to, b, b);
    }

    /** Overwrites position {@code p} of the iterates with the best of row {@code b}. */
    void recall(int b, int p) {
        restore(b);
        at.z().copyRow(result, b, p);
        scales.inward(at.z(), p, b);
    }
}
