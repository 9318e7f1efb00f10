package dev.zstar.solvers.guard;

import dev.zstar.kernels.Block;

/**
 * A number made of the bits of all elements, by which a change is noticed that was not to be made. Looked at only where assertions are on.
 */
public final class Checksum {
    /** Whether assertions are on, as with {@code -ea} and in most tests. */
    public static final boolean ON = Checksum.class.desiredAssertionStatus();

    private Checksum() {}

    /** Of all elements. Allocates nothing. */
    public static long of(Block block) {
        long sum = 0;
        for (int i = 0; i < block.rows(); i++) {
            for (int j = 0; j < block.cols(); j++) {
                // An odd factor: no single change is lost.
                sum = 31 * sum + Double.doubleToRawLongBits(block.get(i, j));
            }
        }
        return sum;
    }
}
