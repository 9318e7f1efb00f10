package dev.zstar.solvers.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Lengths at every scale, in which squares are and are not numbers. */
class LengthsTest {
    @Test
    void areRightAtEveryScale() {
        for (int e = -1060; e <= 1020; e += 20) {
            double unit = Math.scalb(1.0, e);
            assertThat(Lengths.hypotenuse(3 * unit, -4 * unit) / unit).as("2^%d", e).isCloseTo(5, within(1e-3 * (e < -1050 ? 1 : 1e-12)));
            assertThat(Lengths.of(new double[] {7, 2 * unit, -3 * unit, 6 * unit, 9}, 1, 3) / unit).as("2^%d", e)
                    .isCloseTo(7, within(1e-3 * (e < -1050 ? 1 : 1e-12)));
        }
    }

    @Test
    void saysWhatIsNoNumber() {
        assertThat(Lengths.hypotenuse(0, 0)).isZero();
        assertThat(Lengths.of(new double[2], 0, 2)).isZero();
        assertThat(Lengths.of(new double[0], 0, 0)).isZero();
        assertThat(Lengths.hypotenuse(Double.NaN, 1)).isNaN();
        assertThat(Lengths.of(new double[] {1, Double.NaN}, 0, 2)).isNaN();
        assertThat(Lengths.hypotenuse(1, Double.NEGATIVE_INFINITY)).isInfinite();
        assertThat(Lengths.of(new double[] {1, Double.NEGATIVE_INFINITY}, 0, 2)).isInfinite();
    }
}
