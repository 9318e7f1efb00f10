package dev.zstar.kernels;

/**
 * The shape of an image stored in one row of a block: {@code height × width} pixels of {@code channels} elements each, row by row, the
 * channels of a pixel side by side (NHWC).
 */
public record ImageShape(int height, int width, int channels) {
    /** Checks that there is at least one pixel and one channel, and that a block's row can hold them. */
    public ImageShape {
        if (height < 1 || width < 1 || channels < 1 || (long) height * width > Integer.MAX_VALUE / channels) {
            throw new IllegalArgumentException("an image of " + height + "×" + width + "×" + channels
                    + ", expected each at least 1, and fewer than 2³¹ elements together");
        }
    }

    /** The number of elements of an image, which is the number of columns of a block of such images. */
    public int size() {
        return height * width * channels;
    }

    /** The column of channel {@code c} of pixel {@code (y, x)}. */
    public int index(int y, int x, int c) {
        return (y * width + x) * channels + c;
    }

    /** Whether {@code (y, x)} is a pixel of the image. */
    public boolean contains(int y, int x) {
        return y >= 0 && y < height && x >= 0 && x < width;
    }

    /** The shape with {@code factor} times the height and width, for {@link Images#upsample}. */
    public ImageShape times(int factor) {
        if (factor < 1 || (long) factor * factor > Integer.MAX_VALUE / size()) {
            throw new IllegalArgumentException("times: an image of " + this + " times " + factor
                    + ", expected a factor of at least 1, and fewer than 2³¹ elements together");
        }
        return new ImageShape(height * factor, width * factor, channels);
    }

    /** The shape with height and width divided by {@code factor}, for {@link Images#downsample}; the factor must divide both. */
    public ImageShape over(int factor) {
        if (factor < 1 || height % factor != 0 || width % factor != 0) {
            throw new IllegalArgumentException(
                    "over: an image of " + this + " over " + factor + ", expected a factor that divides height and width");
        }
        return new ImageShape(height / factor, width / factor, channels);
    }

    /** Height, width and channels, as messages write them: {@code 32×32×24}. */
    @Override
    public String toString() {
        return height + "×" + width + "×" + channels;
    }
}
