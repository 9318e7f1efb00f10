package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FaultSuiteTest {
    @Test
    void everySolveOfTheQuickStudyIsAccountedFor() {
        List<StudyResult> results = new ArrayList<>();
        FaultSuite.run(true, StudyProgress.NONE, results);
        Map<String, Double> figures = results.stream().collect(Collectors.toMap(StudyResult::metric, StudyResult::value));
        assertThat(figures).containsEntry("solves", 20_000.0).containsEntry("brokenPromises", 0.0).containsEntry("bytesLeft", 0.0);
        double ended = figures.entrySet().stream()
                .filter(figure -> figure.getKey().startsWith("ended."))
                .mapToDouble(Map.Entry::getValue)
                .sum();
        assertThat(ended).as("every row has a status").isEqualTo(figures.get("rows"));
        assertThat(figures.get("exceptions")).isPositive();
        assertThat(figures.get("solvedOf400.f32")).isBetween(1.0, 400.0);
        assertThat(figures.get("solvedOf400.f64")).isBetween(1.0, 400.0);
    }
}
