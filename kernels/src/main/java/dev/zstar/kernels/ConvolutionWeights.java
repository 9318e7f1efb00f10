package dev.zstar.kernels;

/**
 * The weights of a {@link Convolution}, packed once for one engine and then applied many times. They belong to the engine that made
 * them. Several threads may apply them at once, but not during {@link #update} or {@link #close}.
 */
public interface ConvolutionWeights extends AutoCloseable {
    /** The convolution that they are for. */
    Convolution convolution();

    /** The type of the elements it is applied to. */
    Type type();

    /** Takes the values of {@code w}, {@code outChannels × inputs} of this type, as the new weights. Allocates nothing. */
    void update(Block w);

    /** Makes the flipped copy that {@link Images#convolveTransposed} reads, if it is not there yet. */
    void prepareTransposed();

    /** Bytes held, the flipped copy included once it exists. */
    long bytes();

    @Override
    void close();
}
