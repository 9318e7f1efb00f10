package dev.zstar.kernels;

/**
 * A matrix {@code W} of {@code rows × cols}, packed once for one engine and then applied many times, as {@code W} and as {@code Wᵀ}. Only
 * the engine that made it can apply it. Whoever packed it closes it. Several threads may apply it at once, but not during {@link #update}
 * or {@link #close}.
 */
public interface Weights extends AutoCloseable {
    /** The number of rows, which is the number of outputs. */
    int rows();

    /** The number of columns, which is the number of inputs. */
    int cols();

    /** The type of the elements that it is applied to. */
    Type type();

    /** How the elements are stored. */
    Format format();

    /** The name of the engine that made it. */
    String engine();

    /** Replaces the matrix by the values of {@code w}, of this shape and type. Allocates nothing. */
    void update(Block w);

    /** Makes the copy that {@link Products#applyTransposed} reads, unless it exists already. */
    void prepareTransposed();

    /** The bytes that it holds, including the transposed copy once it exists. */
    long bytes();

    @Override
    void close();

    /** Rows, columns and type, as messages write them. */
    default String shape() {
        return rows() + "×" + cols() + " " + (format() == Format.FULL ? type() : format());
    }
}
