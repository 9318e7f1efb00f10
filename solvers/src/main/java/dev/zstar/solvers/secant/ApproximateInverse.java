package dev.zstar.solvers.secant;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/** For each row of a batch, an approximation H of {@code (I - J)⁻¹}. H and Hᵀ can be applied. */
public interface ApproximateInverse {
    /**
     * Overwrites {@code x} with {@code H x}, or {@code Hᵀ x} if transposed, and stores {@code ‖x‖²} of row b in {@code squares[b]}. What is
     * computed for a row depends only on that row.
     *
     * @param x {@code rows.count() × n}
     * @param rows which row of the batch is at which position
     * @param squares by row of the batch: the squared norms of the results
     */
    void apply(boolean transposed, Block x, Rows rows, double[] squares);
}
