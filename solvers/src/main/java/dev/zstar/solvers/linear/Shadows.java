package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;

/** The vectors P of {@link IdrCycle}: random numbers from -1 to 1, the same in every solve. */
final class Shadows {
    /** The increment and the factors of SplitMix64 (Steele, Lea and Flood 2014). */
    private static final long STEP = 0x9E3779B97F4A7C15L;
    private static final long FIRST = 0xBF58476D1CE4E5B9L;
    private static final long SECOND = 0x94D049BB133111EBL;

    private static final long SEED = 3;

    private Shadows() {}

    static void fill(Block p) {
        long state = SEED;
        for (int i = 0; i < p.rows(); i++) {
            for (int j = 0; j < p.cols(); j++) {
                state += STEP;
                long x = (state ^ state >>> 30) * FIRST;
                x = (x ^ x >>> 27) * SECOND;
                // The high 53 bits, as a number from -1 to 1.
                p.set(i, j, ((x ^ x >>> 31) >> 10) * 0x1p-53);
            }
        }
    }
}
