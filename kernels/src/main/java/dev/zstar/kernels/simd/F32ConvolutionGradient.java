package dev.zstar.kernels.simd;

import static dev.zstar.kernels.simd.Memory.ALL;
import static dev.zstar.kernels.simd.Memory.F32;
import static dev.zstar.kernels.simd.Memory.MASK;
import static dev.zstar.kernels.simd.Memory.ORDER;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.ImageShape;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The gradient of a convolution's weights, by the register tiles of products: along k run the pixels of an image, a tile's rows are output
 * channels of a transposed {@code u}, its vectors are input channels, which {@code z} holds side by side as it lies.
 *
 * <p>For stride 1 the pixels that a tap reads are one run through the whole image. It takes in pixels that the tap moved from the end of a
 * line to the start of the next; there {@code u} is set to zero. For stride 2 each line is a run of its own: 16 multiply-adds between
 * loads and stores of accumulators instead of hundreds.
 */
final class F32ConvolutionGradient {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();
    /** Output channels that are transposed at once. */
    private static final int GROUP = Math.max(8, L);

    private static final ThreadLocal<Scratch> TRANSPOSED = ThreadLocal.withInitial(Scratch::new);
    private static final ThreadLocal<Scratch> TAIL = ThreadLocal.withInitial(Scratch::new);
    private static final ThreadLocal<Scratch> SUMS = ThreadLocal.withInitial(Scratch::new);

    private F32ConvolutionGradient() {}

    /** Pieces: for each few output channels the rows of the kernel. */
    static int pieces(Convolution c) {
        return (c.outChannels() + GROUP - 1) / GROUP * c.kernel();
    }

    /** Adds the gradient of a range of pieces. Rows of one kernel share what is transposed. */
    static void addWeights(Convolution c, ImageShape in, Block u, Block z, Block dw, int from, int to) {
        for (int piece = from; piece < to; ) {
            int group = piece / c.kernel();
            int end = Math.min(to, (group + 1) * c.kernel());
            add(c, in, u, z, dw, group * GROUP, piece - group * c.kernel(), end - group * c.kernel());
            piece = end;
        }
    }

    /** For the output channels from {@code channel} on, and rows {@code fromKy ≤ ky < toKy} of the kernel. */
    private static void add(Convolution c, ImageShape in, Block u, Block z, Block dw, int channel, int fromKy, int toKy) {
        int channels = Math.min(GROUP, c.outChannels() - channel);
        int width = c.strided(in.width());
        int pixels = c.strided(in.height()) * width;
        // Rows that lie a multiple of 4096 bytes apart would share one set of the first-level cache.
        long line = (pixels + L - 1) / L * (long) S.vectorByteSize() | 64;
        long transposed = TRANSPOSED.get().address(GROUP * line);
        int vectors = (c.inChannels() + L - 1) / L;
        long tap = (long) vectors * S.vectorByteSize();
        int taps = (toKy - fromKy) * c.kernel();
        long sums = SUMS.get().address(GROUP * (taps * tap));
        F32Rows.fill(0, sums, GROUP * taps * vectors * L);
        for (int p = 0; p < u.rows(); p++) {
            long image = u.address() + p * u.strideBytes() + channel * B;
            F32Square.transpose(image, c.outChannels() * B, pixels, (pixels + L - 1) / L * L, channels, transposed, line);
            long tail = tail(c, in, z, p);
            // The middle column first: the others need zeros in the transposed rows.
            for (int i = 0; i < c.kernel(); i++) {
                int kx = (c.padding() + i) % c.kernel();
                boolean wraps = c.stride() == 1 && kx != c.padding();
                if (wraps) {
                    wrap(c, image, kx < c.padding() ? 0 : width - 1, kx < c.padding() ? width - 1 : -1, width, pixels, channels, transposed, line);
                }
                for (int ky = fromKy; ky < toKy; ky++) {
                    long to = sums + ((ky - fromKy) * c.kernel() + kx) * tap;
                    correlate(c, in, z, p, tail, ky - c.padding(), kx - c.padding(), channels, transposed, line, to, taps * tap);
                }
            }
        }
        for (int r = 0; r < channels; r++) {
            for (int t = 0; t < taps; t++) {
                long to = dw.address() + (channel + r) * dw.strideBytes() + (long) (fromKy * c.kernel() + t) * c.inChannels() * B;
                addTo(sums + (r * taps + t) * tap, to, c.inChannels());
            }
        }
    }

    /** Sets a column of the transposed image to zero, and one, unless it is negative, to what it was. */
    private static void wrap(Convolution c, long image, int zero, int back, int width, int pixels, int channels, long transposed, long line) {
        for (int n = 0; n < channels; n++) {
            long row = (transposed + n * line) & MASK;
            for (int pixel = 0; pixel < pixels; pixel += width) {
                ALL.set(F32, row + (pixel + zero) * B, 0);
                if (back >= 0) {
                    ALL.set(F32, row + (pixel + back) * B, ALL.get(F32, image + ((long) (pixel + back) * c.outChannels() + n) * B));
                }
            }
        }
    }

    /** The last pixels of an image, those from which the load of a vector may pass the end of the image. */
    private static int tailPixels(Convolution c, ImageShape in) {
        int beyond = (c.inChannels() + L - 1) / L * L - c.inChannels();
        return Math.min((beyond + c.inChannels() - 1) / c.inChannels(), in.height() * in.width());
    }

    /** A copy of them, with room behind. */
    private static long tail(Convolution c, ImageShape in, Block z, int p) {
        long bytes = (long) tailPixels(c, in) * c.inChannels() * B;
        long copy = TAIL.get().address(bytes + S.vectorByteSize());
        MemorySegment.copy(ALL, z.address() + p * z.strideBytes() + in.size() * B - bytes, ALL, copy, bytes);
        return copy;
    }

    /** Adds, for one image and one tap, {@code Σ u[n, y, x] z[y · stride + dy, x · stride + dx, c]} to sums of n and c. */
    private static void correlate(
            Convolution c, ImageShape in, Block z, int p, long tail, int dy, int dx, int channels, long transposed, long line, long sums, long step) {
        int width = c.strided(in.width());
        int top = dy < 0 ? 1 : 0;
        int bottom = Math.min(c.strided(in.height()), Math.floorDiv(in.height() - 1 - dy, c.stride()) + 1);
        int left = dx < 0 ? 1 : 0;
        int right = Math.min(width, Math.floorDiv(in.width() - 1 - dx, c.stride()) + 1);
        if (bottom <= top || right <= left) {
            return;
        }
        int runs = c.stride() == 1 ? 1 : bottom - top;
        int count = c.stride() == 1 ? (bottom - 1 - top) * width + right - left : right - left;
        int first = top * width + left;
        int pixel = (top * c.stride() + dy) * in.width() + left * c.stride() + dx;
        int next = c.stride() * in.width();
        int safe = in.height() * in.width() - tailPixels(c, in);
        // Runs do not overlap, so where the last stays clear of the tail, all do.
        boolean fresh = p == 0 && runs == 1 && pixel + (count - 1) * c.stride() < safe;
        long image = z.address() + p * z.strideBytes();
        long bytes = c.inChannels() * B;
        float[] t = F32Epilogue.tile();
        int total = (c.inChannels() + L - 1) / L;
        for (int panel = 0; panel < Panels.count(total); panel++) {
            int vectors = Panels.width(total, panel);
            long column = Panels.first(total, panel) * (long) S.vectorByteSize();
            for (int n = 0; n < channels; ) {
                int rows = Tuning.rows(channels - n, Format.FULL);
                long u = transposed + n * line + first * B;
                long to = sums + n * step + column;
                if (fresh) {
                    F32Tiles.fresh(rows, vectors, image + pixel * bytes + column, c.stride() * bytes, u, line, count, to, step);
                } else {
                    F32Epilogue.zero(t, rows * vectors);
                    for (int i = 0; i < runs; i++) {
                        int at = pixel + i * next;
                        int before = Math.clamp((safe - at + c.stride() - 1) / c.stride(), 0, count);
                        long run = u + (long) i * width * B;
                        if (before > 0) {
                            F32Tiles.tile(rows, vectors, image + at * bytes + column, c.stride() * bytes, run, line, rows - 1, before, t);
                        }
                        if (before < count) {
                            long behind = tail + (at + before * c.stride() - safe) * bytes + column;
                            F32Tiles.tile(rows, vectors, behind, c.stride() * bytes, run + before * B, line, rows - 1, count - before, t);
                        }
                    }
                    accumulate(t, rows, vectors, to, step);
                }
                n += rows;
            }
        }
    }

    private static void accumulate(float[] t, int rows, int vectors, long to, long step) {
        for (int r = 0; r < rows; r++) {
            long row = (to + r * step) & MASK;
            for (int i = 0; i < vectors * L; i += L) {
                FloatVector.fromMemorySegment(S, ALL, row + i * B, ORDER).add(FloatVector.fromArray(S, t, r * vectors * L + i))
                        .intoMemorySegment(ALL, row + i * B, ORDER);
            }
        }
    }

    /** {@code to += sums}; nothing lies behind {@code to} that could be read. */
    private static void addTo(long sums, long to, int n) {
        sums &= MASK;
        to &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector.fromMemorySegment(S, ALL, to + i * B, ORDER).add(FloatVector.fromMemorySegment(S, ALL, sums + i * B, ORDER))
                    .intoMemorySegment(ALL, to + i * B, ORDER);
        }
        for (; i < n; i++) {
            ALL.set(F32, to + i * B, ALL.get(F32, to + i * B) + ALL.get(F32, sums + i * B));
        }
    }

    /** {@code db += Σ u}: over the pixels of each image, then over the images. */
    static void addBias(Block u, Block db) {
        int n = db.cols();
        int pixels = u.cols() / n;
        int i = 0;
        for (; i <= n - L; i += L) {
            addBias(u, i, n, pixels, db.address() + i * B);
        }
        for (; i < n; i++) {
            float total = 0;
            for (int p = 0; p < u.rows(); p++) {
                long image = u.address() + p * u.strideBytes() + i * B;
                float sum = 0;
                for (int pixel = 0; pixel < pixels; pixel++) {
                    sum += ALL.get(F32, image + (long) pixel * n * B);
                }
                total += sum;
            }
            ALL.set(F32, db.address() + i * B, ALL.get(F32, db.address() + i * B) + total);
        }
    }

    private static void addBias(Block u, int i, int n, int pixels, long db) {
        FloatVector total = FloatVector.zero(S);
        for (int p = 0; p < u.rows(); p++) {
            long image = (u.address() + p * u.strideBytes() + i * B) & MASK;
            FloatVector sum = FloatVector.zero(S);
            for (int pixel = 0; pixel < pixels; pixel++) {
                sum = sum.add(FloatVector.fromMemorySegment(S, ALL, image + (long) pixel * n * B, ORDER));
            }
            total = total.add(sum);
        }
        FloatVector.fromMemorySegment(S, ALL, db, ORDER).add(total).intoMemorySegment(ALL, db, ORDER);
    }
}
