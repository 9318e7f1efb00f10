package dev.zstar.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reads and writes every kind of memory through every layout, alternating, before the JIT compiles any access. {@link Block} runs it
 * when it is initialised.
 *
 * <p>All accesses to a segment share a few methods of the JDK. If the JIT compiles them while they have seen only one class of layouts
 * or segments, they expect that class. Another class causes a deoptimisation, up to six times in one method, and the method's profile
 * counts each. A kernel inlines these methods for every scalar that it reads: 16 to 44 times in an 8×3 tile. The JIT adds up the counts
 * of all copies. Above {@code PerMethodTrapLimit} (100) it compiles the slow paths too, on which every vector is an object. On a busy
 * machine, products stayed 17 times slower in 3 of 23 processes that had filled blocks before the first kernel ran.
 */
final class AccessWarmup {
    /** Enough calls for C1 to compile the shared methods with profiling (200), with every class in the profile. Takes 20 ms. */
    private static final int ROUNDS = 300;

    private AccessWarmup() {}

    static void run() {
        try (Arena confined = Arena.ofConfined();
                Arena shared = Arena.ofShared()) {
            MemorySegment[] segments = {
                shared.allocate(64), MemorySegment.ofArray(new float[16]), confined.allocate(64), MemorySegment.ofArray(new double[8]),
                shared.allocate(128).asSlice(64), MemorySegment.ofArray(new byte[64]),
                MemorySegment.ofArray(new int[16]), Arena.ofAuto().allocate(64), MemorySegment.ofArray(new long[8]),
                        MemorySegment.ofArray(new short[32])
            };
            for (int round = 0; round < ROUNDS; round++) {
                MemorySegment s = segments[round % segments.length];
                touch(s, segments[0]);
            }
        }
    }

    private static void touch(MemorySegment s, MemorySegment t) {
        t.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 0, s.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0));
        t.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, 0, s.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 0));
        t.set(ValueLayout.JAVA_INT_UNALIGNED, 0, s.get(ValueLayout.JAVA_INT_UNALIGNED, 0));
        t.set(ValueLayout.JAVA_BYTE, 0, s.get(ValueLayout.JAVA_BYTE, 0));
        t.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, s.get(ValueLayout.JAVA_LONG_UNALIGNED, 0));
        t.set(ValueLayout.JAVA_SHORT_UNALIGNED, 0, s.get(ValueLayout.JAVA_SHORT_UNALIGNED, 0));
        s.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4, t.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4));
        s.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8, t.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8));
    }
}
