package dev.zstar.kernels.simd.lanes;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * All memory as one segment. It is a constant for the JIT, so an access costs at most one comparison. An access to a segment of a block
 * costs a liveness check and two bounds checks.
 */
public final class NativeMemory {
    public static final MemorySegment ALL = all();
    /**
     * Does not change an address, but shows the JIT that address plus offset stays within {@link #ALL}, so that it removes the bounds
     * check. No platform has addresses of more bits.
     */
    public static final long MASK = Long.MAX_VALUE >>> 4;

    /** The same for the distance between rows of one tile, which {@link dev.zstar.kernels.Block} limits. */
    public static final int SPAN = Integer.MAX_VALUE;

    public static final ByteOrder ORDER = ByteOrder.nativeOrder();
    /** Unaligned, because the aligned layout tests the address at every access. */
    public static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    public static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    private NativeMemory() {}

    @SuppressWarnings("restricted")
    private static MemorySegment all() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }
}
