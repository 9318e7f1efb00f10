package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.solvers.fixedpoint.LineSearch.Move;
import org.junit.jupiter.api.Test;

class LineSearchTest {
    private static final double α = 1e-4;

    /** {@code ‖F‖} where {@code ‖F‖² = 4 (1 + s λ + c λ²)}. */
    private static double norm(double s, double c, double λ) {
        return 2 * Math.sqrt(1 + s * λ + c * λ * λ);
    }

    /** Row b begins at a point with this {@code ‖F‖}. */
    private static void start(LineSearch search, int b, double norm) {
        search.begin(b);
        assertThat(search.judge(b, norm)).isEqualTo(Move.ACCEPT);
        search.next(b);
    }

    private static void shorten(LineSearch search, int b, double norm, double expected) {
        assertThat(search.judge(b, norm)).isEqualTo(Move.RETRY);
        assertThat(search.length(b)).isCloseTo(expected, within(1e-12));
    }

    @Test
    void theSecondReductionGoesToTheLeastOfTheParabola() {
        LineSearch search = new LineSearch(3, α, 20, 1);
        start(search, 1, 2);
        assertThat(search.length(1)).isEqualTo(1);
        // Least at 0.2, between a tenth and a half of 0.5.
        shorten(search, 1, norm(-4, 10, 1), 0.5);
        shorten(search, 1, norm(-4, 10, 0.5), 0.2);
        assertThat(search.judge(1, norm(-4, 10, 0.2))).isEqualTo(Move.ACCEPT);
        assertThat(search.length(1)).as("of the step that was taken").isCloseTo(0.2, within(1e-12));
    }

    @Test
    void itStaysWithinATenthAndAHalf() {
        LineSearch search = new LineSearch(1, α, 20, 1);
        // Least at 0.002.
        start(search, 0, 2);
        shorten(search, 0, norm(-4, 1000, 1), 0.5);
        shorten(search, 0, norm(-4, 1000, 0.5), 0.05);
        // One parabola is least at 0.45, where the trial at 0.5 does not fall enough; one has no least point.
        LineSearch strict = new LineSearch(1, 0.3, 20, 1);
        start(strict, 0, 2);
        shorten(strict, 0, norm(-0.9, 1, 1), 0.5);
        shorten(strict, 0, norm(-0.9, 1, 0.5), 0.25);
        start(search, 0, 2);
        shorten(search, 0, norm(5, -1, 1), 0.5);
        shorten(search, 0, norm(5, -1, 0.5), 0.25);
        // One that rises from the start.
        start(search, 0, 2);
        shorten(search, 0, norm(1, 1, 1), 0.5);
        shorten(search, 0, norm(1, 1, 0.5), 0.05);
    }

    @Test
    void aTrialThatIsNotFiniteIsATenth() {
        LineSearch search = new LineSearch(1, α, 20, 1);
        start(search, 0, 2);
        shorten(search, 0, Double.NaN, 0.1);
        shorten(search, 0, Double.POSITIVE_INFINITY, 0.01);
        // It is not used as a point of a parabola either.
        shorten(search, 0, norm(-4, 1000, 0.01), 0.005);
    }

    @Test
    void itAsksForADecreaseInProportionToTheLength() {
        LineSearch search = new LineSearch(1, 0.1, 20, 1);
        start(search, 0, 1);
        assertThat(search.judge(0, 0.9)).isEqualTo(Move.ACCEPT);
        start(search, 0, 1);
        shorten(search, 0, 0.91, 0.5);
        assertThat(search.judge(0, 0.951)).isEqualTo(Move.RETRY);
        start(search, 0, 1);
        shorten(search, 0, 0.91, 0.5);
        assertThat(search.judge(0, 0.95)).isEqualTo(Move.ACCEPT);
    }

    @Test
    void whereNoLengthWillDoWholeStepsAreTakenForAWhile() {
        LineSearch search = new LineSearch(2, α, 3, 1);
        start(search, 0, 1);
        start(search, 1, 4);
        shortenToTheEnd(search);
        assertThat(search.judge(0, 2)).isEqualTo(Move.RETRY);
        assertThat(search.length(0)).as("the whole step after all").isEqualTo(1);
        for (int i = 0; i < LineSearch.PATIENCE; i++) {
            assertThat(search.judge(0, 1e5)).as("step %d", i).isEqualTo(Move.ACCEPT);
            search.next(0);
        }
        assertThat(search.judge(0, 1e5)).isEqualTo(Move.LOST);
        search.returnToBase(0);
        assertThat(search.length(0)).isZero();
        assertThat(search.judge(0, 1)).as("the base point again").isEqualTo(Move.ACCEPT);
        search.next(0);
        shortenToTheEnd(search);
        assertThat(search.judge(0, 2)).isEqualTo(Move.FAIL);
        assertThat(search.length(1)).as("the other row").isEqualTo(1);
        assertThat(search.judge(1, 3)).as("better than its own base").isEqualTo(Move.ACCEPT);
    }

    /** The three shorter steps of row 0 from a base of 1. */
    private static void shortenToTheEnd(LineSearch search) {
        for (int i = 0; i < 3; i++) {
            assertThat(search.judge(0, 2)).isEqualTo(Move.RETRY);
            assertThat(search.length(0)).isLessThan(1);
        }
    }

    @Test
    void aBetterPointEndsStrayingAndARunawayRowIsLostAtOnce() {
        LineSearch search = new LineSearch(1, α, 2, 1);
        start(search, 0, 1);
        for (double base = 1; base > 0.1; base /= 2) {
            for (int i = 0; i < 3; i++) {
                assertThat(search.judge(0, 2)).isEqualTo(Move.RETRY);
            }
            assertThat(search.judge(0, 10)).isEqualTo(Move.ACCEPT);
            search.next(0);
            assertThat(search.judge(0, base / 2)).as("better than all before").isEqualTo(Move.ACCEPT);
            search.next(0);
        }
        for (double norm : new double[] {Double.NaN, 1e7}) {
            start(search, 0, 1);
            for (int i = 0; i < 3; i++) {
                search.judge(0, 2);
            }
            assertThat(search.judge(0, norm)).isEqualTo(Move.LOST);
        }
    }

    @Test
    void withoutReductionsEveryStepIsAccepted() {
        LineSearch none = new LineSearch(1, α, 0, 1);
        start(none, 0, 1);
        assertThat(none.judge(0, 5)).isEqualTo(Move.ACCEPT);
        assertThat(none.judge(0, Double.NaN)).isEqualTo(Move.ACCEPT);
    }

    /** A valley that curves: ‖F‖ rises for some steps, but not above its largest value of late. */
    @Test
    void aTrialIsComparedWithTheLargestOfTheLastPoints() {
        LineSearch search = new LineSearch(2, 0.1, 20, 3);
        start(search, 1, 8);
        for (double norm : new double[] {4, 2, 7.2}) {
            assertThat(search.judge(1, norm)).as("%s", norm).isEqualTo(Move.ACCEPT);
            search.next(1);
        }
        // Now 4, 2 and 7.2 count, and 8 no more.
        assertThat(search.judge(1, 6.5)).isEqualTo(Move.RETRY);
        assertThat(search.judge(1, 6.5)).as("a shorter step needs a smaller decrease").isEqualTo(Move.ACCEPT);
        search.next(1);
        shorten(search, 1, Double.POSITIVE_INFINITY, 0.1);
        assertThat(search.judge(1, Double.NaN)).isEqualTo(Move.RETRY);
        // Another row, and a new problem in the same one, remember nothing of this.
        start(search, 0, 1);
        assertThat(search.judge(0, 2)).isEqualTo(Move.RETRY);
        start(search, 1, 1);
        assertThat(search.judge(1, 2)).isEqualTo(Move.RETRY);
    }
}
