package dev.zstar.benchmarks.jmh.peers;

import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * A prepared computation.
 *
 * @param body computes; what it returns is consumed by JMH, so that a sum cannot be left out
 * @param answer what was computed last: for a product the batch's rows one after the other
 * @param release frees what was prepared
 */
record TimedCall(DoubleSupplier body, Supplier<double[]> answer, Runnable release) implements AutoCloseable {
    /** A call whose answer is the number that it returns. */
    static TimedCall number(DoubleSupplier body) {
        return new TimedCall(body, () -> new double[] {body.getAsDouble()}, () -> {});
    }

    /** A call that writes its answer to memory. */
    static TimedCall writing(Runnable body, Supplier<double[]> answer) {
        return new TimedCall(
                () -> {
                    body.run();
                    return 0;
                },
                answer, () -> {});
    }

    /** This call, with memory to free. */
    TimedCall releasing(Runnable release) {
        return new TimedCall(body, answer, release);
    }

    double run() {
        return body.getAsDouble();
    }

    @Override
    public void close() {
        release.run();
    }
}
