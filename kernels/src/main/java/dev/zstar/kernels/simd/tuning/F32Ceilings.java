package dev.zstar.kernels.simd.tuning;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.MASK;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.simd.lanes.VectorWarmup;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Upper bounds of the machine's speed: loops that only multiply and add, or only read. */
public final class F32Ceilings {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    /** Elements of a vector. */
    public static final int LANES = L;

    static {
        VectorWarmup.once();
    }

    private F32Ceilings() {}

    /** Twelve chains of multiply-adds in registers, enough for two units of latency 4: {@code 24 · LANES · steps} operations. */
    public static void multiplyAdd(int steps, float[] sink) {
        FloatVector x = FloatVector.fromArray(S, sink, 0);
        FloatVector y = FloatVector.fromArray(S, sink, L);
        FloatVector a = x;
        FloatVector b = y;
        FloatVector c = x;
        FloatVector d = y;
        FloatVector e = x;
        FloatVector f = y;
        FloatVector g = x;
        FloatVector h = y;
        FloatVector i = x;
        FloatVector j = y;
        FloatVector k = x;
        FloatVector l = y;
        for (int step = 0; step < steps; step++) {
            a = a.fma(x, y);
            b = b.fma(x, y);
            c = c.fma(x, y);
            d = d.fma(x, y);
            e = e.fma(x, y);
            f = f.fma(x, y);
            g = g.fma(x, y);
            h = h.fma(x, y);
            i = i.fma(x, y);
            j = j.fma(x, y);
            k = k.fma(x, y);
            l = l.fma(x, y);
        }
        a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j).add(k).add(l).intoArray(sink, 2 * L);
    }

    /**
     * Reads memory once, as 1, 2, 4 or 8 parallel streams, and stores a sum. A single loop takes the streams in turn. In nested loops the
     * sums were boxed in some processes, and the result was a thirtieth of the ceiling.
     */
    public static void read(long address, long bytes, int streams, float[] sink) {
        long step = 4L * S.vectorByteSize();
        long line = S.vectorByteSize();
        long part = bytes / streams / step * step;
        long from = address & MASK;
        long last = from + (streams - 1) * part;
        FloatVector a = FloatVector.zero(S);
        FloatVector b = FloatVector.zero(S);
        FloatVector c = FloatVector.zero(S);
        FloatVector d = FloatVector.zero(S);
        for (long left = part / step * streams; left > 0; left--) {
            a = a.add(FloatVector.fromMemorySegment(S, ALL, from, ORDER));
            b = b.add(FloatVector.fromMemorySegment(S, ALL, from + line, ORDER));
            c = c.add(FloatVector.fromMemorySegment(S, ALL, from + 2 * line, ORDER));
            d = d.add(FloatVector.fromMemorySegment(S, ALL, from + 3 * line, ORDER));
            boolean round = from >= last;
            from = (from + (round ? step - (streams - 1) * part : part)) & MASK;
            last = round ? last + step : last;
        }
        a.add(b).add(c.add(d)).intoArray(sink, 0);
    }
}
