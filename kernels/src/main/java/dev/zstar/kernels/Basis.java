package dev.zstar.kernels;

/**
 * For every row of a batch, room for {@code capacity} vectors of {@code n} elements: the history of an accelerated iteration, or the
 * basis of a Krylov space. Vector {@code j} of row {@code b} is row {@code b · capacity + j} of {@link #block}, so the vectors of one
 * row, which are swept together, are adjacent.
 *
 * @param block the memory, {@code batch · capacity} rows of {@code n} elements
 * @param capacity the number of vectors for each row of the batch
 */
public record Basis(Block block, int capacity) implements AutoCloseable {
    /** Checks that the block holds whole rows. */
    public Basis {
        Operands.present("a basis", "its block", block);
        if (capacity < 1 || block.rows() % capacity != 0) {
            throw new IllegalArgumentException("a basis of " + capacity + " vectors for each row in a block of " + block.shape()
                    + ", expected a capacity that divides its number of rows");
        }
    }

    /** Allocates a basis of zeros. The caller closes it. */
    public static Basis allocate(Engine engine, Type type, int batch, int capacity, int n) {
        Operands.present("a basis", "its engine", engine);
        if (batch < 0 || capacity < 1 || (long) batch * capacity > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "a basis of " + capacity + " vectors for each of " + batch
                            + " rows, expected at least 1 vector and fewer than 2³¹ in all");
        }
        return new Basis(engine.allocate(type, batch * capacity, n), capacity);
    }

    /** The number of rows of the batch. */
    public int batch() {
        return block.rows() / capacity;
    }

    @Override
    public void close() {
        block.close();
    }
}
