package dev.zstar.benchmarks.study;

import java.util.Arrays;

/** Times several bodies in turns, slice by slice, so that a machine that slows down slows all of them. */
final class Stopwatch {
    private Stopwatch() {}

    /**
     * @param sliceNanos the least length of a slice; a body runs as often as fills it
     * @param slices counted slices of each body, after as many that warm up
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
        double[][] times = new double[bodies.length][slices];
        for (int slice = -slices; slice < slices; slice++) {
            for (int b = 0; b < bodies.length; b++) {
                double nanos = time(bodies[b], repeats[b]);
                // What ran slowly while it warmed up fills its slice with more runs once it is fast.
                while (slice < 0 && nanos * repeats[b] < sliceNanos) {
                    repeats[b] *= 2;
                }
                if (slice >= 0) {
                    times[b][slice] = nanos;
                }
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
