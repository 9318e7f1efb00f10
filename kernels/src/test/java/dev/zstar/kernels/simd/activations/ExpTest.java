package dev.zstar.kernels.simd.activations;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** {@link F32Exp} and its twin. */
class ExpTest {
    private static final int LENGTH = 1 << 16;

    private static float[] f32(float... x) {
        float[] t = java.util.Arrays.copyOf(x, (x.length + 15) / 16 * 16);
        F32Exp.apply(t, 0, x.length);
        return java.util.Arrays.copyOf(t, x.length);
    }

    private static double[] f64(double... x) {
        double[] t = java.util.Arrays.copyOf(x, (x.length + 15) / 16 * 16);
        F64Exp.apply(t, 0, x.length);
        return java.util.Arrays.copyOf(t, x.length);
    }

    /** Derived: 1.7 u. The reference, in f64, adds nothing that counts. */
    @Test
    void f32IsWithinItsBoundOverTheWholeRange() {
        Random random = new Random(1);
        float[] x = new float[LENGTH];
        for (int round = 0; round < 16; round++) {
            for (int i = 0; i < LENGTH; i++) {
                x[i] = round % 2 == 0 ? random.nextFloat(-87.33654f, 88.72283f) : random.nextFloat(-1, 1);
            }
            float[] y = f32(x);
            for (int i = 0; i < LENGTH; i++) {
                double expected = Math.exp(x[i]);
                if (!(Math.abs(y[i] - expected) <= 1.7 * 0x1p-24 * expected)) {
                    assertThat((double) y[i]).as("exp %s", x[i]).isEqualTo(expected);
                }
            }
        }
    }

    /** {@link Math#exp} guarantees 1 ulp, which is at most 2 u. */
    @Test
    void f64IsWithinItsBoundOverTheWholeRange() {
        Random random = new Random(2);
        double[] x = new double[LENGTH];
        for (int round = 0; round < 8; round++) {
            for (int i = 0; i < LENGTH; i++) {
                x[i] = round % 2 == 0 ? random.nextDouble(-708.3964185322641, 709.782712893384) : random.nextDouble(-1, 1);
            }
            double[] y = f64(x);
            for (int i = 0; i < LENGTH; i++) {
                double expected = StrictMath.exp(x[i]);
                if (!(Math.abs(y[i] - expected) <= (1.7 + 2) * 0x1p-53 * expected)) {
                    assertThat(y[i]).as("exp %s", x[i]).isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void specialValues() {
        assertThat(f32(0f, -0f, Float.MIN_VALUE, Float.NEGATIVE_INFINITY, -1e30f, -88f, -87.34f, Float.POSITIVE_INFINITY, 88.8f, 1e30f))
                .containsExactly(1, 1, 1, 0, 0, 0, 0, Float.POSITIVE_INFINITY, Float.POSITIVE_INFINITY, Float.POSITIVE_INFINITY);
        assertThat(f32(Float.NaN, Float.intBitsToFloat(0x7f800001), Float.intBitsToFloat(0xffffffff))).containsOnly(Float.NaN);
        assertThat(f32(0x1.62e42ep6f, -0x1.5d589ep6f)[0]).isFinite().isGreaterThan(0x1.fffep127f);
        assertThat(f32(0x1.62e42ep6f, -0x1.5d589ep6f)[1]).isBetween(0x1p-126f, 0x1.0001p-126f);
        assertThat(f64(0, -0.0, Double.MIN_VALUE, Double.NEGATIVE_INFINITY, -1e300, -709, Double.POSITIVE_INFINITY, 709.8, 1e300))
                .containsExactly(1, 1, 1, 0, 0, 0, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
        assertThat(f64(Double.NaN, Double.longBitsToDouble(0x7ff0000000000001L), Double.longBitsToDouble(-1))).containsOnly(Double.NaN);
        assertThat(f64(0x1.62e42fefa39efp9, -0x1.6232bdd7abcd2p9)[0]).isFinite().isGreaterThan(0x1.ffffffffep1023);
        assertThat(f64(0x1.62e42fefa39efp9, -0x1.6232bdd7abcd2p9)[1]).isBetween(0x1p-1022, 0x1.000000001p-1022);
    }
}
