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
        return new StudyResult("forward", "random solves", "simd", 1, new TreeMap<>(), metric, value, value, value, value, 1, null);
    }

    private static StudyResult kernel(String engine, String metric, double value) {
        return new StudyResult("kernels", "gemv n=16", engine, 1, new TreeMap<>(), metric, value, value, value, value, 1, null);
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
}
