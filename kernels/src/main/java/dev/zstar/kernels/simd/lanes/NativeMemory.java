package dev.zstar.kernels.simd.lanes;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * All memory as one segment. A constant to the JIT, so that an access costs at most one comparison, where a segment of its own costs a
 * liveness check and two bounds.
 */
public final class NativeMemory {
    public static final MemorySegment ALL = all();
    /**
     * Keeps an address as it is, and tells the JIT that what is added to it cannot leave {@link #ALL}: then it tests no access. No platform
     * has addresses of more bits.
     */
    public static final long MASK = Long.MAX_VALUE >>> 4;

    /** The same for the distance between rows of one tile, of which {@link dev.zstar.kernels.Block} has none longer. */
    public static final int SPAN = Integer.MAX_VALUE;

    public static final ByteOrder ORDER = ByteOrder.nativeOrder();
    /** Unaligned, since the aligned layout tests the address at every access. */
    public static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    public static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    private NativeMemory() {}

    @SuppressWarnings("restricted")
    private static MemorySegment all() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }
}
