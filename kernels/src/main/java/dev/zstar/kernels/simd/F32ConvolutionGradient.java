package dev.zstar.kernels.simd;

import static dev.zstar.kernels.simd.Memory.ALL;
import static dev.zstar.kernels.simd.Memory.F32;
import static dev.zstar.kernels.simd.Memory.ORDER;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.ImageShape;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The gradient of a convolution's weights, by the register tiles of products: along k run the pixels of an image, a tile's rows are
 * up to eight input channels of one tap, its vectors are output channels, which {@code u} holds side by side as it lies. What
 * the tap reads is gathered once for each image and group of channels, with zeros beyond the left and right edge.
 */
final class F32ConvolutionGradient {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final int VECTORS = 3;
    private static final int ROWS = S.vectorBitSize() == 256 ? 4 : 8;

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private static final class Scratch {
        final float[] tile = new float[8 * VECTORS * L];
        final F32ConvolutionScratch memory = new F32ConvolutionScratch();
        final F32ConvolutionScratch sums = new F32ConvolutionScratch();
    }

    private F32ConvolutionGradient() {}

    /** Groups of input channels. */
    static int groups(Convolution c) {
        return (c.inChannels() + ROWS - 1) / ROWS;
    }

    /** Adds the gradient for one tap and the {@code group}-th few input channels. */
    static void addWeights(Convolution c, ImageShape in, Block u, Block z, Block dw, int tap, int group) {
        int end = Math.min((group + 1) * ROWS, c.inChannels());
        for (int channel = group * ROWS; channel < end; ) {
            int rows = Integer.highestOneBit(end - channel);
            add(c, in, u, z, dw, tap, channel, rows);
            channel += rows;
        }
    }

    private static void add(Convolution c, ImageShape in, Block u, Block z, Block dw, int tap, int channel, int rows) {
        int width = c.strided(in.width());
        Scratch scratch = SCRATCH.get();
        int ky = tap / c.kernel() - c.padding();
        int top = ky < 0 ? 1 : 0;
        int bottom = Math.min(c.strided(in.height()), Math.floorDiv(in.height() - 1 - ky, c.stride()) + 1);
        if (bottom <= top) {
            return;
        }
        int pixels = (bottom - top) * width;
        float[] gathered = scratch.memory.gathered(Math.addExact(Math.multiplyExact(pixels, rows), L));
        int vectors = (c.outChannels() + L - 1) / L;
        long line = (long) vectors * S.vectorByteSize();
        long sums = scratch.sums.edge(rows * line);
        F32Rows.fill(0, sums, rows * vectors * L);
        for (int p = 0; p < u.rows(); p++) {
            gather(c, in, z, p, tap, top, bottom, channel, rows, gathered);
            for (int v = 0; v < vectors; ) {
                int panel = panel(vectors - v);
                java.util.Arrays.fill(scratch.tile, 0, rows * panel * L, 0);
                boolean end = bottom == c.strided(in.height());
                correlate(u, p, c.outChannels(), top * width, pixels, end, v, panel, rows, gathered, scratch);
                accumulate(scratch.tile, panel, rows, sums + (long) v * S.vectorByteSize(), line);
                v += panel;
            }
        }
        scatter(sums, line, dw, tap * c.inChannels() + channel, rows, scratch);
    }

    /** The sum over the pixels of one image. Loads of {@code u} pass its last channel; near the end of a row of the block they read a copy. */
    private static void correlate(
            Block u, int p, int channels, int firstPixel, int pixels, boolean end, int v, int width, int rows, float[] gathered, Scratch scratch) {
        long pixel = channels * F32.byteSize();
        long from = u.address() + p * u.strideBytes() + firstPixel * pixel + (long) v * S.vectorByteSize();
        int beyond = (v + width) * L - channels;
        int last = Math.clamp((beyond + channels - 1) / channels, 0, end ? pixels : 0);
        if (pixels > last) {
            F32Tiles.tile(rows, width, from, pixel, gathered, 0, scratch.tile, pixels - last);
        }
        if (last > 0) {
            long bytes = last * pixel - (long) v * S.vectorByteSize();
            long copy = scratch.memory.edge((last - 1) * pixel + (long) width * S.vectorByteSize());
            java.lang.foreign.MemorySegment.copy(ALL, from + (pixels - last) * pixel, ALL, copy, bytes);
            F32Tiles.tile(rows, width, copy, pixel, gathered, (pixels - last) * rows, scratch.tile, last);
        }
    }

    /** For each pixel of some rows of the result, what the tap reads of {@code rows} channels. */
    private static void gather(
            Convolution c, ImageShape in, Block z, int p, int tap, int top, int bottom, int channel, int rows, float[] to) {
        int width = c.strided(in.width());
        long image = z.address() + p * z.strideBytes();
        long step = (long) c.stride() * c.inChannels() * F32.byteSize();
        int kx = tap % c.kernel() - c.padding();
        int left = kx < 0 ? 1 : 0;
        int right = Math.min(width, Math.floorDiv(in.width() - 1 - kx, c.stride()) + 1);
        // Whole vectors are read while they stay within the row of the block.
        long safe = image + z.strideBytes() - (long) Math.max(L, rows) * F32.byteSize();
        for (int y = top; y < bottom; y++) {
            int at = (y - top) * width * rows;
            if (left > 0) {
                java.util.Arrays.fill(to, at, at + rows, 0);
            }
            long from = image + in.index(y * c.stride() + tap / c.kernel() - c.padding(), left * c.stride() + kx, channel) * F32.byteSize();
            int whole = from > safe ? 0 : (int) Math.clamp((safe - from) / step + 1, 0, Math.max(0, right - left));
            vectors(from, step, whole, rows, to, at + left * rows);
            for (int x = left + whole; x < right; x++) {
                for (int r = 0; r < rows; r++) {
                    to[at + x * rows + r] = ALL.get(F32, from + (x - left) * step + r * F32.byteSize());
                }
            }
            if (right < width) {
                java.util.Arrays.fill(to, at + right * rows, at + width * rows, 0);
            }
        }
    }

    /**
     * Copies a few elements each as whole vectors; the next pixel overwrites what was too much. Vectors of half the length would do,
     * and be 3% faster, but once a process has used two lengths of float vectors the tiles of 8×3 stayed in code that boxes every
     * vector, ten times slower, in five runs of six (none of six without).
     */
    private static void vectors(long from, long step, int count, int rows, float[] to, int at) {
        for (int r = 0; r < rows; r += L) {
            for (int i = 0; i < count; i++) {
                FloatVector.fromMemorySegment(S, ALL, from + i * step + r * F32.byteSize(), ORDER).intoArray(to, at + i * rows + r);
            }
        }
    }

    /** Vectors of the next panel: 4 are two and two, since a panel of one runs at the speed of its broadcasts. */
    private static int panel(int left) {
        return left == 4 ? 2 : Math.min(VECTORS, left);
    }

    private static void accumulate(float[] t, int vectors, int rows, long to, long line) {
        for (int r = 0; r < rows; r++) {
            for (int v = 0; v < vectors; v++) {
                long at = to + r * line + v * (long) S.vectorByteSize();
                FloatVector.fromMemorySegment(S, ALL, at, ORDER).add(FloatVector.fromArray(S, t, (r * vectors + v) * L))
                        .intoMemorySegment(ALL, at, ORDER);
            }
        }
    }

    /** Adds the rows of {@code sums}, {@code line} bytes apart, to columns of {@code dw}. */
    private static void scatter(long sums, long line, Block dw, int col, int rows, Scratch scratch) {
        long to = dw.address() + col * F32.byteSize();
        if (rows == 8) {
            float[] columns = scratch.memory.gathered(dw.rows() * 8 + L);
            F32Interleave.eight(sums, line, columns, 0, dw.rows());
            addEight(columns, dw.rows(), to, dw.strideBytes());
            return;
        }
        for (int o = 0; o < dw.rows(); o++) {
            for (int r = 0; r < rows; r++) {
                long at = to + o * dw.strideBytes() + r * F32.byteSize();
                ALL.set(F32, at, ALL.get(F32, at) + ALL.get(F32, sums + r * line + o * F32.byteSize()));
            }
        }
    }

    private static void addEight(float[] columns, int count, long to, long stride) {
        for (int r = 0; r < 8; r += L) {
            VectorMask<Float> mask = S.indexInRange(r, 8);
            for (int o = 0; o < count; o++) {
                long at = to + o * stride + r * F32.byteSize();
                FloatVector.fromMemorySegment(S, ALL, at, ORDER, mask).add(FloatVector.fromArray(S, columns, o * 8 + r))
                        .intoMemorySegment(ALL, at, ORDER, mask);
            }
        }
    }

    /** {@code db += Σ u}: over the pixels of each image, then over the images. */
    static void addBias(Block u, Block db) {
        int n = db.cols();
        int pixels = u.cols() / n;
        float[] sums = SCRATCH.get().sums.gathered(n + L);
        java.util.Arrays.fill(sums, 0, n, 0);
        for (int p = 0; p < u.rows(); p++) {
            long image = u.address() + p * u.strideBytes();
            int i = 0;
            for (; i <= n - L; i += L) {
                sumPixels(image + i * F32.byteSize(), n * F32.byteSize(), pixels, sums, i);
            }
            for (; i < n; i++) {
                float sum = 0;
                for (int pixel = 0; pixel < pixels; pixel++) {
                    sum += ALL.get(F32, image + ((long) pixel * n + i) * F32.byteSize());
                }
                sums[i] += sum;
            }
        }
        for (int i = 0; i < n; i++) {
            long to = db.address() + i * F32.byteSize();
            ALL.set(F32, to, ALL.get(F32, to) + sums[i]);
        }
    }

    private static void sumPixels(long from, long step, int pixels, float[] sums, int at) {
        FloatVector sum = FloatVector.zero(S);
        for (int pixel = 0; pixel < pixels; pixel++) {
            sum = sum.add(FloatVector.fromMemorySegment(S, ALL, from + pixel * step, ORDER));
        }
        FloatVector.fromArray(S, sums, at).add(sum).intoArray(sums, at);
    }
}
