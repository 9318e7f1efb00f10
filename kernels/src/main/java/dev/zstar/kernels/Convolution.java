package dev.zstar.kernels;

/**
 * The parameters of a convolution. The image is padded with {@code kernel / 2} zeros on every side, so that stride 1 keeps height and
 * width, and stride 2 halves them, rounded up.
 *
 * <p>The weights are a block of {@link #outChannels} × {@link #inputs}: for each output channel the taps row by row, and for each tap
 * its input channels side by side. As is usual in machine learning, this is a cross-correlation: with {@code h = kernel / 2},
 * <pre>out[y, x, n] = Σ_ky Σ_kx Σ_c w[n, (ky · kernel + kx) · inChannels + c] · z[y · stride + ky - h, x · stride + kx - h, c]</pre>
 *
 * @param kernel taps in each direction: 1 or 3
 * @param stride pixels from one output to the next: 1 or 2
 */
public record Convolution(int kernel, int stride, int inChannels, int outChannels) {
    /** Checks the ranges. */
    public Convolution {
        if (kernel != 1 && kernel != 3 || stride != 1 && stride != 2 || inChannels < 1 || outChannels < 1) {
            throw new IllegalArgumentException("a convolution with kernel " + kernel + ", stride " + stride + ", " + inChannels + " to "
                    + outChannels + " channels, expected kernel 1 or 3, stride 1 or 2, and at least 1 channel");
        }
        if ((long) kernel * kernel * Math.max(inChannels, outChannels) > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a convolution with kernel " + kernel + ", " + inChannels + " to " + outChannels
                    + " channels, expected fewer than 2³¹ weights for each channel");
        }
    }

    /** The number of zeros beyond each edge of the image. */
    public int padding() {
        return kernel / 2;
    }

    /** The number of inputs of one output, {@code kernel² · inChannels}, which is the number of columns of the weights. */
    public int inputs() {
        return kernel * kernel * inChannels;
    }

    /** The number of outputs along a line of {@code pixels}: with stride 2, half of them, rounded up. */
    public int strided(int pixels) {
        return (pixels - 1) / stride + 1;
    }

    /** The shape of the result for an image of shape {@code in}. */
    public ImageShape output(ImageShape in) {
        Operands.present("output", "the shape of the image", in);
        return new ImageShape(strided(in.height()), strided(in.width()), outChannels);
    }

    /** The floating-point operations for one image of shape {@code in}: 2 for each tap, including those on the padding. */
    public double operations(ImageShape in) {
        Operands.present("operations", "the shape of the image", in);
        return 2.0 * strided(in.height()) * strided(in.width()) * outChannels * inputs();
    }
}
