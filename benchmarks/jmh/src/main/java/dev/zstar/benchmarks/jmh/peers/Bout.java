package dev.zstar.benchmarks.jmh.peers;

import java.util.function.Supplier;

/** One contender with one problem. Its answer is checked before the clock starts and after it has stopped. */
final class Bout implements AutoCloseable {
    private final Supplier<TimedCall> prepare;
    private final Expected expected;
    private final TimedCall call;

    Bout(Contender contender, Supplier<TimedCall> prepare, Expected expected) {
        this.prepare = prepare;
        this.expected = expected;
        System.out.println("# contender: " + Contenders.describe(contender));
        check();
        call = prepare.get();
    }

    double run() {
        return call.run();
    }

    /** Checks on new data, since {@code y += a x} changes the timed data. After the measurement this runs compiled code. */
    private void check() {
        try (TimedCall fresh = prepare.get()) {
            fresh.run();
            expected.check(fresh.answer().get());
        }
    }

    @Override
    public void close() {
        call.close();
        check();
    }
}
