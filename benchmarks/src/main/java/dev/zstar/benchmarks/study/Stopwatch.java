package dev.zstar.benchmarks.study;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;

/**
 * SliceTimes several bodies in turns, slice by slice, so that a machine that slows down slows all of them. It counts the heap bytes of the
 * same slices: a body that allocates is not compiled yet, and its time is not the one to quote.
 */
final class Stopwatch {
    /** Each body warms up for at least as long: the tiles of a product, called a dozen times each, take long to be compiled. */
    private static final long WARM_NANOS = 300_000_000;
    /** Long bodies are counted in fewer slices, at least 7 or as many as were asked for, to take about as long. */
    private static final long COUNTED_NANOS = 500_000_000;
    private static final int LEAST = 7;
    /** Of runs in a slice: a body that the JIT finds to do nothing fills no slice. */
    private static final int MOST = 1 << 30;
    /** Runs in succession without a byte after which a body has settled. */
    private static final int CLEAN = 10;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** What {@link #run} found. */
    static final class SliceTimes {
        private final double[][] nanos;
        private final long[] bytes;

        private SliceTimes(double[][] nanos, long[] bytes) {
            this.nanos = nanos;
            this.bytes = bytes;
        }

        /** For each body the sorted nanoseconds of one run, by slice. */
        double[][] nanos() {
            return nanos;
        }

        /** For each body the heap bytes that one run allocated, in whatever thread: the most of any slice, rounded up. */
        long[] bytes() {
            return bytes;
        }
    }

    private Stopwatch() {}

    /**
     * SliceTimes the bodies.
     *
     * @param sliceNanos the least length of a slice; a body runs as often as fills it
     * @param slices counted slices of each body, at least 1; long bodies get fewer, but not less than 7 of them
     */
    static SliceTimes run(long sliceNanos, int slices, Runnable... bodies) {
        int[] repeats = new int[bodies.length];
        for (int b = 0; b < bodies.length; b++) {
            repeats[b] = 1;
            double nanos = time(bodies[b], 1);
            while (nanos * repeats[b] < sliceNanos && repeats[b] < MOST) {
                repeats[b] *= 2;
                nanos = time(bodies[b], repeats[b]);
            }
        }
        double longest = 0;
        for (long start = System.nanoTime(); System.nanoTime() - start < WARM_NANOS * bodies.length; ) {
            longest = 0;
            for (int b = 0; b < bodies.length; b++) {
                double nanos = time(bodies[b], repeats[b]);
                // What ran slowly while it warmed up fills its slice with more runs once it is fast.
                while (nanos * repeats[b] < sliceNanos && repeats[b] < MOST) {
                    repeats[b] *= 2;
                }
                longest = Math.max(longest, nanos * repeats[b]);
            }
        }
        int counted = slices(slices, longest);
        double[][] nanos = new double[bodies.length][counted];
        long[] bytes = new long[bodies.length];
        for (int slice = 0; slice < counted; slice++) {
            for (int b = 0; b < bodies.length; b++) {
                long before = allocated();
                nanos[b][slice] = time(bodies[b], repeats[b]);
                bytes[b] = Math.max(bytes[b], Math.ceilDiv(allocated() - before, repeats[b]));
            }
        }
        for (double[] time : nanos) {
            Arrays.sort(time);
        }
        return new SliceTimes(nanos, bytes);
    }

    /** How many of the slices that were asked for are counted, if one takes this long. */
    static int slices(int asked, double nanos) {
        return (int) Math.min(asked, Math.max(LEAST, COUNTED_NANOS / nanos));
    }

    /**
     * Runs each body until it has allocated nothing ten times in succession. Code that runs once in a call, as the last row's product of
     * a solve does, takes some hundreds of calls to be compiled, which the warm-up of {@link #run} does not reach: on a busy machine the
     * first solves that were timed, of n = 64, took 39 to 1,483 µs, and 8.7 µs after this.
     *
     * @param limitNanos how long each body may take
     */
    static void settle(long limitNanos, Runnable... bodies) {
        for (Runnable body : bodies) {
            long start = System.nanoTime();
            for (int clean = 0; clean < CLEAN && System.nanoTime() - start < limitNanos; ) {
                long before = allocated();
                body.run();
                clean = allocated() == before ? clean + 1 : 0;
            }
        }
    }

    /** Heap bytes that all threads have allocated so far: a team's workers run a part of the body. */
    private static long allocated() {
        return THREADS.getTotalThreadAllocatedBytes();
    }

    private static double time(Runnable body, int repeats) {
        long start = System.nanoTime();
        for (int i = 0; i < repeats; i++) {
            body.run();
        }
        return (double) (System.nanoTime() - start) / repeats;
    }

    /** The element below which a share of the sorted values lies. */
    static double quantile(double[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    }
}
