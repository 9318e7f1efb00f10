package dev.zstar.kernels;

/**
 * Convolution and resampling of batches of images, for equilibrium models of several scales (Bai, Koltun, Kolter, "Multiscale Deep
 * Equilibrium Models", 2020). Part of an engine: see {@link Engine#images}.
 *
 * <p>A row of a block is one image, in the layout of {@link ImageShape}. The argument {@code shape} is always the shape that the forward
 * operation reads, even for a method that computes the transpose. The conventions are those of {@link Engine}.
 *
 * <p>All operations except {@link #convolve}'s epilogue are linear, so the transpose is the vector-Jacobian product. On a
 * {@linkplain Engine#reproducible reproducible} engine the bits of an image do not depend on its batch or on the number of threads.
 * Numbers that are not finite pass through. Near an edge they may reach further than the formula says, because pixels beyond an edge may
 * count as zeros or be left out.
 */
public interface Images {
    /** Packs {@code w}, {@code outChannels × inputs}, for repeated use. The block is read, not kept. The caller closes the result. */
    ConvolutionWeights pack(Convolution convolution, Block w);

    /**
     * {@code out = φ(conv(z) + bias + injection)}. Each output is a single chain of fused multiply-adds. It starts from bias plus injection
     * and runs over the taps, row by row, and over the channels of each tap.
     *
     * @param z {@code batch × shape.size()}
     * @param out {@code batch × convolution.output(shape).size()}
     * @param epilogue a bias of {@code 1 × outChannels}, an injection of images of the shape of {@code out}, the activation, a
     *     slope of the shape of {@code out}; no norms. The injection may be {@code out} itself, which adds to it, unless the epilogue has
     *     {@code rows}
     */
    void convolve(ConvolutionWeights w, ImageShape shape, Block z, Block out, Epilogue epilogue);

    /**
     * {@code out = convᵀ(u)}: the gradient with respect to the input of {@code conv}, given the one with respect to its result.
     * Each output is one chain over the flipped taps.
     *
     * @param shape the shape of {@code out}'s images
     * @param u {@code batch × convolution.output(shape).size()}
     * @param out {@code batch × shape.size()}
     */
    void convolveTransposed(ConvolutionWeights w, ImageShape shape, Block u, Block out);

    /**
     * Adds the gradients of the weights and of the bias. Sums run over the pixels of each image in order, then over the images in
     * order, and the result is added to what is there.
     *
     * @param u {@code batch × convolution.output(shape).size()}, the gradient with respect to {@code conv(z) + bias}
     * @param z {@code batch × shape.size()}, what was convolved
     * @param dw {@code outChannels × inputs}, or null if not wanted
     * @param db {@code 1 × outChannels}, or null if not wanted
     */
    void addGradients(Convolution convolution, ImageShape shape, Block u, Block z, Block dw, Block db);

    /**
     * Enlarges each image by linear interpolation in both directions. Pixels are treated as areas: the corners of the two images coincide,
     * not the centres of their corner pixels ({@code align_corners = false}). Output {@code o} lies at {@code (o + 1/2) / factor - 1/2}
     * of the input, and is moved to the nearest centre if that is beyond the first or the last.
     *
     * @param factor at least 1
     * @param z {@code batch × shape.size()}
     * @param out {@code batch × shape.times(factor).size()}
     */
    void upsample(ImageShape shape, int factor, Block z, Block out);

    /**
     * The transpose of {@link #upsample}.
     *
     * @param u {@code batch × shape.times(factor).size()}
     * @param out {@code batch × shape.size()}
     */
    void upsampleTransposed(ImageShape shape, int factor, Block u, Block out);

    /**
     * The mean of each square of {@code factor × factor} pixels.
     *
     * @param factor divides height and width
     * @param z {@code batch × shape.size()}
     * @param out {@code batch × shape.over(factor).size()}
     */
    void downsample(ImageShape shape, int factor, Block z, Block out);

    /**
     * The transpose of {@link #downsample}.
     *
     * @param u {@code batch × shape.over(factor).size()}
     * @param out {@code batch × shape.size()}
     */
    void downsampleTransposed(ImageShape shape, int factor, Block u, Block out);
}
