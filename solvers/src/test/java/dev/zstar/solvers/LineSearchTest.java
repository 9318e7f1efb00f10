package dev.zstar.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LineSearchTest {
    private static final double α = 1e-4;

    /** {@code ‖F‖} where {@code ‖F‖² = 4 (1 + s λ + c λ²)}. */
    private static double norm(double s, double c, double λ) {
        return 2 * Math.sqrt(1 + s * λ + c * λ * λ);
    }

    @Test
    void theSecondReductionGoesToTheLeastOfTheParabola() {
        LineSearch search = new LineSearch(3, α, 20);
        search.start(1, 2);
        assertThat(search.length(1)).isEqualTo(1);
        // Least at 0.2, between a tenth and a half of 0.5.
        assertThat(search.accepts(1, norm(-4, 10, 1))).isFalse();
        assertThat(search.reduce(1, norm(-4, 10, 1))).isTrue();
        assertThat(search.length(1)).isEqualTo(0.5);
        assertThat(search.reduce(1, norm(-4, 10, 0.5))).isTrue();
        assertThat(search.length(1)).isCloseTo(0.2, within(1e-12));
        assertThat(search.accepts(1, norm(-4, 10, 0.2))).isTrue();
    }

    @Test
    void itStaysWithinATenthAndAHalf() {
        LineSearch search = new LineSearch(1, α, 20);
        // Least at 0.002.
        search.start(0, 2);
        search.reduce(0, norm(-4, 1000, 1));
        search.reduce(0, norm(-4, 1000, 0.5));
        assertThat(search.length(0)).isCloseTo(0.05, within(1e-12));
        // A parabola that is least at 0.45, and one that has no least point.
        search.start(0, 2);
        search.reduce(0, norm(-0.9, 1, 1));
        search.reduce(0, norm(-0.9, 1, 0.5));
        assertThat(search.length(0)).isCloseTo(0.25, within(1e-12));
        search.start(0, 2);
        search.reduce(0, norm(5, -1, 1));
        search.reduce(0, norm(5, -1, 0.5));
        assertThat(search.length(0)).isCloseTo(0.25, within(1e-12));
        // One that rises from the start.
        search.start(0, 2);
        search.reduce(0, norm(1, 1, 1));
        search.reduce(0, norm(1, 1, 0.5));
        assertThat(search.length(0)).isCloseTo(0.05, within(1e-12));
    }

    @Test
    void aTrialThatIsNotFiniteIsATenth() {
        LineSearch search = new LineSearch(1, α, 20);
        search.start(0, 2);
        assertThat(search.accepts(0, Double.NaN)).isFalse();
        search.reduce(0, Double.NaN);
        assertThat(search.length(0)).isCloseTo(0.1, within(1e-15));
        assertThat(search.accepts(0, Double.POSITIVE_INFINITY)).isFalse();
        search.reduce(0, Double.POSITIVE_INFINITY);
        assertThat(search.length(0)).isCloseTo(0.01, within(1e-15));
        // It is no point of a parabola either.
        search.reduce(0, norm(-4, 1000, 0.01));
        assertThat(search.length(0)).isCloseTo(0.005, within(1e-15));
    }

    @Test
    void itAsksForADecreaseInProportionToTheLength() {
        LineSearch search = new LineSearch(1, 0.1, 20);
        search.start(0, 1);
        assertThat(search.accepts(0, 0.91)).isFalse();
        assertThat(search.accepts(0, 0.9)).isTrue();
        search.reduce(0, 2);
        assertThat(search.accepts(0, 0.951)).isFalse();
        assertThat(search.accepts(0, 0.95)).isTrue();
    }

    @Test
    void itEndsAndRowsDoNotMeet() {
        LineSearch search = new LineSearch(2, α, 3);
        search.start(0, 1);
        search.start(1, 4);
        for (int i = 0; i < 3; i++) {
            assertThat(search.reduce(0, 2)).isTrue();
        }
        assertThat(search.reduce(0, 2)).isFalse();
        assertThat(search.length(1)).isEqualTo(1);
        assertThat(search.base(1)).isEqualTo(4);
        search.start(0, 1);
        assertThat(search.length(0)).isEqualTo(1);
        assertThat(search.reduce(0, 2)).isTrue();
        LineSearch none = new LineSearch(1, α, 0);
        none.start(0, 1);
        assertThat(none.accepts(0, 5)).isTrue();
    }
}
