package dev.zstar.kernels.simd.images;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.ImageShape;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Resampling, one row of the result at a time: first along columns of pixels into a row on the heap, where whole rows lie side by side
 * and channels do not matter, then along that row.
 */
final class F32Resampling {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();

    private static final CallLocal<Line> LINE = new CallLocal<>(Line::new);

    /** A row on the heap, grown as needed. */
    private static final class Line {
        float[] elements = new float[0];
    }

    private F32Resampling() {}

    /** The position of output {@code o} of an enlarged line of {@code size} pixels, in pixels of the line. */
    private static double position(int o, int factor, int size) {
        return Math.clamp((o + 0.5) / factor - 0.5, 0, size - 1);
    }

    /** The share of the pixel above {@code position}. */
    private static float above(double position) {
        return (float) (position - (int) position);
    }

    /** The share of pixel {@code i} of the line in output {@code o}. */
    private static float weight(int o, int i, int factor, int size) {
        double at = position(o, factor, size);
        return i == (int) at ? 1 - above(at) : i == (int) at + 1 ? above(at) : 0;
    }

    /** Row {@code y}, of {@code n} elements, of image {@code p}. */
    private static long row(Block block, int n, int p, int y) {
        return block.address() + p * block.strideBytes() + (long) y * n * B;
    }

    private static float[] line(int n) {
        Line line = LINE.get();
        if (line.elements.length < n + L) {
            line.elements = new float[n + L];
        }
        return line.elements;
    }

    // ---- linear interpolation

    static void upsample(ImageShape in, int factor, Block z, Block out, int p, int y) {
        int n = in.width() * in.channels();
        float[] line = line(n);
        double at = position(y, factor, in.height());
        int top = (int) at;
        blend(row(z, n, p, top), row(z, n, p, Math.min(top + 1, in.height() - 1)), above(at), line, n);
        long pixel = row(out, n * factor, p, y);
        for (int x = 0; x < in.width() * factor; x++) {
            double from = position(x, factor, in.width());
            int left = ((int) from) * in.channels();
            int right = Math.min((int) from + 1, in.width() - 1) * in.channels();
            blend(line, left, right, above(from), pixel, in.channels());
            pixel += in.channels() * B;
        }
    }

    /** {@code to = (1 - above) a + above b}. */
    private static void blend(long a, long b, float above, float[] to, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector low = FloatVector.fromMemorySegment(S, ALL, a + i * B, ORDER).mul(1 - above);
            FloatVector.fromMemorySegment(S, ALL, b + i * B, ORDER).fma(FloatVector.broadcast(S, above), low).intoArray(to, i);
        }
        for (; i < n; i++) {
            to[i] = Math.fma(above, ALL.get(F32, b + i * B), (1 - above) * ALL.get(F32, a + i * B));
        }
    }

    private static void blend(float[] line, int a, int b, float above, long to, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector low = FloatVector.fromArray(S, line, a + i).mul(1 - above);
            FloatVector.fromArray(S, line, b + i).fma(FloatVector.broadcast(S, above), low).intoMemorySegment(ALL, to + i * B, ORDER);
        }
        if (i < n) {
            FloatVector low = FloatVector.fromArray(S, line, a + i).mul(1 - above);
            FloatVector.fromArray(S, line, b + i).fma(FloatVector.broadcast(S, above), low)
                    .intoMemorySegment(ALL, to + i * B, ORDER, S.indexInRange(i, n));
        }
    }

    static void upsampleTransposed(ImageShape in, int factor, Block u, Block out, int p, int y) {
        int n = in.width() * factor * in.channels();
        // The weights of one pixel follow the line.
        float[] line = line(n + 3 * factor);
        java.util.Arrays.fill(line, 0, n, 0);
        for (int oy = Math.max(0, (y - 1) * factor); oy < Math.min(in.height(), y + 2) * factor; oy++) {
            float w = weight(oy, y, factor, in.height());
            if (w != 0) {
                addScaled(w, row(u, n, p, oy), line, n);
            }
        }
        long pixel = row(out, in.width() * in.channels(), p, y);
        for (int x = 0; x < in.width(); x++) {
            collect(line, n + L, x, factor, in.width(), in.channels(), pixel);
            pixel += in.channels() * B;
        }
    }

    private static void addScaled(float w, long x, float[] to, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER)
                    .fma(FloatVector.broadcast(S, w), FloatVector.fromArray(S, to, i))
                    .intoArray(to, i);
        }
        for (; i < n; i++) {
            to[i] = Math.fma(w, ALL.get(F32, x + i * B), to[i]);
        }
    }

    private static void collect(float[] line, int weights, int x, int factor, int width, int channels, long to) {
        int first = Math.max(0, (x - 1) * factor);
        int end = Math.min(width, x + 2) * factor;
        for (int o = first; o < end; o++) {
            line[weights + o - first] = weight(o, x, factor, width);
        }
        for (int i = 0; i < channels; i += L) {
            FloatVector sum = FloatVector.zero(S);
            for (int o = first; o < end; o++) {
                FloatVector w = FloatVector.broadcast(S, line[weights + o - first]);
                sum = FloatVector.fromArray(S, line, o * channels + i).fma(w, sum);
            }
            if (i <= channels - L) {
                sum.intoMemorySegment(ALL, to + i * B, ORDER);
            } else {
                sum.intoMemorySegment(ALL, to + i * B, ORDER, S.indexInRange(i, channels));
            }
        }
    }

    // ---- means

    static void downsample(ImageShape in, int factor, Block z, Block out, int p, int y) {
        int n = in.width() * in.channels();
        float[] line = line(n);
        java.util.Arrays.fill(line, 0, n, 0);
        for (int iy = y * factor; iy < (y + 1) * factor; iy++) {
            add(row(z, n, p, iy), line, n);
        }
        long pixel = row(out, n / factor, p, y);
        for (int x = 0; x < in.width() / factor; x++) {
            mean(line, x * factor * in.channels(), factor, in.channels(), pixel);
            pixel += in.channels() * B;
        }
    }

    private static void add(long x, float[] to, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector.fromMemorySegment(S, ALL, x + i * B, ORDER).add(FloatVector.fromArray(S, to, i)).intoArray(to, i);
        }
        for (; i < n; i++) {
            to[i] += ALL.get(F32, x + i * B);
        }
    }

    private static void mean(float[] line, int at, int factor, int channels, long to) {
        float share = 1f / (factor * factor);
        for (int i = 0; i < channels; i += L) {
            FloatVector sum = FloatVector.zero(S);
            for (int x = 0; x < factor; x++) {
                sum = sum.add(FloatVector.fromArray(S, line, at + x * channels + i));
            }
            if (i <= channels - L) {
                sum.mul(share).intoMemorySegment(ALL, to + i * B, ORDER);
            } else {
                sum.mul(share).intoMemorySegment(ALL, to + i * B, ORDER, S.indexInRange(i, channels));
            }
        }
    }

    static void downsampleTransposed(ImageShape in, int factor, Block u, Block out, int p, int y) {
        int n = in.width() / factor * in.channels();
        float[] line = line(n);
        java.util.Arrays.fill(line, 0, n, 0);
        addScaled(1f / (factor * factor), row(u, n, p, y / factor), line, n);
        long to = row(out, n * factor, p, y);
        for (int x = 0; x < in.width(); x++) {
            copy(line, x / factor * in.channels(), to, in.channels());
            to += in.channels() * B;
        }
    }

    private static void copy(float[] line, int at, long to, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector.fromArray(S, line, at + i).intoMemorySegment(ALL, to + i * B, ORDER);
        }
        if (i < n) {
            FloatVector.fromArray(S, line, at + i).intoMemorySegment(ALL, to + i * B, ORDER, S.indexInRange(i, n));
        }
    }
}
