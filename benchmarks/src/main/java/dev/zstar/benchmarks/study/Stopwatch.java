package dev.zstar.benchmarks.study;

import com.sun.management.ThreadMXBean;
import dev.zstar.benchmarks.evidence.Evidence;
import dev.zstar.benchmarks.evidence.Watch;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.DoubleStream;

/**
 * Times several bodies in turns, slice by slice, so that a machine that slows down slows all of them. It also counts the heap bytes of the
 * slices. A body that allocates is not compiled yet, and its time should not be quoted.
 *
 * <p>Slices are measured again once if a body allocated in them or if the machine was disturbed. What allocates or is disturbed a second
 * time is reported so, and then the slices of both times count.
 */
final class Stopwatch {
    /**
     * The least warm-up of each body, unless the caller knows better. The tiles of a product, called a dozen times in each, take long to be
     * compiled.
     */
    private static final long WARM_NANOS = 300_000_000;
    /** Long bodies get fewer slices, so that these take about this time, but not fewer than 7 of those asked for. */
    private static final long COUNTED_NANOS = 500_000_000;
    private static final int LEAST = 7;
    /** The most runs in a slice: a body that the JIT removes would never fill one. */
    private static final int MOST = 1 << 30;
    /** A body has settled after this many successive runs that allocate nothing. */
    private static final int CLEAN = 10;

    /** How long a body may take until it stops allocating, before its slices are measured again. */
    private static final long AGAIN_NANOS = 1_000_000_000;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Of all slices in this process that were returned; null before the first. */
    private static Evidence timed;

    /** The results of {@link #run}. */
    static final class SliceTimes {
        private final double[][] nanos;
        private final long[] bytes;
        private final Evidence evidence;

        private SliceTimes(double[][] nanos, long[] bytes, Evidence evidence) {
            this.nanos = nanos;
            this.bytes = bytes;
            this.evidence = evidence;
        }

        /** What disturbed the machine during the slices. */
        Evidence evidence() {
            return evidence;
        }

        private SliceTimes and(SliceTimes other) {
            double[][] both = new double[nanos.length][];
            long[] most = new long[bytes.length];
            for (int b = 0; b < both.length; b++) {
                both[b] = DoubleStream.concat(Arrays.stream(nanos[b]), Arrays.stream(other.nanos[b])).sorted().toArray();
                most[b] = Math.max(bytes[b], other.bytes[b]);
            }
            return new SliceTimes(both, most, evidence.then(other.evidence));
        }

        private boolean compiled() {
            return Arrays.stream(bytes).allMatch(one -> one == 0);
        }

        /** For each body, the nanoseconds of one run in each slice, sorted. */
        double[][] nanos() {
            return nanos;
        }

        /** For each body, the heap bytes that one run allocated in all threads: the most of any slice, rounded up. */
        long[] bytes() {
            return bytes;
        }
    }

    private Stopwatch() {}

    /**
     * Times the bodies.
     *
     * @param sliceNanos the least length of a slice, which a body fills by repetition
     * @param slices counted slices of each body, at least 1; long bodies get fewer, but not fewer than 7 of them
     */
    static SliceTimes run(long sliceNanos, int slices, Runnable... bodies) {
        return run(WARM_NANOS, sliceNanos, slices, bodies);
    }

    /**
     * Times bodies after another warm-up than usual.
     *
     * @param warmNanos the least warm-up of each body
     */
    static SliceTimes run(long warmNanos, long sliceNanos, int slices, Runnable... bodies) {
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
        for (long start = System.nanoTime(); System.nanoTime() - start < warmNanos * bodies.length; ) {
            longest = 0;
            for (int b = 0; b < bodies.length; b++) {
                double nanos = time(bodies[b], repeats[b]);
                // A body that has become faster needs more runs to fill its slice.
                while (nanos * repeats[b] < sliceNanos && repeats[b] < MOST) {
                    repeats[b] *= 2;
                }
                longest = Math.max(longest, nanos * repeats[b]);
            }
        }
        int counted = slices(slices, longest);
        SliceTimes times = count(counted, repeats, bodies);
        if (!times.compiled() || !times.evidence().quiet()) {
            for (int b = 0; b < bodies.length; b++) {
                if (times.bytes()[b] > 0) {
                    settle(AGAIN_NANOS, bodies[b]);
                }
            }
            times = better(times, count(counted, repeats, bodies));
        }
        add(times.evidence());
        return times;
    }

    /** Compiled code before other code; then the calm machine. If it was never calm, the slices of both count. */
    private static SliceTimes better(SliceTimes first, SliceTimes second) {
        if (first.compiled() != second.compiled()) {
            return first.compiled() ? first : second;
        }
        return first.evidence().quiet() ? first : second.evidence().quiet() ? second : first.and(second);
    }

    private static SliceTimes count(int counted, int[] repeats, Runnable... bodies) {
        double[][] nanos = new double[bodies.length][counted];
        long[] bytes = new long[bodies.length];
        Watch watch = Watch.start();
        for (int slice = 0; slice < counted; slice++) {
            for (int b = 0; b < bodies.length; b++) {
                long before = allocated();
                nanos[b][slice] = time(bodies[b], repeats[b]);
                bytes[b] = Math.max(bytes[b], Math.ceilDiv(allocated() - before, repeats[b]));
            }
        }
        Evidence evidence = watch.stop();
        for (double[] time : nanos) {
            Arrays.sort(time);
        }
        return new SliceTimes(nanos, bytes, evidence);
    }

    private static synchronized void add(Evidence evidence) {
        timed = timed == null ? evidence : timed.then(evidence);
    }

    /** What disturbed the slices of this process so far; empty if nothing was timed. */
    static synchronized Optional<Evidence> evidence() {
        return Optional.ofNullable(timed);
    }

    /** How many of the slices that were asked for are counted if one takes this long. */
    static int slices(int asked, double nanos) {
        return (int) Math.min(asked, Math.max(LEAST, COUNTED_NANOS / nanos));
    }

    /**
     * Runs each body until it has allocated nothing ten times in succession. Code that runs once in a call, such as the product of the last
     * row of a solve, is compiled after some hundreds of calls. The warm-up of {@link #run} is too short for that: on a busy machine the
     * first timed solves with n = 64 took 39 to 1,483 µs, and 8.7 µs after this method.
     *
     * @param limitNanos the time limit of each body
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

    /** Heap bytes that all threads have allocated so far, since the workers of a team run a part of the body. */
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

    /** The element below which this fraction of the sorted values lies. */
    static double quantile(double[] sorted, double fraction) {
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))];
    }

    /** The middle one; of an even number, the mean of the middle two. */
    static double median(double[] sorted) {
        return 0.5 * (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]);
    }
}
