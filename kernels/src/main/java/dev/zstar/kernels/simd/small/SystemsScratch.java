package dev.zstar.kernels.simd.small;

import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.simd.lanes.Lanes;
import dev.zstar.kernels.simd.lanes.Scratch;

/** Packed memory for a few vectors of systems, one for each call scope. */
final class SystemsScratch {
    /** Vectors of systems that are packed together: each row of a batch gives 4 cache lines, not 1, for one miss of its page. */
    static final int VECTORS = 4;

    /** A matrix, rows an odd number of vectors apart, and a vector for τ. */
    private static final long ROOM = (long) VECTORS * (SmallMatrices.ORDER + 1) * (SmallMatrices.ORDER + 1) * (Lanes.BITS / Byte.SIZE);

    private static final CallLocal<Scratch> OWN = new CallLocal<>(Scratch::new);

    private SystemsScratch() {}

    /** The address of the memory of this thread's call scope. */
    static long address() {
        return OWN.get().address(ROOM);
    }
}
