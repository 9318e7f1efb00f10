package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.Workspace;

/** How far each row ends from its start. Keeps the starts: allocates a block, and a vector. */
final class Distances {
    private final Engine engine;
    private final Block starts;
    private final Block difference;
    private final double[] length = new double[1];

    Distances(Workspace workspace) {
        engine = workspace.engine();
        starts = workspace.block();
        difference = workspace.vectors(1);
        // Makes the views of single rows now, so that no solve has to.
        starts.part(0, starts.rows());
    }

    /** Row {@code b} begins: row {@code row} of {@code result} holds its start. */
    void begin(int b, Block result, int row) {
        starts.copyRow(result, row, b);
    }

    /** {@code ‖z* - z₀‖} of row {@code b}, whose result is row {@code row} of {@code result}. */
    double measure(int b, Block result, int row) {
        difference.copyRow(result, row, 0);
        engine.axpby(-1, starts.part(b, starts.rows()), 1, difference);
        engine.norm(difference, length);
        return length[0];
    }
}
