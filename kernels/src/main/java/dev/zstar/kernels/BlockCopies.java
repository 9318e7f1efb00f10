package dev.zstar.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.function.Consumer;

/** Copies values into blocks and out of them: one value, arrays, and other blocks. */
final class BlockCopies {
    private BlockCopies() {}

    /** A new block that {@code fill} has filled; if it throws, the block is closed. */
    static Block allocate(Type type, int rows, int cols, Consumer<Block> fill) {
        try (Allocation allocation = new Allocation()) {
            Block block = allocation.add(Block.allocate(type, rows, cols));
            fill.accept(block);
            allocation.keep();
            return block;
        }
    }

    static void fill(double value, Block target) {
        // The other rows are copies of the first, since checking every element takes longer.
        for (int j = 0; j < target.cols() && target.rows() > 0; j++) {
            target.set(0, j, value);
        }
        for (int i = 1; i < target.rows(); i++) {
            bytes(target, 0, target, i);
        }
    }

    static void in(float[] values, Block target) {
        in("copyFrom", values, target);
    }

    /** @param operation what was called, for messages */
    static void in(String operation, float[] values, Block target) {
        Operands.present(operation, "the array of values", values);
        requireLength(operation, values.length, target);
        int cols = target.cols();
        if (target.type() == Type.F32) {
            try {
                for (int i = 0; i < target.rows(); i++) {
                    MemorySegment.copy(values, i * cols, target.segment(), ValueLayout.JAVA_FLOAT, i * target.strideBytes(), cols);
                }
            } finally {
                Reference.reachabilityFence(target);
            }
            return;
        }
        for (int i = 0; i < target.rows(); i++) {
            for (int j = 0; j < cols; j++) {
                target.set(i, j, values[i * cols + j]);
            }
        }
    }

    static void in(double[] values, Block target) {
        in("copyFrom", values, target);
    }

    /** @param operation what was called, for messages */
    static void in(String operation, double[] values, Block target) {
        Operands.present(operation, "the array of values", values);
        requireLength(operation, values.length, target);
        int cols = target.cols();
        for (int i = 0; i < target.rows(); i++) {
            for (int j = 0; j < cols; j++) {
                target.set(i, j, values[i * cols + j]);
            }
        }
    }

    private static void requireLength(String operation, int length, Block target) {
        long elements = (long) target.rows() * target.cols();
        if (length != elements) {
            throw new IllegalArgumentException(operation + ": " + length + " values, expected " + elements + " for " + target.shape());
        }
    }

    static void copy(Block source, Block target) {
        Operands.present("copyFrom", "the source", source);
        source.requireShape("copyFrom", "the source", source.type(), target.rows(), target.cols());
        target.requireOpen();
        if (source.address() != target.address()) {
            Operands.apart("copyFrom", "this block", target, "the source", source);
        }
        if (source.type() == target.type()) {
            for (int i = 0; i < target.rows(); i++) {
                bytes(source, i, target, i);
            }
            return;
        }
        for (int i = 0; i < target.rows(); i++) {
            for (int j = 0; j < target.cols(); j++) {
                target.set(i, j, source.get(i, j));
            }
        }
    }

    static void row(Block source, int from, Block target, int to) {
        Operands.present("copyRow", "the source", source);
        source.requireShape("copyRow", "the source", target.type(), source.rows(), target.cols());
        if (from < 0 || from >= source.rows() || to < 0 || to >= target.rows()) {
            throw new IndexOutOfBoundsException("copyRow: row " + from + " of " + source.shape() + " to row " + to + " of " + target.shape()
                    + ", expected rows that exist in both blocks");
        }
        target.requireOpen();
        bytes(source, from, target, to);
    }

    static void columns(Block source, int from, Block target, int to, int count) {
        Operands.present("copyColumns", "the source", source);
        source.requireShape("copyColumns", "the source", target.type(), target.rows(), source.cols());
        requireColumns(source, "the source", from, count);
        requireColumns(target, "this block", to, count);
        target.requireOpen();
        if (source.address() != target.address() || source.stride() != target.stride()) {
            Operands.apart("copyColumns", "this block", target, "the source", source);
        }
        int width = source.type().bytes();
        for (int i = 0; i < target.rows(); i++) {
            bytes(source, i * source.strideBytes() + (long) from * width, target, i * target.strideBytes() + (long) to * width,
                    (long) count * width);
        }
    }

    private static void requireColumns(Block block, String operand, int from, int count) {
        if (from < 0 || count < 0 || from > block.cols() - count) {
            throw new IndexOutOfBoundsException("copyColumns: " + count + " columns of " + operand + " from column " + from
                    + " on, expected some of its " + block.cols());
        }
    }

    private static void bytes(Block source, int from, Block target, int to) {
        bytes(source, from * source.strideBytes(), target, to * target.strideBytes(), (long) source.cols() * source.type().bytes());
    }

    private static void bytes(Block source, long from, Block target, long to, long bytes) {
        try {
            MemorySegment.copy(source.segment(), from, target.segment(), to, bytes);
        } finally {
            Reference.reachabilityFence(source);
            Reference.reachabilityFence(target);
        }
    }

    static double[] toDoubles(Block source) {
        double[] values = new double[elements("toDoubles", source)];
        int cols = source.cols();
        for (int i = 0; i < source.rows(); i++) {
            for (int j = 0; j < cols; j++) {
                values[i * cols + j] = source.get(i, j);
            }
        }
        return values;
    }

    static float[] toFloats(Block source) {
        float[] values = new float[elements("toFloats", source)];
        int cols = source.cols();
        for (int i = 0; i < source.rows(); i++) {
            for (int j = 0; j < cols; j++) {
                values[i * cols + j] = (float) source.get(i, j);
            }
        }
        return values;
    }

    private static int elements(String operation, Block source) {
        long elements = (long) source.rows() * source.cols();
        if (elements > Integer.MAX_VALUE) {
            throw new IllegalStateException(operation + ": a block of " + source.shape() + " has " + elements
                    + " elements, expected fewer than 2³¹, which an array can hold; copy its parts (Block.part)");
        }
        return source.rows() * source.cols();
    }
}
