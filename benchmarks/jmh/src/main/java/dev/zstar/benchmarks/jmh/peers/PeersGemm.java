package dev.zstar.benchmarks.jmh.peers;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * A square matrix times as many vectors as it has rows, with the same matrix in every call. It says nothing about a matrix that is used
 * once: {@code simd} packs the matrix before the clock starts, while OpenBLAS and netlib pack it in every call.
 *
 * <p>The contender {@code netlib} is {@code VectorBLAS}; otherwise the benchmark fails. {@link Netlib} says what it does at n = 64.
 */
public class PeersGemm extends Match {
    @Param({"64", "256", "512", "1024"})
    int n;

    /** The contender. Its name is the last in the alphabet, so that JMH runs the contenders of a case one after the other. */
    @Param({"simd", "openblas", "netlib", "netlib-scalar", "ejml", "ojalgo"})
    String who;

    @Setup
    public void setUp() {
        product(who, n, n);
    }

    @Benchmark
    public double gemm() {
        return bout.run();
    }
}
