package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Times of evaluations within a solve. */
class EvaluationClockTest {
    @Test
    void eachEvaluationHasATimeAfterTheOneBefore() {
        EvaluationClock clock = new EvaluationClock(10);
        List<Double> micros = clock.medians(() -> {
            for (int k = 0; k < 4; k++) {
                clock.tick();
            }
        });
        assertThat(micros).hasSize(4).isSorted().allMatch(one -> one >= 0);
    }

    @Test
    void evaluationsThatHaveNoPlaceAreLeftOut() {
        EvaluationClock clock = new EvaluationClock(2);
        assertThat(clock.medians(() -> {
            for (int k = 0; k < 5; k++) {
                clock.tick();
            }
        })).hasSize(2);
        assertThat(clock.medians(() -> {})).isEmpty();
    }
}
