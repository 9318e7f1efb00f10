package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.simd.tuning.F32Ceilings;
import dev.zstar.kernels.simd.tuning.F64Ceilings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Measures what a number of threads can do at most: multiply-adds in registers, and reads from each level of memory. */
final class Roofline implements AutoCloseable {
    private static final long MIB = 1 << 20;
    /** Enough steps, 1 to 2 ms, that the start of a team does not matter. */
    private static final int STEPS = 300_000;
    /** Bytes that each thread reads in one timed run. Smaller blocks are read repeatedly. */
    private static final long READ_BYTES = 100 * MIB;

    private final int threads;
    private final Team team;
    private final float[][] sinks;
    private final double[][] wideSinks;

    Roofline(int threads) {
        this.threads = threads;
        team = Team.of(threads);
        sinks = new float[threads][64];
        wideSinks = new double[threads][64];
        for (int t = 0; t < threads; t++) {
            Arrays.fill(sinks[t], 0.5f);
            Arrays.fill(wideSinks[t], 0.5);
        }
    }

    /** Measures the ceilings that a study quotes, each the best of several runs. */
    List<Ceiling> measure(boolean quick) {
        List<Ceiling> ceilings = new ArrayList<>();
        String suffix = "." + threads + "t";
        ceilings.add(new Ceiling("fma.f32" + suffix, multiplyAdd(Type.F32), "GFLOP/s"));
        ceilings.add(new Ceiling("fma.f64" + suffix, multiplyAdd(Type.F64), "GFLOP/s"));
        ceilings.add(new Ceiling("read.L1" + suffix, read(level1() / 2), "GB/s"));
        ceilings.add(new Ceiling("read.L2" + suffix, read(level2() / 2), "GB/s"));
        ceilings.add(new Ceiling("read.L3" + suffix, read(8 * MIB), "GB/s"));
        if (!quick) {
            ceilings.add(new Ceiling("read.DRAM" + suffix, read(256 * MIB), "GB/s"));
        }
        return ceilings;
    }

    /** GFLOP/s of independent multiply-adds on all threads. */
    double multiplyAdd(Type type) {
        double best = 0;
        for (int run = 0; run < 30; run++) {
            long start = System.nanoTime();
            team.run(threads, (from, to) -> {
                for (int t = from; t < to; t++) {
                    if (type == Type.F32) {
                        F32Ceilings.multiplyAdd(STEPS, sinks[t]);
                    } else {
                        F64Ceilings.multiplyAdd(STEPS, wideSinks[t]);
                    }
                }
            });
            double lanes = type == Type.F32 ? F32Ceilings.LANES : F64Ceilings.LANES;
            best = Math.max(best, 24 * lanes * STEPS * threads / (System.nanoTime() - start));
        }
        return best;
    }

    /**
     * GB/s of reading this many bytes repeatedly, divided among the threads. It is the best of 1, 2, 4 and 8 streams for each thread, since
     * a single one may not saturate the memory.
     */
    double read(long bytes) {
        double best = 0;
        long perThread = Math.max(4096, bytes / threads / 4096 * 4096);
        try (Block block = Block.allocate(Type.F32, Math.toIntExact(perThread * threads / 4096), 1008)) {
            long rowBytes = block.strideBytes();
            long part = perThread / 4096 * rowBytes;
            int repeats = Math.clamp(READ_BYTES * threads / block.bytes(), 1, 100_000);
            for (int streams = 1; streams <= 8; streams *= 2) {
                int side = streams;
                for (int run = 0; run < 12; run++) {
                    long start = System.nanoTime();
                    team.run(threads, (from, to) -> {
                        for (int t = from; t < to; t++) {
                            for (int i = 0; i < repeats; i++) {
                                F32Ceilings.read(block.address() + t * part, part, side, sinks[t]);
                            }
                        }
                    });
                    best = Math.max(best, (double) part * threads * repeats / (System.nanoTime() - start));
                }
            }
        }
        return best;
    }

    /** The number of the smallest cache level that holds what these threads share of this many bytes; 4 if none does. */
    static int level(double bytes, int threads) {
        double each = bytes / threads;
        return each <= level1() ? 1 : each <= level2() ? 2 : bytes <= cache(3, 32 * MIB) ? 3 : 4;
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

    @Override
    public void close() {
        team.close();
    }
}
