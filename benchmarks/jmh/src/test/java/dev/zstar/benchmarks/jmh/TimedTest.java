package dev.zstar.benchmarks.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/** What {@code java -jar benchmarks.jar -l} lists, and how it would be run. */
class TimedTest {
    private static Set<BenchmarkListEntry> benchmarks() {
        return BenchmarkList.defaultList().getAll(
                OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), List.of());
    }

    @Test
    void everyBenchmarkIsListed() {
        assertThat(benchmarks()).extracting(BenchmarkListEntry::getUsername).contains("dev.zstar.benchmarks.jmh.ProductBenchmark.apply",
                "dev.zstar.benchmarks.jmh.AndersonBenchmark.solve", "dev.zstar.benchmarks.jmh.SolveRateBenchmark.solve",
                "dev.zstar.benchmarks.jmh.DefaultMethodBenchmark.solve",
                "dev.zstar.benchmarks.jmh.SmallMatrixBenchmark.jomlMul",
                "dev.zstar.benchmarks.jmh.peers.PeersGemm.gemm", "dev.zstar.benchmarks.jmh.peers.PeersGemv.gemv",
                "dev.zstar.benchmarks.jmh.peers.PeersVectors.vectors");
    }

    @Test
    void everyBenchmarkBringsTheFlagsOfItsForks() {
        assertThat(benchmarks()).allSatisfy(benchmark -> assertThat(benchmark.getJvmArgsAppend().orElse(List.of()))
                .contains("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
    }
}
