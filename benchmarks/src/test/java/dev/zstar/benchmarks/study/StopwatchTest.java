package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the stopwatch counts in addition to time, and how often. */
class StopwatchTest {
    private static final int BYTES = 1 << 12;

    private int state;
    private Object sink;

    /** Each call depends on the last, so that no compiler makes one of many. */
    private void step() {
        state = state * 1_103_515_245 + 12_345;
    }

    @Test
    void noMoreSlicesThanWereAskedForAndNotFewerThanSevenOfThem() {
        for (int asked = 1; asked <= 40; asked++) {
            for (double nanos : new double[] {1, 4e6, 1e8, 1e12}) {
                int least = Math.min(asked, 7);
                assertThat(Stopwatch.slices(asked, nanos)).as("%d of %s ns", asked, nanos).isBetween(least, asked);
            }
        }
        assertThat(Stopwatch.slices(40, 25e6)).as("half a second's worth").isEqualTo(20);
    }

    /** The tuner asks for four slices and for six. */
    @ParameterizedTest
    @ValueSource(ints = {1, 4, 6, 25})
    void everyBodyIsTimedInSlicesInAscendingOrder(int slices) {
        double[][] nanos = Stopwatch.run(100_000, slices, this::step, this::step).nanos();
        assertThat(nanos).hasNumberOfRows(2);
        for (double[] one : nanos) {
            assertThat(one).as("twice as many on a busy machine").hasSizeBetween(Math.min(slices, 7), 2 * slices).isSorted()
                    .doesNotContain(0);
        }
        assertThat(state).isNotZero();
    }

    @Test
    void bytesAreThoseOfTheSlicesThatWereTimed() {
        Stopwatch.SliceTimes times = Stopwatch.run(100_000, 4, () -> sink = new byte[BYTES], this::step);
        assertThat(times.bytes()[0]).isBetween((long) BYTES, 2L * BYTES);
        assertThat(times.bytes()[1]).isZero();
    }

    @Test
    void aBodyThatDoesNothingEnds() {
        assertThat(Stopwatch.run(1_000_000_000_000L, 1, () -> {}).nanos()[0]).as("two on a busy machine").hasSizeBetween(1, 2);
    }

    @Test
    void aBodySettlesOnceItHasAllocatedNothingTenTimesInSuccession() {
        int[] runs = new int[1];
        Stopwatch.settle(Long.MAX_VALUE, () -> sink = runs[0]++ < 30 ? new byte[BYTES] : sink);
        assertThat(runs[0]).isEqualTo(40);
    }

    @Test
    void aBodyThatNeverSettlesEnds() {
        Stopwatch.settle(10_000_000, () -> sink = new byte[BYTES]);
        assertThat(sink).isNotNull();
    }
}
