package dev.zstar.benchmarks.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What two samples say, and what follows from it. */
class EvidenceTest {
    private static Evidence lost(double seconds, Double stolen, Double waited, Double throttled) {
        return new Evidence(seconds, stolen, waited, throttled, 1L, 0.5, 2L, 3.0, 2.9, "0");
    }

    @Test
    void lostTimeIsStolenWaitedAndThrottled() {
        assertThat(lost(10, 0.01, 0.02, 0.04).disturbed()).isCloseTo(0.007, within(1e-12));
        assertThat(lost(10, 0.01, 0.02, 0.04).quiet()).isTrue();
        assertThat(lost(10, 0.05, 0.02, 0.04).quiet()).isFalse();
        assertThat(lost(10, null, 0.2, null).disturbed()).isCloseTo(0.02, within(1e-12));
        assertThat(lost(1, 0.9, 0.9, 0.9).disturbed()).isEqualTo(1);
        assertThat(lost(0, 0.9, 0.9, 0.9).disturbed()).isZero();
        assertThat(lost(1, null, null, null).visible()).isFalse();
        assertThat(lost(1, null, 0.0, null).visible()).isTrue();
    }

    @Test
    void twoStretchesAddUp() {
        Evidence both = lost(1, 0.1, 0.2, null).then(new Evidence(3, 0.1, 0.3, 0.4, null, 0.25, 5L, 2.8, 2.7, "1"));
        assertThat(both.seconds()).isEqualTo(4);
        assertThat(both.stolen()).isEqualTo(0.2);
        assertThat(both.waited()).isEqualTo(0.5);
        assertThat(both.throttled()).isNull();
        assertThat(both.throttles()).isNull();
        assertThat(both.pressure()).isEqualTo(0.75);
        assertThat(both.switches()).isEqualTo(7);
        assertThat(both.clockBefore()).isEqualTo(3);
        assertThat(both.clockAfter()).isEqualTo(2.7);
        assertThat(both.processors()).isEqualTo("1");
    }

    @Test
    void theDifferenceOfTwoSamplesIsOfTheWorstProcessorAndTheWorstThread() {
        Sample before = new Sample(1_000_000_000, Map.of(0, 100L, 1, 50L), Optional.empty(),
                Map.of(7, new LinuxFiles.Scheduled(1_000_000, 3)),
                Optional.of(new LinuxFiles.Throttling(1, 500)), Optional.of(1000L), "0-1");
        Sample after = new Sample(3_000_000_000L, Map.of(0, 103L, 1, 55L, 2, 900L), Optional.of(7L), Map.of(
                7, new LinuxFiles.Scheduled(3_000_000, 4), 8, new LinuxFiles.Scheduled(9_000_000, 6)),
                Optional.of(new LinuxFiles.Throttling(3, 1_000_500)), Optional.of(501_000L), "0-1");
        Evidence evidence = before.until(after, 3.0, 2.5);
        assertThat(evidence.seconds()).isEqualTo(2);
        assertThat(evidence.stolen()).isCloseTo(0.05, within(1e-12));
        assertThat(evidence.waited()).isCloseTo(0.009, within(1e-12));
        assertThat(evidence.throttled()).isCloseTo(0.001, within(1e-12));
        assertThat(evidence.throttles()).isEqualTo(2);
        assertThat(evidence.pressure()).isCloseTo(0.5, within(1e-12));
        assertThat(evidence.switches()).isEqualTo(7);
        assertThat(evidence.clockAfter()).isEqualTo(2.5);
    }

    @Test
    void aCounterThatRunsBackwardsHasNotMoved() {
        Sample before = new Sample(0, Map.of(0, 9L), Optional.empty(), Map.of(7, new LinuxFiles.Scheduled(9, 9)),
                Optional.of(new LinuxFiles.Throttling(9, 9)), Optional.of(9L), "0");
        Sample after = new Sample(5, Map.of(0, 1L), Optional.empty(), Map.of(7, new LinuxFiles.Scheduled(1, 1)),
                Optional.of(new LinuxFiles.Throttling(1, 1)), Optional.of(1L), "0");
        assertThat(before.until(after, null, null)).usingRecursiveComparison().ignoringFields("seconds")
                .isEqualTo(new Evidence(0, 0.0, 0.0, 0.0, 0L, 0.0, 0L, null, null, "0"));
    }

    @Test
    void whatOneSampleHidesIsAbsent() {
        Sample seen = new Sample(0, Map.of(0, 1L), Optional.empty(), Map.of(7, LinuxFiles.Scheduled.NEW),
                Optional.of(new LinuxFiles.Throttling(0, 0)),
                Optional.of(1L), "0");
        Sample hidden = new Sample(5, Map.of(), Optional.empty(), Map.of(), Optional.empty(), Optional.empty(), null);
        for (Evidence evidence : new Evidence[] {seen.until(hidden, null, null), hidden.until(seen, null, null)}) {
            assertThat(evidence.visible()).isFalse();
            assertThat(evidence.throttles()).isNull();
            assertThat(evidence.pressure()).isNull();
            assertThat(evidence.switches()).isNull();
        }
    }

    /** Each operation changes a bit that the next one reads. */
    @Test
    void theChainOfTheClockIsWhatItSays() {
        long x = 5;
        for (int i = 0; i < 24; i++) {
            x = (x ^ 5) + 9;
        }
        assertThat(ClockRate.chain(3, 5, 9)).isEqualTo(x);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void hereTheThreadIsSeen() {
        Watch watch = Watch.start();
        Evidence evidence = watch.stop();
        assertThat(evidence.seconds()).isPositive();
        assertThat(evidence.processors()).matches("[-0-9,]+");
        assertThat(evidence.clockBefore() == null || evidence.clockBefore() > 0).isTrue();
    }

    /** The JIT of a process makes its threads wait, too. */
    @Test
    void aThreadWaitsForOthersAsLongAsTheyWorkedAtMost() {
        Sample before = new Sample(0, Map.of(), Optional.of(1000L), Map.of(7, new LinuxFiles.Scheduled(0, 0)), Optional.empty(),
                Optional.empty(), "0");
        Sample alone = new Sample(2_000_000_000, Map.of(), Optional.of(1001L), Map.of(7, new LinuxFiles.Scheduled(500_000_000, 9)),
                Optional.empty(), Optional.empty(), "0");
        assertThat(before.until(alone, null, null).waited()).isCloseTo(0.01, within(1e-12));
        Sample crowded = new Sample(2_000_000_000, Map.of(), Optional.of(1200L), Map.of(7, new LinuxFiles.Scheduled(500_000_000, 9)),
                Optional.empty(), Optional.empty(), "0");
        assertThat(before.until(crowded, null, null).waited()).isCloseTo(0.5, within(1e-12));
    }
}
