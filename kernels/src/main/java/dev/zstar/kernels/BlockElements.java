package dev.zstar.kernels;

import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;

/** Reads and writes single elements of a {@link Block}. */
final class BlockElements {
    private BlockElements() {}

    static double get(Block block, int row, int col) {
        long at = offset(block, row, col);
        try {
            return block.type() == Type.F32
                    ? block.segment().get(ValueLayout.JAVA_FLOAT, at)
                    : block.segment().get(ValueLayout.JAVA_DOUBLE, at);
        } finally {
            Reference.reachabilityFence(block);
        }
    }

    static void set(Block block, int row, int col, double value) {
        long at = offset(block, row, col);
        try {
            if (block.type() == Type.F32) {
                block.segment().set(ValueLayout.JAVA_FLOAT, at, (float) value);
            } else {
                block.segment().set(ValueLayout.JAVA_DOUBLE, at, value);
            }
        } finally {
            Reference.reachabilityFence(block);
        }
    }

    private static long offset(Block block, int row, int col) {
        if (row < 0 || row >= block.rows() || col < 0 || col >= block.cols()) {
            throw new IndexOutOfBoundsException("element (" + row + ", " + col + ") of a block of " + block.shape() + ", expected "
                    + (block.rows() == 0 || block.cols() == 0 ? "none"
                            : "a row from 0 to " + (block.rows() - 1) + " and a column from 0 to " + (block.cols() - 1)));
        }
        block.requireOpen();
        return ((long) row * block.stride() + col) * block.type().bytes();
    }
}
