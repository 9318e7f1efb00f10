package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import java.util.Arrays;

/** The slopes {@code φ'(s)} of each row at its point of linearisation. */
final class Slopes {
    /** By position of the last linearisation, {@code batch × n}. */
    private final Block slope;
    /** By row of the batch: its position in {@code slope}, or -1 if it has no point for the present parameters and input. */
    private final int[] position;
    /** By number of rows, created when that number first occurs: an epilogue that writes the slopes. */
    private final Epilogue[] writers;

    Slopes(OwnedMemory memory, Type type, int batch, int n) {
        slope = memory.block(type, batch, n);
        position = new int[batch];
        writers = new Epilogue[batch + 1];
        clear();
    }

    /** Removes the points of all rows. */
    void clear() {
        Arrays.fill(position, -1);
    }

    /** Removes the point of row {@code row} of the batch. */
    void clear(int row) {
        position[row] = -1;
    }

    /** The cell's epilogue, which also writes the slopes of {@code count} rows. */
    Epilogue writer(Epilogue epilogue, int count) {
        if (writers[count] == null) {
            writers[count] = epilogue.with(slope.head(count));
        }
        return writers[count];
    }

    /** Records that the slopes of these rows were written, in this order. */
    void written(Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            position[rows.index(p)] = p;
        }
    }

    /**
     * The slopes of these rows in their order, only for reading: in place if they lie in this order, else copied to {@code scratch}.
     *
     * @param operation for messages
     * @throws IllegalStateException if a row has no point
     */
    Block gather(String operation, Rows rows, Block scratch) {
        int count = Arguments.present(operation, "rows", rows).count();
        boolean inPlace = true;
        for (int p = 0; p < count; p++) {
            int b = rows.index(p);
            if (b < 0 || b >= position.length) {
                throw new IllegalArgumentException(operation + ": row " + b + " of the batch, expected 0 to " + (position.length - 1));
            }
            if (position[b] < 0) {
                throw new IllegalStateException(operation + ": row " + b + " of the batch has no point of linearisation; expected "
                        + "linearise(z, rows) with it, after the last update and inject");
            }
            inPlace &= position[b] == p;
        }
        if (inPlace) {
            return slope.head(count);
        }
        Block gathered = scratch.head(count);
        for (int p = 0; p < count; p++) {
            gathered.copyRow(slope, position[rows.index(p)], p);
        }
        return gathered;
    }
}
