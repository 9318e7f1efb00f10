package dev.zstar.kernels;

/** How far apart the rows of a block lie, and how many bytes that makes. */
final class BlockLayout {
    /** A cache line, and a 512-bit vector: rows start on one. */
    static final int LINE = 64;
    /** Rows this many bytes apart fall into one set of an L1 cache, and the eight rows of a register tile evict each other. */
    private static final int ALIAS = 4096;
    /** The most bytes of a row: kernels rely on the last of eight rows being less than 2³¹ bytes from the first. */
    private static final int LONGEST = 1 << 28;

    private BlockLayout() {}

    /** Elements from the start of one row to the start of the next. */
    static int stride(Type type, int cols) {
        long bytes = ((long) cols * type.bytes() + LINE - 1) / LINE * LINE;
        if (bytes > 0 && bytes % ALIAS == 0) {
            bytes += LINE;
        }
        if (bytes > LONGEST) {
            throw new IllegalArgumentException("a row of " + cols + " " + type + " is too long, expected at most 2²⁸ bytes");
        }
        return (int) (bytes / type.bytes());
    }

    /** The bytes of a block, padding included. */
    static long bytes(Type type, int rows, int cols) {
        Operands.present("a block", "its type", type);
        if (rows < 0 || cols < 0) {
            throw new IllegalArgumentException("a block of " + rows + "×" + cols + ", expected dimensions of at least 0");
        }
        return (long) rows * stride(type, cols) * type.bytes();
    }
}
