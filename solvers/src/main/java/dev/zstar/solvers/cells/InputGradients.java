package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.OwnedMemory;

/** The gradient of x of the active rows, and its way to the rows of the batch. */
final class InputGradients {
    private final Engine engine;
    private final int batch;
    private final Block block;
    private final Block spare;

    InputGradients(Engine engine, OwnedMemory memory, Type type, int batch, int inputs) {
        this.engine = engine;
        this.batch = batch;
        block = memory.block(type, batch, inputs);
        block.part(0, batch);
        spare = memory.block(type, 1, inputs);
    }

    /** The first rows, by position, for a program to write. */
    Block head(int count) {
        return block.head(count);
    }

    /** Adds them to the rows of {@code sum}, which are ordered by row of the batch. */
    void addTo(Block sum, Rows rows) {
        int count = rows.count();
        boolean inPlace = true;
        for (int p = 0; p < count; p++) {
            inPlace &= rows.index(p) == p;
        }
        if (inPlace) {
            engine.axpy(1, block.head(count), sum.head(count));
            return;
        }
        for (int p = 0; p < count; p++) {
            spare.copyRow(sum, rows.index(p), 0);
            engine.axpy(1, block.part(p, batch), spare);
            sum.copyRow(spare, 0, rows.index(p));
        }
    }
}
