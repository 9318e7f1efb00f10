package dev.zstar.benchmarks.study;

import java.util.Arrays;

/** Times several bodies in turns, slice by slice, so that a machine that slows down slows all of them. */
final class Stopwatch {
    private Stopwatch() {}

    /** Each body warms up for at least as long: the tiles of a product, called a dozen times each, take long to be compiled. */
    private static final long WARM_NANOS = 300_000_000;
    /** Long bodies are counted in fewer slices, at least 7, to take about as long. */
    private static final long COUNTED_NANOS = 500_000_000;

    /**
     * @param sliceNanos the least length of a slice; a body runs as often as fills it
     * @param slices counted slices of each body
     * @return for each body the sorted nanoseconds of one run, by slice
     */
    static double[][] run(long sliceNanos, int slices, Runnable... bodies) {
        int[] repeats = new int[bodies.length];
        for (int b = 0; b < bodies.length; b++) {
            repeats[b] = 1;
            for (double nanos = time(bodies[b], 1); nanos * repeats[b] < sliceNanos; nanos = time(bodies[b], repeats[b])) {
                repeats[b] *= 2;
            }
        }
        double longest = 0;
        for (long start = System.nanoTime(); System.nanoTime() - start < WARM_NANOS * bodies.length; ) {
            longest = 0;
            for (int b = 0; b < bodies.length; b++) {
                double nanos = time(bodies[b], repeats[b]);
                // What ran slowly while it warmed up fills its slice with more runs once it is fast.
                while (nanos * repeats[b] < sliceNanos) {
                    repeats[b] *= 2;
                }
                longest = Math.max(longest, nanos * repeats[b]);
            }
        }
        int counted = Math.clamp((long) (COUNTED_NANOS / longest), 7, slices);
        double[][] times = new double[bodies.length][counted];
        for (int slice = 0; slice < counted; slice++) {
            for (int b = 0; b < bodies.length; b++) {
                times[b][slice] = time(bodies[b], repeats[b]);
            }
        }
        for (double[] time : times) {
            Arrays.sort(time);
        }
        return times;
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
