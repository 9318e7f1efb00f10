package dev.zstar.kernels.simd.lanes;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory outside the heap that one thread uses within one call, grown as needed. It is freed some time after the thread has ended. */
public final class Scratch {
    private MemorySegment segment = MemorySegment.NULL;

    /** The address of at least this many bytes, on a cache line. One more cache line may be read. */
    public long address(long bytes) {
        if (segment.byteSize() < bytes) {
            segment = Arena.ofAuto().allocate(bytes + 64, 64).asSlice(0, bytes);
        }
        return segment.address();
    }
}
