package dev.zstar.benchmarks.jmh.peers;

import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * A prepared computation.
 *
 * @param body the computation; JMH consumes what it returns, so that a sum cannot be optimised away
 * @param answer the last result; for a product, the rows of the batch one after the other
 * @param release frees the memory of the call
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
