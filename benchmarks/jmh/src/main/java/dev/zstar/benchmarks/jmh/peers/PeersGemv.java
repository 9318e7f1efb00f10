package dev.zstar.benchmarks.jmh.peers;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * A square matrix times one vector. The limit is the speed of reading the matrix, from the first-level cache (n = 64 in f32) to beyond the
 * second (n = 1024). The caches keep the matrix from call to call, as they do in a solve. A matrix that is read for the first time comes
 * from memory.
 *
 * <p>The contender {@code netlib} is {@code VectorBLAS}; otherwise the benchmark fails.
 */
public class PeersGemv extends ProductMatch {
    @Param({"64", "256", "1024", "4096"})
    int n;

    @Setup
    public void setUp() {
        product(n, 1);
    }

    @Benchmark
    public double gemv() {
        return bout.run();
    }
}
