package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The figures of a family that was trained with several seeds. */
class DepthFamiliesTest {
    @Test
    void seedsAreValuesOfOneFork() {
        String name = DepthModels.all(true).keySet().stream().filter(model -> model.startsWith("rings: ")).findFirst().orElseThrow();
        List<StudyResult> results =
                ((ForkResults) new DepthFamilies().run(DepthFamilies.argument(name, 2, true))).results();
        assertThat(results.stream().map(StudyResult::metric).collect(Collectors.toSet())).contains("accuracy", "stepUs", "nfev");
        for (StudyResult result : results) {
            int values = List.of("accuracy", "stepUs", "nfev").contains(result.metric()) ? 2 : result.runs();
            assertThat(result.samples()).as(result.metric()).hasSize(1);
            assertThat(result.samples().getFirst()).as(result.metric()).hasSize(values).isSorted();
        }
    }
}
