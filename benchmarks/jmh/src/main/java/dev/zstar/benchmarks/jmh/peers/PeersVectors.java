package dev.zstar.benchmarks.jmh.peers;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * Sums and updates of vectors that stay in the first-level cache (n = 1000) or the second (n = 100 000). zstar and ojAlgo accumulate
 * f32 sums in f64, where fewer elements fit a vector; the others accumulate in f32. The {@code openblas} engine is absent, since it leaves
 * these operations to {@code simd}.
 *
 * <p>{@code y} grows by {@code a x} at every call of axpy. The time of an operation does not depend on the numbers that it passes through.
 */
public class PeersVectors extends Match {
    @Param({"dot", "axpy", "norm"})
    String operation;

    @Param({"1000", "100000"})
    int n;

    /** The contender. Its name is the last in the alphabet, so that JMH runs the contenders of a case one after the other. */
    @Param({"simd", "netlib", "netlib-scalar", "ejml", "ojalgo"})
    String who;

    @Setup
    public void setUp() {
        Vectors data = Vectors.random(type(), n);
        Contender library = Contenders.named(who, data.type());
        bout = switch (operation) {
            case "dot" -> new Bout(library, () -> library.dot(data), data.dot());
            case "axpy" -> new Bout(library, () -> library.axpy(data), data.axpy());
            case "norm" -> new Bout(library, () -> library.norm(data), data.norm());
            default -> throw new IllegalArgumentException("unknown operation '" + operation + "'; expected one of dot, axpy, norm");
        };
    }

    @Benchmark
    public double vectors() {
        return bout.run();
    }
}
