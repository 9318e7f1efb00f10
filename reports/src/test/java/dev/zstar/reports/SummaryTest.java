package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.benchmarks.study.Measurements;
import dev.zstar.benchmarks.study.Result;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SummaryTest {
    private static Result randomSolves(String metric, double value) {
        return new Result("forward", "random solves", "simd", 1, new TreeMap<>(), metric, value, value, value, value, 1, null);
    }

    @Test
    void randomSolvesTakeOneLine() {
        List<Result> results = List.of(randomSolves("solves", 1_000_000), randomSolves("rows", 3_029_560), randomSolves("ended.DIVERGED", 33),
                randomSolves("brokenPromises", 2), randomSolves("bytesLeft", 64));
        StudyFile file = StudyFile.of(Instant.EPOCH, new Machine("a cpu", 2, List.of(), 1, "an os", "a jdk", List.of(), List.of()),
                new Measurements(List.of(), results, List.of()));
        StringWriter out = new StringWriter();
        Summary.print(file, new PrintWriter(out, true));
        assertThat(out.toString().strip()).isEqualTo("random solves on simd                   1000000 of 3029560 rows: 2 promises broken, 64 B left");
    }
}
