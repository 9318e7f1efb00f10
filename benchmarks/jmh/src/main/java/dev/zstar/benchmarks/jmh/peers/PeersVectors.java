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
 * Sums and updates of vectors that stay in the first-level cache (n = 1000) or the second (n = 100 000). zstar and ojAlgo accumulate
 * f32 sums in f64, where fewer elements fit a vector; the others accumulate in f32. The {@code openblas} engine is absent, since it leaves
 * these operations to {@code simd}.
 *
 * <p>{@code y} grows by {@code a x} at every call of axpy. The time of an operation does not depend on the numbers that it passes through.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class PeersVectors {
    @Param({"dot", "axpy", "norm"})
    String operation;

    @Param({"f32", "f64"})
    String type;

    @Param({"1000", "100000"})
    int n;

    /** The contender. Its name is the last in the alphabet, so that JMH runs the contenders of a case one after the other. */
    @Param({"simd", "netlib", "netlib-scalar", "ejml", "ojalgo"})
    String who;

    private Bout bout;

    @Setup
    public void setUp() {
        Vectors data = Vectors.random(Type.valueOf(type.toUpperCase(Locale.ROOT)), n);
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

    @TearDown
    public void tearDown() {
        bout.close();
    }
}
