package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Masks are functions of seed, row and column. */
class DropoutMaskTest {
    @Test
    void masksAreSplitMix64() {
        // The first numbers of the sequence of seed 1234567, as published with the generator.
        assertThat(DropoutMask.number(1234567, 0)).isEqualTo(6457827717110365317L);
        assertThat(DropoutMask.number(1234567, 1)).isEqualTo(3203168211198807973L);
        assertThat(DropoutMask.number(1234567, 2)).isEqualTo(Long.parseUnsignedLong("9817491932198370423"));
    }

    @Test
    void masksHoldTheirRateAndRepeat() {
        int rows = 100;
        int cols = 1000;
        double rate = 0.3;
        try (Engine engine = Engines.named("scalar", 1);
                DropoutMask mask = DropoutMask.perElement(engine, Type.F32, rows, cols, rate, 7);
                DropoutMask wide = DropoutMask.perElement(engine, Type.F64, rows, cols, rate, 8);
                DropoutMask shared = DropoutMask.shared(engine, Type.F32, cols, rate, 7);
                DropoutMask none = DropoutMask.shared(engine, Type.F32, cols, 0, 7)) {
            double zeros = Arrays.stream(mask.block().toDoubles()).filter(x -> x == 0).count();
            // Six deviations of a binomial distribution.
            assertThat(Math.abs(zeros - rate * rows * cols)).isLessThan(6 * Math.sqrt(rate * (1 - rate) * rows * cols));
            assertThat(Arrays.stream(mask.block().toDoubles()).filter(x -> x != 0)).containsOnly((double) (float) (1 / (1 - rate)));
            assertThat(shared.block().toDoubles()).isEqualTo(Arrays.copyOf(mask.block().toDoubles(), cols));
            assertThat(none.block().toDoubles()).containsOnly(1);
            wide.draw(7);
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < cols; j++) {
                    if ((wide.block().get(i, j) == 0) != (mask.block().get(i, j) == 0)) {
                        assertThat(wide.block().get(i, j)).isEqualTo(mask.block().get(i, j));
                    }
                }
            }
            assertThatThrownBy(() -> DropoutMask.shared(engine, Type.F32, cols, 1, 7))
                    .hasMessage("a dropout rate of 1.0, expected 0 ≤ rate < 1");
        }
    }

    @Test
    void aRowIsDrawnAloneIntoAnyBlock() {
        try (Engine engine = Engines.named("scalar", 1);
                DropoutMask mask = DropoutMask.perElement(engine, Type.F32, 5, 30, 0.4, 7);
                Block block = Block.allocate(Type.F32, 2, 30)) {
            DropoutMask.draw(block, 1, 0.4, 7, 3);
            for (int j = 0; j < 30; j++) {
                assertThat(block.get(0, j)).isZero();
                assertThat(block.get(1, j)).isEqualTo(mask.block().get(3, j));
            }
            assertThatThrownBy(() -> DropoutMask.draw(block, 2, 0.4, 7, 3)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> DropoutMask.draw(block, 0, Double.NaN, 7, 3))
                    .hasMessage("a dropout rate of NaN, expected 0 ≤ rate < 1");
            assertThatThrownBy(() -> DropoutMask.draw(null, 0, 0.4, 7, 3)).isInstanceOf(NullPointerException.class);
        }
        Block closed = Block.allocate(Type.F32, 1, 30);
        closed.close();
        assertThatThrownBy(() -> DropoutMask.draw(closed, 0, 0.4, 7, 3)).isInstanceOf(IllegalStateException.class);
    }
}
