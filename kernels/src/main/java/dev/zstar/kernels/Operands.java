package dev.zstar.kernels;

/**
 * For authors of engines: checks of single operands, which must not be null, must be open, must have the right shape, and must not
 * overlap. The default methods of the engine's interfaces use them too. The checks of whole operations are in
 * {@code dev.zstar.kernels.spi}.
 *
 * <p>A check that fails throws. The message names the operation, the operand, what it is and what was expected.
 */
public final class Operands {
    private Operands() {}

    /** Throws {@link NullPointerException}, naming the operand, if it is null. */
    public static void present(String operation, String operand, Object value) {
        if (value == null) {
            throw new NullPointerException(operation + ": " + operand + " is null");
        }
    }

    /** Throws unless a block is not null, open and of this shape. */
    public static void require(String operation, String operand, Block block, Type type, int rows, int cols) {
        present(operation, operand, block);
        block.requireShape(operation, operand, type, rows, cols);
    }

    /** Throws unless a block is not null and open. */
    public static void open(String operation, String operand, Block block) {
        present(operation, operand, block);
        block.requireOpen(operation, operand);
    }

    /** Throws unless two operands have the same shape. */
    public static void same(String operation, String first, Block x, String second, Block y) {
        open(operation, first, x);
        require(operation, second, y, x.type(), x.rows(), x.cols());
    }

    /** Throws unless the output has the shape of {@code x}, and is {@code x} or does not overlap it. */
    public static void elementwise(String operation, String input, Block x, String output, Block out) {
        same(operation, input, x, output, out);
        sameOrApart(operation, output, out, input, x);
    }

    /** Throws unless an array has room for {@code needed} numbers. */
    public static void capacity(String operation, String operand, double[] array, long needed) {
        present(operation, operand, array);
        capacity(operation, operand, array.length, needed);
    }

    /** The same for an array of integers. */
    public static void capacity(String operation, String operand, int[] array, long needed) {
        present(operation, operand, array);
        capacity(operation, operand, array.length, needed);
    }

    private static void capacity(String operation, String operand, int length, long needed) {
        if (length < needed) {
            throw new IllegalArgumentException(operation + ": " + operand + " has length " + length + ", expected at least " + needed);
        }
    }

    /**
     * Throws unless the working block has one row for each position, the type and width of the basis, and the basis holds the whole
     * batch.
     */
    public static void sweep(String operation, Basis v, Block w, Rows rows) {
        sweep(operation, "the basis", v, "the working block", w, rows);
    }

    /** The same with names for the operands. */
    public static void sweep(String operation, String basis, Basis v, String block, Block w, Rows rows) {
        present(operation, basis, v);
        present(operation, block, w);
        present(operation, "rows", rows);
        v.block().requireShape(operation, basis, w.type(), v.block().rows(), w.cols());
        w.requireShape(operation, block, w.type(), rows.count(), w.cols());
        if (rows.capacity() > v.batch()) {
            throw new IllegalArgumentException(
                    operation + ": rows has a capacity of " + rows.capacity() + ", expected at most " + v.batch() + ", the batch of "
                            + basis);
        }
    }

    /** Throws unless a basis has {@code count} vectors. */
    public static void vectors(String operation, Basis v, int count) {
        if (count < 0 || count > v.capacity()) {
            throw new IllegalArgumentException(operation + ": " + count + " vectors of a basis, expected 0 to " + v.capacity());
        }
    }

    /** Throws unless a sweep has a working block, a basis of {@code count} vectors, and a number for each vector of each row. */
    public static void sweep(String operation, Basis v, int count, String operand, double[] numbers, Block w, Rows rows) {
        sweep(operation, v, w, rows);
        vectors(operation, v, count);
        capacity(operation, operand, numbers, (long) rows.capacity() * v.capacity());
    }

    /** Throws unless an array is null or has a squared norm for each row of the batch. */
    public static void squares(String operation, double[] squares, Rows rows) {
        if (squares != null) {
            capacity(operation, "squares", squares, rows.capacity());
        }
    }

    /** Throws unless a basis has this vector. */
    public static void slot(String operation, Basis v, int slot) {
        if (slot < 0 || slot >= v.capacity()) {
            throw new IndexOutOfBoundsException(operation + ": slot " + slot + " of a basis, expected 0 to " + (v.capacity() - 1));
        }
    }

    /** Throws unless the two blocks share no memory. */
    public static void apart(String operation, String output, Block out, String operand, Block input) {
        if (overlap(out, input)) {
            throw new IllegalArgumentException(
                    operation + ": " + output + " overlaps " + operand + ", expected blocks that share no memory");
        }
    }

    /** Throws unless two blocks of one shape are the same memory or share none of it. */
    public static void sameOrApart(String operation, String output, Block out, String operand, Block input) {
        if (out.address() != input.address() && overlap(out, input)) {
            throw new IllegalArgumentException(
                    operation + ": " + output + " partly overlaps " + operand
                            + ", expected the same block, or blocks that share no memory");
        }
    }

    private static boolean overlap(Block a, Block b) {
        return a.address() < b.address() + b.bytes() && b.address() < a.address() + a.bytes();
    }

    /** Throws unless a block has rows for {@code count} systems of equal size. */
    public static void groups(String operation, String operand, Block block, int count) {
        open(operation, operand, block);
        if (count < 1 || block.rows() % count != 0) {
            throw new IllegalArgumentException(
                    operation + ": " + operand + " is " + block.shape() + ", expected rows for " + count + " systems of equal size");
        }
    }
}
