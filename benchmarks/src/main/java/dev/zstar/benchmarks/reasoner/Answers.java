package dev.zstar.benchmarks.reasoner;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;

/** Reads the digits of all squares from states. Holds a block of {@code batch · squares × side}. */
final class Answers implements AutoCloseable {
    private final Reasoner model;
    private final Engine engine;
    private final int squares;
    private final Block probabilities;
    /** By square of the last states, row after row: the column of the largest probability. */
    private final int[] columns;

    Answers(Reasoner model) {
        this.model = model;
        engine = model.engine();
        squares = model.size().board().squares();
        probabilities = engine.allocate(Type.F32, model.batch() * squares, model.size().board().side()).withHeads();
        columns = new int[model.batch() * squares];
    }

    int batch() {
        return model.batch();
    }

    int squares() {
        return squares;
    }

    /** Reads the answers from states, {@code rows × n}. */
    void read(Block z) {
        if (z.rows() > 0) {
            Block p = probabilities.head(z.rows() * squares);
            model.head().apply(model.tokens(z), p);
            engine.layers().softmax(p, p);
            // Probabilities are positive, so that the largest magnitude is the largest of them.
            engine.iamax(p, columns);
        }
    }

    /** The digit of a square in row p of the states. */
    int digit(int p, int square) {
        return columns[p * squares + square] + 1;
    }

    /** The probability of the digit of the least certain square in row p; NaN if one is NaN. */
    double certainty(int p) {
        double least = 1;
        for (int square = 0; square < squares; square++) {
            least = Math.min(least, probabilities.get(p * squares + square, columns[p * squares + square]));
        }
        return least;
    }

    @Override
    public void close() {
        probabilities.close();
    }
}
