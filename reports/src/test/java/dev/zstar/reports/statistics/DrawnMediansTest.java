package dev.zstar.reports.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Medians of drawn values, whose distribution is known. */
class DrawnMediansTest {
    /** The share of draws whose median is this value. */
    private static double share(double value, double... ascending) {
        DrawnMedians medians = DrawnMedians.of(ascending.length);
        return IntStream.range(0, DrawnMedians.DRAWS).filter(draw -> medians.of(ascending, draw) == value).count()
                / (double) DrawnMedians.DRAWS;
    }

    /** Four standard deviations of a share. */
    private static double bound(double probability) {
        return 4 * Math.sqrt(probability * (1 - probability) / DrawnMedians.DRAWS);
    }

    @Test
    void theMedianOfAnOddNumberIsBinomial() {
        // At most rank i if three of five draws are: P(Bin(5, (i + 1) / 5) ≥ 3).
        double[] atMost = new double[5];
        for (int i = 0; i < 5; i++) {
            double p = (i + 1) / 5.0;
            double q = 1 - p;
            atMost[i] = p * p * p * (10 * q * q + 5 * p * q + p * p);
        }
        for (int i = 0; i < 5; i++) {
            double expected = atMost[i] - (i == 0 ? 0 : atMost[i - 1]);
            assertThat(share(i + 1, 1, 2, 3, 4, 5)).as("rank %d", i).isCloseTo(expected, within(bound(expected)));
        }
    }

    @Test
    void theMedianOfAnEvenNumberIsTheMeanOfTheMiddleTwo() {
        assertThat(share(1, 1, 3)).isCloseTo(0.25, within(bound(0.25)));
        assertThat(share(2, 1, 3)).isCloseTo(0.5, within(bound(0.5)));
        assertThat(share(3, 1, 3)).isCloseTo(0.25, within(bound(0.25)));
    }

    @Test
    void oneValueIsItsMedian() {
        assertThat(share(7, 7)).isEqualTo(1);
    }

    @Test
    void manyForksAndForksOfManyLengthsHaveAnInterval() {
        Forks even = Forks.of(IntStream.range(0, 1000).mapToObj(i -> List.of(10 + i % 10 / 100.0)).toList());
        Interval narrow = new Bootstrap(1).median(even);
        assertThat(narrow.low()).isBetween(10.03, 10.045);
        assertThat(narrow.high()).isBetween(10.045, 10.06);
        Forks ragged = Forks.of(IntStream.range(0, 300)
                .mapToObj(i -> IntStream.rangeClosed(0, i).mapToObj(k -> 10.0 + k % 2).toList()).toList());
        assertThat(new Bootstrap(1).median(ragged).low()).isBetween(9.9, 10.5);
    }
}
