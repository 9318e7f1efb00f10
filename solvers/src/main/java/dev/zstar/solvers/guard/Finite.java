package dev.zstar.solvers.guard;

import dev.zstar.kernels.Block;

/** Looks for NaN and infinity, element by element. This is slow, and meant for rows that have failed already. */
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
