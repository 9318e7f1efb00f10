package dev.zstar.kernels.simd;

import static dev.zstar.kernels.simd.Memory.ALL;
import static dev.zstar.kernels.simd.Memory.F32;
import static dev.zstar.kernels.simd.Memory.ORDER;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Epilogue;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Convolutions as products with packed weights. The work is done in pieces of some rows of one image. The pixels that the piece reads
 * are gathered onto the heap, eight outputs side by side as the register tiles want them; then each panel of weights walks over all.
 *
 * <p>The taps of one row of the kernel read pixels that lie side by side, so they are gathered as one run of
 * {@code taps · channels}; and what the taps of one row of the kernel gather from a row of the image serves every row of the kernel.
 * So an element is copied three times for a kernel of 3×3, not nine.
 */
final class F32Convolution {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    /** Outputs of a full tile, as in {@link F32Product}. */
    private static final int ROWS = S.vectorBitSize() == 256 ? 4 : 8;
    /** Pixels of a piece, so that one image of 32×32 is eight of them. */
    private static final int PIXELS = Integer.getInteger("zstar.convolution.pixels", 128);
    /** Elements that a piece gathers: 256 KiB, beside which a panel of weights (221 KiB for 128 channels) stays in the second-level cache. */
    private static final int GATHERED = Integer.getInteger("zstar.convolution.gathered", 256 * 1024) / (int) F32.byteSize();

    private static final ThreadLocal<F32ConvolutionScratch> SCRATCH = ThreadLocal.withInitial(F32ConvolutionScratch::new);

    private F32Convolution() {}

    /** Rows of a piece. Nothing but the shapes decides. */
    static int pieceRows(ConvolutionPass pass, int outHeight, int outWidth) {
        int width = Math.max(1, pass.width(outWidth));
        long line = Math.max(1, (long) width * pass.cols().taps() * pass.inputs());
        long fitting = (GATHERED / line - pass.rows().taps()) / pass.stride() + 1;
        return (int) Math.clamp(Math.min(fitting, PIXELS / width), 1, Math.max(1, pass.height(outHeight)));
    }

    /** Rows {@code y0 ≤ y < y1} of the pass, of image {@code p}. */
    static void rows(
            ConvolutionPass pass, Block packed, int height, int width, Block z, int outWidth, Block out, Epilogue epilogue, int p, int y0, int y1) {
        if (y0 >= y1) {
            return;
        }
        F32ConvolutionScratch scratch = SCRATCH.get();
        int low = Math.max(0, y0 * pass.stride() + pass.rows().low());
        int high = Math.min(height, (y1 - 1) * pass.stride() + pass.rows().low() + pass.rows().taps());
        int lines = pass.depth() == 0 ? 0 : Math.max(0, high - low);
        int run = pass.cols().taps() * pass.inputs();
        int columns = pass.width(outWidth);
        float[] gathered = scratch.gathered(Math.multiplyExact(Math.multiplyExact(columns, lines), run));
        if (lines > 0) {
            gather(pass, z.address() + p * z.strideBytes(), width, low, lines, columns, scratch, gathered);
        }
        int panels = F32ConvolutionPanels.count(pass.outputs());
        for (int panel = 0; panel < panels; panel++) {
            int first = F32ConvolutionPanels.first(pass.outputs(), panel);
            int vectors = F32ConvolutionPanels.first(pass.outputs(), panel + 1) - first;
            int real = Math.min(vectors * L, pass.outputs() - first * L);
            long wk = (long) vectors * S.vectorByteSize();
            long w = packed.address() + panel * packed.strideBytes();
            long step = (long) pass.step() * pass.outputs() * F32.byteSize();
            for (int y = y0; y < y1; y++) {
                int top = Math.max(low, y * pass.stride() + pass.rows().low());
                int bottom = Math.min(high, y * pass.stride() + pass.rows().low() + pass.rows().taps());
                int depth = Math.max(0, bottom - top) * run;
                long weights = w + (long) (top - (y * pass.stride() + pass.rows().low())) * run * wk;
                long pixel = (long) (y * pass.step() + pass.row()) * outWidth + pass.col();
                long at = (pixel * pass.outputs() + (long) first * L) * F32.byteSize();
                for (int x = 0; x < columns; ) {
                    int rows = Math.min(ROWS, Integer.highestOneBit(columns - x));
                    start(epilogue, p, first * L, at + x * step, step, rows, vectors, real, scratch.tile);
                    if (depth > 0) {
                        F32Tiles.tile(rows, vectors, weights, wk, gathered, x * lines * run + (top - low) * rows * run, scratch.tile, depth);
                    }
                    finish(epilogue.activation(), scratch.tile, vectors, rows, out.address() + p * out.strideBytes() + at + x * step, step, real);
                    x += rows;
                }
            }
        }
    }

    /** For each tile of outputs in turn, for each line of the image, for each tap and channel: the tile's outputs side by side. */
    private static void gather(
            ConvolutionPass pass, long image, int width, int low, int lines, int columns, F32ConvolutionScratch scratch, float[] gathered) {
        int run = pass.cols().taps() * pass.inputs();
        long pixel = pass.inputs() * F32.byteSize();
        for (int x = 0; x < columns; ) {
            int rows = Math.min(ROWS, Integer.highestOneBit(columns - x));
            int left = x * pass.stride() + pass.cols().low();
            int right = left + (rows - 1) * pass.stride() + pass.cols().taps();
            for (int line = 0; line < lines; line++) {
                long row = image + (long) (low + line) * width * pixel;
                long from = left < 0 || right > width ? edge(row, pixel, left, right, width, scratch) : row + left * pixel;
                interleave(from, pass.stride() * pixel, rows, gathered, (x * lines + line * rows) * run, run);
            }
            x += rows;
        }
    }

    /** Pixels {@code left ≤ x < right} of a row, with zeros for those that it does not have. */
    private static long edge(long row, long pixel, int left, int right, int width, F32ConvolutionScratch scratch) {
        int from = Math.max(left, 0);
        int to = Math.min(right, width);
        long copy = scratch.edge((right - left) * pixel);
        zero(copy, copy + (from - left) * pixel);
        MemorySegment.copy(ALL, row + from * pixel, ALL, copy + (from - left) * pixel, (to - from) * pixel);
        zero(copy + (to - left) * pixel, copy + (right - left) * pixel);
        return copy;
    }

    private static void zero(long from, long to) {
        for (long at = from; at < to; at += F32.byteSize()) {
            ALL.set(F32, at, 0);
        }
    }

    private static void interleave(long from, long stride, int rows, float[] to, int at, int run) {
        if (rows < 8) {
            for (int r = 0; r < rows; r++) {
                for (int i = 0; i < run; i++) {
                    to[at + i * rows + r] = ALL.get(F32, from + r * stride + i * F32.byteSize());
                }
            }
            return;
        }
        int whole = run / L * L;
        if (whole == 0) {
            F32Interleave.eight(from, stride, to, at, run);
            return;
        }
        F32Interleave.eight(from, stride, to, at, whole);
        if (whole < run) {
            // The last vector once more, up to the end: half of what is left it writes again as it was.
            F32Interleave.eight(from + (run - L) * F32.byteSize(), stride, to, at + (run - L) * 8, L);
        }
    }

    /** Accumulators at the start: bias and injection. A pixel is not padded, so the last vector of an injection is masked. */
    private static void start(
            Epilogue epilogue, int p, int channel, long at, long step, int rows, int vectors, int real, float[] t) {
        Block injection = epilogue.injection();
        long bias = epilogue.bias() == null ? 0 : epilogue.bias().address() + channel * F32.byteSize();
        if (injection == null) {
            if (bias == 0) {
                java.util.Arrays.fill(t, 0, rows * vectors * L, 0);
            } else {
                load(bias, rows, vectors, t);
            }
            return;
        }
        long from = injection.address() + epilogue.injectionRow(p) * injection.strideBytes() + at;
        for (int r = 0; r < rows; r++) {
            loadPixel(from + r * step, real, t, r * vectors * L);
            if (bias != 0) {
                add(bias, vectors, t, r * vectors * L);
            }
        }
    }

    /** The same vectors for every row. */
    private static void load(long from, int rows, int vectors, float[] t) {
        for (int v = 0; v < vectors; v++) {
            FloatVector value = FloatVector.fromMemorySegment(S, ALL, from + v * (long) S.vectorByteSize(), ORDER);
            for (int r = 0; r < rows; r++) {
                value.intoArray(t, (r * vectors + v) * L);
            }
        }
    }

    private static void loadPixel(long from, int real, float[] t, int to) {
        int i = 0;
        for (; i <= real - L; i += L) {
            FloatVector.fromMemorySegment(S, ALL, from + i * F32.byteSize(), ORDER).intoArray(t, to + i);
        }
        if (i < real) {
            FloatVector.fromMemorySegment(S, ALL, from + i * F32.byteSize(), ORDER, S.indexInRange(i, real)).intoArray(t, to + i);
        }
    }

    private static void add(long from, int vectors, float[] t, int to) {
        for (int v = 0; v < vectors; v++) {
            FloatVector.fromArray(S, t, to + v * L)
                    .add(FloatVector.fromMemorySegment(S, ALL, from + v * (long) S.vectorByteSize(), ORDER))
                    .intoArray(t, to + v * L);
        }
    }

    /** Accumulators at the end: the activation, then out to memory. */
    private static void finish(Activation activation, float[] t, int vectors, int rows, long to, long step, int real) {
        switch (activation) {
            case IDENTITY -> store(t, vectors, rows, to, step, real);
            case RELU -> storePositive(t, vectors, rows, to, step, real);
            case TANH -> {
                F32Tanh.apply(t, rows * vectors * L);
                store(t, vectors, rows, to, step, real);
            }
        }
    }

    private static void storePositive(float[] t, int vectors, int rows, long to, long step, int real) {
        for (int r = 0; r < rows; r++) {
            int from = r * vectors * L;
            long pixel = to + r * step;
            int i = 0;
            for (; i <= real - L; i += L) {
                FloatVector.fromArray(S, t, from + i).max(0f).intoMemorySegment(ALL, pixel + i * F32.byteSize(), ORDER);
            }
            if (i < real) {
                FloatVector.fromArray(S, t, from + i).max(0f)
                        .intoMemorySegment(ALL, pixel + i * F32.byteSize(), ORDER, S.indexInRange(i, real));
            }
        }
    }

    private static void store(float[] t, int vectors, int rows, long to, long step, int real) {
        for (int r = 0; r < rows; r++) {
            int from = r * vectors * L;
            long pixel = to + r * step;
            int i = 0;
            for (; i <= real - L; i += L) {
                FloatVector.fromArray(S, t, from + i).intoMemorySegment(ALL, pixel + i * F32.byteSize(), ORDER);
            }
            if (i < real) {
                FloatVector.fromArray(S, t, from + i).intoMemorySegment(ALL, pixel + i * F32.byteSize(), ORDER, S.indexInRange(i, real));
            }
        }
    }
}
