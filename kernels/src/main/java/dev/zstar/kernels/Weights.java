package dev.zstar.kernels;

/**
 * A matrix {@code W} of {@code rows × cols}, packed once for one engine and then applied many times, as {@code W} and as {@code Wᵀ}. It
 * belongs to the engine that made it. Several threads may apply it at once, but not during {@link #update} or {@link #close}.
 */
public interface Weights extends AutoCloseable {
    /** Outputs. */
    int rows();

    /** Inputs. */
    int cols();

    /** The type of the elements it is applied to. */
    Type type();

    /** How the elements are stored. */
    Format format();

    /** The name of the engine that made it. */
    String engine();

    /** Takes the values of {@code w}, of this shape and type, as the new matrix. Allocates nothing. */
    void update(Block w);

    /** Makes the copy that {@link Products#applyTransposed} reads, if it is not there yet. */
    void prepareTransposed();

    /** Bytes held, the transposed copy included once it exists. */
    long bytes();

    @Override
    void close();

    /** Rows, columns and type, as messages write them. */
    default String shape() {
        return rows() + "×" + cols() + " " + (format() == Format.FULL ? type() : format());
    }
}
