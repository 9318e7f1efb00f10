package dev.zstar.kernels;

/**
 * A mask of 0 and {@code 1 / (1 - rate)} that stays the same for a whole solve. With a new mask at every step there would be no
 * equilibrium. A single mask shared by all rows is the variational form (Gal, Ghahramani 2016).
 *
 * <p>Each element depends only on seed, row and column: it is element {@code col} of the SplitMix64 sequence (Steele, Lea, Flood 2014)
 * whose seed is element {@code row} of the SplitMix64 sequence of {@code seed}. Therefore a mask is the same on every engine, for both
 * types, and for a row in any batch.
 */
public final class DropoutMask implements AutoCloseable {
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private final double rate;
    private final boolean shared;
    private final Block mask;

    private DropoutMask(Block mask, double rate, boolean shared, long seed) {
        this.mask = mask;
        this.rate = rate;
        this.shared = shared;
        try (Allocation allocation = new Allocation()) {
            allocation.add(mask);
            draw(seed);
            allocation.keep();
        }
    }

    /**
     * A mask with an element for each of {@code rows × cols}.
     *
     * @param rate the probability of a 0
     * @throws IllegalArgumentException unless {@code 0 ≤ rate < 1}
     */
    public static DropoutMask perElement(Engine engine, Type type, int rows, int cols, double rate, long seed) {
        requireRate(rate);
        Operands.present("a dropout mask", "its engine", engine);
        return new DropoutMask(engine.allocate(type, rows, cols), rate, false, seed);
    }

    /** A mask of one row that all rows share; it equals row 0 of {@link #perElement}. */
    public static DropoutMask shared(Engine engine, Type type, int cols, double rate, long seed) {
        requireRate(rate);
        Operands.present("a dropout mask", "its engine", engine);
        return new DropoutMask(engine.allocate(type, 1, cols), rate, true, seed);
    }

    private static void requireRate(double rate) {
        if (!(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException("a dropout rate of " + rate + ", expected 0 ≤ rate < 1");
        }
    }

    /** Replaces the mask, in place, by that of another seed. */
    public void draw(long seed) {
        for (int row = 0; row < mask.rows(); row++) {
            fill(mask, row, rate, number(seed, row));
        }
    }

    /**
     * Writes row {@code row} of the mask of a seed, as {@link #perElement} has it, to row {@code to} of a block.
     *
     * @throws IllegalArgumentException unless {@code 0 ≤ rate < 1}
     */
    public static void draw(Block target, int to, double rate, long seed, int row) {
        Operands.open("draw", "the block", target);
        requireRate(rate);
        fill(target, to, rate, number(seed, row));
    }

    private static void fill(Block target, int to, double rate, long start) {
        double kept = 1 / (1 - rate);
        for (int col = 0; col < target.cols(); col++) {
            double uniform = (number(start, col) >>> 11) * 0x1p-53;
            target.set(to, col, uniform < rate ? 0 : kept);
        }
    }

    /** Element {@code index} of the SplitMix64 sequence of {@code seed}. */
    static long number(long seed, long index) {
        long z = seed + (index + 1) * GOLDEN;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** The factors: {@code rows × cols}, or {@code 1 × cols} if all rows share them. */
    public Block block() {
        return mask;
    }

    /** The row of {@link #block} for row {@code row} of the batch. */
    public int row(int row) {
        return shared ? 0 : row;
    }

    /** Whether all rows share one mask. */
    public boolean isShared() {
        return shared;
    }

    /** The probability of a 0. */
    public double rate() {
        return rate;
    }

    @Override
    public void close() {
        mask.close();
    }
}
