package dev.zstar.solvers.tensors;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;

/**
 * The copies that weights usually need, one loop for each, so that the type is not asked for every element: elements that are already of
 * the block's type, and 16-bit numbers into f32.
 */
final class Widening {
    private Widening() {}

    /** Copies row-major elements in the processor's byte order into a block of as many elements. Returns false if there is no loop. */
    static boolean copy(ElementType type, MemorySegment from, Block block) {
        MemorySegment to = block.segment();
        long cols = block.cols();
        try {
            for (int row = 0; row < block.rows(); row++) {
                long at = row * cols * type.bytes();
                long target = row * block.strideBytes();
                if (type == ElementType.of(block.type())) {
                    MemorySegment.copy(from, at, to, target, cols * type.bytes());
                } else if (type == ElementType.F16 && block.type() == Type.F32) {
                    halves(from, at, to, target, cols);
                } else if (type == ElementType.BF16 && block.type() == Type.F32) {
                    upperHalves(from, at, to, target, cols);
                } else {
                    return false;
                }
            }
            return true;
        } finally {
            Reference.reachabilityFence(block);
        }
    }

    private static void halves(MemorySegment from, long at, MemorySegment to, long target, long count) {
        for (long i = 0; i < count; i++) {
            short bits = from.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2 * i);
            to.set(ValueLayout.JAVA_FLOAT, target + 4 * i, Float.float16ToFloat(bits));
        }
    }

    private static void upperHalves(MemorySegment from, long at, MemorySegment to, long target, long count) {
        for (long i = 0; i < count; i++) {
            int bits = from.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2 * i);
            // As an int: a signalling NaN keeps its bits.
            to.set(ValueLayout.JAVA_INT, target + 4 * i, bits << 16);
        }
    }
}
