package dev.zstar.benchmarks.reasoner;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;

/** Reads the digits of all cells from states. Holds a block of {@code batch · cells × side}. */
final class Answers implements AutoCloseable {
    private final Reasoner model;
    private final Engine engine;
    private final int cells;
    private final Block probabilities;
    /** By cell of the last states, row after row: the column of the largest probability. */
    private final int[] columns;

    Answers(Reasoner model) {
        this.model = model;
        engine = model.engine();
        cells = model.size().board().cells();
        probabilities = engine.allocate(Type.F32, model.batch() * cells, model.size().board().side()).withHeads();
        columns = new int[model.batch() * cells];
    }

    int batch() {
        return model.batch();
    }

    int cells() {
        return cells;
    }

    /** Reads the answers from states, {@code rows × n}. */
    void read(Block z) {
        if (z.rows() > 0) {
            Block p = probabilities.head(z.rows() * cells);
            model.head().apply(model.tokens(z), p);
            engine.layers().softmax(p, p);
            // Probabilities are positive, so that the largest magnitude is the largest of them.
            engine.iamax(p, columns);
        }
    }

    /** The digit of a cell in row p of the states. */
    int digit(int p, int cell) {
        return columns[p * cells + cell] + 1;
    }

    /** The probability of the digit of the least certain cell in row p; NaN if one is NaN. */
    double certainty(int p) {
        double least = 1;
        for (int cell = 0; cell < cells; cell++) {
            least = Math.min(least, probabilities.get(p * cells + cell, columns[p * cells + cell]));
        }
        return least;
    }

    @Override
    public void close() {
        probabilities.close();
    }
}
