package dev.zstar.benchmarks.evidence;

/**
 * The rate of the processor's clock, by a chain of operations that each need the result of the last. An exclusive-or or an addition of
 * registers takes one cycle on the processors of today, so operations for each nanosecond are GHz.
 *
 * <p>The two kinds of operation alternate, so that no compiler can regroup them. The operands come from arguments: some processors of Intel
 * add small constants without using a cycle.
 */
final class ClockRate {
    /** Operations in one turn of the loop. */
    private static final int OPERATIONS = 16;
    /** Some 0.1 ms. */
    private static final int TURNS = 20_000;
    private static final int RUNS = 5;
    /** Long enough for the optimising compiler. */
    private static final long WARM_NANOS = 60_000_000;
    /** Interpreted or hardly compiled code seems slower than any processor, and a chain that a compiler cut seems faster. */
    private static final double LEAST = 0.4;
    private static final double MOST = 10;

    /** The end of the last chain, with which the next one begins, so that no chain can be left out. */
    private static volatile long last;

    static {
        for (long start = System.nanoTime(); System.nanoTime() - start < WARM_NANOS; ) {
            run();
        }
    }

    private ClockRate() {}

    /** GHz, the best of a few runs; NaN if it could not be measured. */
    static double gigahertz() {
        double best = 0;
        for (int i = 0; i < RUNS; i++) {
            best = Math.max(best, run());
        }
        return best >= LEAST && best <= MOST ? best : Double.NaN;
    }

    private static double run() {
        long start = System.nanoTime();
        last = chain(TURNS, last, start | 1);
        return (double) OPERATIONS * TURNS / (System.nanoTime() - start);
    }

    /** A chain of {@code 16 · turns} operations. */
    static long chain(int turns, long a, long b) {
        long x = a;
        for (int i = 0; i < turns; i++) {
            x = (x ^ a) + b;
            x = (x ^ a) + b;
            x = (x ^ a) + b;
            x = (x ^ a) + b;
            x = (x ^ a) + b;
            x = (x ^ a) + b;
            x = (x ^ a) + b;
            x = (x ^ a) + b;
        }
        return x;
    }
}
