package dev.zstar.kernels.simd.images;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.MASK;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.ImageShape;
import dev.zstar.kernels.simd.lanes.F32Square;
import dev.zstar.kernels.simd.lanes.Scratch;
import dev.zstar.kernels.simd.products.F32Epilogue;
import dev.zstar.kernels.simd.products.F32Tiles;
import dev.zstar.kernels.simd.products.Panels;
import dev.zstar.kernels.simd.tuning.Tuning;
import dev.zstar.kernels.simd.vectors.F32Rows;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The gradient of a convolution's weights, with the register tiles of products. The pixels of an image run along k, the rows of a tile
 * are output channels of a transposed {@code u}, and its vectors are input channels, which are adjacent in {@code z}.
 *
 * <p>A tap reads one run through the whole image. At the ends of lines it reads pixels of a neighbouring line; there {@code u} is set to
 * zero. For stride 2 {@code z} is copied into four planes, one for each parity of row and column; in a plane the stride is 1.
 */
final class F32ConvolutionGradient {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();
    /** Output channels that are transposed at once. */
    private static final int GROUP = Math.max(8, L);

    private static final CallLocal<Scratch> TRANSPOSED = new CallLocal<>(Scratch::new);
    private static final CallLocal<Scratch> PLANES = new CallLocal<>(Scratch::new);
    private static final CallLocal<Scratch> SUMS = new CallLocal<>(Scratch::new);

    private F32ConvolutionGradient() {}

    /** The number of pieces: one for each row of the kernel and each group of output channels. */
    static int pieces(Convolution c) {
        return (c.outChannels() + GROUP - 1) / GROUP * c.kernel();
    }

    /**
     * Adds the gradient of a range of pieces. With stride 2 all of them share the planes; otherwise only pieces of the same output channels
     * share something.
     */
    static void addWeights(Convolution c, ImageShape in, Block u, Block z, Block dw, int from, int to) {
        for (int piece = from; piece < to; ) {
            int end = c.stride() == 2 ? to : Math.min(to, (piece / c.kernel() + 1) * c.kernel());
            add(c, in, u, z, dw, piece, end);
            piece = end;
        }
    }

    private static void add(Convolution c, ImageShape in, Block u, Block z, Block dw, int from, int to) {
        // For each piece, output channel and column of the kernel: the input channels, in whole vectors.
        int row = c.kernel() * vectors(c) * L;
        long room = (long) GROUP * row * B;
        long sums = SUMS.get().address((to - from) * room);
        F32Rows.fill(0, sums, Math.multiplyExact((to - from) * GROUP, row));
        for (int p = 0; p < u.rows(); p++) {
            long planes = c.stride() == 2 ? split(c, in, z, p) : tail(c, in, z, p);
            for (int piece = from; piece < to; ) {
                int group = piece / c.kernel();
                int end = Math.min(to, (group + 1) * c.kernel());
                addImage(c, in, u, z, p, planes, group, piece % c.kernel(), end - group * c.kernel(), sums + (piece - from) * room, room);
                piece = end;
            }
        }
        for (int piece = from; piece < to; piece++) {
            int channel = piece / c.kernel() * GROUP;
            for (int n = channel; n < Math.min(channel + GROUP, c.outChannels()); n++) {
                for (int kx = 0; kx < c.kernel(); kx++) {
                    long sum = sums + (piece - from) * room + ((long) (n - channel) * row + (long) kx * vectors(c) * L) * B;
                    int tap = piece % c.kernel() * c.kernel() + kx;
                    addTo(sum, dw.address() + n * dw.strideBytes() + (long) tap * c.inChannels() * B, c.inChannels());
                }
            }
        }
    }

    private static int vectors(Convolution c) {
        return (c.inChannels() + L - 1) / L;
    }

    /** One image, for the output channels of a group and rows {@code fromKy ≤ ky < toKy} of the kernel. */
    private static void addImage(
            Convolution c, ImageShape in, Block u, Block z, int p, long planes, int group, int fromKy, int toKy, long sums, long room) {
        int channels = Math.min(GROUP, c.outChannels() - group * GROUP);
        int width = c.strided(in.width());
        int pixels = c.strided(in.height()) * width;
        // Rows that lie a multiple of 4096 bytes apart would share one set of the first-level cache.
        long line = (pixels + L - 1) / L * (long) S.vectorByteSize() | 64;
        long transposed = TRANSPOSED.get().address(GROUP * line);
        long image = u.address() + p * u.strideBytes() + (long) group * GROUP * B;
        transpose(image, c.outChannels(), channels, pixels, transposed, line);
        // The middle column first: the others need zeros, at the end of each line and then at its start.
        for (int i = 0; i < c.kernel(); i++) {
            int kx = (c.padding() + i) % c.kernel();
            if (kx < c.padding()) {
                put(c, image, width - 1, pixels, channels, transposed, line);
                clear(0, width, pixels, channels, transposed, line);
            } else if (kx > c.padding() && (c.stride() == 1 || in.width() % 2 != 0)) {
                clear(width - 1, width, pixels, channels, transposed, line);
            }
            for (int ky = fromKy; ky < toKy; ky++) {
                long to = sums + (ky - fromKy) * room + (long) kx * vectors(c) * S.vectorByteSize();
                correlate(c, in, z, p, planes, ky - c.padding(), kx - c.padding(), channels, transposed, line, to);
            }
        }
    }

    /**
     * {@code to[n, pixel] = u[pixel, n]}. If there are fewer channels than a square has rows, squares include what follows them in memory,
     * as long as something does.
     */
    private static void transpose(long u, int outChannels, int channels, int pixels, long to, long line) {
        int beyond = (GROUP - channels + outChannels - 1) / outChannels;
        int whole = Math.max(0, pixels - beyond) / L * L;
        F32Square.transpose(u, outChannels * B, whole, whole, GROUP, to, line);
        int rest = pixels - whole;
        F32Square.transpose(u + (long) whole * outChannels * B, outChannels * B, rest, (rest + L - 1) / L * L, channels, to + whole * B,
                line);
    }

    /** Sets column {@code x} of the transposed image to zero. */
    private static void clear(int x, int width, int pixels, int channels, long transposed, long line) {
        for (int n = 0; n < channels; n++) {
            long row = (transposed + n * line) & MASK;
            for (int pixel = x; pixel < pixels; pixel += width) {
                ALL.set(F32, row + pixel * B, 0);
            }
        }
    }

    /** Sets the last column to what it was. */
    private static void put(Convolution c, long image, int x, int pixels, int channels, long transposed, long line) {
        for (int n = 0; n < channels; n++) {
            long row = (transposed + n * line) & MASK;
            for (int pixel = x; pixel < pixels; pixel += x + 1) {
                ALL.set(F32, row + pixel * B, ALL.get(F32, image + ((long) pixel * c.outChannels() + n) * B));
            }
        }
    }

    /** The last pixels of an image, those from which the load of a vector may pass the end of the image. */
    private static int tailPixels(Convolution c, ImageShape in) {
        int beyond = vectors(c) * L - c.inChannels();
        return Math.min((beyond + c.inChannels() - 1) / c.inChannels(), in.height() * in.width());
    }

    /** A copy of them, followed by free memory. */
    private static long tail(Convolution c, ImageShape in, Block z, int p) {
        int elements = tailPixels(c, in) * c.inChannels();
        long copy = PLANES.get().address(elements * B + S.vectorByteSize());
        long from = z.address() + p * z.strideBytes() + (in.size() - elements) * B;
        for (int i = 0; i < elements; i++) {
            ALL.set(F32, copy + i * B, ALL.get(F32, from + i * B));
        }
        return copy;
    }

    /** Bytes of a plane. */
    private static long planeBytes(Convolution c, ImageShape in) {
        return (long) c.strided(in.height()) * c.strided(in.width()) * c.inChannels() * B;
    }

    /**
     * The planes of stride 2, followed by free memory: rows and columns 0, 2, … (the only one that a kernel of 1 reads), 0 and 1, 1 and 0,
     * 1 and 1.
     */
    private static long split(Convolution c, ImageShape in, Block z, int p) {
        int count = c.kernel() == 1 ? 1 : 4;
        long bytes = planeBytes(c, in);
        int width = c.strided(in.width());
        long pixel = c.inChannels() * B;
        long planes = PLANES.get().address(count * bytes + S.vectorByteSize());
        for (int plane = 0; plane < count; plane++) {
            for (int y = plane / 2; y < in.height(); y += 2) {
                long from = z.address() + p * z.strideBytes() + in.index(y, plane % 2, 0) * B;
                long to = planes + plane * bytes + (long) (y / 2) * width * pixel;
                int columns = (in.width() - plane % 2 + 1) / 2;
                everySecond(from, columns, c.inChannels(), to);
                F32Rows.fill(0, to + columns * pixel, Math.multiplyExact(width - columns, c.inChannels()));
            }
        }
        return planes;
    }

    /** Whole vectors first, then what is left of every pixel. */
    private static void everySecond(long from, int count, int channels, long to) {
        from &= MASK;
        to &= MASK;
        long pixel = channels * B;
        int i = 0;
        for (; i <= channels - L; i += L) {
            for (int x = 0; x < count; x++) {
                FloatVector.fromMemorySegment(S, ALL, from + 2L * x * pixel + i * B, ORDER)
                        .intoMemorySegment(ALL, to + x * pixel + i * B, ORDER);
            }
        }
        if (i < channels) {
            VectorMask<Float> mask = S.indexInRange(i, channels);
            for (int x = 0; x < count; x++) {
                FloatVector.fromMemorySegment(S, ALL, from + 2L * x * pixel + i * B, ORDER, mask)
                        .intoMemorySegment(ALL, to + x * pixel + i * B, ORDER, mask);
            }
        }
    }

    /** Adds, for one image and one tap, {@code Σ u[n, y, x] z[y · stride + dy, x · stride + dx, c]} to sums of n and c. */
    private static void correlate(
            Convolution c, ImageShape in, Block z, int p, long planes, int dy, int dx, int channels, long transposed, long line,
            long sums) {
        int width = c.strided(in.width());
        int top = dy < 0 ? 1 : 0;
        int bottom = Math.min(c.strided(in.height()), Math.floorDiv(in.height() - 1 - dy, c.stride()) + 1);
        int left = dx < 0 ? 1 : 0;
        int right = Math.min(width, Math.floorDiv(in.width() - 1 - dx, c.stride()) + 1);
        if (bottom <= top || right <= left) {
            return;
        }
        int first = top * width + left;
        int count = (bottom - 1) * width + right - first;
        // In the plane the tap reads from here on; -1 and 1 are of the odd rows or columns, shifted by -1 and 0.
        int pixel = first + Math.floorDiv(dy, c.stride()) * width + Math.floorDiv(dx, c.stride());
        long bytes = c.inChannels() * B;
        long from;
        long tail = 0;
        int before = count;
        if (c.stride() == 2) {
            from = planes + ((dy & 1) * 2 + (dx & 1)) * planeBytes(c, in) + pixel * bytes;
        } else {
            int safe = in.height() * in.width() - tailPixels(c, in);
            from = z.address() + p * z.strideBytes() + pixel * bytes;
            before = Math.clamp(safe - pixel, 0, count);
            tail = planes + (pixel + before - safe) * bytes;
        }
        float[] t = F32Epilogue.tile();
        long step = (long) c.kernel() * vectors(c) * S.vectorByteSize();
        for (int panel = 0; panel < Panels.count(vectors(c)); panel++) {
            int vectors = Panels.width(vectors(c), panel);
            long column = Panels.first(vectors(c), panel) * (long) S.vectorByteSize();
            for (int n = 0; n < channels; ) {
                int rows = Tuning.rows(channels - n, Format.FULL);
                long u = transposed + n * line + first * B;
                long to = sums + n * step + column;
                if (before > 0) {
                    F32Tiles.tile(rows, vectors, from + column, bytes, u, line, rows - 1, before, F32Epilogue.ZEROS, t);
                }
                if (before < count) {
                    float[] begun = before > 0 ? t : F32Epilogue.ZEROS;
                    F32Tiles.tile(rows, vectors, tail + column, bytes, u + before * B, line, rows - 1, count - before, begun, t);
                }
                accumulate(t, rows, vectors, to, step);
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

    /** {@code to += sums}; memory after {@code to} must not be read. */
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

    /** Sums go through a heap array, because two live vectors in a nested loop were boxed in some runs. */
    private static void addBias(Block u, int i, int n, int pixels, long db) {
        float[] t = F32Epilogue.tile();
        F32Epilogue.zero(t, 1);
        for (int p = 0; p < u.rows(); p++) {
            sumPixels((u.address() + p * u.strideBytes() + i * B) & MASK, n * B, pixels, t);
        }
        FloatVector.fromMemorySegment(S, ALL, db, ORDER).add(FloatVector.fromArray(S, t, 0)).intoMemorySegment(ALL, db, ORDER);
    }

    private static void sumPixels(long from, long step, int pixels, float[] t) {
        FloatVector sum = FloatVector.zero(S);
        for (int pixel = 0; pixel < pixels; pixel++) {
            sum = sum.add(FloatVector.fromMemorySegment(S, ALL, from + pixel * step, ORDER));
        }
        FloatVector.fromArray(S, t, 0).add(sum).intoArray(t, 0);
    }
}
