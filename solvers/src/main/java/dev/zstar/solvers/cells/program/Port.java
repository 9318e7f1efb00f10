package dev.zstar.solvers.cells.program;

import dev.zstar.kernels.Block;

/**
 * Where a block of the caller, one row for each row of the batch, enters or leaves a program.
 *
 * @param register the external register
 * @param rows how many rows of the register one row of the caller's block is
 */
public record Port(Register register, int rows) {
    /** Gives the block to the frame, which keeps it until the next run: taking it away again cost 3 ns. */
    public void connect(Frame frame, Block block) {
        frame.set(register, rows == 1 ? block : block.folded(rows));
    }
}
