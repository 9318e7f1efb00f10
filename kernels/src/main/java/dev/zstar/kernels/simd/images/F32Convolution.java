package dev.zstar.kernels.simd.images;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.MASK;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.simd.activations.F32Activation;
import dev.zstar.kernels.simd.lanes.Scratch;
import dev.zstar.kernels.simd.products.F32Epilogue;
import dev.zstar.kernels.simd.products.F32Tiles;
import dev.zstar.kernels.simd.tuning.Tuning;
import dev.zstar.kernels.simd.vectors.F32Rows;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Convolutions as products with packed weights. The rows of a tile are neighbouring pixels of the result; the taps of one row of the
 * kernel read pixels that lie side by side, so for each row of the kernel one run of {@code taps · channels} elements is read in place.
 * If the kernel reaches beyond the left or right edge, the lines of the image are first copied between zeros.
 *
 * <p>The work is done in pieces of some rows of one image.
 */
final class F32Convolution {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();
    /** Pixels of a piece, so that one image of 32×32 is eight of them. */
    private static final int PIXELS = Integer.getInteger("zstar.convolution.pixels", 128);
    /** Bytes that a piece copies, so that they and a panel of weights (221 KiB for 128 channels) fit the second-level cache. */
    private static final int COPIED = Integer.getInteger("zstar.convolution.copied", 256 * 1024);

    private static final CallLocal<Scratch> LINES = new CallLocal<>(Scratch::new);

    private F32Convolution() {}

    /** Rows of a piece. They depend only on the shapes. */
    static int pieceRows(ConvolutionPass pass, int outHeight, int outWidth) {
        int width = Math.max(1, pass.width(outWidth));
        long line = ((long) width * pass.stride() + pass.cols().taps()) * pass.inputs() * B;
        long fitting = (COPIED / line - pass.rows().taps()) / pass.stride() + 1;
        return (int) Math.clamp(Math.min(fitting, PIXELS / width), 1, Math.max(1, pass.height(outHeight)));
    }

    /** Rows {@code y0 ≤ y < y1} of the pass, of image {@code p}. */
    static void rows(
            ConvolutionPass pass, Block packed, int height, int width, Block z, int outWidth, Block out, Epilogue epilogue, int p, int y0,
            int y1) {
        int columns = pass.width(outWidth);
        if (y0 >= y1 || columns == 0) {
            return;
        }
        if (pass.depth() == 0) {
            zero(pass, outWidth, out, p, y0, y1, columns);
            return;
        }
        int taps = pass.rows().taps();
        int low = Math.max(0, y0 * pass.stride() + pass.rows().low());
        int high = Math.min(height, (y1 - 1) * pass.stride() + pass.rows().low() + taps);
        int left = pass.cols().low();
        int right = left + (columns - 1) * pass.stride() + pass.cols().taps();
        long pixel = pass.inputs() * B;
        long from = z.address() + p * z.strideBytes() + ((long) low * width + left) * pixel;
        long line = width * pixel;
        if (left < 0 || right > width) {
            from = copy(from - left * pixel, line, high - low, pixel, left, right, width);
            line = (right - left) * pixel;
        }
        boolean pointwise = taps == 1 && pass.cols().taps() == 1 && pass.stride() == 1 && pass.step() == 1;
        if (pointwise) {
            // Rows side by side are one long row.
            columns *= y1 - y0;
        }
        for (int panel = 0; panel < F32ConvolutionPanels.count(pass.outputs()); panel++) {
            for (int y = y0; y < (pointwise ? y0 + 1 : y1); y++) {
                int first = y * pass.stride() + pass.rows().low();
                int top = Math.max(low, first);
                int lines = Math.max(0, Math.min(high, first + taps) - top);
                row(pass, packed, panel, top - first, lines, from + (top - low) * line, line, outWidth, out, epilogue, p, y, columns);
            }
        }
    }

    /** A pass without taps: no output depends on these pixels. The transpose for kernel 1 and stride 2 has three such passes. */
    private static void zero(ConvolutionPass pass, int outWidth, Block out, int p, int y0, int y1, int columns) {
        for (int y = y0; y < y1; y++) {
            for (int x = 0; x < columns; x++) {
                long pixel = (long) (y * pass.step() + pass.row()) * outWidth + (long) x * pass.step() + pass.col();
                F32Rows.fill(0, out.address() + p * out.strideBytes() + pixel * pass.outputs() * B, pass.outputs());
            }
        }
    }

    /** Pixels {@code left ≤ x < right} of {@code lines} lines, with zeros outside the image. */
    private static long copy(long image, long line, int lines, long pixel, int left, int right, int width) {
        int from = Math.max(left, 0);
        int to = Math.min(right, width);
        int channels = (int) (pixel / B);
        long step = (right - left) * pixel;
        long copies = LINES.get().address(lines * step);
        for (int i = 0; i < lines; i++) {
            long copy = copies + i * step;
            F32Rows.fill(0, copy, Math.multiplyExact(from - left, channels));
            MemorySegment.copy(ALL, image + i * line + from * pixel, ALL, copy + (from - left) * pixel, (to - from) * pixel);
            F32Rows.fill(0, copy + (to - left) * pixel, Math.multiplyExact(right - to, channels));
        }
        return copies;
    }

    /**
     * One panel of the outputs of one row, which reads {@code lines} lines, the first of them with the {@code tap}-th row of the kernel.
     */
    private static void row(
            ConvolutionPass pass, Block packed, int panel, int tap, int lines, long from, long line, int outWidth, Block out,
            Epilogue epilogue, int p, int y, int columns) {
        int run = pass.cols().taps() * pass.inputs();
        int channel = F32ConvolutionPanels.column(pass.outputs(), panel);
        int vectors = F32ConvolutionPanels.width(pass.outputs(), panel);
        int real = Math.min(vectors * L, pass.outputs() - channel);
        long wk = (long) vectors * S.vectorByteSize();
        long weights = run * wk;
        long w = packed.address() + panel * packed.strideBytes() + tap * weights;
        long zr = (long) pass.stride() * pass.inputs() * B;
        long step = (long) pass.step() * pass.outputs() * B;
        long at = (((long) (y * pass.step() + pass.row()) * outWidth + pass.col()) * pass.outputs() + channel) * B;
        float[] t = F32Epilogue.tile();
        for (int x = 0; x < columns; ) {
            int rows = Tuning.rows(columns - x, Format.FULL);
            int realRows = Math.min(rows, columns - x);
            long z = from + x * zr;
            float[] sums = start(epilogue, p, channel, at, step, realRows, vectors, real, t);
            for (int i = 0; i < lines; i++) {
                F32Tiles.tile(rows, vectors, w + i * weights, wk, z + i * line, zr, realRows - 1, run, i == 0 ? sums : t, t);
            }
            finish(epilogue, p, out, at, step, realRows, vectors, real, t);
            x += rows;
            at += rows * step;
        }
    }

    /** Accumulators at the start: bias and injection. A pixel is not padded, so the last vector of an injection is masked. */
    private static float[] start(Epilogue epilogue, int p, int channel, long at, long step, int rows, int vectors, int real, float[] t) {
        Block injection = epilogue.injection();
        if (injection == null) {
            return F32Epilogue.start(epilogue, 0, rows, channel, vectors, t);
        }
        long from = injection.address() + epilogue.injectionRow(p) * injection.strideBytes() + at;
        for (int r = 0; r < rows; r++) {
            load((from + r * step) & MASK, real, t, r * vectors * L);
        }
        if (epilogue.bias() != null) {
            long bias = (epilogue.bias().address() + channel * B) & MASK;
            for (int r = 0; r < rows; r++) {
                add(bias, vectors, t, r * vectors * L);
            }
        }
        return t;
    }

    private static void load(long from, int real, float[] t, int to) {
        int i = 0;
        for (; i <= real - L; i += L) {
            FloatVector.fromMemorySegment(S, ALL, from + i * B, ORDER).intoArray(t, to + i);
        }
        if (i < real) {
            FloatVector.fromMemorySegment(S, ALL, from + i * B, ORDER, S.indexInRange(i, real)).intoArray(t, to + i);
        }
    }

    private static void add(long from, int vectors, float[] t, int to) {
        for (int i = 0; i < vectors * L; i += L) {
            FloatVector.fromArray(S, t, to + i).add(FloatVector.fromMemorySegment(S, ALL, from + i * B, ORDER)).intoArray(t, to + i);
        }
    }

    /** Accumulators at the end: slope and activation, then the store to memory. */
    private static void finish(Epilogue epilogue, int p, Block out, long at, long step, int rows, int vectors, int real, float[] t) {
        Block slope = epilogue.slope();
        int length = rows * vectors * L;
        if (slope != null) {
            System.arraycopy(t, 0, t, length, length);
            F32Activation.derivative(epilogue.activation(), t, length, length, F32Epilogue.WORK);
            store(t, length, vectors, rows, slope.address() + p * slope.strideBytes() + at, step, real);
        }
        F32Activation.apply(epilogue.activation(), t, 0, length, F32Epilogue.WORK);
        store(t, 0, vectors, rows, out.address() + p * out.strideBytes() + at, step, real);
    }

    private static void store(float[] t, int from, int vectors, int rows, long to, long step, int real) {
        for (int r = 0; r < rows; r++) {
            int row = from + r * vectors * L;
            long pixel = (to + r * step) & MASK;
            int i = 0;
            for (; i <= real - L; i += L) {
                FloatVector.fromArray(S, t, row + i).intoMemorySegment(ALL, pixel + i * B, ORDER);
            }
            if (i < real) {
                FloatVector.fromArray(S, t, row + i).intoMemorySegment(ALL, pixel + i * B, ORDER, S.indexInRange(i, real));
            }
        }
    }
}
