package dev.zstar.reports;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The time of a call that is repeated, after the JIT has compiled it. Compiled solves allocate nothing on the heap, so a call that
 * allocates is not fully compiled.
 *
 * @param calls how many were counted
 * @param median nanoseconds
 * @param low a quarter of the calls took less
 * @param high a quarter of the calls took more
 * @param settled whether nearly all counted calls allocated nothing
 */
record SteadyState(int calls, double median, double low, double high, boolean settled) {
    /** The fewest calls of which a median says something. */
    private static final int LEAST = 3;
    /** The most calls that are counted; short calls then take a part of the time. */
    private static final int MOST = 1 << 16;
    /** The warm-up ends after this many successive calls that allocate nothing. */
    private static final int CLEAN = 10;
    /** The least part of the time that is warm-up, since C1's code, too, may allocate nothing. */
    private static final double LEAST_WARM = 0.3;
    /** The largest part of the time that is warm-up. */
    private static final double MOST_WARM = 0.7;
    /** The part of the counted calls that may allocate: another thread of the JVM may do so. */
    private static final double STRAY = 0.1;

    /** Measures with the clock and the counter of this JVM. */
    static Optional<SteadyState> measure(Runnable call, long limit) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return measure(System::nanoTime, threads::getTotalThreadAllocatedBytes, call, limit);
    }

    /**
     * Repeats a call for this long, and counts the calls after the warm-up. Empty if fewer than three can be counted.
     *
     * @param clock nanoseconds
     * @param allocated heap bytes that all threads have allocated so far
     * @param limit nanoseconds; no call begins that would end after them, if it took as long as the one before
     */
    static Optional<SteadyState> measure(LongSupplier clock, LongSupplier allocated, Runnable call, long limit) {
        long[] times = new long[MOST];
        int count = 0;
        int successive = 0;
        int dirty = 0;
        boolean warm = false;
        long last = 0;
        long bytes = allocated.getAsLong();
        long begun = clock.getAsLong();
        for (long passed = 0; count < MOST && passed + last < limit; passed = clock.getAsLong() - begun) {
            warm = warm || passed >= MOST_WARM * limit || passed >= LEAST_WARM * limit && successive >= CLEAN;
            long before = clock.getAsLong();
            call.run();
            last = clock.getAsLong() - before;
            long now = allocated.getAsLong();
            successive = now == bytes ? successive + 1 : 0;
            if (warm) {
                times[count++] = last;
                dirty += now == bytes ? 0 : 1;
            }
            bytes = now;
        }
        double[] counted = Arrays.stream(times, 0, count).asDoubleStream().sorted().toArray();
        return count < LEAST ? Optional.empty() : Optional.of(new SteadyState(count, (counted[(count - 1) / 2] + counted[count / 2]) / 2,
                counted[count / 4], counted[3 * count / 4], dirty <= STRAY * count));
    }

    /** In words, with the rate of this many operations in a call; without a rate if they are 0. */
    String words(double operations) {
        String rate = operations == 0 ? "" : String.format(Locale.ROOT, "%.3g GFLOP/s, ", operations / median);
        return String.format(Locale.ROOT, "%s, %smedian of %,d solves (half of them %s to %s)%s", millis(median), rate, calls, millis(low),
                millis(high), settled ? "" : "; not fully compiled yet, --steady SECONDS gives more time");
    }

    private static String millis(double nanos) {
        return String.format(Locale.ROOT, nanos < 1e5 ? "%.4f ms" : nanos < 1e7 ? "%.3f ms" : "%.1f ms", nanos * 1e-6);
    }
}
