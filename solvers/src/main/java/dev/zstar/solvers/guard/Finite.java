package dev.zstar.solvers.guard;

import dev.zstar.kernels.Block;

/** Tests for NaN and infinity, element by element. This is slow, so it is only for rows that have already failed. */
public final class Finite {
    private Finite() {}

    /** Whether all elements of row {@code p} are finite. */
    public static boolean row(Block block, int p) {
        for (int i = 0; i < block.cols(); i++) {
            if (!Double.isFinite(block.get(p, i))) {
                return false;
            }
        }
        return true;
    }
}
