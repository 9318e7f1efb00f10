package dev.zstar.solvers.cells.program;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.shapes.Shape;
import java.util.List;

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
        steps.add("unpack", List.of(from), List.of(to), f -> () -> Runs.copy(f.count(), f.block(from), f.block(to)));
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
        steps.add("pack", List.of(result), List.of(out), f -> () -> Runs.copy(f.count(), f.block(result), f.block(out)));
        return port;
    }
}
