package dev.zstar.kernels;

/**
 * The weights of a {@link Convolution}, packed once for one engine and then applied many times. Only the engine that made them can apply
 * them. Whoever packed them closes them. Several threads may apply them at once, but not during {@link #update} or {@link #close}.
 */
public interface ConvolutionWeights extends AutoCloseable {
    /** The convolution that they belong to. */
    Convolution convolution();

    /** The type of the elements that they are applied to. */
    Type type();

    /** Replaces the weights by the values of {@code w}, {@code outChannels × inputs} of this type. Allocates nothing. */
    void update(Block w);

    /** Makes the flipped copy that {@link Images#convolveTransposed} reads, unless it exists already. */
    void prepareTransposed();

    /** The bytes that they hold, including the flipped copy once it exists. */
    long bytes();

    @Override
    void close();
}
