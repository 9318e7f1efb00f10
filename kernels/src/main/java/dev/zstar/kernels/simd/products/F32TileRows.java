package dev.zstar.kernels.simd.products;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.MASK;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows of a tile between the heap array of its accumulators, where they follow each other, and memory, where they lie apart. A tile has
 * three vectors in a row, or two at the end of a row of panels. Each width has a loop of its own, because the JIT surrounds an inner loop
 * of two or three steps with two more loops, which cost more than the steps.
 */
final class F32TileRows {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();
    /** Bytes of a vector. */
    private static final long V = S.vectorByteSize();

    private F32TileRows() {}

    /** {@code t = memory}, for rows {@code stride} bytes apart. A stride of 0 repeats one row. */
    static void load(long from, long stride, int rows, int vectors, float[] t) {
        switch (vectors) {
            case 3 -> load3(from, stride, rows, t);
            case 2 -> load2(from, stride, rows, t);
            default -> {
                for (int r = 0; r < rows; r++) {
                    for (int v = 0; v < vectors; v++) {
                        long at = (from + r * stride + v * V) & MASK;
                        FloatVector.fromMemorySegment(S, ALL, at, ORDER).intoArray(t, (r * vectors + v) * L);
                    }
                }
            }
        }
    }

    private static void load3(long from, long stride, int rows, float[] t) {
        long at = from & MASK;
        for (int r = 0; r < rows; r++) {
            int to = r * 3 * L;
            FloatVector.fromMemorySegment(S, ALL, at, ORDER).intoArray(t, to);
            FloatVector.fromMemorySegment(S, ALL, at + V, ORDER).intoArray(t, to + L);
            FloatVector.fromMemorySegment(S, ALL, at + 2 * V, ORDER).intoArray(t, to + 2 * L);
            at = (at + stride) & MASK;
        }
    }

    private static void load2(long from, long stride, int rows, float[] t) {
        long at = from & MASK;
        for (int r = 0; r < rows; r++) {
            int to = r * 2 * L;
            FloatVector.fromMemorySegment(S, ALL, at, ORDER).intoArray(t, to);
            FloatVector.fromMemorySegment(S, ALL, at + V, ORDER).intoArray(t, to + L);
            at = (at + stride) & MASK;
        }
    }

    /** {@code memory = t}, for rows {@code stride} bytes apart, whose first {@code real} elements are within the block. */
    static void store(float[] t, int from, int rows, int vectors, int real, long to, long stride) {
        if (real == 3 * L) {
            store3(t, from, rows, to, stride);
        } else if (real == 2 * L && vectors == 2) {
            store2(t, from, rows, to, stride);
        } else {
            for (int r = 0; r < rows; r++) {
                store(t, from + r * vectors * L, to + r * stride, real);
            }
        }
    }

    private static void store3(float[] t, int start, int rows, long to, long stride) {
        long at = to & MASK;
        for (int r = 0; r < rows; r++) {
            int from = start + r * 3 * L;
            FloatVector.fromArray(S, t, from).intoMemorySegment(ALL, at, ORDER);
            FloatVector.fromArray(S, t, from + L).intoMemorySegment(ALL, at + V, ORDER);
            FloatVector.fromArray(S, t, from + 2 * L).intoMemorySegment(ALL, at + 2 * V, ORDER);
            at = (at + stride) & MASK;
        }
    }

    private static void store2(float[] t, int start, int rows, long to, long stride) {
        long at = to & MASK;
        for (int r = 0; r < rows; r++) {
            int from = start + r * 2 * L;
            FloatVector.fromArray(S, t, from).intoMemorySegment(ALL, at, ORDER);
            FloatVector.fromArray(S, t, from + L).intoMemorySegment(ALL, at + V, ORDER);
            at = (at + stride) & MASK;
        }
    }

    /** One row of any length. */
    static void store(float[] t, int from, long to, int real) {
        int i = 0;
        for (; i <= real - L; i += L) {
            FloatVector.fromArray(S, t, from + i).intoMemorySegment(ALL, to + i * B, ORDER);
        }
        if (i < real) {
            FloatVector.fromArray(S, t, from + i).intoMemorySegment(ALL, to + i * B, ORDER, S.indexInRange(i, real));
        }
    }
}
