package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

/** Which calls are counted, by an invented clock. */
class SteadyStateTest {
    private long now;
    private long bytes;
    private int calls;

    /** Calls whose times and bytes follow from the time at which they begin. */
    private Optional<SteadyState> measure(long limit, LongUnaryOperator time, LongUnaryOperator allocates) {
        now = 5;
        bytes = 7;
        calls = 0;
        return SteadyState.measure(() -> now, () -> bytes, () -> {
            calls++;
            bytes += allocates.applyAsLong(now - 5);
            now += time.applyAsLong(now - 5);
        }, limit);
    }

    @Test
    void theWarmUpIsNotCounted() {
        SteadyState found = measure(1000, at -> at < 300 ? 30 : 3, at -> at < 300 ? 16 : 0).orElseThrow();
        assertThat(found.median()).isEqualTo(3);
        assertThat(found.low()).isEqualTo(3);
        assertThat(found.settled()).isTrue();
        assertThat(found.calls()).as("ten clean calls follow the last one that allocates").isEqualTo(calls - 20);
        assertThat(found.words(6)).isEqualTo("0.0000 ms, 2.00 GFLOP/s, median of 223 solves (half of them 0.0000 ms to 0.0000 ms)");
    }

    @Test
    void codeThatStillAllocatesIsNamed() {
        SteadyState found = measure(1000, _ -> 10, _ -> 8).orElseThrow();
        assertThat(found.settled()).isFalse();
        assertThat(found.calls()).isEqualTo(29);
        assertThat(found.words(0)).endsWith("; not fully compiled yet, --steady SECONDS gives more time");
        assertThat(measure(1000, _ -> 10, at -> at == 800 ? 8 : 0).orElseThrow().settled()).as("one stray allocation").isTrue();
    }

    @Test
    void theTimeIsKept() {
        assertThat(measure(1000, _ -> 400, _ -> 0)).as("two calls fit").isEmpty();
        assertThat(now).isLessThanOrEqualTo(1005);
        assertThat(measure(10, _ -> 400, _ -> 0)).isEmpty();
        assertThat(calls).isEqualTo(1);
    }
}
