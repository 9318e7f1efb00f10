package dev.zstar.benchmarks.evidence;

/**
 * Watches the machine from {@link #start} to {@link #stop}. Both take about a millisecond, outside of the watched time. The first start of
 * a process takes 60 ms more, in which the JIT compiles the loop that measures the clock.
 */
public final class Watch {
    private final double clock;
    private final Sample before;

    private Watch(double clock, Sample before) {
        this.clock = clock;
        this.before = before;
    }

    /** Begins. The calling thread, and the workers of teams, are the computing threads. */
    public static Watch start() {
        double clock = ClockRate.gigahertz();
        return new Watch(clock, Sample.take());
    }

    /** Ends; call it in the thread that called {@link #start}. */
    public Evidence stop() {
        Sample after = Sample.take();
        return before.until(after, known(clock), known(ClockRate.gigahertz()));
    }

    private static Double known(double value) {
        return Double.isNaN(value) ? null : value;
    }
}
