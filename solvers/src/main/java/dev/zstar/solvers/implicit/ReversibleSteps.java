package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.fixedpoint.Iterates;
import dev.zstar.solvers.fixedpoint.IterationMethod;
import dev.zstar.solvers.guard.Scaled;
import java.util.Arrays;

/**
 * The half-steps {@code s_{k+1} = (1 - β) s_{k-1} + β f(s_k)} from {@code s_{-1} = s_0}, the start. Two of them are a step of
 * {@link GradientMode.Reversible}: {@code y_n = s_{2n-1}} and {@code z_n = s_{2n}}.
 */
final class ReversibleSteps implements IterationMethod {
    private static final int NONE = -1;

    private final Engine engine;
    private final double β;
    /** {@code s_{k-1}}, by position. */
    private final Block previous;
    /** By row of the batch: its position in {@link #previous}, and the power of two by which it is multiplied there. */
    private final int[] positions;
    private final int[] exponents;

    ReversibleSteps(Workspace workspace, double β) {
        engine = workspace.engine();
        this.β = β;
        previous = workspace.kept().block();
        positions = new int[workspace.batch()];
        exponents = new int[workspace.batch()];
        Arrays.fill(positions, NONE);
    }

    @Override
    public void begin(int b) {
        positions[b] = NONE;
        exponents[b] = 0;
    }

    @Override
    public void rescale(int b, int exponent) {
        exponents[b] += exponent;
        if (positions[b] != NONE) {
            Scaled.multiplyRow(previous, positions[b], exponent, previous, positions[b]);
        }
    }

    @Override
    public void advance(Iterates at, FixedPointMap f) {
        Rows rows = at.rows();
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (positions[b] == NONE) {
                previous.copyRow(at.z(), p, p);
            } else if (positions[b] != p) {
                // Rows have left. The others only move to the front, in their order.
                previous.copyRow(previous, positions[b], p);
            }
            positions[b] = p;
        }
        Block before = previous.head(rows.count());
        engine.axpby(1 - β, before, β, at.g());
        engine.copy(at.z(), before);
    }

    /** Copies the state before the last one of row {@code b}, which completed all steps, to row {@code to} of a block. */
    void copyPrevious(int b, Block block, int to) {
        block.copyRow(previous, positions[b], to);
        if (exponents[b] != 0) {
            Scaled.multiplyRow(block, to, -exponents[b], block, to);
        }
    }
}
