package dev.zstar.solvers.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GroupSizeTest {
    private static final long CACHE = 2 << 20;

    private static GroupSize of(int threads, int batch, int n) {
        return GroupSize.of(CACHE, threads, batch, 25L * n * Float.BYTES, (long) n * n * Float.BYTES);
    }

    @Test
    void weightsAndHistoryFillMostOfTheCache() {
        // 4/5 · 2 MiB = 1638 KiB; a row takes 6.25, 25 and 50 KiB, a dense W 16, 256 and 1024 KiB.
        assertThat(of(1, 1024, 64).fitting(-1, 0)).isEqualTo(64);
        assertThat(of(1, 1024, 256).fitting(-1, 0)).isEqualTo(48);
        assertThat(of(1, 1024, 512).fitting(-1, 0)).isEqualTo(16);
        // Weights that do not fit are shared by many rows.
        assertThat(of(1, 1024, 1024).fitting(-1, 0)).isEqualTo(64);
    }

    /** A deep cell has more weights than a dense layer, and a convolution fewer. */
    @Test
    void aMapMaySayHowManyWeightsItHas() {
        GroupSize size = of(1, 1024, 256);
        assertThat(size.fitting(-1, 0)).isEqualTo(48);
        assertThat(size.fitting(0, 0)).isEqualTo(64);
        assertThat(size.fitting(800 << 10, 0)).isEqualTo(32);
        assertThat(size.fitting(CACHE, 0)).isEqualTo(64);
        assertThat(of(1, 1024, 1024).fitting(10_000, 0)).isEqualTo(16);
    }

    /** The intermediate values of a deep cell share the cache with the history. */
    @Test
    void aMapMaySayWhatItKeepsOfEachRow() {
        GroupSize size = of(1, 1024, 256);
        // (1638 - 256) KiB / (25 + 3) KiB = 49 rows, and with as much again for each row 27.
        assertThat(size.fitting(-1, 3 << 10)).isEqualTo(48);
        assertThat(size.fitting(-1, 25 << 10)).isEqualTo(24);
        assertThat(size.divides(30, -1, 25 << 10)).isTrue();
        assertThat(size.divides(30, -1, 0)).isFalse();
        assertThat(size.together(96, size.slots(), -1, 25 << 10)).isEqualTo(24);
        // Groups of fewer rows would gain nothing, and what makes no sense does no harm.
        assertThat(size.fitting(-1, Long.MAX_VALUE)).isEqualTo(16);
        assertThat(size.fitting(-1, -25 << 10)).isEqualTo(48);
    }

    /** A procedure may have memory for fewer rows than a group has. */
    @Test
    void groupsMayBeSmaller() {
        GroupSize size = of(2, 1024, 64);
        assertThat(size.together(1024, 42, -1, 0)).isEqualTo(40);
        assertThat(size.together(16, 5, -1, 0)).isEqualTo(5);
    }

    @Test
    void groupsComeInRounds() {
        GroupSize size = of(2, 1024, 1024);
        // 64 rows fit: three groups would leave one thread idle for a third of the time.
        assertThat(size.together(192, size.slots(), -1, 0)).isEqualTo(48);
        assertThat(size.together(128, size.slots(), -1, 0)).isEqualTo(64);
        assertThat(size.together(100, size.slots(), -1, 0)).isEqualTo(50);
        assertThat(size.together(9, size.slots(), -1, 0)).isEqualTo(8);
    }

    /** Every worker has rows of memory, and together they have exactly those of the batch; also if there are many threads. */
    @Test
    void theSharesOfAllWorkersFitIntoTheBatch() {
        for (int threads = 1; threads <= 130; threads++) {
            for (int batch = 1; batch <= 1100; batch++) {
                GroupSize size = of(threads, batch, 64);
                int last = batch - (size.workers() - 1) * size.slots();
                assertThat(last).as("%d threads, %d rows", threads, batch).isPositive();
                assertThat(size.workers()).isBetween(1, threads);
                int rows = batch;
                assertThat(IntStream.of(size.together(rows, size.slots(), -1, 0), size.fitting(-1, 0)))
                        .allMatch(group -> group >= Math.min(8, rows) && group <= Math.max(8, size.slots()));
            }
        }
    }

    @Test
    void aSmallBatchIsOneGroup() {
        assertThat(of(1, 16, 64).isWhole(16)).isTrue();
        assertThat(of(2, 15, 64).isWhole(15)).isTrue();
        assertThat(of(2, 16, 64).isWhole(16)).isFalse();
        assertThat(of(2, 1024, 64).divides(15, -1, 0)).isFalse();
        assertThat(of(2, 1024, 64).divides(16, -1, 0)).isTrue();
        assertThat(of(1, 1024, 512).divides(16, -1, 0)).isFalse();
        assertThat(of(1, 1024, 512).divides(17, -1, 0)).isTrue();
        assertThat(of(1, 1024, 512).divides(17, 0, 0)).isFalse();
    }
}
