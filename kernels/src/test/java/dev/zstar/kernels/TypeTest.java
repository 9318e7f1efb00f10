package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Types know their size, their rounding, and what they hold. */
class TypeTest {
    @Test
    void theRoundoffIsHalfAStepFromOne() {
        assertThat(Type.F32.unitRoundoff()).isEqualTo(Math.ulp(1f) / 2.0);
        assertThat(Type.F64.unitRoundoff()).isEqualTo(Math.ulp(1.0) / 2);
        assertThat(Type.F32.bytes()).isEqualTo(Float.BYTES);
        assertThat(Type.F64.bytes()).isEqualTo(Double.BYTES);
        assertThat(Type.F32).hasToString("f32");
    }

    @Test
    void aTypeHoldsWhatItRoundsToWithinTheRoundoff() {
        for (double value : new double[] {0, -0.0, 1, -1e38, Float.MAX_VALUE, Float.MIN_NORMAL, Double.POSITIVE_INFINITY, Double.NaN}) {
            assertThat(Type.F32.holds(value)).as("%s", value).isTrue();
            assertThat(Type.F64.holds(value)).as("%s", value).isTrue();
        }
        for (double value : new double[] {1e39, -1e39, 1e-39, -1e-300, Math.nextDown((double) Float.MIN_NORMAL), Double.MIN_VALUE}) {
            assertThat(Type.F32.holds(value)).as("%s", value).isFalse();
            assertThat(Type.F64.holds(value)).as("%s", value).isTrue();
        }
    }
}
