package dev.zstar.kernels.simd.images;

import dev.zstar.kernels.Convolution;

/**
 * One dense pass over an image. The forward convolution is one pass, and so is its transpose for stride 1, with the taps reversed. For
 * stride 2 an input pixel meets only the taps of its own parity. The transpose is then four passes, one for each parity of row and
 * column. Together they cost as much as the forward convolution; with zeros inserted between the pixels it would be four times that.
 *
 * <p>Output pixel {@code (i, j)} of the pass lies at {@code (i · step + row, j · step + col)} and reads the {@code rows.taps × cols.taps}
 * input pixels from {@code (i · stride + rows.low, j · stride + cols.low)} on.
 *
 * @param inputs channels of a pixel that is read
 * @param outputs channels of a pixel that is written
 * @param row the first row that is written, and {@code col} the first column
 */
record ConvolutionPass(int inputs, int outputs, int stride, int step, int row, int col, Taps rows, Taps cols) {
    /**
     * The taps of one direction.
     *
     * @param taps the number of taps
     * @param low the first pixel that output 0 reads
     * @param first the tap of the kernel that this pixel meets, and {@code next} the step to the tap of the next pixel
     */
    record Taps(int taps, int low, int first, int next) {
        private static Taps forward(Convolution c) {
            return new Taps(c.kernel(), -c.padding(), 0, 1);
        }

        /** Input pixel y meets tap ky at output {@code (y + padding - ky) / stride}, if that is a whole number. */
        private static Taps transposed(Convolution c, int phase) {
            int last = c.kernel() - 1;
            while (last >= 0 && (phase + c.padding() - last) % c.stride() != 0) {
                last--;
            }
            return last < 0 ? new Taps(0, 0, 0, 0)
                    : new Taps(last / c.stride() + 1, (phase + c.padding() - last) / c.stride(), last, -c.stride());
        }
    }

    static ConvolutionPass[] forward(Convolution c) {
        Taps taps = Taps.forward(c);
        return new ConvolutionPass[] {new ConvolutionPass(c.inChannels(), c.outChannels(), c.stride(), 1, 0, 0, taps, taps)};
    }

    static ConvolutionPass[] transposed(Convolution c) {
        int phases = c.stride();
        ConvolutionPass[] passes = new ConvolutionPass[phases * phases];
        for (int i = 0; i < passes.length; i++) {
            int row = i / phases;
            int col = i % phases;
            passes[i] = new ConvolutionPass(
                    c.outChannels(), c.inChannels(), 1, phases, row, col, Taps.transposed(c, row), Taps.transposed(c, col));
        }
        return passes;
    }

    /** Inputs of one output. */
    int depth() {
        return rows.taps * cols.taps * inputs;
    }

    /** The number of the {@code height} rows that this pass writes. */
    int height(int height) {
        return (height - row + step - 1) / step;
    }

    /** The number of the {@code width} columns that this pass writes. */
    int width(int width) {
        return (width - col + step - 1) / step;
    }
}
