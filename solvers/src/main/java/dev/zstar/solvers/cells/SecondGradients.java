package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.operations.Dropout;
import dev.zstar.solvers.guard.OwnedMemory;

/**
 * The gradients of {@code P = ⟨J(z) c, u⟩} of any cell, without second derivatives of its operations. With {@code g(z) = uᵀ ∂f/∂θ} at z,
 *
 * <pre>{@code ∂P/∂θ = d/dt g(z + t c) at t = 0 ≈ (g(z + h c) - g(z - h c)) / 2h,    h = ∛ε ‖z‖ / ‖c‖,}</pre>
 *
 * and likewise for x and z. The relative error is about {@code ε^(2/3)}: 10⁻⁵ in f32, 10⁻¹¹ in f64.
 */
final class SecondGradients {
    private final Engine engine;
    private final Programs programs;
    private final Dropout dropout;
    private final Block moved;
    private final Block scaled;
    private final Block dz;
    private final double[] lengths;
    private final double[] sizes;
    private final double[] steps;
    private final double[] ones;
    private final double relative;
    private final Side side;

    /** @param programs of their own, whose stored rows nobody else reads */
    SecondGradients(Engine engine, OwnedMemory memory, Programs programs, Dropout dropout, Type type, int batch, int n, Side side) {
        this.engine = engine;
        this.programs = programs;
        this.dropout = dropout;
        this.side = side;
        moved = memory.block(type, batch, n);
        scaled = memory.block(type, batch, n);
        dz = memory.block(type, batch, n);
        lengths = new double[batch];
        sizes = new double[batch];
        steps = new double[batch];
        ones = new double[batch];
        java.util.Arrays.fill(ones, 1);
        relative = Math.cbrt(type.unitRoundoff());
    }

    /** What adds the gradients of one side: {@code v = ±u / 2h} at the moved point. */
    @FunctionalInterface
    interface Side {
        void add(Programs at, Block v, Block z, Block x, Rows rows, CellGradients sum);
    }

    /**
     * Adds both sides.
     *
     * @param sumZ where the gradient of the point is added, or null
     */
    void add(Block c, Block u, Block z, Block x, Rows rows, CellGradients sum, Block sumZ) {
        int count = c.rows();
        engine.norm(c, lengths);
        engine.norm(z, sizes);
        dropout.again(rows);
        try {
            programs.inject.run(programs.memory, count, x);
        } finally {
            dropout.again(null);
        }
        add(1, c, u, z, x, rows, sum, sumZ);
        add(-1, c, u, z, x, rows, sum, sumZ);
    }

    private void add(double sign, Block c, Block u, Block z, Block x, Rows rows, CellGradients sum, Block sumZ) {
        int count = c.rows();
        Block at = moved.head(count);
        Block v = scaled.head(count);
        at.copyFrom(z);
        for (int p = 0; p < count; p++) {
            steps[p] = lengths[p] > 0 ? sign * relative * (sizes[p] > 0 ? sizes[p] : 1) / lengths[p] : 0;
        }
        engine.axpby(steps, c, ones, at);
        // The factor of u is ±1 / 2h, and 0 for a row of zeros.
        for (int p = 0; p < count; p++) {
            steps[p] = steps[p] == 0 ? 0 : 0.5 / steps[p];
        }
        v.fill(0);
        engine.axpby(steps, u, ones, v);
        programs.linearise.run(programs.memory, count, at);
        side.add(programs, v, at, x, rows, sum);
        if (sumZ != null) {
            Block out = dz.head(count);
            programs.vjp.run(programs.memory, count, v, out);
            engine.axpy(1, out, sumZ.head(count));
        }
    }
}
