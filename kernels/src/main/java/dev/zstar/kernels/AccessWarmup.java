package dev.zstar.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reads and writes every kind of memory by every layout, in turns, before the JIT compiles any access: {@link Block} runs it first of all.
 *
 * <p>All accesses to a segment share a few methods of the JDK. Compiled while they had met one class of layouts or of segments alone,
 * they expect that class; when another comes they are thrown away, up to four times, and remember each. A kernel inlines them for every
 * scalar it reads, 44 times in a tile of 8×3, the JIT adds up what the copies remember, and over {@code PerMethodTrapLimit} (100) it
 * keeps paths on which every vector is an object. Blocks that were filled before an engine's first kernel so made its products 17 times
 * slower for good, in one process of twenty on a busy machine.
 */
final class AccessWarmup {
    /** Enough for the quick compiler to profile what is shared (200 calls), with every class in the profile. 20 ms. */
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
