package dev.zstar.kernels;

/**
 * The weights of a {@link Convolution}, laid out once for one engine and then applied many times. Belongs to the engine that made
 * it. Several threads may apply it at once; {@link #update} and {@link #close} need it alone.
 */
public interface ConvolutionWeights extends AutoCloseable {
    /** What it computes. */
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
