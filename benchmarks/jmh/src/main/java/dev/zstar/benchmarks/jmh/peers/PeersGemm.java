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
public class PeersGemm extends ProductMatch {
    @Param({"64", "256", "512", "1024"})
    int n;

    @Setup
    public void setUp() {
        product(n, n);
    }

    @Benchmark
    public double gemm() {
        return bout.run();
    }
}
