package dev.zstar.solvers.cells.program;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.shapes.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * Where the elements of samples lie. A sample of {@code rows} tokens is one row of the caller's blocks, and {@code rows} rows of the
 * registers. Both are the same memory if no row of a register is padded.
 */
public final class Layout {
    private Layout() {}

    /** Whether the caller's block can be read as a block of tokens, without a copy. */
    public static boolean isFolded(Type type, Shape shape) {
        return shape.rows() == 1 || Block.bytes(type, 1, shape.cols()) == (long) shape.cols() * type.bytes();
    }

    /** A register for a block of the caller, which the program reads. */
    public static Port enter(Steps steps, String name, Shape shape) {
        boolean isFolded = isFolded(steps.memory().type(), shape);
        int rows = isFolded ? shape.rows() : 1;
        return new Port(steps.memory().external(name, rows, isFolded ? shape.cols() : shape.size()), rows);
    }

    /** The values of a port as a register of the shape: the port's own, or a copy. */
    public static Register unpacked(Steps steps, Port port, Shape shape) {
        Register from = port.register();
        if (from.rows() == shape.rows()) {
            return from;
        }
        Register to = steps.block(from.name(), shape.rows(), shape.cols());
        steps.add("unpack", java.util.List.of(from), java.util.List.of(to), f -> () -> copy(f.block(from), 0, f.block(to), 0, shape));
        return to;
    }

    /** Lets the result of a program leave into a block of the caller. */
    public static Port leave(Steps steps, Register result, Shape shape) {
        boolean isFolded = isFolded(steps.memory().type(), shape);
        if (isFolded && result.role() == Register.Role.TEMPORARY) {
            result.external();
            return new Port(result, shape.rows());
        }
        Port port = enter(steps, "result", shape);
        Register out = port.register();
        steps.add("pack", java.util.List.of(result), java.util.List.of(out),
                f -> () -> copy(f.block(result), 0, f.block(out), 0, shape));
        return port;
    }

    /**
     * Copies the samples of a shape. Each block has one or more rows for a sample.
     *
     * @param from the first element of each sample to read, in blocks with one row for a sample; 0 for others
     * @param to the first element of each sample to write, likewise
     */
    public static void copy(Block source, int from, Block target, int to, Shape shape) {
        int width = shape.cols();
        int samples = Math.max(source.rows(), target.rows()) / shape.rows();
        boolean isSourceFolded = source.rows() == samples * shape.rows();
        boolean isTargetFolded = target.rows() == samples * shape.rows();
        long bytes = source.type().bytes();
        MemorySegment in = source.segment();
        MemorySegment out = target.segment();
        for (int s = 0; s < samples; s++) {
            for (int t = 0; t < shape.rows(); t++) {
                long read = place(source, isSourceFolded, s, t, shape) + from * bytes;
                long write = place(target, isTargetFolded, s, t, shape) + to * bytes;
                MemorySegment.copy(in, read, out, write, width * bytes);
            }
        }
        Reference.reachabilityFence(source);
        Reference.reachabilityFence(target);
    }

    private static long place(Block block, boolean isFolded, int sample, int token, Shape shape) {
        return isFolded ? ((long) sample * shape.rows() + token) * block.strideBytes()
                : sample * block.strideBytes() + (long) token * shape.cols() * block.type().bytes();
    }
}
