package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.benchmarks.study.Measurements;
import dev.zstar.benchmarks.study.StudyResult;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SummaryTest {
    private static StudyResult randomSolves(String metric, double value) {
        return new StudyResult("forward", "random solves", "simd", 1, new TreeMap<>(), metric, value, value, value, value, 1, null,
                List.of(List.of(value)));
    }

    private static StudyResult kernel(String engine, String metric, double value) {
        return new StudyResult("kernels", "gemv n=16", engine, 1, new TreeMap<>(), metric, value, value, value, value, 1, null,
                List.of(List.of(value)));
    }

    @Test
    void figuresOfCodeThatAllocatedAndWhatWasLeftOutAreNamed() {
        List<StudyResult> results = List.of(kernel("simd", "gbps", 10), kernel("simd", "allocated", 0), kernel("openblas", "gbps", 5),
                kernel("openblas", "allocated", 96), kernel("simd/openblas", "ratio", 2));
        StudyFile file = StudyFile.of(Instant.EPOCH,
                new Machine("a cpu", 2, List.of(), 1, "an os", "a jdk", List.of(), List.of(), List.of("no caches")),
                new Measurements(List.of(), results, List.of(), List.of("the engine cuda is not compared: no GPU"),
                        List.of("a suite failed")));
        StringWriter out = new StringWriter();
        Summary.print(file, new PrintWriter(out, true));
        assertThat(out.toString().lines().map(line -> line.replaceAll(" +", " ")).toList()).containsExactly(
                "",
                "note: no caches",
                "note: the engine cuda is not compared: no GPU",
                "note: a suite failed",
                "gemv n=16 on simd 10.0 GB/s",
                "gemv n=16 on openblas 5.0 GB/s, UNRELIABLE: not fully compiled, still allocates 96 B in each call",
                "gemv n=16: simd / openblas 2.00 × (worst fork 2.00), UNRELIABLE: not fully compiled, still allocates 96 B in each call");
    }

    @Test
    void randomSolvesTakeOneLine() {
        List<StudyResult> results = List.of(randomSolves("solves", 1_000_000), randomSolves("rows", 3_029_560),
                randomSolves("ended.DIVERGED", 33), randomSolves("brokenPromises", 2), randomSolves("bytesLeft", 64));
        StudyFile file = StudyFile.of(Instant.EPOCH, new Machine("a cpu", 2, List.of(), 1, "an os", "a jdk", List.of(), List.of(),
                List.of()),
                new Measurements(List.of(), results, List.of(), List.of(), List.of()));
        StringWriter out = new StringWriter();
        Summary.print(file, new PrintWriter(out, true));
        assertThat(out.toString().strip()).isEqualTo(
                "random solves on simd                   1000000 solves, 3029560 rows, 2 violated guarantees, 64 B not freed");
    }

    private static StudyResult cell(String name, String engine, String metric, Double limit, double least, double value, double most) {
        return new StudyResult("cells", name, engine, 1, new TreeMap<>(), metric, value, least, value, most, 2, limit,
                List.of(List.of(value)));
    }

    @Test
    void cellsHaveRatesShareOfTheCeilingRatiosAndMemory() {
        String vjp = "transformer vjp, 1 thread";
        List<StudyResult> results = List.of(cell("dense vjp n=64 B=1", "graph/handwritten", "timeRatio", null, 0.99, 1.01, 1.02),
                cell(vjp, "simd", "gflops", 200.0, 90, 100, 110), cell(vjp, "simd", "us", null, 45_000, 46_320, 47_000),
                cell(vjp, "torch", "gflops", null, 80, 80, 80), cell(vjp, "torch", "us", null, 57_900, 57_900, 57_900),
                cell(vjp, "simd", "allocated", null, 0, 0, 0), cell(vjp, "torch/simd", "timeRatio", null, 1.2, 1.25, 1.3),
                cell(vjp, "simd", "bytes", null, 0x1p25, 0x1p25, 0x1p25));
        StudyFile file = StudyFile.of(Instant.EPOCH, new Machine("a cpu", 2, List.of(), 1, "an os", "a jdk", List.of(), List.of(),
                List.of()),
                new Measurements(List.of(), results, List.of(), List.of(), List.of()));
        StringWriter out = new StringWriter();
        Summary.print(file, new PrintWriter(out, true));
        assertThat(out.toString().strip().lines().map(line -> line.replaceAll(" +", " ")).toList()).containsExactly(
                "dense vjp n=64 B=1: graph / handwritten 1.01 × the time (forks 0.99 to 1.02)",
                "transformer vjp, 1 thread on simd 100.0 GFLOP/s, 46.32 ms, 0.50 of the ceiling",
                "transformer vjp, 1 thread on torch 80.0 GFLOP/s, 57.90 ms",
                "transformer vjp, 1 thread: torch / simd 1.25 × the time (forks 1.20 to 1.30)",
                "transformer vjp, 1 thread on simd 32.0 MiB held, 46.32 ms");
    }
}
