package dev.zstar.benchmarks.jmh.peers;

import dev.zstar.kernels.Type;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A square matrix times as many vectors as it has rows, with the same matrix in every call. It says nothing about a matrix that is used
 * once: {@code simd} packs the matrix before the clock starts, while OpenBLAS and netlib pack it in every call.
 *
 * <p>The contender {@code netlib} is {@code VectorBLAS}; otherwise the benchmark fails. {@link Netlib} says what it does at n = 64.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class PeersGemm {
    @Param({"f32", "f64"})
    String type;

    @Param({"64", "256", "512", "1024"})
    int n;

    /** The contender. Its name is the last in the alphabet, so that JMH runs the contenders of a case one after the other. */
    @Param({"simd", "openblas", "netlib", "netlib-scalar", "ejml", "ojalgo"})
    String who;

    private Bout bout;

    @Setup
    public void setUp() {
        Product data = Product.random(Type.valueOf(type.toUpperCase(Locale.ROOT)), n, n);
        Contender library = Contenders.named(who, data.type());
        bout = new Bout(library, () -> library.product(data), data.expected());
    }

    @Benchmark
    public double gemm() {
        return bout.run();
    }

    @TearDown
    public void tearDown() {
        bout.close();
    }
}
