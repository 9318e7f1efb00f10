package dev.zstar.solvers.secant;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/** For each row of a batch an approximation H of {@code (I - J)⁻¹}, which can be applied as it is and transposed. */
public interface ApproximateInverse {
    /**
     * {@code x} becomes {@code H x}, or {@code Hᵀ x}, and {@code squares[b]} the square of its length. What is computed for a row depends
     * on that row alone.
     *
     * @param x {@code rows.count() × n}
     */
    void apply(boolean transposed, Block x, Rows rows, double[] squares);
}
