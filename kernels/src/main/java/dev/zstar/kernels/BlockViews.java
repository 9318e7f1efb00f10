package dev.zstar.kernels;

import java.util.Arrays;

/** The views of a {@link Block}, and the exceptions for views that it does not have. */
final class BlockViews {
    private BlockViews() {}

    /** The block, with all heads. */
    static Block withHeads(Block block) {
        for (int count = 0; count <= block.rows(); count++) {
            block.head(count);
        }
        return block;
    }

    /** The heads that exist, {@code head(count)} among them. */
    static Block[] heads(Block block, Block[] heads, int count) {
        if (count < 0 || count > block.rows()) {
            throw new IndexOutOfBoundsException(
                    "head: " + count + " rows of a block of " + block.shape() + ", expected 0 to " + block.rows());
        }
        Block[] views = heads == null ? new Block[block.rows() + 1] : heads;
        views[count] = new Block(block, 0, count, block.cols());
        return views;
    }

    /** Rows of a block from row {@code from} on. */
    static Block range(Block block, int from, int count) {
        if (from < 0 || count < 0 || from > block.rows() - count) {
            throw new IndexOutOfBoundsException("range: " + count + " rows from row " + from + " of a block of " + block.shape()
                    + ", expected rows within 0 to " + (block.rows() - 1));
        }
        return new Block(block, from, count, block.cols());
    }

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
            parts[p] = new Block(block, p * height, height, block.cols());
        }
        return parts;
    }

    /** The folds that exist, and {@code folded(parts)} as the last. */
    static Block[] folds(Block block, Block[] folds, int parts) {
        if (!canFold(block, parts)) {
            throw new IllegalArgumentException("folded: " + parts + " parts of each row of a block of " + block.shape() + " with "
                    + block.stride() + " elements from row to row, expected a divisor of its columns that leaves no padding");
        }
        Block[] more = Arrays.copyOf(folds, folds.length + 1);
        more[folds.length] = new Block(block, 0, block.rows() * parts, block.cols() / parts);
        return more;
    }

    static boolean canFold(Block block, int parts) {
        if (parts < 1 || block.cols() % parts != 0 || (long) block.rows() * parts > Integer.MAX_VALUE) {
            return false;
        }
        int width = block.cols() / parts;
        return parts == 1 || width == BlockLayout.stride(block.type(), width) && block.cols() == block.stride();
    }
}
