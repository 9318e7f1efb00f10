package dev.zstar.kernels.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Type;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights that keep the matrix as it came. */
class PlainWeightsTest {
    @ParameterizedTest
    @EnumSource(Type.class)
    void theMatrixIsACopy(Type type) {
        try (Block w = Reference.random(type, 3, 5, 1);
                PlainWeights weights = new PlainWeights("mine", w, Format.FULL)) {
            double[] before = w.toDoubles();
            w.fill(0);
            assertThat(PlainWeights.of(weights, "mine").toDoubles()).containsExactly(before);
            weights.update(w);
            assertThat(PlainWeights.of(weights, "mine").toDoubles()).containsOnly(0);
            assertThat(weights.engine()).isEqualTo("mine");
            assertThat(weights.rows()).isEqualTo(3);
            assertThat(weights.cols()).isEqualTo(5);
        }
    }

    @ParameterizedTest
    @EnumSource(value = Format.class, names = "FULL", mode = EnumSource.Mode.EXCLUDE)
    void aNarrowFormatRoundsAndSavesNothing(Format format) {
        try (Block w = Reference.random(Type.F32, 4, 6, 1);
                PlainWeights weights = new PlainWeights("mine", w, format)) {
            Block matrix = PlainWeights.of(weights, "mine");
            for (int i = 0; i < 4; i++) {
                float scale = format == Format.INT8 ? Format.scale(w, i) : 1;
                for (int k = 0; k < 6; k++) {
                    assertThat(matrix.get(i, k)).isEqualTo(format.rounded(w, i, k, scale));
                }
            }
            assertThat(matrix.toDoubles()).isNotEqualTo(w.toDoubles());
            assertThat(weights.format()).isEqualTo(format);
            assertThat(weights.bytes()).isEqualTo(w.bytes());
        }
    }

    @Test
    void weightsOfAnotherEngineAndClosedOnesAreRefused() {
        try (Block w = Block.allocate(Type.F32, 2, 2)) {
            PlainWeights weights = new PlainWeights("mine", w, Format.FULL);
            assertThatThrownBy(() -> PlainWeights.of(weights, "other")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("packed by the mine engine");
            weights.close();
            assertThatThrownBy(() -> PlainWeights.of(weights, "mine")).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> weights.update(w)).isInstanceOf(IllegalStateException.class);
        }
    }
}
