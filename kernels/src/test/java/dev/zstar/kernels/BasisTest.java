package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Vectors of one row of the batch lie together. */
class BasisTest {
    @Test
    void aBasisHoldsWholeRows() {
        try (Block block = Block.allocate(Type.F32, 5, 2)) {
            assertThatThrownBy(() -> new Basis(block, 2))
                    .hasMessage(
                            "a basis of 2 vectors for each row in a block of 5×2 f32, expected a capacity that divides its number of rows");
            assertThatThrownBy(() -> new Basis(block, 0))
                    .hasMessage(
                            "a basis of 0 vectors for each row in a block of 5×2 f32, expected a capacity that divides its number of rows");
            assertThatThrownBy(() -> new Basis(null, 2)).hasMessage("a basis: its block is null");
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void vectorsOfARowLieTogether(Type type) {
        try (Engine engine = Engines.named("scalar", 1);
                Basis basis = Basis.allocate(engine, type, 3, 4, 5);
                Block w = Reference.random(type, 3, 5, 1)) {
            assertThat(basis.batch()).isEqualTo(3);
            engine.store(w, new double[] {1, 1, 1}, basis, 2, new Rows(3));
            for (int b = 0; b < 3; b++) {
                for (int i = 0; i < 5; i++) {
                    assertThat(basis.block().get(b * basis.capacity() + 2, i)).isEqualTo(w.get(b, i));
                }
            }
        }
    }

    @Test
    void aBasisThatCannotBeIndexedIsRefused() {
        try (Engine engine = Engines.named("scalar", 1)) {
            long live = Block.liveBytes();
            assertThatThrownBy(() -> Basis.allocate(engine, Type.F32, 1 << 16, 1 << 15, 1))
                    .hasMessage("a basis of 32768 vectors for each of 65536 rows, expected at least 1 vector and fewer than 2³¹ in all");
            assertThat(Block.liveBytes()).isEqualTo(live);
        }
    }
}
