package dev.zstar.solvers.guard;

import dev.zstar.kernels.Block;

/** A number computed from the bits of all elements, to detect a forbidden change. Used only if assertions are on. */
public final class Checksum {
    /** Whether assertions are on, as with {@code -ea} and in most tests. */
    public static final boolean ON = Checksum.class.desiredAssertionStatus();

    private Checksum() {}

    /** The checksum of all elements. Allocates nothing. */
    public static long of(Block block) {
        long sum = 0;
        for (int i = 0; i < block.rows(); i++) {
            for (int j = 0; j < block.cols(); j++) {
                // The factor is odd, so every change of a single element changes the sum.
                sum = 31 * sum + Double.doubleToRawLongBits(block.get(i, j));
            }
        }
        return sum;
    }
}
