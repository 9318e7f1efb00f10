package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The time that a study will still take. */
class TimeLeftTest {
    private static TimeLeft planned() {
        TimeLeft time = new TimeLeft();
        Map<String, Double> plan = new LinkedHashMap<>();
        plan.put("kernels", 50.0);
        plan.put("solves", 30.0);
        plan.put("training", 20.0);
        time.plan(plan);
        return time;
    }

    /** On a machine that is slower or faster by a factor, after a tenth of the work the time left is right within 30 %. */
    @ParameterizedTest
    @ValueSource(doubles = {0.5, 1, 2, 5})
    void theMachineOfThePlanDoesNotCount(double slower) {
        TimeLeft time = planned();
        time.stage("kernels", 5);
        time.step();
        for (int step = 1; step < 5; step++) {
            double elapsed = slower * 10 * step;
            assertThat(time.seconds(elapsed).orElseThrow()).isCloseTo(slower * 100 - elapsed, within(0.3 * (slower * 100 - elapsed)));
            time.step();
        }
        time.stage("solves", 1);
        time.step();
        assertThat(time.share()).isCloseTo(0.8, within(1e-12));
        time.stage("training", 2);
        time.step();
        time.step();
        time.step();
        assertThat(time.share()).isEqualTo(1);
        assertThat(time.seconds(slower * 100).orElseThrow()).isZero();
    }

    @Test
    void noMoreIsLeftThanTheLimitAllows() {
        TimeLeft time = new TimeLeft(90);
        time.plan(Map.of("kernels", 1000.0));
        time.stage("kernels", 2);
        assertThat(time.seconds(30).orElseThrow()).isEqualTo(60);
        time.step();
        assertThat(time.seconds(120).orElseThrow()).isZero();
    }

    @Test
    void withoutAPlanThereIsNoTime() {
        TimeLeft time = new TimeLeft();
        time.stage("tile.rows", 4);
        time.step();
        assertThat(time.seconds(10)).isEmpty();
        assertThat(time.share()).isZero();
    }

    @Test
    void aStageOutsideThePlanTakesNone() {
        TimeLeft time = planned();
        time.stage("other", 3);
        time.step();
        assertThat(time.share()).isZero();
        assertThat(time.seconds(0).orElseThrow()).isCloseTo(100, within(1e-9));
    }

    @Test
    void wordsAreRounded() {
        assertThat(TimeLeft.words(0.3)).isEqualTo("5 s");
        assertThat(TimeLeft.words(42)).isEqualTo("40 s");
        assertThat(TimeLeft.words(150)).isEqualTo("3 min");
    }
}
