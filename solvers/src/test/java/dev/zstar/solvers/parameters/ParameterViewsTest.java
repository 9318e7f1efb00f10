package dev.zstar.solvers.parameters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Views of parameters share their blocks, and close none. */
class ParameterViewsTest {
    private static final Parameter A = Parameter.matrix("a", 2, 3, Initialiser.normal(1));
    private static final Parameter B = Parameter.vector("b", 4, Initialiser.constant(2));
    private static final Parameter C = Parameter.vector("c", 5, Initialiser.constant(3));

    @Test
    void aSubsetSharesBlocksInItsOwnOrder() {
        try (Parameters all = Parameters.initial(Type.F64, Parameter.join(List.of(A), List.of(B, C)), 1)) {
            try (Parameters some = all.subset(List.of(C, A))) {
                assertThat(some.names()).containsExactly("c", "a");
                assertThat(some.get("a")).isSameAs(all.get("a"));
                try (Parameters zeros = some.zerosLike()) {
                    assertThat(zeros.names()).containsExactly("c", "a");
                }
            }
            assertThat(all.get("a").closed()).isFalse();
            assertThatThrownBy(() -> all.subset(List.of(Parameter.vector("d", 1, Initialiser.constant(0))))).hasMessage(
                    "get: there is no parameter d, expected one of [a, b, c]");
            assertThatThrownBy(() -> all.subset(List.of(Parameter.vector("b", 3, Initialiser.constant(0))))).hasMessage(
                    "of: the block of b is 1×4 f64, expected 1×3 f64");
        }
    }

    @Test
    void blocksOfOthersStayOpen() {
        try (Block block = Block.allocate(Type.F32, 2, 3)) {
            try (Parameters view = Parameters.of(Type.F32, List.of(A), List.of(block))) {
                view.get("a").fill(7);
            }
            assertThat(block.get(1, 2)).isEqualTo(7);
            assertThatThrownBy(() -> Parameters.of(Type.F32, List.of(A, B), List.of(block))).hasMessage(
                    "of: the number of blocks is 1, expected 2, one for each description");
            assertThatThrownBy(() -> Parameters.of(Type.F32, List.of(A, A), List.of(block, block))).hasMessage(
                    "parameters: two are named a, expected different names");
        }
    }
}
