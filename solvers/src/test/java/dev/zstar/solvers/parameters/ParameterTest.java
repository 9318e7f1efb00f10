package dev.zstar.solvers.parameters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Type;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where the elements of a file go in a block. */
class ParameterTest {
    private static final Initialiser ZEROS = Initialiser.constant(0);

    @Test
    void channelsOfATapAreSideBySide() {
        int out = 2;
        int in = 5;
        int k = 3;
        Parameter p = Parameter.taps("c.weight", out, in, k, ZEROS);
        assertThat(p.isInOrder()).isFalse();
        Set<Integer> places = new HashSet<>();
        for (int o = 0; o < out; o++) {
            for (int c = 0; c < in; c++) {
                for (int y = 0; y < k; y++) {
                    for (int x = 0; x < k; x++) {
                        int place = p.place(((o * in + c) * k + y) * k + x);
                        assertThat(place / p.cols()).isEqualTo(o);
                        assertThat(place % p.cols()).isEqualTo((y * k + x) * in + c);
                        places.add(place);
                    }
                }
            }
        }
        assertThat(places).hasSize(p.size());
    }

    @Test
    void matricesLieAsInFiles() {
        Parameter p = Parameter.matrix("w", 3, 4, ZEROS);
        assertThat(p.isInOrder()).isTrue();
        for (int i = 0; i < p.size(); i++) {
            assertThat(p.place(i)).isEqualTo(i);
        }
        assertThatThrownBy(() -> p.place(12)).hasMessage("w: element 12, expected 0 to 11");
    }

    @Test
    void anOrderHasEachDimensionOnce() {
        assertThatThrownBy(() -> new Parameter("w", 1, 12, List.of(3, 4), List.of(0, 0), ZEROS))
                .hasMessage("w: the order of the dimensions is [0, 0], expected each of [0, 1] once");
    }

    @Test
    void shapesFit() {
        assertThatThrownBy(() -> new Parameter("w", 2, 3, List.of(-2, -3), ZEROS)).hasMessage("w: a dimension is -2, expected at least 1");
        assertThatThrownBy(() -> new Parameter("w", 2, 3, Arrays.asList(2, null), ZEROS)).hasMessage("w: a dimension is null");
        assertThatThrownBy(() -> Parameter.matrix("w", 1 << 16, 1 << 16, ZEROS))
                .hasMessage("w: the shape is 65536×65536, expected fewer than 2³¹ elements");
        assertThatThrownBy(() -> new Parameter("w", 2, 3, List.of(1 << 30, 1 << 30, 1 << 30), ZEROS))
                .hasMessage("w: the dimensions are [1073741824, 1073741824, 1073741824], expected a product of 2·3");
        assertThatThrownBy(() -> new Weight(Parameter.matrix("v", 4, 3, ZEROS), 0, 1, false,
                new Weight.Norm.Rows(Parameter.vector("g", 3, ZEROS))))
                .hasMessage("v: the block of the lengths g is 1×3, expected 1×4, one for each row");
    }

    @ParameterizedTest
    @CsvSource({"7, 7, 1", "3, 8, 2", "8, 3, 0.5", "1, 4, 1", "64, 64, 1"})
    void orthogonalMatricesHaveOrthonormalRowsOrColumns(int rows, int cols, double gain) {
        try (Parameters parameters = Parameters.initial(Type.F64,
                List.of(Parameter.matrix("w", rows, cols, Initialiser.orthogonal(gain))), 3)) {
            double[] w = parameters.get("w").toDoubles();
            boolean wide = rows <= cols;
            for (int i = 0; i < Math.min(rows, cols); i++) {
                for (int j = 0; j <= i; j++) {
                    double dot = 0;
                    for (int k = 0; k < Math.max(rows, cols); k++) {
                        dot += wide ? w[i * cols + k] * w[j * cols + k] : w[k * cols + i] * w[k * cols + j];
                    }
                    assertThat(dot).isCloseTo(i == j ? gain * gain : 0, within(1e-13));
                }
            }
        }
        assertThatThrownBy(() -> Initialiser.orthogonal(0)).hasMessageStartingWith("orthogonal: the gain is 0.0, expected");
    }
}
