package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.benchmarks.evidence.CaseEvidence;
import dev.zstar.benchmarks.evidence.Evidence;
import dev.zstar.bridge.linux.Affinity;
import dev.zstar.bridge.linux.Event;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The evidence of processes: from the child to the measurements. */
class EvidenceLogTest {
    private static StudyResult result(String suite, String name) {
        return StudyResult.of(suite, name, "simd", 1, new TreeMap<>(), "us", null, 1);
    }

    /** Returns where it may run, as one result. */
    static final class Child implements Fork.Task {
        @Override
        public Serializable run(String argument) {
            ArrayList<StudyResult> results = new ArrayList<>(List.of(result("forward", "case " + argument),
                    StudyResult.of("forward", "case " + argument, "simd", 1, new TreeMap<>(), "processors", null,
                            Affinity.allowed().size())));
            return new ForkResults(results);
        }
    }

    /** Counts, and measures no time. */
    static final class Untimed implements Fork.Task {
        @Override
        public boolean timed() {
            return false;
        }

        @Override
        public Serializable run(String argument) {
            return argument;
        }
    }

    @BeforeEach
    @AfterEach
    void reset() {
        EvidenceLog.clear();
        Pinning.pinChildren(false);
    }

    @Test
    void aChildBringsItsEvidenceForTheCasesThatItReturns() {
        ForkResults found = Fork.call(Child.class, ForkResults.class, "a");
        List<CaseEvidence> all = EvidenceLog.of(found.results());
        assertThat(all).hasSize(1);
        assertThat(all.getFirst().cases()).containsExactly("forward: case a");
        assertThat(all.getFirst().evidence().seconds()).isPositive();
        assertThat(EvidenceLog.of(List.of(result("forward", "case b")))).as("results of others").isEmpty();
    }

    @Test
    void aStudyThatResumesHasTheEvidenceOfTheFirstRun(@TempDir Path folder) {
        Fork.begin(Journal.in(folder), null);
        try {
            Fork.Measured<ForkResults> first = Fork.measure(Child.class, ForkResults.class, "kept");
            Fork.begin(Journal.in(folder), null);
            assertThat(Fork.measure(Child.class, ForkResults.class, "kept")).isEqualTo(first);
        } finally {
            Fork.begin(null, null);
        }
    }

    @Test
    void aTaskWithoutTimesHasNone() {
        Fork.Measured<String> measured = Fork.measure(Untimed.class, String.class, "x");
        assertThat(measured.value()).isEqualTo("x");
        assertThat(measured.evidence()).isNull();
        assertThat(measured.again()).isFalse();
    }

    @Test
    void aPinnedChildRunsOnOneProcessorAndItsEvidenceSaysSo() {
        Assumptions.assumeTrue(Pinning.unavailable().isEmpty());
        Pinning.pinChildren(true);
        ForkResults found = Fork.call(Child.class, ForkResults.class, "pinned");
        assertThat(found.results().getLast().value()).isEqualTo(1);
        assertThat(EvidenceLog.of(found.results()).getFirst().evidence().processors())
                .isEqualTo(Affinity.first(1, Affinity.allowed()).getFirst().toString());
    }

    @Test
    void thePinIsAFlagOfTheChild() {
        assertThat(Pinning.flags("-Xmx1g")).containsExactly("-Xmx1g");
        Pinning.pinChildren(true);
        assertThat(Pinning.flags("-Xmx1g")).containsExactly("-Xmx1g", "-Dzstar.pin=true");
        int processors = Affinity.allowed().size();
        Pinning.to(1);
        assertThat(Affinity.allowed()).as("this process has no such flag").hasSize(processors);
    }

    @Test
    void pinningIsRefusedBeforeAnythingIsMeasured() {
        if (Pinning.unavailable().isEmpty()) {
            assertThat(new StudyOptions(false, List.of(), "", List.of(), 0, null, null, true).pin()).isTrue();
        } else {
            assertThatThrownBy(() -> new StudyOptions(false, List.of(), "", List.of(), 0, null, null, true))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("--pin cannot keep threads on processors here: " + Pinning.unavailable().get());
        }
    }

    @Test
    void slicesThatWereTimedAreTheEvidenceOfTheProcess() {
        int[] state = new int[1];
        Stopwatch.SliceTimes times = Stopwatch.run(1_000_000, 7, () -> state[0] = state[0] * 1_103_515_245 + 12_345);
        Evidence before = Stopwatch.evidence().orElseThrow();
        assertThat(times.evidence().seconds()).isPositive();
        Stopwatch.run(1_000_000, 7, () -> state[0] = state[0] * 1_103_515_245 + 12_345);
        assertThat(Stopwatch.evidence().orElseThrow().seconds()).isGreaterThan(before.seconds());
    }

    @Test
    void figuresOfCountersAreForEachCall() {
        List<Event> events = List.of(Event.CYCLES, Event.INSTRUCTIONS, Event.BRANCH_MISSES);
        assertThat(CallEvents.figures(events, new long[] {1000, 2500, 40}, 10))
                .isEqualTo(new TreeMap<>(Map.of("ipc", 2.5, "branchMisses", 4.0)));
        assertThat(CallEvents.figures(List.of(Event.CACHE_MISSES), new long[] {5}, 10)).containsOnlyKeys("cacheMisses");
        assertThat(CallEvents.figures(events, new long[3], 1)).as("nothing was counted").doesNotContainKey("ipc");
    }
}
