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
 * A square matrix times one vector. The limit is the speed of reading the matrix, from the first-level cache (n = 64 in f32) to beyond the
 * second (n = 1024). The caches keep the matrix from call to call, as they do in a solve. A matrix that is read for the first time comes
 * from memory.
 *
 * <p>The contender {@code netlib} is {@code VectorBLAS}; otherwise the benchmark fails.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class PeersGemv {
    @Param({"f32", "f64"})
    String type;

    @Param({"64", "256", "1024", "4096"})
    int n;

    /** The contender. Its name is the last in the alphabet, so that JMH runs the contenders of a case one after the other. */
    @Param({"simd", "openblas", "netlib", "netlib-scalar", "ejml", "ojalgo"})
    String who;

    private Bout bout;

    @Setup
    public void setUp() {
        Product data = Product.random(Type.valueOf(type.toUpperCase(Locale.ROOT)), n, 1);
        Contender library = Contenders.named(who, data.type());
        bout = new Bout(library, () -> library.product(data), data.expected());
    }

    @Benchmark
    public double gemv() {
        return bout.run();
    }

    @TearDown
    public void tearDown() {
        bout.close();
    }
}
