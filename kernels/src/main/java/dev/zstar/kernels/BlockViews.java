package dev.zstar.kernels;

/** The equal parts of a {@link Block}, and the exceptions for parts and elements that it does not have. */
final class BlockViews {
    private BlockViews() {}

    /** All parts, after a check that part {@code i} is one of them. */
    static Block[] parts(Block block, int i, int count) {
        if (count < 1 || block.rows() % count != 0) {
            throw new IllegalArgumentException(
                    "part: " + count + " equal parts of a block of " + block.shape() + ", expected a divisor of its rows");
        }
        if (i < 0 || i >= count) {
            throw new IndexOutOfBoundsException(
                    "part: part " + i + " of " + count + " equal parts of a block of " + block.shape() + ", expected 0 to " + (count - 1));
        }
        Block[] parts = new Block[count];
        int height = block.rows() / count;
        for (int p = 0; p < count; p++) {
            parts[p] = new Block(block, p * height, height);
        }
        return parts;
    }

    static IndexOutOfBoundsException missing(Block block, int row, int col) {
        return new IndexOutOfBoundsException("element (" + row + ", " + col + ") of a block of " + block.shape() + ", expected "
                + (block.rows() == 0 || block.cols() == 0 ? "none"
                        : "a row from 0 to " + (block.rows() - 1) + " and a column from 0 to " + (block.cols() - 1)));
    }
}
