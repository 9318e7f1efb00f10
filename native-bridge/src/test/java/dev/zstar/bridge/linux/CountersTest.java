package dev.zstar.bridge.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Counters open or refuse with a sentence, on any machine. */
class CountersTest {
    private static double work() {
        double sum = 0;
        for (int i = 1; i < 2_000_000; i++) {
            sum += 1.0 / i;
        }
        return sum;
    }

    @ParameterizedTest
    @EnumSource(Event.class)
    void anEventOpensOrItsRefusalIsASentence(Event event) {
        Optional<String> reason = Counters.unavailable(event);
        assertThat(Counters.available().contains(event)).isEqualTo(reason.isEmpty());
        if (reason.isPresent()) {
            assertThat(reason.get()).isNotBlank().doesNotContain("\n");
            assertThatThrownBy(() -> Counters.open(List.of(event))).isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining(reason.get());
        } else {
            try (Counters counters = Counters.open(List.of(event))) {
                assertThat(counters.events()).containsExactly(event);
                long[] before = new long[1];
                long[] after = new long[1];
                counters.read(before);
                assertThat(work()).isPositive();
                counters.read(after);
                assertThat(after[0]).isGreaterThanOrEqualTo(before[0]);
                if (event == Event.CYCLES || event == Event.INSTRUCTIONS || event == Event.TASK_CLOCK) {
                    assertThat(after[0]).isGreaterThan(before[0]);
                }
            }
        }
    }

    @Test
    void threadsThatAreStartedLaterAreCounted() throws InterruptedException {
        Assumptions.assumeTrue(Counters.available().contains(Event.TASK_CLOCK));
        try (Counters counters = Counters.open(List.of(Event.TASK_CLOCK))) {
            long[] before = new long[1];
            long[] after = new long[1];
            counters.read(before);
            Thread worker = new Thread(() -> {
                long end = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() + 20_000_000;
                while (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() < end) {
                    assertThat(work()).isPositive();
                }
            });
            worker.start();
            worker.join();
            counters.read(after);
            assertThat(after[0] - before[0]).isGreaterThanOrEqualTo(19_000_000);
        }
    }

    @Test
    void aReadAllocatesNothing() {
        Assumptions.assumeFalse(Counters.available().isEmpty());
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Counters counters = Counters.open(Counters.available())) {
            long[] counts = new long[counters.events().size()];
            long least = Long.MAX_VALUE;
            // The first calls find the functions. No later call depends on the JIT.
            for (int call = 0; call < 100; call++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                counters.read(counts);
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertThat(least).isZero();
        }
    }

    @Test
    void wrongUseIsNamed() {
        assertThatThrownBy(() -> Counters.open(null)).isInstanceOf(NullPointerException.class)
                .hasMessage("Counters.open: events is null");
        assertThatThrownBy(() -> Counters.open(List.of())).hasMessage("Counters.open: events is [], expected at least one, each once");
        assertThatThrownBy(() -> Counters.open(List.of(Event.CYCLES, Event.CYCLES))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Counters.unavailable(null)).hasMessage("Counters.unavailable: event is null");
        Assumptions.assumeFalse(Counters.available().isEmpty());
        Counters counters = Counters.open(Counters.available());
        assertThatThrownBy(() -> counters.read(null)).hasMessage("Counters.read: counts is null");
        assertThatThrownBy(() -> counters.read(new long[99])).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("Counters.read: the length of counts is 99, expected ");
        counters.close();
        counters.close();
        assertThatThrownBy(() -> counters.read(new long[counters.events().size()])).isInstanceOf(IllegalStateException.class)
                .hasMessage("Counters.read: the counters are closed");
    }

    @Test
    void everyRefusalSaysWhatToSet() {
        assertThat(Refusal.of(CLibrary.EACCES, "3", "amd64"))
                .isEqualTo("kernel.perf_event_paranoid is 3, expected at most 2; sudo sysctl kernel.perf_event_paranoid=2 sets it");
        assertThat(Refusal.of(CLibrary.EPERM, "2", "amd64")).contains("seccomp", "--cap-add PERFMON");
        assertThat(Refusal.of(CLibrary.EPERM, "", "amd64")).contains("seccomp");
        assertThat(Refusal.of(CLibrary.EACCES, "99999999999", "amd64")).contains("seccomp");
        assertThat(Refusal.of(CLibrary.ENOENT, "2", "amd64")).contains("virtual machines");
        assertThat(Refusal.of(CLibrary.EOPNOTSUPP, "2", "amd64")).contains("virtual machines");
        assertThat(Refusal.of(CLibrary.ENOSYS, "2", "amd64")).isEqualTo("the kernel has no perf_event_open, or a filter hides it");
        assertThat(Refusal.of(CLibrary.ENOSYS, "2", "s390x")).contains("not known for the processor s390x");
        assertThat(Refusal.of(CLibrary.EMFILE, "2", "amd64")).contains("file descriptor");
        assertThat(Refusal.of(7, "2", "amd64")).isEqualTo("perf_event_open failed with error 7");
    }

    @Test
    void theLineForPeopleNamesTheEventsOrTheReason() {
        assertThat(Counters.summary()).isNotBlank().doesNotContain("\n");
        assertThat(Counters.summary(List.of(Event.CYCLES, Event.PAGE_FAULTS), Optional.empty())).isEqualTo("ready: cycles, page faults");
        assertThat(Counters.summary(List.of(Event.PAGE_FAULTS), Optional.of("hidden"))).isEqualTo("only page faults: hidden");
        assertThat(Counters.summary(List.of(), Optional.of("hidden"))).isEqualTo("not available: hidden");
    }

    @Test
    void aCountOfAPartOfTheTimeIsExtrapolated() {
        assertThat(Counters.extrapolated(100, 8, 2)).isEqualTo(400);
        assertThat(Counters.extrapolated(100, 8, 8)).isEqualTo(100);
        assertThat(Counters.extrapolated(0, 8, 0)).isZero();
    }

    @Test
    void hardwareEventsComeFirst() {
        assertThat(Arrays.stream(Event.values()).limit(4)).allMatch(Event::hardware);
        assertThat(Arrays.stream(Event.values()).skip(4)).noneMatch(Event::hardware);
    }
}
