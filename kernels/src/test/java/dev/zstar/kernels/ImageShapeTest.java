package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Images and convolutions are checked where they are made. */
class ImageShapeTest {
    @Test
    void channelsAreFastest() {
        ImageShape shape = new ImageShape(4, 6, 3);
        assertThat(shape.size()).isEqualTo(72);
        assertThat(shape.index(0, 0, 2)).isEqualTo(2);
        assertThat(shape.index(0, 1, 0)).isEqualTo(3);
        assertThat(shape.index(1, 0, 0)).isEqualTo(18);
        assertThat(shape.contains(3, 5)).isTrue();
        assertThat(shape.contains(4, 0)).isFalse();
        assertThat(shape.contains(0, -1)).isFalse();
        assertThat(shape).hasToString("4×6×3");
    }

    @Test
    void shapesGrowAndShrinkByWholeFactors() {
        ImageShape shape = new ImageShape(4, 6, 3);
        assertThat(shape.times(2)).isEqualTo(new ImageShape(8, 12, 3));
        assertThat(shape.over(2)).isEqualTo(new ImageShape(2, 3, 3));
        assertThatThrownBy(() -> shape.over(4))
                .hasMessage("over: an image of 4×6×3 over 4, expected a factor that divides height and width");
        assertThatThrownBy(() -> new ImageShape(0, 1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ImageShape(1 << 16, 1 << 16, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aStrideOfTwoHalvesAnImageRoundedUp() {
        Convolution convolution = new Convolution(3, 2, 4, 8);
        assertThat(convolution.output(new ImageShape(7, 8, 4))).isEqualTo(new ImageShape(4, 4, 8));
        assertThat(convolution.padding()).isOne();
        assertThat(convolution.inputs()).isEqualTo(36);
        assertThat(convolution.operations(new ImageShape(7, 8, 4))).isEqualTo(2.0 * 16 * 8 * 36);
        assertThatThrownBy(() -> new Convolution(2, 1, 1, 1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("kernel 1 or 3");
    }
}
