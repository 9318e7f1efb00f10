package dev.zstar.kernels.simd;

import dev.zstar.kernels.SmallMatrices;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Each thread's packed memory for a few vectors of systems. It goes with its thread. */
final class Scratch {
    /** The widest vector. */
    private static final int BYTES = 64;

    /** Vectors of systems that are packed together: each row of a batch gives 4 cache lines, not 1, for one miss of its page. */
    static final int VECTORS = 4;

    /** A matrix, rows an odd number of vectors apart, and a vector for τ. */
    private static final long ROOM = (long) VECTORS * (SmallMatrices.ORDER + 1) * (SmallMatrices.ORDER + 1) * BYTES;

    private static final ThreadLocal<MemorySegment> OWN = ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(ROOM, BYTES));

    private Scratch() {}

    /** The address of this thread's memory. */
    static long address() {
        return OWN.get().address();
    }
}
