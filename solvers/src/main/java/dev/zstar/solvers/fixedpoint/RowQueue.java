package dev.zstar.solvers.fixedpoint;

import dev.zstar.solvers.Outcome;

/** Gives the rows of a batch to the slots of a loop, one after the other. */
interface RowQueue {
    /** Whether slot {@code slot} is free. If it has just become so, takes its outcome first. */
    boolean isFree(int slot, Outcome outcome);

    /** The next row, for a free slot; negative if there is none. */
    int next(int slot);

    /** Whether the solve goes on; false once another thread has failed. */
    boolean goesOn();
}
