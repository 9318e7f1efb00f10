package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.simd.Ceilings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The ceilings of one thread: multiply-adds from registers, reads from each level of memory. */
final class Roofline {
    private static final long MIB = 1 << 20;

    private Roofline() {}

    /** Measures all, best of several runs. */
    static List<Ceiling> measure(boolean quick) {
        List<Ceiling> ceilings = new ArrayList<>();
        ceilings.add(new Ceiling("fma.f32.1t", multiplyAdd(), "GFLOP/s"));
        ceilings.add(new Ceiling("read.L1.1t", read(level1() / 2, 2_000), "GB/s"));
        ceilings.add(new Ceiling("read.L2.1t", read(level2() / 2, 200), "GB/s"));
        ceilings.add(new Ceiling("read.L3.1t", read(16 * MIB, 6), "GB/s"));
        if (!quick) {
            ceilings.add(new Ceiling("read.DRAM.1t", read(1024 * MIB, 1), "GB/s"));
        }
        return ceilings;
    }

    /** GFLOP/s of independent multiply-adds. */
    static double multiplyAdd() {
        float[] sink = new float[64];
        java.util.Arrays.fill(sink, 0.5f);
        double best = 0;
        for (int run = 0; run < 60; run++) {
            long start = System.nanoTime();
            double operations = Ceilings.multiplyAdd(200_000, sink);
            best = Math.max(best, operations / (System.nanoTime() - start));
        }
        return best;
    }

    /** GB/s of reading so many bytes again and again, the best over 1, 2, 4 and 8 streams: one alone may starve. */
    private static double read(long bytes, int repeats) {
        float[] sink = new float[64];
        double best = 0;
        try (Block block = Block.allocate(Type.F32, (int) Math.max(1, bytes / 4096), 1008)) {
            for (int streams = 1; streams <= 8; streams *= 2) {
                for (int run = 0; run < 8; run++) {
                    long start = System.nanoTime();
                    for (int i = 0; i < repeats; i++) {
                        Ceilings.read(block.address(), block.bytes(), streams, sink);
                    }
                    best = Math.max(best, (double) block.bytes() * repeats / (System.nanoTime() - start));
                }
            }
        }
        return best;
    }

    /** The name of the ceiling for data of this size. */
    static String level(double bytes) {
        return bytes <= level1() ? "read.L1.1t" : bytes <= level2() ? "read.L2.1t" : "read.L3.1t";
    }

    private static long level1() {
        return cache(0, 32 * 1024);
    }

    private static long level2() {
        return cache(2, MIB);
    }

    private static long cache(int index, long otherwise) {
        try {
            String size = Files.readString(Path.of("/sys/devices/system/cpu/cpu0/cache/index" + index + "/size")).strip();
            return Long.parseLong(size.replace("K", "")) * 1024;
        } catch (IOException | NumberFormatException e) {
            return otherwise;
        }
    }
}
