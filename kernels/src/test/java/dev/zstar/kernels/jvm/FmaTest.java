package dev.zstar.kernels.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** {@link Fma}: what it does without the instruction is right too. */
class FmaTest {
    @Test
    void theErrorOfAProductIsExact() {
        Random random = new Random(1);
        for (int i = 0; i < 100_000; i++) {
            double x = Math.scalb(random.nextGaussian(), random.nextInt(-200, 200));
            double y = Math.scalb(random.nextGaussian(), random.nextInt(-200, 200));
            assertThat(Fma.split(x, y, x * y)).isEqualTo(Math.fma(x, y, -(x * y)));
            assertThat(Fma.error(x, y, x * y)).isEqualTo(Math.fma(x, y, -(x * y)));
        }
    }
}
